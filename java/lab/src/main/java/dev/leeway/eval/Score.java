package dev.leeway.eval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What one answer to one item is worth.
 *
 * @param values by the name of a measure; an item that a measure doesn't apply to doesn't have it
 * @param grades what the values were made from, where that is more than the values
 */
public record Score(SequencedMap<String, Value> values, List<Grade> grades) {

    /** Takes copies. */
    public Score {
        values = new LinkedHashMap<>(values);
        grades = List.copyOf(grades);
    }

    /** One measure. */
    public static Score of(String measure, Value value) {
        return new Score(new LinkedHashMap<>(Map.of(measure, value)), List.of());
    }

    /** The value of a measure that the item has. */
    public Value value(String measure) {
        return values.getOrDefault(measure, Value.missing("the item has no " + measure));
    }

    /**
     * One answer of one judge, or one run of one program: the tidy row that aggregates are derived from.
     *
     * @param of what was graded: a dimension, a question, a test
     * @param variant of it: a variable's assignment, or empty
     * @param grader who graded
     * @param value the grade
     * @param said what the grader wrote, as it came
     */
    public record Grade(String of, String variant, String grader, Value value, String said) {
    }
}
