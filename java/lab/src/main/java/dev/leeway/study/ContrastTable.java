package dev.leeway.study;

import dev.leeway.stats.PairedRuns;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import dev.leeway.stats.TestResult;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * What a contrast is tested on: the items that all seeds have in common, of each of its groups, none of which lacks one.
 *
 * @param contrast which
 * @param exams of its groups
 * @param groups what seeds have in common
 */
record ContrastTable(Contrast contrast, List<String> exams, List<ContrastGroup.Common> groups) {

    /** Of each seed, the sum of the groups' means. */
    double[] means() {
        return IntStream.range(0, groups.getFirst().sums().length).mapToDouble(seed -> groups.stream().mapToDouble(group ->
            Sample.mean(group.sums()[seed])).sum()).toArray();
    }

    /** How many units. */
    int items() {
        return paired().map(PairedRuns::items).orElseGet(() -> groups.stream().mapToInt(group -> group.units().size()).sum());
    }

    int leftOut() {
        return groups.stream().mapToInt(ContrastGroup.Common::leftOut).sum();
    }

    /** (seeds)(units), whose means are those of {@link #means}; empty where no unit has a value of its own. */
    Optional<PairedRuns> paired() {
        if (contrast.pairs()) {
            return Optional.of(runs(this::scaled));
        }
        return exams.stream().distinct().count() == 1 && !isDisjoint() ? Optional.of(runs(this::joined)) : Optional.empty();
    }

    private PairedRuns runs(IntFunction<double[]> ofSeed) {
        return new PairedRuns(IntStream.range(0, groups.getFirst().sums().length).mapToObj(ofSeed).toArray(double[][]::new), leftOut());
    }

    /** Units of several exams are scaled so that their mean is the sum of the exams' means. */
    private double[] scaled(int seed) {
        int all = groups.stream().mapToInt(group -> group.units().size()).sum();
        return groups.stream().flatMapToDouble(group -> Arrays.stream(group.sums()[seed])
            .map(sum -> sum * ((double) all / group.units().size()))).toArray();
    }

    /**
     * Units that several groups have, such as questions in English and in other languages: the sum over groups. A group that lacks some
     * counts by how far its own units are from their mean, scaled up, so that the variance of the sum of means is that of all units' mean.
     */
    private double[] joined(int seed) {
        var units = new LinkedHashSet<String>();
        groups.forEach(group -> units.addAll(group.units()));
        return units.stream().mapToDouble(unit -> groups.stream().mapToDouble(group -> {
            int place = group.units().indexOf(unit);
            var sums = group.sums()[seed];
            if (sums.length == units.size()) {
                return sums[place]; // exactly, so that equal units stay equal
            }
            double mean = Sample.mean(sums);
            return place < 0 ? mean : mean + (sums[place] - mean) * units.size() / sums.length;
        }).sum()).toArray();
    }

    private boolean isDisjoint() {
        var seen = new HashSet<String>();
        return groups.stream().allMatch(group -> group.units().stream().allMatch(seen::add));
    }

    /** Of one seed's groups that have no unit in common, as independent samples; empty where they have, or nothing varies. */
    Optional<TestResult> independent(double level) {
        return isDisjoint() ? TTest.ofSum(groups.stream().map(group -> group.sums()[0]).toList(), level) : Optional.empty();
    }
}
