package dev.leeway.objective;

import java.util.Optional;

/** ∂loss/∂column at every position: the mirror image of {@link TokenScores}. A column that the loss does not depend on is absent. */
public final class TokenGradients {

    private final Columns columns = new Columns();

    /** No columns yet: a loss that depends on nothing. */
    public TokenGradients() {
    }

    /** Copies of these columns and of one more; filling this object again changes none of them. */
    public TokenGradients with(Column column, double[] values) {
        var result = new TokenGradients();
        result.columns.putAll(columns);
        result.columns.put(column, values);
        return result;
    }

    /** Forgets all columns and keeps their arrays for {@link #room}. */
    public void clear() {
        columns.clear();
    }

    /** Adds a column of at least {@code length} entries, all 0, for the objective to fill. */
    public double[] room(Column column, int length) {
        return columns.room(column, length);
    }

    /** The gradient by a column, if the loss depends on it. */
    public Optional<double[]> column(Column column) {
        return columns.find(column);
    }
}
