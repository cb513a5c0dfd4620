package dev.leeway.objective;

import dev.leeway.LeewayException;

/**
 * The tokens of one answer in a packed micro-batch: those of its positions, from…to−1, whose flag is set. Behind the first {@code shared}
 * of them a token counts {@code tail} instead of 1 (LD-DPO: Liu et al. 2024).
 */
record Answer(boolean[] flags, int from, int to, long shared, double tail) {

    /** The completion of a sequence. */
    static Answer of(Targets targets, int sequence) {
        return in(targets.completion(), targets, sequence);
    }

    /** The completion of a sequence, of which there must be some: losses divide by its length. */
    static Answer require(Targets targets, int sequence) {
        var answer = of(targets, sequence);
        if (answer.length() == 0) {
            throw LeewayException.data("sequence %d of unit %d (counted from 0 in its micro-batch) has no completion token, so its answer "
                + "has no log-probability; drop the row, or raise max_length where the prompt fills it", sequence,
                targets.unitIds()[sequence]);
        }
        return answer;
    }

    /** Prompt and completion of a sequence, as far as they are trained. */
    static Answer withPrompt(Targets targets, int sequence) {
        return in(targets.mask(), targets, sequence);
    }

    private static Answer in(boolean[] flags, Targets targets, int sequence) {
        return new Answer(flags, targets.sequenceStarts()[sequence], targets.sequenceStarts()[sequence + 1], Long.MAX_VALUE, 1);
    }

    /** The same with tokens behind the first {@code shared} that count {@code tail}. */
    Answer damped(long shared, double tail) {
        return new Answer(flags, from, to, shared, tail);
    }

    /** Its tokens. */
    long length() {
        long count = 0;
        for (int t = from; t < to; t++) {
            count += flags[t] ? 1 : 0;
        }
        return count;
    }

    /** Σ of a column over its tokens. */
    double sum(double[] column) {
        double sum = 0;
        long seen = 0;
        for (int t = from; t < to; t++) {
            if (flags[t]) {
                sum += (seen++ < shared ? 1 : tail) * column[t];
            }
        }
        return sum;
    }

    /** Σ (column − other) over its tokens. */
    double sumOfDifferences(double[] column, double[] other) {
        double sum = 0;
        long seen = 0;
        for (int t = from; t < to; t++) {
            if (flags[t]) {
                sum += (seen++ < shared ? 1 : tail) * (column[t] - other[t]);
            }
        }
        return sum;
    }

    /** Adds the derivative by each token of a loss whose derivative by {@link #sum} is {@code slope}. */
    void spread(double slope, double[] gradient) {
        long seen = 0;
        for (int t = from; t < to; t++) {
            if (flags[t]) {
                gradient[t] += (seen++ < shared ? 1 : tail) * slope;
            }
        }
    }
}
