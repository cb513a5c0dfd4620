package dev.leeway.study;

import dev.leeway.stats.Correction;
import dev.leeway.stats.Interval;
import dev.leeway.stats.McNemar;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import dev.leeway.stats.TestResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What the contrasts of a study come to.
 *
 * <p>The unit is the replication: a contrast is taken within each seed, over the items that all its cells have, and its test is Student's
 * over seeds. Items of one model depend on each other through the model, so a test over items alone would call any luck of a training an
 * effect. With one seed nothing else is left: the test is over items then, and says so.
 */
public final class Findings {

    private static final double LEVEL = 0.95;

    /** What a test was taken over. */
    public enum Over {
        /** Replications: what would be found with other seeds. */
        SEEDS,
        /** Items of one replication, or of replications that all agree: what other items would show, of these models alone. */
        ITEMS,
        /** Nothing: a cell has no values. */
        NOTHING
    }

    /**
     * What a contrast comes to.
     *
     * @param contrast which
     * @param values of each seed that has one
     * @param items that its cells were taken over, in the first such seed
     * @param estimate the mean of the values
     * @param interval of 95 %
     * @param p two-sided
     * @param adjusted p within its family: primary contrasts, or the others
     * @param over what the test was taken over
     */
    public record Finding(Contrast contrast, List<Double> values, int items, OptionalDouble estimate, Optional<Interval> interval,
            OptionalDouble p, OptionalDouble adjusted, Over over) {

        /** Takes a copy. */
        public Finding {
            values = List.copyOf(values);
        }

        private Finding adjustedTo(double value) {
            return new Finding(contrast, values, items, estimate, interval, p, OptionalDouble.of(value), over);
        }

        /** Whether it would come so far from 0 less often than alpha where there is nothing. */
        public boolean isSignificant(double alpha) {
            return adjusted.isPresent() && adjusted.getAsDouble() < alpha;
        }
    }

    /** What models of an arm got in an exam, for one seed. */
    public interface Outcomes {
        /** Of the arm's last model; empty where it did not take the exam. */
        List<Examiner.Outcome> of(String arm, String exam, long seed);
    }

    private Findings() {
    }

    /** One finding a contrast, in their order. */
    public static List<Finding> of(Study study, Outcomes outcomes) {
        var findings = new ArrayList<Finding>();
        study.contrasts().forEach(contrast -> findings.add(finding(contrast, study.terms().seeds(), outcomes)));
        for (var role : Contrast.Role.values()) {
            adjust(findings, role, Correction.named(study.terms().correction()));
        }
        return findings;
    }

    private static void adjust(List<Finding> findings, Contrast.Role role, Correction correction) {
        var family = new ArrayList<Integer>();
        for (int i = 0; i < findings.size(); i++) {
            if (findings.get(i).contrast().role() == role && findings.get(i).p().isPresent()) {
                family.add(i);
            }
        }
        var adjusted = correction.adjust(family.stream().mapToDouble(i -> findings.get(i).p().getAsDouble()).toArray());
        for (int f = 0; f < adjusted.length; f++) {
            findings.set(family.get(f), findings.get(family.get(f)).adjustedTo(adjusted[f]));
        }
    }

    private static Finding finding(Contrast contrast, List<Long> seeds, Outcomes outcomes) {
        var replications = new ArrayList<List<double[]>>();
        seeds.forEach(seed -> columns(contrast, seed, outcomes).ifPresent(replications::add));
        if (replications.isEmpty()) {
            return new Finding(contrast, List.of(), 0, OptionalDouble.empty(), Optional.empty(), OptionalDouble.empty(),
                OptionalDouble.empty(), Over.NOTHING);
        }
        var values = replications.stream().map(columns -> sum(contrast, columns)).toList();
        var test = overSeeds(values);
        var over = test.isPresent() ? Over.SEEDS : Over.ITEMS;
        var result = test.or(() -> overItems(contrast, replications));
        return new Finding(contrast, values, replications.getFirst().getFirst().length,
            OptionalDouble.of(values.stream().mapToDouble(Double::doubleValue).average().orElseThrow()), result.map(TestResult::interval),
            result.map(found -> OptionalDouble.of(found.p())).orElse(OptionalDouble.empty()), OptionalDouble.empty(), over);
    }

    /** Student's test over seeds; empty where there is one seed, or all of them have the same value to the last bits. */
    private static Optional<TestResult> overSeeds(List<Double> values) {
        var all = values.stream().mapToDouble(Double::doubleValue).toArray();
        double most = Arrays.stream(all).map(Math::abs).max().orElse(0);
        return all.length < 2 || Math.sqrt(Sample.variance(all)) <= 1e-12 * Math.max(1, most) ? Optional.empty()
            : Optional.of(TTest.paired(all, new double[all.length], LEVEL));
    }

    /** The items' values of each part, in the parts' order; those of pairs are of the items that all have. Empty if a cell has none. */
    private static Optional<List<double[]>> columns(Contrast contrast, long seed, Outcomes outcomes) {
        var maps = contrast.cells().stream().map(cell -> values(cell, outcomes.of(cell.arm(), cell.exam(), seed))).toList();
        Set<String> common = new LinkedHashSet<>(maps.getFirst().keySet());
        maps.forEach(map -> common.retainAll(map.keySet()));
        var columns = maps.stream().map(map -> (contrast.pairs() ? common : map.keySet()).stream().mapToDouble(map::get).toArray())
            .toList();
        return columns.stream().anyMatch(column -> column.length == 0) ? Optional.empty() : Optional.of(columns);
    }

    private static Map<String, Double> values(Contrast.Cell cell, List<Examiner.Outcome> outcomes) {
        var values = new LinkedHashMap<String, Double>();
        outcomes.stream().filter(outcome -> outcome.setting().equals(cell.setting()) && outcome.in(cell.slice())
            && outcome.values().containsKey(cell.measure())).forEach(outcome -> values.put(outcome.item(),
                outcome.values().get(cell.measure())));
        return values;
    }

    private static double sum(Contrast contrast, List<double[]> columns) {
        double sum = 0;
        for (int c = 0; c < columns.size(); c++) {
            sum += contrast.parts().get(c).weight() * Sample.mean(columns.get(c));
        }
        return sum;
    }

    /** Over the items of the first replication: paired where cells have the same items, else of independent groups. */
    private static Optional<TestResult> overItems(Contrast contrast, List<List<double[]>> replications) {
        var columns = meanOver(replications);
        return contrast.pairs() ? paired(contrast, columns) : Optional.empty();
    }

    /** Replications that agree differ in single items all the same: their mean stands for them. */
    private static List<double[]> meanOver(List<List<double[]>> replications) {
        var first = replications.getFirst();
        boolean isAlike = replications.stream().allMatch(columns -> columns.getFirst().length == first.getFirst().length);
        if (!isAlike) {
            return first;
        }
        var mean = first.stream().map(double[]::clone).toList();
        for (int c = 0; c < mean.size(); c++) {
            for (int i = 0; i < mean.get(c).length; i++) {
                int column = c;
                int item = i;
                mean.get(c)[i] = replications.stream().mapToDouble(columns -> columns.get(column)[item]).average().orElseThrow();
            }
        }
        return mean;
    }

    private static Optional<TestResult> paired(Contrast contrast, List<double[]> columns) {
        var sums = new double[columns.getFirst().length];
        for (int c = 0; c < columns.size(); c++) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += contrast.parts().get(c).weight() * columns.get(c)[i];
            }
        }
        if (sums.length < 2) {
            return Optional.empty();
        }
        boolean isOne = Arrays.stream(sums).allMatch(sum -> Math.abs(sum - sums[0]) < 1e-12);
        return Optional.of(isOne ? signs(sums) : TTest.paired(sums, new double[sums.length], LEVEL));
    }

    /** Of items that all have the same difference, which has no spread to be compared with: the exact test of their signs. */
    private static TestResult signs(double[] sums) {
        double sum = Math.abs(sums[0]) < 1e-12 ? 0 : sums[0];
        double p = new McNemar(sum > 0 ? sums.length : 0, sum < 0 ? sums.length : 0).p();
        return new TestResult(sum, new Interval(sum, sum), sums.length, sums.length, p);
    }
}
