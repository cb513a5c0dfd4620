package dev.leeway.data;

import java.util.List;
import java.util.stream.IntStream;

/** Examples without a tokenizer. */
final class Units {

    private Units() {}

    static Example ofLength(int length, long unitId) {
        boolean[] mask = new boolean[length];
        mask[length - 1] = length > 1;
        return new Example(IntStream.range(0, length).map(i -> (int) unitId + i).toArray(), mask, unitId);
    }

    static List<Example> ofLengths(int... lengths) {
        return IntStream.range(0, lengths.length).mapToObj(i -> ofLength(lengths[i], i)).toList();
    }
}
