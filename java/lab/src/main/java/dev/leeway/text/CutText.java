package dev.leeway.text;

import java.util.List;

/**
 * A text as ids, and where among them some of its places are.
 *
 * @param ids  of the whole text
 * @param cuts one for each place that was asked for, in that order
 */
public record CutText(int[] ids, List<Cut> cuts) {

    public CutText {
        cuts = List.copyOf(cuts);
    }
}
