package dev.leeway.cli.verify;

import dev.leeway.objective.Column;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Targets;
import dev.leeway.objective.TokenScores;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The rows (B, T) of a case as sequences of one packed micro-batch: all T positions of each, what is masked out too, since it must not
 * matter.
 *
 * @param width T
 * @param sequenceOf per row of the case: which sequence it is
 */
record PaddedRows(int width, int[] sequenceOf) {

    /** How cases write down preference pairs. */
    static final String PAIR_LAYOUT = "rows 0..P-1 are chosen, rows P..2P-1 rejected, pairs (i, i+P)";

    /** Rows that are sequences in their order. */
    static PaddedRows inOrder(int rows, int width) {
        return new PaddedRows(width, IntStream.range(0, rows).toArray());
    }

    /** Rows 0..P−1 are chosen, P..2P−1 rejected; the engine wants each pair side by side. */
    static PaddedRows pairs(Fields inputs, String name) {
        var rows = inputs.rows(name);
        if (rows.length % 2 != 0) {
            throw inputs.wrong(name, "must have a rejected row for each chosen one, found " + rows.length + " rows");
        }
        return new PaddedRows(rows[0].length, interleaved(rows.length));
    }

    /** Row i of the chosen half becomes 2i, of the rejected half 2i+1. */
    static int[] interleaved(int rows) {
        return IntStream.range(0, rows).map(row -> row < rows / 2 ? 2 * row : 2 * (row - rows / 2) + 1).toArray();
    }

    int rows() {
        return sequenceOf.length;
    }

    /** A named table of numbers, packed. */
    double[] numbers(Fields inputs, String name) {
        var rows = inputs.rows(name);
        requireShape(inputs, name, rows.length, rows[0].length);
        var packed = new double[rows() * width];
        for (int r = 0; r < rows.length; r++) {
            System.arraycopy(rows[r], 0, packed, sequenceOf[r] * width, width);
        }
        return packed;
    }

    /** A named table of flags, packed. */
    boolean[] flags(Fields inputs, String name) {
        var rows = inputs.masks(name);
        requireShape(inputs, name, rows.length, rows[0].length);
        var packed = new boolean[rows() * width];
        for (int r = 0; r < rows.length; r++) {
            System.arraycopy(rows[r], 0, packed, sequenceOf[r] * width, width);
        }
        return packed;
    }

    private void requireShape(Fields inputs, String name, int rows, int columns) {
        if (rows != rows() || columns != width) {
            throw inputs.wrong(name, "must be " + rows() + " rows of " + width + ", found " + rows + " of " + columns);
        }
    }

    /** Log-probabilities of a named table. */
    TokenScores logProbs(Fields inputs, String name) {
        return new TokenScores().with(Column.LOG_PROB, numbers(inputs, name));
    }

    /** Targets with this mask; row r of the case has unit id r, or of a pair that of its chosen row. */
    Targets targets(boolean[] mask, boolean inPairs) {
        var units = new long[rows()];
        for (int r = 0; r < units.length; r++) {
            units[sequenceOf[r]] = inPairs ? r % (rows() / 2) : r;
        }
        return Targets.of(mask, IntStream.rangeClosed(0, rows()).map(s -> s * width).toArray(), units);
    }

    /** A packed column, row after row of the case. */
    double[] unpack(double[] packed) {
        var values = new double[packed.length];
        for (int r = 0; r < rows(); r++) {
            System.arraycopy(packed, sequenceOf[r] * width, values, r * width, width);
        }
        return values;
    }

    /** Two neighbouring sequences as a micro-batch of their own. */
    Scored pair(Scored all, int chosen) {
        int from = chosen * width;
        int to = from + 2 * width;
        var targets = all.targets();
        var mask = Arrays.copyOfRange(targets.mask(), from, to);
        var part = new Targets(mask, new int[] {0, width, 2 * width}, new long[] {0, 0}, new double[0], new double[0])
            .withCompletion(Arrays.copyOfRange(targets.completion(), from, to));
        var scored = Scored.of(part(all.policy(), from, to), part);
        return all.reference().map(reference -> scored.withReference(part(reference, from, to))).orElse(scored);
    }

    private static TokenScores part(TokenScores scores, int from, int to) {
        return new TokenScores().with(Column.LOG_PROB, Arrays.copyOfRange(scores.logProb(), from, to));
    }
}
