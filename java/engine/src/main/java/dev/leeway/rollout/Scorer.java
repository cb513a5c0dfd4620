package dev.leeway.rollout;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.objective.Column;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Says how probable given completions are: log p(completion | prompt), token by token, with the weights as they are at the moment.
 *
 * <p>Items are packed end to end into as few forward passes as the planned capacity allows. Which items share a pass changes no bit of any
 * score; and on the weights that drew a {@link Completion} its score is, bit for bit, the log-probs that the sampler stored.
 */
public final class Scorer {

    private static final Set<Column> LOG_PROB = Set.of(Column.LOG_PROB);

    /**
     * What to score.
     *
     * @param prompt token ids that are given, at least one: nothing predicts the first token of a sequence. Where there is no prompt, it is
     *     the begin-of-sequence token
     * @param completion token ids that are scored, an end-of-sequence token included if it is to count; may be empty
     */
    public record Item(int[] prompt, int[] completion) {

        int length() {
            return prompt.length + completion.length;
        }

        Batch.Sequence sequence() {
            var tokens = Arrays.copyOf(prompt, length());
            System.arraycopy(completion, 0, tokens, prompt.length, completion.length);
            var scored = new boolean[tokens.length];
            Arrays.fill(scored, prompt.length, tokens.length, true);
            return new Batch.Sequence(tokens, scored, 0);
        }
    }

    /**
     * How probable one completion is.
     *
     * @param logProbs (completion.length) ln p(token | everything before it), in nats, at the model's temperature
     */
    public record Score(float[] logProbs) {

        /** ln p(completion | prompt) in nats: the sum over the tokens, taken in double; 0 for an empty completion. */
        public double logProb() {
            return IntStream.range(0, logProbs.length).mapToDouble(t -> logProbs[t]).sum();
        }

        /** {@link #logProb()} per token; −mean is the cross entropy, exp(−mean) the perplexity; 0 for an empty completion. */
        public double mean() {
            return logProbs.length == 0 ? 0 : logProb() / logProbs.length;
        }
    }

    private final Llama model;
    private final Passes passes;

    /**
     * A scorer that puts at most {@code rows} tokens of at most {@code sequences} items into one forward pass.
     *
     * @param model a language model whose planned capacity is at least that
     */
    public Scorer(Llama model, int rows, int sequences) {
        this.model = model;
        this.passes = new Passes(model, rows, sequences);
    }

    /**
     * One score an item, in the order of the items.
     *
     * @throws LeewayException if an item has no prompt, is longer than the model or a forward pass can take, or has a token id outside the
     *     vocabulary, or if the model is a sequence classifier; nothing is computed then
     */
    public List<Score> score(List<Item> items) {
        if (model.config().isClassifier()) {
            throw LeewayException.usage("this model is a sequence classifier and gives tokens no probability; use its rewardScorer, or "
                + "name a …ForCausalLM directory");
        }
        for (int i = 0; i < items.size(); i++) {
            requireFit(i, items.get(i));
        }
        var scores = new ArrayList<Score>(items.size());
        while (scores.size() < items.size()) {
            scores.addAll(scorePass(passes.next(items, scores.size(), Item::length)));
        }
        return List.copyOf(scores);
    }

    private void requireFit(int index, Item item) {
        int longest = passes.longest();
        if (item.prompt().length == 0 || item.length() > longest) {
            throw LeewayException.usage("item %d has a prompt of %d tokens and a completion of %d; at least 1 token of prompt is expected, "
                + "and at most %d tokens together: shorten it, or plan more rows and positions", index + 1, item.prompt().length,
                item.completion().length, longest);
        }
        passes.requireTokens(index, item.prompt(), 1);
        passes.requireTokens(index, item.completion(), item.prompt().length + 1);
    }

    private List<Score> scorePass(List<Item> pass) {
        var batch = Batch.of(pass.stream().map(Item::sequence).toList());
        var logProbs = model.score(batch, LOG_PROB).logProb();
        var scores = new ArrayList<Score>(pass.size());
        for (int s = 0; s < pass.size(); s++) {
            var found = new float[pass.get(s).completion().length];
            int first = batch.sequenceStarts()[s] + pass.get(s).prompt().length - 1; // this row predicts the completion's first token
            for (int t = 0; t < found.length; t++) {
                found[t] = (float) logProbs[first + t];
            }
            scores.add(new Score(found));
        }
        return scores;
    }
}
