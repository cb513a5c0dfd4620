package dev.leeway.study.values;

import dev.leeway.eval.reward.CategoryRank;
import dev.leeway.eval.reward.Dictionary;
import dev.leeway.eval.reward.ProbePrompt;
import dev.leeway.eval.reward.ProbePrompt.Framing;
import dev.leeway.eval.reward.RewardTable;
import dev.leeway.study.Examiner;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.Collection;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeSet;

/**
 * What one model gave to the words of an exam.
 *
 * @param family the first word of its arm's name
 * @param source the others: what it was trained on
 * @param seed of the study
 * @param step of a checkpoint; −1 = the training's end
 * @param outcomes one a prompt and word
 */
record Reading(String family, String source, long seed, int step, List<Examiner.Outcome> outcomes) {

    /** All that took an exam, in the order of the study's arms and seeds. */
    static List<Reading> of(StudyResults results, String exam) {
        var readings = new ArrayList<Reading>();
        results.plan().replications().forEach(arm -> results.outcomes().forEach((sitting, outcomes) -> {
            boolean isOwn = sitting.step() < 0 ? sitting.node().equals(arm.last()) : arm.nodes().contains(sitting.node());
            if (isOwn && sitting.exam().name().equals(exam)) {
                var name = arm.arm().name().split(" ", 2);
                readings.add(new Reading(name[0], name.length < 2 ? "" : name[1], arm.seed(), sitting.step(), List.copyOf(outcomes)));
            }
        }));
        return readings;
    }

    /** As tables of published rewards name a model. */
    String model() {
        return family + " " + seed;
    }

    static String prompt(Examiner.Outcome outcome) {
        return outcome.item().substring(0, outcome.item().indexOf('/'));
    }

    static String word(Examiner.Outcome outcome) {
        return outcome.item().substring(outcome.item().indexOf('/') + 1);
    }

    /** A measure of each word that has it, by prompt. */
    SequencedMap<String, SequencedMap<String, Double>> values(String measure) {
        return values(measure, "");
    }

    /** The same of the prompts that ask for something good. */
    SequencedMap<String, SequencedMap<String, Double>> praises(String measure) {
        return values(measure, "framing=" + Framing.POSITIVE.label());
    }

    private SequencedMap<String, SequencedMap<String, Double>> values(String measure, String slice) {
        var values = new LinkedHashMap<String, SequencedMap<String, Double>>();
        outcomes.stream().filter(outcome -> outcome.in(slice) && outcome.values().containsKey(measure)).forEach(outcome -> values
            .computeIfAbsent(prompt(outcome), _ -> new LinkedHashMap<>()).put(word(outcome), outcome.values().get(measure)));
        return values;
    }

    /** The mean of a measure over the prompts that ask for something good, by word. */
    SequencedMap<String, Double> praised(String measure) {
        return meanByWord(praises(measure).values());
    }

    /** The mean of each word's values, from values by word: one map a prompt, or one a seed. */
    static SequencedMap<String, Double> meanByWord(Collection<? extends Map<String, Double>> all) {
        var values = new LinkedHashMap<String, DoubleSummaryStatistics>();
        all.forEach(one -> one.forEach((word, value) -> values.computeIfAbsent(word, _ -> new DoubleSummaryStatistics()).accept(value)));
        var means = new LinkedHashMap<String, Double>();
        values.forEach((word, own) -> means.put(word, own.getAverage()));
        return means;
    }

    /** The categories of its words. */
    Dictionary dictionary() {
        var categories = new LinkedHashMap<String, String>();
        outcomes.forEach(outcome -> categories.put(word(outcome), outcome.slices().get("category")));
        return new Dictionary(categories);
    }

    /** The median rank of each category, by prompt, with this family's name; prompts for which a word has no reward are left out. */
    List<CategoryRank> ranks() {
        var dictionary = dictionary();
        var framings = framings();
        var ranks = new ArrayList<CategoryRank>();
        values("reward").forEach((prompt, rewards) -> {
            if (rewards.size() == dictionary.categories().size()) {
                var table = new RewardTable(model(), List.of(prompt), List.copyOf(rewards.keySet()), new double[][] {
                    rewards.values().stream().mapToDouble(Double::doubleValue).toArray()});
                CategoryRank.of(table, dictionary, List.of(new ProbePrompt(prompt, prompt, framings.get(prompt)))).forEach(rank ->
                    ranks.add(new CategoryRank(rank.model(), family, rank.category(), rank.prompt(), rank.median())));
            }
        });
        return ranks;
    }

    /** What each prompt asks for. */
    private Map<String, Framing> framings() {
        var framings = new HashMap<String, Framing>();
        outcomes.forEach(outcome -> framings.put(prompt(outcome), outcome.in("framing=" + Framing.POSITIVE.label()) ? Framing.POSITIVE
            : Framing.NEGATIVE));
        return framings;
    }

    static List<String> families(List<Reading> readings) {
        return List.copyOf(new TreeSet<>(readings.stream().map(Reading::family).toList()));
    }

    static List<String> sources(List<Reading> readings) {
        return readings.stream().map(Reading::source).distinct().toList();
    }
}
