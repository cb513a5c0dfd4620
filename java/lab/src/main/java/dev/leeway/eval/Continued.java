package dev.leeway.eval;

import java.util.Arrays;
import java.util.List;

/**
 * A text as tokens, in two parts: what is read, and what is scored behind it.
 *
 * @param context tokens that are read
 * @param continuation tokens that are scored
 */
record Continued(int[] context, int[] continuation) {

    /**
     * Cuts a whole where its beginning ends. Where the beginning's own tokens are not the first ones of the whole, a token reaches across
     * the border: then the cut is where the two first differ, so that token is scored.
     *
     * @param beginning tokens of the beginning alone
     * @param whole tokens of the whole text
     */
    static Continued of(int[] beginning, int[] whole) {
        int differ = Arrays.mismatch(beginning, whole);
        int cut = differ < 0 ? whole.length : differ;
        return new Continued(Arrays.copyOf(whole, cut), Arrays.copyOfRange(whole, cut, whole.length));
    }

    /** Whether one reading of one context tells about all of them. */
    static boolean areNextTokens(List<Continued> options) {
        return !options.isEmpty() && options.stream().allMatch(option -> option.continuation().length == 1
            && Arrays.equals(option.context(), options.getFirst().context()));
    }
}
