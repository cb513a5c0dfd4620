package dev.leeway.objective;

import java.util.HashMap;
import java.util.Map;

/** How the metrics of micro-batches become those of a step: they add up, but the extremes, whose names say {@code min} or
 * {@code max} at an end. */
public final class Metrics {

    private Metrics() {
    }

    /** The metrics of two parts of a step taken together. */
    public static Map<String, Double> sum(Map<String, Double> some, Map<String, Double> others) {
        if (others.isEmpty()) {
            return some;
        }
        var sum = new HashMap<>(some);
        others.forEach((name, value) -> sum.merge(name, value, (a, b) -> join(name, a, b)));
        return sum;
    }

    private static double join(String name, double a, double b) {
        if (name.endsWith("_min") || name.startsWith("min_")) {
            return Math.min(a, b);
        }
        return name.endsWith("_max") || name.startsWith("max_") ? Math.max(a, b) : a + b;
    }
}
