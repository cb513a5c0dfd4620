package dev.leeway.objective;

/**
 * What an objective knows of a packed batch apart from the model's scores. A position's entries speak of the token that it predicts.
 *
 * @param mask per position: true = its target is trained, so the head scores it; scores elsewhere are junk and get gradient 0
 * @param completion per position: true = its target belongs to the answer; a subset of the mask, and the same unless a loss also trains
 *     prompts
 * @param sequenceStarts S+1 offsets of the sequences
 * @param unitIds per sequence: a stable identity (row of the data set), equal for the sequences of one pair or group, which are neighbours;
 *     of a pair, the chosen one comes first
 * @param advantages per sequence or per position, as the objective defines; or empty
 * @param rewards per sequence: rewards, margins of pairs (at the chosen sequence), or labels (+1 desirable, −1 undesirable, 0 a mismatched
 *     answer that only measures), as the objective defines; or empty
 */
public record Targets(boolean[] mask, boolean[] completion, int[] sequenceStarts, long[] unitIds, double[] advantages, double[] rewards) {

    static final double[] NONE = new double[0];

    /** Checks that the completion lies inside the mask. */
    public Targets {
        if (completion.length != mask.length) {
            throw new IllegalArgumentException(completion.length + " completion flags for " + mask.length + " positions");
        }
        for (int t = 0; completion != mask && t < mask.length; t++) {
            if (completion[t] && !mask[t]) {
                throw new IllegalArgumentException("position " + t + " belongs to a completion and is not scored");
            }
        }
    }

    /** Targets whose completion is all that is trained. */
    public Targets(boolean[] mask, int[] sequenceStarts, long[] unitIds, double[] advantages, double[] rewards) {
        this(mask, mask, sequenceStarts, unitIds, advantages, rewards);
    }

    /** Targets with nothing but a mask. */
    public static Targets of(boolean[] mask, int[] sequenceStarts, long[] unitIds) {
        return new Targets(mask, sequenceStarts, unitIds, NONE, NONE);
    }

    /** The same with another completion. */
    public Targets withCompletion(boolean[] flags) {
        return new Targets(mask, flags, sequenceStarts, unitIds, advantages, rewards);
    }

    /** The same with advantages. */
    public Targets withAdvantages(double[] values) {
        return new Targets(mask, completion, sequenceStarts, unitIds, values, rewards);
    }

    /** The same with rewards, margins or labels. */
    public Targets withRewards(double[] perSequence) {
        return new Targets(mask, completion, sequenceStarts, unitIds, advantages, perSequence);
    }

    /** The advantage of a position: its own, or its sequence's where there is one a sequence. */
    public double advantage(int sequence, int position) {
        return advantages[advantages.length == sequences() ? sequence : position];
    }

    /** How many targets are trained. */
    public long trainedTokens() {
        return count(mask, 0, mask.length);
    }

    /** How many targets of a sequence are trained. */
    public long trainedTokens(int sequence) {
        return count(mask, sequenceStarts[sequence], sequenceStarts[sequence + 1]);
    }

    /** How many targets of a sequence belong to its answer. */
    public long completionTokens(int sequence) {
        return count(completion, sequenceStarts[sequence], sequenceStarts[sequence + 1]);
    }

    private static long count(boolean[] flags, int from, int to) {
        long count = 0;
        for (int t = from; t < to; t++) {
            count += flags[t] ? 1 : 0;
        }
        return count;
    }

    /** Number of sequences. */
    public int sequences() {
        return sequenceStarts.length - 1;
    }

    /** Whether no sequence of the same unit is right before this one. */
    public boolean isFirstOfUnit(int sequence) {
        return sequence == 0 || unitIds[sequence] != unitIds[sequence - 1];
    }
}
