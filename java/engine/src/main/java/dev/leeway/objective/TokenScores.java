package dev.leeway.objective;

import java.util.Optional;

/**
 * Per-position columns of a forward pass over a packed batch of N positions, in double. Positions that are not scored hold 0. The {@link
 * Column#VALUE} column has one entry a sequence instead. Scores that a pass was given to fill again may be longer than its batch; what is
 * behind it says nothing.
 */
public final class TokenScores {

    private final Columns columns = new Columns();

    /** No columns yet. */
    public TokenScores() {
    }

    /** Copies of these columns and of one more; filling this object again changes none of them. */
    public TokenScores with(Column column, double[] values) {
        var result = copy();
        result.columns.put(column, values);
        return result;
    }

    /** Copies of these columns, to be kept while this object is filled again. */
    public TokenScores copy() {
        var result = new TokenScores();
        result.columns.putAll(columns);
        return result;
    }

    /** Forgets all columns and keeps their arrays for {@link #room}. */
    public void clear() {
        columns.clear();
    }

    /** Adds a column of at least {@code length} entries, all 0, for the caller to fill. */
    public double[] room(Column column, int length) {
        return columns.room(column, length);
    }

    /** A column; the objective must have asked for it. */
    public double[] column(Column column) {
        return find(column).orElseThrow(() -> new IllegalStateException("the forward pass was not asked for " + column));
    }

    /** A column, if the forward pass was asked for it. */
    public Optional<double[]> find(Column column) {
        return columns.find(column);
    }

    /** log p(target) at every position. */
    public double[] logProb() {
        return column(Column.LOG_PROB);
    }

    /** The scalar head's output of every sequence. */
    public double[] value() {
        return column(Column.VALUE);
    }
}
