package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.List;

/**
 * The matrix of a linear predictor: an intercept, and what the terms make of each row.
 *
 * @param names of the columns
 * @param rows (rows)(columns)
 */
record Design(List<String> names, double[][] rows) {

    static final String INTERCEPT = "intercept";

    static Design of(Observations data, List<Term> terms) {
        var names = new ArrayList<>(List.of(INTERCEPT));
        var columns = new ArrayList<double[]>();
        for (var term : terms) {
            for (int part = 0; part < data.width(term); part++) {
                names.add(data.label(term, part));
                columns.add(data.values(term, part));
            }
        }
        var rows = new double[data.rows()][names.size()];
        for (int r = 0; r < rows.length; r++) {
            rows[r][0] = 1;
            for (int c = 0; c < columns.size(); c++) {
                rows[r][c + 1] = columns.get(c)[r];
            }
        }
        return new Design(List.copyOf(names), rows);
    }

    int columns() {
        return names.size();
    }

    /** Refuses too few rows. */
    Design requireRows() {
        if (rows.length <= columns()) {
            throw LeewayException.data("a regression with %d coefficients needs more rows than that; got %d", columns(), rows.length);
        }
        return this;
    }

    /** x · coefficients. */
    double predictor(int row, double[] coefficients) {
        double sum = 0;
        for (int c = 0; c < coefficients.length; c++) {
            sum += rows[row][c] * coefficients[c];
        }
        return sum;
    }
}
