package dev.leeway.objective;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** ∂loss/∂column at every position: the mirror image of {@link TokenScores}. A column that the loss does not depend on is absent. */
public final class TokenGradients {

    private final Map<Column, double[]> columns = new EnumMap<>(Column.class);

    /** No columns yet: a loss that depends on nothing. */
    public TokenGradients() {
    }

    /** These gradients with one more column. */
    public TokenGradients with(Column column, double[] values) {
        var result = new TokenGradients();
        result.columns.putAll(columns);
        result.columns.put(column, values);
        return result;
    }

    /** The gradient by a column, if the loss depends on it. */
    public Optional<double[]> column(Column column) {
        return Optional.ofNullable(columns.get(column));
    }
}
