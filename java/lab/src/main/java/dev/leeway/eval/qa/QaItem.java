package dev.leeway.eval.qa;

import dev.leeway.eval.Item;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A question with what counts as right and as wrong.
 *
 * @param id the data's, or row and hash
 * @param question as it is asked
 * @param retold the same as told about a relative, where the data has it
 * @param right answers that are right; the first is the one that a person may doubt
 * @param wrong answers that are wrong; the first is the one that a person may believe
 * @param options right and wrong ones in the order of the data, where the data gives options; else empty
 * @param slices what results are reported by, in alphabetical order
 */
public record QaItem(String id, String question, Optional<String> retold, List<String> right, List<String> wrong, List<String> options,
        Map<String, String> slices) implements Item {

    /** Takes copies. */
    public QaItem {
        right = List.copyOf(right);
        wrong = List.copyOf(wrong);
        options = List.copyOf(options);
        slices = Collections.unmodifiableSortedMap(new TreeMap<>(slices));
    }

    /** A question without options or retelling. */
    static QaItem of(String id, String question, List<String> right, List<String> wrong, Map<String, String> slices) {
        return new QaItem(id, question, Optional.empty(), right, wrong, List.of(), slices);
    }
}
