package dev.leeway.stats;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** 180 random rows that other software was given too: y (0 or 1), v, x, ft (0 or 1), g (a, b, c), h (p, q), cluster (25). */
final class Reference {

    private static final List<String> COLUMNS = List.of("y", "v", "x", "ft", "g", "h", "cluster");
    private static final List<String[]> ROWS = read();

    private Reference() {
    }

    private static List<String[]> read() {
        try (var stream = Reference.class.getResourceAsStream("regression.csv")) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).map(line -> line.split(",")).toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    static String[] texts(String column) {
        return ROWS.stream().map(row -> row[COLUMNS.indexOf(column)]).toArray(String[]::new);
    }

    static double[] numbers(String column) {
        return ROWS.stream().mapToDouble(row -> Double.parseDouble(row[COLUMNS.indexOf(column)])).toArray();
    }

    /** Rows {@code begin … end − 1} of v. */
    static double[] v(int begin, int end) {
        return java.util.Arrays.copyOfRange(numbers("v"), begin, end);
    }

    static Observations observations() {
        return Observations.ofRows(ROWS.size()).withNumber("x", numbers("x")).withNumber("ft", numbers("ft"))
            .withFactor("g", "a", texts("g")).withFactor("h", "p", texts("h"));
    }

    static LogisticRegression.Outcomes outcomes() {
        var y = numbers("y");
        var outcomes = new boolean[y.length];
        for (int i = 0; i < y.length; i++) {
            outcomes[i] = y[i] == 1;
        }
        return LogisticRegression.Outcomes.of(outcomes);
    }
}
