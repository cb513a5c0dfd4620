package dev.leeway.eval.reward;

import dev.leeway.LeewayException;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Asks a reward model for many words, some at a time, which changes no reward.
 *
 * @param subject who is asked
 * @param batch answers at a time
 * @param done hears how many answers have come, batch by batch
 */
public record RewardReader(Subject subject, int batch, IntConsumer done) {

    /** Checks the size. */
    public RewardReader {
        if (batch < 1) {
            throw LeewayException.usage("answers are rated at least 1 at a time; got %d", batch);
        }
    }

    /** All words of a dictionary as answers to all prompts. */
    public RewardTable table(Dictionary dictionary, List<ProbePrompt> prompts) {
        var words = List.copyOf(dictionary.categories().keySet());
        var rewards = prompts.stream().map(prompt -> rewards(prompt, words)).toArray(double[][]::new);
        return new RewardTable(subject.name(), prompts.stream().map(ProbePrompt::key).toList(), words, rewards);
    }

    /**
     * All texts as answers to one prompt.
     *
     * @param ids a token's id by what it decodes to, such as {@link dev.leeway.eval.TokenTexts#distinct}
     */
    public VocabularyScan scan(ProbePrompt prompt, Map<String, Integer> ids) {
        var texts = List.copyOf(ids.keySet());
        var rewards = rewards(prompt, texts);
        return new VocabularyScan(IntStream.range(0, rewards.length)
            .mapToObj(i -> new VocabularyScan.Token(ids.get(texts.get(i)), texts.get(i), rewards[i])).toList());
    }

    private double[] rewards(ProbePrompt prompt, List<String> answers) {
        var rewards = new ArrayList<Double>();
        for (int from = 0; from < answers.size(); from += batch) {
            var some = answers.subList(from, Math.min(answers.size(), from + batch));
            var said = subject.answer(some.stream()
                .map(answer -> new Subject.Asked(new Request.Rate(Prompt.user(prompt.text()), answer), 0)).toList());
            for (int i = 0; i < some.size(); i++) {
                rewards.add(reward(prompt, some.get(i), said.get(i)));
            }
            done.accept(some.size());
        }
        return rewards.stream().mapToDouble(reward -> reward).toArray();
    }

    private double reward(ProbePrompt prompt, String answer, Response said) {
        return RewardProbes.reward(said).asNumber().orElseThrow(() -> LeewayException.data("%s gives no reward to '%s' as the answer to "
            + "%s: %s; leave it out, or choose another prompt", subject.name(), answer, prompt.key(), ((Response.Unable) said).reason()));
    }
}
