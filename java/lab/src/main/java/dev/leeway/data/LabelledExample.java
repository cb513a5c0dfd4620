package dev.leeway.data;

import java.util.Arrays;
import java.util.List;

/**
 * An encoded row of KTO.
 *
 * @param example prompt and answer as one sequence; its mask covers the answer
 * @param label   whether the answer is good
 */
public record LabelledExample(Example example, boolean label) implements Unit {

    @Override
    public long unitId() {
        return example.unitId();
    }

    @Override
    public LabelledExample numbered(long otherId) {
        return new LabelledExample(example.numbered(otherId), label);
    }

    @Override
    public LabelledExample cut(int length) {
        return new LabelledExample(example.cut(length), label);
    }

    @Override
    public List<Example> sequences() {
        return List.of(example);
    }

    /** The prompt's tokens, begin of sequence included: what stands before the first trained token. */
    public int[] prompt() {
        return example.beforeTrained();
    }

    /** The answer's tokens. */
    int[] answer() {
        return Arrays.copyOfRange(example.tokens(), prompt().length, example.tokens().length);
    }
}
