package dev.leeway.study.values;

import dev.leeway.eval.reward.ProbePrompt.Framing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Median ranks that the paper has: over the nouns and the foundations' words of its ten public reward models, which others trained on data
 * of their own, and over the expanded words of the models that it trained itself.
 */
final class PublishedRanks {

    private static final List<String> FOUNDATIONS = List.of("Care", "Fairness", "Loyalty", "Authority", "Sanctity");
    private static final List<String> BIG_TWO = List.of("Agency", "Communion");

    /** By exam, family and framing, in the order of categories: means over models and prompts of a family. */
    private static final Map<String, double[]> OF_FAMILIES = Map.of(
        RewardValues.BIG_TWO + "/gemma/positive", new double[] {132.461, 131.079},
        RewardValues.BIG_TWO + "/llama/positive", new double[] {128.293, 135.265},
        RewardValues.BIG_TWO + "/gemma/negative", new double[] {97.463, 154.907},
        RewardValues.BIG_TWO + "/llama/negative", new double[] {103.042, 149.012},
        RewardValues.FOUNDATIONS + "/gemma/positive", new double[] {1057.36, 1135.27, 745.91, 958.22, 1076.90},
        RewardValues.FOUNDATIONS + "/llama/positive", new double[] {1093.37, 1063.54, 858.49, 886.59, 1133.93},
        RewardValues.FOUNDATIONS + "/gemma/negative", new double[] {731.05, 867.41, 1263.75, 1197.06, 1063.78},
        RewardValues.FOUNDATIONS + "/llama/negative", new double[] {668.08, 886.63, 1357.47, 1184.35, 1057.04});

    /** By source and family: Agency and Communion among 1,365 tokens, at the end of a training. Of every 64th row nothing is published. */
    private static final Map<String, double[]> OF_TRAININGS = Map.ofEntries(
        Map.entry("skywork/gemma", new double[] {681.5, 763}), Map.entry("skywork/llama", new double[] {616.5, 831.5}),
        Map.entry("skywork/qwen", new double[] {832, 639}),
        Map.entry("unified 1/32/gemma", new double[] {742.5, 696}), Map.entry("unified 1/32/llama", new double[] {657.5, 805}),
        Map.entry("unified 1/32/qwen", new double[] {858, 559}),
        Map.entry("unified 1/16/gemma", new double[] {741.5, 708}), Map.entry("unified 1/16/llama", new double[] {630.5, 829.5}),
        Map.entry("unified 1/16/qwen", new double[] {795, 647.5}),
        Map.entry("unified 1/8/gemma", new double[] {667, 779.5}), Map.entry("unified 1/8/llama", new double[] {700.5, 757}),
        Map.entry("unified 1/8/qwen", new double[] {806.5, 628.5}));

    private PublishedRanks() {
    }

    /** Whether what the paper has for an exam is of its public models, so that it is the same under each source. */
    static boolean isOfPublicModels(String exam) {
        return !exam.equals(RewardValues.EXPANDED);
    }

    /** What the paper has in a cell of an exam of {@link RewardValues}, if it has one: of public models whatever the source is. */
    static OptionalDouble of(String exam, String source, String family, Framing framing, String category) {
        boolean isTrained = !isOfPublicModels(exam);
        var found = Optional.ofNullable(isTrained ? OF_TRAININGS.get(source + "/" + family)
            : OF_FAMILIES.get(exam + "/" + family + "/" + framing.label()));
        int place = (exam.equals(RewardValues.FOUNDATIONS) ? FOUNDATIONS : BIG_TWO).indexOf(category);
        boolean isThere = place >= 0 && (!isTrained || framing == Framing.POSITIVE);
        return isThere ? found.map(values -> OptionalDouble.of(values[place])).orElse(OptionalDouble.empty()) : OptionalDouble.empty();
    }
}
