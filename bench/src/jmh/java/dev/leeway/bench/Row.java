package dev.leeway.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A line of the results.
 *
 * @param name what was measured
 * @param unit of the figures, such as {@code s} or {@code tokens/s}
 * @param ours the figures of all runs, in their order
 * @param peer the same work in other software, where there is such
 * @param details whatever else belongs to it: work, shares of ceilings, memory
 */
public record Row(String name, String unit, List<Double> ours, Optional<Peer> peer, Map<String, Object> details) {

    /**
     * The other side of a contest.
     *
     * @param name of the software
     * @param version of it, and how it ran
     * @param runs its figures, run by run beside ours
     * @param ratio median over the pairs of how many times better ours is
     */
    public record Peer(String name, String version, List<Double> runs, double ratio) {

        /** A peer whose ratio is the median over the pairs; times, so the smaller figure is the better one. */
        public static Peer ofSeconds(String name, String version, List<Double> ours, List<Double> theirs) {
            var ratios = new double[ours.size()];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = theirs.get(i) / ours.get(i);
            }
            return new Peer(name, version, theirs, Row.median(ratios));
        }
    }

    /** A row without a peer. */
    public static Row of(String name, String unit, List<Double> ours) {
        return new Row(name, unit, ours, Optional.empty(), Map.of());
    }

    /** The same with a peer. */
    public Row against(Peer other) {
        return new Row(name, unit, ours, Optional.of(other), details);
    }

    /** The same with one more detail. */
    public Row with(String key, Object value) {
        var more = new LinkedHashMap<>(details);
        more.put(key, value);
        return new Row(name, unit, ours, peer, more);
    }

    /** The median of our runs. */
    public double median() {
        return median(ours);
    }

    /** A detail that is a number. */
    public Optional<Double> number(String key) {
        return Optional.ofNullable(details.get(key)).map(value -> ((Number) value).doubleValue());
    }

    /** The middle of some figures; of an even number, the mean of the middle two. */
    public static double median(List<Double> figures) {
        return median(figures.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static double median(double[] figures) {
        var sorted = figures.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
