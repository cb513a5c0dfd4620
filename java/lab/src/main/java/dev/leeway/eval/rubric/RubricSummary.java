package dev.leeway.eval.rubric;

import dev.leeway.eval.Means;
import dev.leeway.eval.Row;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Value;
import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Interval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * What all items say together, each the mean of its epochs: overall_mean over items, avg_by_dimension over the items that carry one, and
 * dimension_normalized_avg, the weighted mean of the latter over dimensions.
 */
final class RubricSummary {

    private static final String NORMALIZED = "dimension_normalized_avg";
    private static final Bootstrap BOOTSTRAP = new Bootstrap(2000, 0.95, 1);

    private RubricSummary() {
    }

    static List<Statistic> of(List<Row<RubricItem>> rows) {
        var statistics = new ArrayList<>(Means.of(rows));
        Means.slices(rows).forEach((slice, members) -> statistics.add(normalized(slice, members)));
        return List.copyOf(statistics);
    }

    private static Statistic normalized(String slice, List<Row<RubricItem>> rows) {
        var dimensions = dimensions(rows);
        var items = items(rows, List.copyOf(dimensions.keySet()));
        double[] weights = dimensions.values().stream().mapToDouble(Double::doubleValue).toArray();
        double value = macro(items, weights, IntStream.range(0, items.size()).toArray());
        var interval = items.size() < 2 || Double.isNaN(value) ? Optional.<Interval>empty()
            : Optional.of(BOOTSTRAP.percentile(items.size(), drawn -> macro(items, weights, drawn)));
        long missing = rows.stream().flatMap(row -> row.score().values().entrySet().stream())
            .filter(one -> one.getKey().startsWith(Rubric.DIMENSION) && one.getValue() instanceof Value.Missing).count();
        return new Statistic(NORMALIZED, slice, Double.isNaN(value) ? OptionalDouble.empty() : OptionalDouble.of(value), interval,
            items.size(), missing);
    }

    /** Their weights, by name. */
    private static SequencedMap<String, Double> dimensions(List<Row<RubricItem>> rows) {
        var weights = new LinkedHashMap<String, Double>();
        rows.forEach(row -> row.item().weights().forEach(weights::putIfAbsent));
        return weights;
    }

    /** For each item the mean over its epochs of each dimension; NaN where there is none. */
    private static List<double[]> items(List<Row<RubricItem>> rows, List<String> dimensions) {
        Map<String, List<Row<RubricItem>>> byItem = new LinkedHashMap<>();
        rows.forEach(row -> byItem.computeIfAbsent(row.item().id(), _ -> new ArrayList<>()).add(row));
        return byItem.values().stream().map(epochs -> dimensions.stream().mapToDouble(dimension -> epochs.stream()
            .flatMapToDouble(row -> row.score().value(Rubric.DIMENSION + dimension).asNumber().stream()).average().orElse(Double.NaN))
            .toArray()).toList();
    }

    /** The weighted mean over dimensions of their means over the drawn items that have them; NaN where none has any. */
    private static double macro(List<double[]> items, double[] weights, int[] drawn) {
        double sum = 0;
        double total = 0;
        for (int d = 0; d < weights.length; d++) {
            double ofDimension = 0;
            int carriers = 0;
            for (int item : drawn) {
                double value = items.get(item)[d];
                if (!Double.isNaN(value)) {
                    ofDimension += value;
                    carriers++;
                }
            }
            if (carriers > 0) {
                sum += weights[d] * ofDimension / carriers;
                total += weights[d];
            }
        }
        return sum / total;
    }
}
