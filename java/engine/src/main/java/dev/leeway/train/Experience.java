package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.objective.Column;
import dev.leeway.objective.Targets;
import dev.leeway.objective.TokenScores;
import dev.leeway.rollout.Completion;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A completion as it was drawn, and how it becomes a sequence that is trained on.
 *
 * @param prompt its prompt, at least one token
 * @param completion the drawn tokens
 * @param logProbs of each drawn token, as the sampler stored it
 * @param unitId a stable identity of the completion
 */
public record Experience(int[] prompt, int[] completion, double[] logProbs, long unitId) {

    /** Checks the lengths. */
    public Experience {
        if (prompt.length == 0) {
            throw LeewayException.data("completion %d has no prompt, so its first token was predicted from nothing; begin the prompt with "
                + "the beginning-of-sequence token", unitId);
        }
        require(completion.length, logProbs, "log-probs", unitId);
    }

    /** What a generator wrote behind a prompt. */
    public static Experience of(int[] prompt, Completion completion, long unitId) {
        var logProbs = new double[completion.logProbs().length];
        for (int t = 0; t < logProbs.length; t++) {
            logProbs[t] = completion.logProbs()[t];
        }
        return new Experience(prompt, completion.tokens(), logProbs, unitId);
    }

    /** Tokens of prompt and completion. */
    int length() {
        return prompt.length + completion.length;
    }

    private static void require(int length, double[] values, String what, long unitId) {
        if (values.length != length) {
            throw LeewayException.data("completion %d has %d tokens and %d %s; one a token is needed", unitId, length, values.length, what);
        }
    }

    /** The sequence with an advantage for each drawn token, and the sampler's log-probs as old ones. */
    public Batch.Sequence sequence(double[] advantages) {
        require(completion.length, advantages, "advantages", unitId);
        return sequence(true).withAdvantages(behindPrompt(advantages)).withOldLogProbs(behindPrompt(logProbs));
    }

    /** The same with one advantage for all. */
    public Batch.Sequence sequence(double advantage) {
        return sequence(true).withAdvantage(advantage).withOldLogProbs(behindPrompt(logProbs));
    }

    /**
     * The sequence of which nothing is trained, for a completion that was cut off ({@code mask_truncated_completions}): it still counts as
     * one.
     */
    public Batch.Sequence dropped() {
        return sequence(false).withAdvantage(0).withOldLogProbs(behindPrompt(logProbs));
    }

    private Batch.Sequence sequence(boolean trained) {
        var tokens = new int[prompt.length + completion.length];
        System.arraycopy(prompt, 0, tokens, 0, prompt.length);
        System.arraycopy(completion, 0, tokens, prompt.length, completion.length);
        var flags = new boolean[tokens.length];
        Arrays.fill(flags, prompt.length, tokens.length, trained);
        return new Batch.Sequence(tokens, flags, unitId);
    }

    private double[] behindPrompt(double[] values) {
        var all = new double[prompt.length + completion.length];
        System.arraycopy(values, 0, all, prompt.length, completion.length);
        return all;
    }

    /**
     * What a value model is trained on: per completion its old values and, before whitening, its advantages, of each drawn token and, if
     * there is one more entry, of the state behind the last.
     */
    public static Batch valueBatch(List<Experience> completions, List<double[]> oldValues, List<double[]> advantages) {
        var packed = Batch.of(completions.stream().map(one -> one.sequence(true)).toList());
        var mask = packed.mask().clone();
        var old = new double[mask.length];
        var raw = new double[mask.length];
        for (int s = 0; s < completions.size(); s++) {
            var values = oldValues.get(s);
            int behind = values.length - completions.get(s).completion.length;
            require(behind == 1 ? values.length : completions.get(s).completion.length, values, "old values", completions.get(s).unitId);
            require(values.length, advantages.get(s), "advantages of values", completions.get(s).unitId);
            int end = packed.sequenceStarts()[s + 1];
            mask[end - 1] = behind == 1;
            System.arraycopy(values, 0, old, end - 1 + behind - values.length, values.length);
            System.arraycopy(advantages.get(s), 0, raw, end - 1 + behind - values.length, values.length);
        }
        var targets = Targets.of(mask, packed.sequenceStarts(), packed.unitIds()).withAdvantages(raw);
        return new Batch(packed.tokens(), packed.positions(), packed.targets(), targets,
            Optional.of(new TokenScores().with(Column.TOKEN_VALUE, old)), Optional.empty());
    }
}
