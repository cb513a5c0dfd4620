package dev.leeway.data;

import java.util.List;
import java.util.OptionalDouble;

/**
 * An encoded row of preference training.
 *
 * @param chosen   prompt and better answer as one sequence; its mask covers the answer
 * @param rejected the same prompt and the worse answer, with the same unit id
 * @param margin   by how much the better answer is better, if the row says so
 */
public record PreferenceExample(Example chosen, Example rejected, OptionalDouble margin) implements Unit {

    public PreferenceExample {
        if (chosen.unitId() != rejected.unitId()) {
            throw new IllegalArgumentException("the answers are of rows " + chosen.unitId() + " and " + rejected.unitId());
        }
    }

    /** Without a margin. */
    public PreferenceExample(Example chosen, Example rejected) {
        this(chosen, rejected, OptionalDouble.empty());
    }

    @Override
    public long unitId() {
        return chosen.unitId();
    }

    @Override
    public PreferenceExample numbered(long otherId) {
        return new PreferenceExample(chosen.numbered(otherId), rejected.numbered(otherId), margin);
    }

    @Override
    public PreferenceExample cut(int length) {
        return new PreferenceExample(chosen.cut(length), rejected.cut(length), margin);
    }

    @Override
    public List<Example> sequences() {
        return List.of(chosen, rejected);
    }

    /** The prompt's tokens, begin of sequence included: what stands before the first trained token of the better answer. */
    public int[] prompt() {
        return chosen.beforeTrained();
    }
}
