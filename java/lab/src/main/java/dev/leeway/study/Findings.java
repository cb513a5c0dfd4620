package dev.leeway.study;

import dev.leeway.stats.Correction;
import dev.leeway.stats.Interval;
import dev.leeway.stats.McNemar;
import dev.leeway.stats.PairedRuns;
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
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What the contrasts of a study come to.
 *
 * <p>A contrast is taken within each seed, over the items that all its cells have, and tested as of any seeds on any items ({@link
 * PairedRuns.Unit#BOTH}). Items of one model depend on each other through the model, so a test over items alone would call any luck of a
 * training an effect. With one seed nothing else is left: the test is over items then, and says so.
 */
public final class Findings {

    private static final double LEVEL = 0.95;

    /** What a test was taken over. */
    public enum Over {
        /** Any seeds on any items: the widest claim. */
        SEEDS_AND_ITEMS,
        /** Any seeds, on cells of different items. */
        SEEDS,
        /** Any items, of these models alone: there is one seed, or all differences are the same and only their signs can be tested. */
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
        var replications = new ArrayList<List<Map<String, Double>>>();
        for (long seed : seeds) {
            var cells = contrast.cells().stream().map(cell -> cell.values(outcomes.of(cell.arm(), cell.exam(), seed))).toList();
            if (cells.stream().noneMatch(Map::isEmpty)) {
                replications.add(cells);
            }
        }
        var runs = contrast.pairs() ? paired(contrast, replications) : Optional.<PairedRuns>empty();
        if (replications.isEmpty() || contrast.pairs() && runs.isEmpty()) {
            return new Finding(contrast, List.of(), 0, OptionalDouble.empty(), Optional.empty(), OptionalDouble.empty(),
                OptionalDouble.empty(), Over.NOTHING);
        }
        var values = runs.map(own -> Arrays.stream(own.differences()).map(Sample::mean).toList()).orElseGet(() ->
            replications.stream().map(cells -> sum(contrast, cells)).toList());
        var over = values.size() < 2 || runs.filter(Findings::isOne).isPresent() ? Over.ITEMS
            : runs.isPresent() && runs.get().items() > 1 ? Over.SEEDS_AND_ITEMS : Over.SEEDS;
        var result = test(over, values, runs);
        return new Finding(contrast, values, runs.map(PairedRuns::items).orElse(replications.getFirst().getFirst().size()),
            OptionalDouble.of(values.stream().mapToDouble(Double::doubleValue).average().orElseThrow()), result.map(TestResult::interval),
            result.map(found -> OptionalDouble.of(found.p())).orElse(OptionalDouble.empty()), OptionalDouble.empty(), over);
    }

    /**
     * (seeds)(units): the contrast of each item that all its exam's cells of all seeds have, averaged over the items of each of the
     * contrast's units; empty if an exam has none. Units of several exams are scaled so that their mean is the sum of the exams' means.
     */
    private static Optional<PairedRuns> paired(Contrast contrast, List<List<Map<String, Double>>> replications) {
        if (replications.isEmpty()) {
            return Optional.empty();
        }
        var exams = contrast.cells().stream().map(Contrast.Cell::exam).distinct()
            .map(exam -> paired(contrast, exam, replications)).toList();
        if (exams.stream().anyMatch(exam -> exam.items().isEmpty())) {
            return Optional.empty();
        }
        int items = exams.stream().mapToInt(exam -> exam.items().size()).sum();
        var sums = IntStream.range(0, replications.size()).mapToObj(seed -> exams.stream().flatMapToDouble(exam ->
            Arrays.stream(exam.sums()[seed]).map(sum -> sum * ((double) items / exam.items().size()))).toArray()).toArray(double[][]::new);
        return Optional.of(new PairedRuns(sums, exams.stream().mapToInt(OfExam::leftOut).sum()));
    }

    private record OfExam(List<String> items, double[][] sums, int leftOut) {
    }

    private static OfExam paired(Contrast contrast, String exam, List<List<Map<String, Double>>> replications) {
        var parts = IntStream.range(0, contrast.parts().size()).filter(c -> contrast.parts().get(c).cell().exam().equals(exam)).toArray();
        var common = new LinkedHashSet<>(replications.getFirst().get(parts[0]).keySet());
        int all = common.size();
        replications.forEach(cells -> Arrays.stream(parts).forEach(c -> common.retainAll(cells.get(c).keySet())));
        var units = common.stream().collect(Collectors.groupingBy(contrast.unit()::of, LinkedHashMap::new, Collectors.toList()));
        var sums = replications.stream().map(cells -> units.values().stream().mapToDouble(items -> items.stream().mapToDouble(item ->
            Arrays.stream(parts).mapToDouble(c -> contrast.parts().get(c).weight() * cells.get(c).get(item)).sum()).sum() / items.size())
            .toArray()).toArray(double[][]::new);
        return new OfExam(List.copyOf(units.keySet()), sums, all - common.size());
    }

    private static double sum(Contrast contrast, List<Map<String, Double>> cells) {
        return IntStream.range(0, cells.size()).mapToDouble(c -> contrast.parts().get(c).weight()
            * Sample.mean(cells.get(c).values().stream().mapToDouble(Double::doubleValue).toArray())).sum();
    }

    /** Empty where one seed has cells of different items, or nothing varies that a difference could be compared with. */
    private static Optional<TestResult> test(Over over, List<Double> values, Optional<PairedRuns> runs) {
        var means = values.stream().mapToDouble(Double::doubleValue).toArray();
        if (runs.map(Findings::isOne).orElseGet(() -> Arrays.stream(means).distinct().count() == 1)) {
            return runs.map(own -> signs(own.differences()[0][0], own.items()));
        }
        return switch (over) {
            case SEEDS_AND_ITEMS -> test(runs, PairedRuns.Unit.BOTH);
            case SEEDS -> TTest.isTestable(means) ? Optional.of(TTest.paired(means, new double[means.length], LEVEL)) : Optional.empty();
            case ITEMS -> test(runs, PairedRuns.Unit.ITEMS);
            case NOTHING -> Optional.empty();
        };
    }

    private static boolean isOne(PairedRuns runs) {
        return Arrays.stream(runs.differences()).flatMapToDouble(Arrays::stream).distinct().count() == 1;
    }

    private static Optional<TestResult> test(Optional<PairedRuns> runs, PairedRuns.Unit unit) {
        return runs.filter(own -> own.isTestable(unit)).map(own -> own.test(unit, LEVEL));
    }

    /** Of items that all have the same difference, which has no spread to be compared with: the exact test of their signs. */
    private static TestResult signs(double same, int items) {
        double p = new McNemar(same > 0 ? items : 0, same < 0 ? items : 0).p();
        return new TestResult(same, new Interval(same, same), items, items, p);
    }
}
