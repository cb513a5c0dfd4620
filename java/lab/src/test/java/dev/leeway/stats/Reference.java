package dev.leeway.stats;

import java.util.Arrays;

/** 180 random rows that other software was given too: y (0 or 1), v, x, ft (0 or 1), g (a, b, c), h (p, q), cluster (25). */
final class Reference {

    private static final Table ROWS = Table.resource("regression.csv");

    private Reference() {
    }

    static String[] texts(String column) {
        return ROWS.texts(column);
    }

    static double[] numbers(String column) {
        return ROWS.numbers(column);
    }

    /** Rows {@code begin … end − 1} of v. */
    static double[] v(int begin, int end) {
        return Arrays.copyOfRange(numbers("v"), begin, end);
    }

    static Observations observations() {
        return Observations.ofRows(ROWS.size()).withNumber("x", numbers("x")).withNumber("ft", numbers("ft"))
            .withFactor("g", "a", texts("g")).withFactor("h", "p", texts("h"));
    }

    static LogisticRegression.Outcomes outcomes() {
        var trials = new double[ROWS.size()];
        Arrays.fill(trials, 1);
        return new LogisticRegression.Outcomes(numbers("y"), trials);
    }
}
