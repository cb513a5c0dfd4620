package dev.leeway.model;

import dev.leeway.LeewayException;

/**
 * What a batch's tokens should be distributed like, by a teacher: a few entries a position. They need not add up to 1; what is left out of
 * a teacher's distribution is not asked for.
 *
 * @param starts (N+1) where the entries of each position begin; the last entry is their number
 * @param ids token ids
 * @param values their probabilities
 */
public record SparseTargets(int[] starts, int[] ids, float[] values) {

    /** Checks the lengths and the probabilities. */
    public SparseTargets {
        if (starts.length == 0 || starts[0] != 0 || starts[starts.length - 1] != ids.length || ids.length != values.length) {
            throw new IllegalArgumentException("sparse targets of " + (starts.length - 1) + " positions have " + ids.length + " ids and "
                + values.length + " values");
        }
        for (int n = 0; n + 1 < starts.length; n++) {
            if (starts[n + 1] < starts[n]) {
                throw new IllegalArgumentException("the entries of position " + n + " end before they begin");
            }
        }
        for (float value : values) {
            if (!(value >= 0 && value <= 1)) {
                throw LeewayException.data("a teacher's probability is %s; a number from 0 to 1 is expected", value);
            }
        }
    }
}
