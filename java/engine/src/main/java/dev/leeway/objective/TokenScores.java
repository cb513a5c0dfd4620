package dev.leeway.objective;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Per-position columns of a forward pass over a packed batch of N positions, in double. Positions that are not scored hold 0. The {@link
 * Column#VALUE} column has one entry a sequence instead.
 */
public final class TokenScores {

    private final Map<Column, double[]> columns = new EnumMap<>(Column.class);

    /** No columns yet. */
    public TokenScores() {
    }

    /** These columns with one more. */
    public TokenScores with(Column column, double[] values) {
        var result = new TokenScores();
        result.columns.putAll(columns);
        result.columns.put(column, values);
        return result;
    }

    /** A column; the objective must have asked for it. */
    public double[] column(Column column) {
        var values = columns.get(column);
        if (values == null) {
            throw new IllegalStateException("the forward pass was not asked for " + column);
        }
        return values;
    }

    /** A column, if the forward pass was asked for it. */
    public Optional<double[]> find(Column column) {
        return Optional.ofNullable(columns.get(column));
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
