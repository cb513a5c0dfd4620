package dev.leeway.objective;

import java.util.List;

/**
 * The denominators of a whole optimiser step, counted from masks before any forward pass, so that how the step is split into micro-batches
 * cannot change the loss; and what a pre-pass over the step measured, where an objective asks for one.
 */
public final class Normalisers {

    private enum Count {
        TOKENS, COMPLETION_TOKENS, CHOSEN_TOKENS, CHOSEN_COMPLETION_TOKENS, LONGEST_COMPLETION, SEQUENCES, TRAINED_SEQUENCES, UNITS,
        DESIRABLE, UNDESIRABLE
    }

    private final long[] counts;
    private final double[] measured;

    private Normalisers(long[] counts, double[] measured) {
        this.counts = counts;
        this.measured = measured;
    }

    /** Counts over all micro-batches of a step. */
    public static Normalisers of(List<Targets> step) {
        var counts = new long[Count.values().length];
        for (var targets : step) {
            for (int s = 0; s < targets.sequences(); s++) {
                count(targets, s, counts);
            }
        }
        return new Normalisers(counts, Targets.NONE);
    }

    private static void count(Targets targets, int sequence, long[] counts) {
        long tokens = targets.trainedTokens(sequence);
        long completion = targets.completionTokens(sequence);
        boolean chosen = isFirstOfPair(targets, sequence);
        double label = targets.rewards().length == 0 ? 0 : targets.rewards()[sequence];
        counts[Count.TOKENS.ordinal()] += tokens;
        counts[Count.COMPLETION_TOKENS.ordinal()] += completion;
        counts[Count.CHOSEN_TOKENS.ordinal()] += chosen ? tokens : 0;
        counts[Count.CHOSEN_COMPLETION_TOKENS.ordinal()] += chosen ? completion : 0;
        counts[Count.LONGEST_COMPLETION.ordinal()] = Math.max(counts[Count.LONGEST_COMPLETION.ordinal()], completion);
        counts[Count.SEQUENCES.ordinal()]++;
        counts[Count.UNITS.ordinal()] += targets.isFirstOfUnit(sequence) ? 1 : 0;
        counts[Count.TRAINED_SEQUENCES.ordinal()] += tokens > 0 ? 1 : 0;
        counts[Count.DESIRABLE.ordinal()] += label > 0 ? 1 : 0;
        counts[Count.UNDESIRABLE.ordinal()] += label < 0 ? 1 : 0;
    }

    /** A step may hold a pair twice, also next to itself: every other sequence of a unit is then a chosen one. */
    private static boolean isFirstOfPair(Targets targets, int sequence) {
        int first = sequence;
        while (!targets.isFirstOfUnit(first)) {
            first--;
        }
        return (sequence - first) % 2 == 0;
    }

    /** The same with what the shares of {@link Objective#measure} added up to. */
    public Normalisers withMeasured(double[] sums) {
        return new Normalisers(counts, sums.clone());
    }

    /** The same with another number of trained tokens, for losses whose denominator is given ({@code num_items_in_batch}). */
    public Normalisers withTokens(long tokens) {
        return with(Count.TOKENS, tokens);
    }

    /** The same with another number of completion tokens. */
    public Normalisers withCompletionTokens(long tokens) {
        return with(Count.COMPLETION_TOKENS, tokens);
    }

    /** The same with another length of the longest completion ({@code max_completion_length}). */
    public Normalisers withLongestCompletion(long tokens) {
        return with(Count.LONGEST_COMPLETION, tokens);
    }

    private Normalisers with(Count count, long value) {
        var changed = counts.clone();
        changed[count.ordinal()] = value;
        return new Normalisers(changed, measured);
    }

    private long get(Count count) {
        return counts[count.ordinal()];
    }

    /** Trained tokens: those of {@link Targets#mask}. */
    public long tokens() {
        return get(Count.TOKENS);
    }

    /** Tokens of {@link Targets#completion}. */
    public long completionTokens() {
        return get(Count.COMPLETION_TOKENS);
    }

    /** Trained tokens of the first sequence of every pair: of the chosen answers and, where the mask has them, their prompts. */
    public long chosenTokens() {
        return get(Count.CHOSEN_TOKENS);
    }

    /** Completion tokens of the first sequence of every pair: of the chosen answers. */
    public long chosenCompletionTokens() {
        return get(Count.CHOSEN_COMPLETION_TOKENS);
    }

    /** Tokens of the longest completion. */
    public long longestCompletion() {
        return get(Count.LONGEST_COMPLETION);
    }

    /** Sequences. */
    public long sequences() {
        return get(Count.SEQUENCES);
    }

    /** Pairs, where every sequence is of one. */
    public long pairs() {
        return get(Count.SEQUENCES) / 2;
    }

    /** Sequences with a trained token. */
    public long trainedSequences() {
        return get(Count.TRAINED_SEQUENCES);
    }

    /** Units, as pairs and groups: sequences with one unit id beside each other. A row that a step holds twice is two of them. */
    public long units() {
        return get(Count.UNITS);
    }

    /** Sequences whose {@link Targets#rewards reward} is above 0: where rewards are labels, the desirable ones. */
    public long desirable() {
        return get(Count.DESIRABLE);
    }

    /** Sequences whose reward is below 0: where rewards are labels, the undesirable ones. */
    public long undesirable() {
        return get(Count.UNDESIRABLE);
    }

    /** Whether a pre-pass over the step measured something. */
    public boolean isMeasured() {
        return measured.length > 0;
    }

    /** A sum over the step that a pre-pass measured, in the order of {@link Objective#measure}. */
    public double measured(int index) {
        if (index >= measured.length) {
            throw new IllegalStateException("measure() has not run over this step: " + measured.length + " sums are here, not "
                + (index + 1));
        }
        return measured[index];
    }
}
