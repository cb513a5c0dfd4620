package dev.leeway.rollout;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.objective.Column;
import java.util.List;
import java.util.Set;

/**
 * Says what a reward model gives to texts: one number a sequence, with the weights as they are at the moment and without dropout.
 *
 * <p>Sequences are packed end to end into as few forward passes as the planned capacity allows. Which of them share a pass, and in which
 * order they come, changes no bit of any score.
 */
public final class RewardScorer {

    private static final Set<Column> VALUE = Set.of(Column.VALUE);

    private final Llama model;
    private final Passes passes;

    /**
     * A scorer that puts at most {@code rows} tokens of at most {@code sequences} sequences into one forward pass.
     *
     * @param model a reward model whose planned capacity is at least that
     */
    public RewardScorer(Llama model, int rows, int sequences) {
        this.model = model;
        this.passes = new Passes(model, rows, sequences);
    }

    /**
     * The score of each sequence of token ids, special tokens included, in their order.
     *
     * @throws LeewayException if a sequence is empty, is longer than the model or a forward pass can take, or has a token id outside the
     *     vocabulary, or if the model is a language model; nothing is computed then
     */
    public double[] score(List<int[]> sequences) {
        if (!model.config().isClassifier()) {
            throw LeewayException.usage("this model is a language model and has no score head; name a "
                + "…ForSequenceClassification directory");
        }
        for (int i = 0; i < sequences.size(); i++) {
            requireFit(i, sequences.get(i));
        }
        var scores = new double[sequences.size()];
        for (int done = 0; done < scores.length;) {
            done += scorePass(passes.next(sequences, done, tokens -> tokens.length), scores, done);
        }
        return scores;
    }

    private void requireFit(int index, int[] tokens) {
        if (tokens.length == 0 || tokens.length > passes.longest()) {
            throw LeewayException.usage("sequence %d has %d tokens; from 1 to %d are expected: shorten it, or plan more rows and positions",
                index + 1, tokens.length, passes.longest());
        }
        passes.requireTokens(index, tokens, 1);
    }

    /** How many sequences it scored. */
    private int scorePass(List<int[]> pass, double[] scores, int first) {
        var batch = Batch.of(pass.stream().map(tokens -> new Batch.Sequence(tokens, new boolean[tokens.length], 0)).toList());
        System.arraycopy(model.score(batch, VALUE).value(), 0, scores, first, pass.size());
        return pass.size();
    }
}
