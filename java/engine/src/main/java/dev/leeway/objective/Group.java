package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * The completions of one prompt: neighbours with the same unit id.
 *
 * @param begin the first
 * @param end behind the last
 */
record Group(int begin, int end) {

    int size() {
        return end - begin;
    }

    /** The groups of a batch; a unit id that comes back after another one is refused, for its baseline would be of a part only. */
    static List<Group> of(long[] unitIds, int completions) {
        if (unitIds.length != completions) {
            throw LeewayException.data("%d rewards for %d completions; every completion needs one, NaN where a reward is missing",
                completions, unitIds.length);
        }
        var groups = new ArrayList<Group>();
        var seen = new HashSet<Long>();
        int begin = 0;
        for (int i = 1; i <= unitIds.length; i++) {
            if (i == unitIds.length || unitIds[i] != unitIds[begin]) {
                if (!seen.add(unitIds[begin])) {
                    throw LeewayException.data("completion %d belongs to prompt %d, whose group has ended before; the completions of a "
                        + "prompt must be neighbours", begin, unitIds[begin]);
                }
                groups.add(new Group(begin, i));
                begin = i;
            }
        }
        return groups;
    }
}
