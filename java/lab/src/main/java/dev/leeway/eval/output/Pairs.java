package dev.leeway.eval.output;

import dev.leeway.stats.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The items that two models have a value of, side by side in the order of the first model's. The epochs of an item are averaged first.
 *
 * @param first values of the first model
 * @param second values of the second model on the same items
 * @param missing items that at least one of them has no value of
 * @param repeated whether any value is a mean over epochs
 */
record Pairs(double[] first, double[] second, int missing, boolean repeated) {

    static Pairs of(List<ItemValue> first, List<ItemValue> second) {
        var ofFirst = byItem(first);
        var ofSecond = byItem(second);
        var both = ofFirst.keySet().stream().filter(item -> !ofFirst.get(item).isEmpty() && !ofSecond.getOrDefault(item, List.of())
            .isEmpty()).toList();
        long all = Stream.concat(ofFirst.keySet().stream(), ofSecond.keySet().stream()).distinct().count();
        return new Pairs(means(ofFirst, both), means(ofSecond, both), (int) all - both.size(),
            Stream.of(ofFirst, ofSecond).flatMap(map -> map.values().stream()).anyMatch(values -> values.size() > 1));
    }

    /** The values that each item has; none where all are missing. */
    private static Map<String, List<Double>> byItem(List<ItemValue> values) {
        var items = new LinkedHashMap<String, List<Double>>();
        for (var one : values) {
            var of = items.computeIfAbsent(one.item(), _ -> new ArrayList<>());
            one.value().asNumber().ifPresent(of::add);
        }
        return items;
    }

    private static double[] means(Map<String, List<Double>> values, List<String> items) {
        return items.stream().mapToDouble(item -> Sample.mean(values.get(item).stream().mapToDouble(Double::doubleValue).toArray()))
            .toArray();
    }

    int count() {
        return first.length;
    }

    /** Whether every value is 0 or 1 from one epoch. */
    boolean areOutcomes() {
        return !repeated && Stream.of(first, second).allMatch(side -> java.util.Arrays.stream(side)
            .allMatch(value -> value == 0 || value == 1));
    }
}
