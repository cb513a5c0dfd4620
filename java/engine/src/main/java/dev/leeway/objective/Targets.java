package dev.leeway.objective;

/**
 * What an objective knows of a packed batch apart from the model's scores.
 *
 * @param mask per position: true = its target is trained
 * @param sequenceStarts S+1 offsets of the sequences
 * @param unitIds per sequence: a stable identity (row of the data set), equal for the sequences of one pair or group
 * @param advantages per position, or empty
 * @param rewards per sequence: rewards, margins, or labels, as the objective defines; or empty
 */
public record Targets(boolean[] mask, int[] sequenceStarts, long[] unitIds, double[] advantages, double[] rewards) {

    private static final double[] NONE = new double[0];

    /** Targets with nothing but a mask. */
    public static Targets of(boolean[] mask, int[] sequenceStarts, long[] unitIds) {
        return new Targets(mask, sequenceStarts, unitIds, NONE, NONE);
    }

    /** How many targets are trained. */
    public long trainedTokens() {
        long count = 0;
        for (boolean trained : mask) {
            count += trained ? 1 : 0;
        }
        return count;
    }

    /** Number of sequences. */
    public int sequences() {
        return sequenceStarts.length - 1;
    }
}
