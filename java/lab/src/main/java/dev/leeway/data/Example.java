package dev.leeway.data;

import dev.leeway.model.Batch;
import java.util.Arrays;
import java.util.List;

/**
 * One encoded row, ready to be packed.
 *
 * @param tokens the token ids, at least one
 * @param mask   of the same length: true where the token is a training target. The first token never is, as nothing precedes it
 * @param unitId which row this is, counted from 0 over all files of the data set; it stays the same whatever is dropped before it
 */
public record Example(int[] tokens, boolean[] mask, long unitId) implements Unit {

    public Example {
        if (tokens.length == 0 || tokens.length != mask.length || mask[0]) {
            throw new IllegalArgumentException("row " + unitId + ": " + tokens.length + " tokens, " + mask.length
                    + " mask entries; expected as many, at least one, and the first one false");
        }
    }

    /** Rows as one batch. */
    public static Batch batch(List<Example> rows) {
        return Batch.of(rows.stream().map(Example::sequence).toList());
    }

    @Override
    public Example numbered(long otherId) {
        return new Example(tokens, mask, otherId);
    }

    @Override
    public Example cut(int length) {
        return tokens.length <= length ? this : new Example(Arrays.copyOf(tokens, length), Arrays.copyOf(mask, length), unitId);
    }

    /** The row as a sequence of a batch. */
    Batch.Sequence sequence() {
        return new Batch.Sequence(tokens, mask, unitId);
    }

    @Override
    public List<Example> sequences() {
        return List.of(this);
    }

    int countTrained() {
        int count = 0;
        for (boolean trained : mask) {
            count += trained ? 1 : 0;
        }
        return count;
    }

    /** The tokens before the first training target. */
    int[] beforeTrained() {
        int first = 0;
        while (first < mask.length && !mask[first]) {
            first++;
        }
        return Arrays.copyOf(tokens, first);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Example(int[] otherTokens, boolean[] otherMask, long otherId)
                && unitId == otherId && Arrays.equals(tokens, otherTokens) && Arrays.equals(mask, otherMask);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(tokens) + Long.hashCode(unitId);
    }

    @Override
    public String toString() {
        return "Example[unitId=" + unitId + ", tokens=" + length() + ", trained=" + trainedTokens() + "]";
    }
}
