package dev.leeway.eval;

import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Interval;
import dev.leeway.stats.Proportion;
import dev.leeway.stats.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Means of measures over items, whole and by slice. The epochs of an item are averaged first, so an item weighs as much as any other
 * however often it got a value. What is missing is left out and counted.
 *
 * <p>Intervals have 95 %: Wilson's where each item has one value of 0 or 1 from one epoch, else the percentile bootstrap over items with
 * 2,000 resamples of a fixed seed, from two items on.
 */
public final class Means {

    private static final double LEVEL = 0.95;
    private static final int RESAMPLES = 2000;
    private static final long SEED = 1;

    private Means() {
    }

    /** Every measure that a row has, in the order in which they first occur: over all items, then over those of each slice. */
    public static <I extends Item> List<Statistic> of(List<Row<I>> rows) {
        var measures = new LinkedHashSet<String>();
        rows.forEach(row -> measures.addAll(row.score().values().keySet()));
        var statistics = new ArrayList<Statistic>();
        var slices = slices(rows);
        for (String measure : measures) {
            slices.forEach((slice, members) -> over(measure, slice, members, of(measure)).ifPresent(statistics::add));
        }
        return List.copyOf(statistics);
    }

    /** One measure, perhaps one that is made of several: over all items, then over those of each slice. */
    public static <I extends Item> List<Statistic> of(String name, List<Row<I>> rows, Function<Row<I>, Optional<Value>> value) {
        var statistics = new ArrayList<Statistic>();
        slices(rows).forEach((slice, members) -> over(name, slice, members, value).ifPresent(statistics::add));
        return List.copyOf(statistics);
    }

    private static <I extends Item> Function<Row<I>, Optional<Value>> of(String measure) {
        return row -> Optional.ofNullable(row.score().values().get(measure));
    }

    /**
     * The rows of each slice, by {@code key=value}, keys in alphabetical order and values as they first occur; all of them, by the empty
     * text, first.
     */
    public static <I extends Item> SequencedMap<String, List<Row<I>>> slices(List<Row<I>> rows) {
        var slices = new LinkedHashMap<String, List<Row<I>>>();
        slices.put("", rows);
        var keys = new TreeSet<String>(); // a map's own order may be another one in the next process
        rows.forEach(row -> keys.addAll(row.item().slices().keySet()));
        for (String key : keys) {
            for (Row<I> row : rows) {
                Optional.ofNullable(row.item().slices().get(key))
                    .ifPresent(value -> slices.computeIfAbsent(key + "=" + value, _ -> new ArrayList<>()).add(row));
            }
        }
        return slices;
    }

    /**
     * One number over some rows.
     *
     * @param value of a row; empty where it doesn't apply to the item
     * @return empty where it applies to none of the items
     */
    public static <I extends Item> Optional<Statistic> over(String name, String slice, List<Row<I>> rows,
            Function<Row<I>, Optional<Value>> value) {
        var ofItem = new LinkedHashMap<String, List<Value>>();
        for (Row<I> row : rows) {
            value.apply(row).ifPresent(found -> ofItem.computeIfAbsent(row.item().id(), _ -> new ArrayList<>()).add(found));
        }
        return ofItem.isEmpty() ? Optional.empty() : Optional.of(statistic(name, slice, ofItem));
    }

    private static Statistic statistic(String name, String slice, Map<String, List<Value>> ofItem) {
        var means = ofItem.values().stream().map(Means::given).filter(values -> values.length > 0).mapToDouble(Sample::mean).toArray();
        long answers = ofItem.values().stream().mapToLong(List::size).sum();
        long given = ofItem.values().stream().mapToLong(values -> given(values).length).sum();
        boolean isShare = answers == ofItem.size();
        for (double mean : means) {
            isShare &= mean == 0 || mean == 1;
        }
        return new Statistic(name, slice, means.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(Sample.mean(means)),
            interval(means, isShare), means.length, answers - given);
    }

    private static double[] given(List<Value> values) {
        return values.stream().flatMapToDouble(value -> value.asNumber().stream()).toArray();
    }

    private static Optional<Interval> interval(double[] means, boolean isShare) {
        if (means.length > 0 && isShare) {
            return Optional.of(new Proportion(Arrays.stream(means).filter(mean -> mean == 1).count(), means.length).wilson(LEVEL));
        }
        return means.length < 2 ? Optional.empty() : Optional.of(new Bootstrap(RESAMPLES, LEVEL, SEED).percentile(means, Sample::mean));
    }
}
