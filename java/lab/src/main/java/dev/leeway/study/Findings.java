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
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * What the contrasts of a study come to.
 *
 * <p>A contrast is taken within each seed, over the items that all cells of an exam and slice have, and tested as of any seeds on any units
 * of items ({@link PairedRuns.Unit#BOTH}). Items of one model depend on each other through the model, so a test over items alone would call
 * any luck of a training an effect. With one seed nothing else is left: the test is over items then, and says so.
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
        /** Nothing: a cell has no values, or seeds have no item in common. */
        NOTHING
    }

    /**
     * What a test was taken over, and what not.
     *
     * @param items units of items, such as questions, that all cells of all seeds have
     * @param leftOut items that a cell asks and some cell of some seed has no value for
     */
    public record Coverage(int items, int leftOut) {
    }

    /**
     * What a contrast comes to.
     *
     * @param contrast which
     * @param values by seed, of those that have one: over all items that the seed's own cells have
     * @param coverage what the estimate, its interval and p rest on
     * @param estimate the mean over seeds, over the items that all seeds have
     * @param interval of 95 %
     * @param p two-sided
     * @param adjusted p within its family, primary contrasts or the others, of which one without p counts as p = 1
     * @param over what the test was taken over
     */
    public record Finding(Contrast contrast, SequencedMap<Long, Double> values, Coverage coverage, OptionalDouble estimate,
            Optional<Interval> interval, OptionalDouble p, OptionalDouble adjusted, Over over) {

        /** Takes a copy. */
        public Finding {
            values = new LinkedHashMap<>(values);
        }

        private Finding adjustedTo(double value) {
            return new Finding(contrast, values, coverage, estimate, interval, p, OptionalDouble.of(value), over);
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

    /** By the size of the family as it was declared: a contrast that could not be tested doesn't make the others' correction milder. */
    private static void adjust(List<Finding> findings, Contrast.Role role, Correction correction) {
        var family = IntStream.range(0, findings.size()).filter(i -> findings.get(i).contrast().role() == role).toArray();
        var adjusted = correction.adjust(Arrays.stream(family).mapToDouble(i -> findings.get(i).p().orElse(1)).toArray());
        for (int f = 0; f < family.length; f++) {
            if (findings.get(family[f]).p().isPresent()) {
                findings.set(family[f], findings.get(family[f]).adjustedTo(adjusted[f]));
            }
        }
    }

    private static Finding finding(Contrast contrast, List<Long> seeds, Outcomes outcomes) {
        var groups = ContrastGroup.of(contrast);
        var all = new LinkedHashMap<Long, List<ContrastGroup.OfSeed>>();
        seeds.forEach(seed -> all.put(seed, groups.stream().map(group -> group.of(outcomes, seed)).toList()));
        var complete = new LinkedHashMap<>(all);
        complete.values().removeIf(seed -> seed.stream().anyMatch(group -> group.sums().isEmpty()));
        var values = new LinkedHashMap<Long, Double>();
        complete.forEach((seed, own) -> values.put(seed, own.stream().mapToDouble(ContrastGroup.OfSeed::mean).sum()));
        var rest = complete.isEmpty() ? all : complete;
        var table = new ContrastTable(contrast, groups.stream().map(ContrastGroup::exam).toList(), IntStream.range(0, groups.size())
            .mapToObj(g -> ContrastGroup.common(rest.values().stream().map(seed -> seed.get(g)).toList())).toList());
        return table.groups().stream().anyMatch(group -> group.units().isEmpty())
            ? new Finding(contrast, values, new Coverage(0, table.leftOut()), OptionalDouble.empty(), Optional.empty(),
                OptionalDouble.empty(), OptionalDouble.empty(), Over.NOTHING)
            : finding(contrast, values, table);
    }

    private static Finding finding(Contrast contrast, SequencedMap<Long, Double> values, ContrastTable table) {
        var runs = table.paired();
        var over = values.size() < 2 || runs.filter(Findings::isOne).isPresent() ? Over.ITEMS
            : runs.isPresent() && runs.get().items() > 1 ? Over.SEEDS_AND_ITEMS : Over.SEEDS;
        var result = test(over, table, runs);
        return new Finding(contrast, values, new Coverage(table.items(), table.leftOut()), OptionalDouble.of(Sample.mean(table.means())),
            result.map(TestResult::interval), result.map(found -> OptionalDouble.of(found.p())).orElse(OptionalDouble.empty()),
            OptionalDouble.empty(), over);
    }

    /** Empty where nothing varies that a difference could be compared with, or items of one seed's cells are neither the same nor apart. */
    private static Optional<TestResult> test(Over over, ContrastTable table, Optional<PairedRuns> runs) {
        if (runs.filter(Findings::isOne).isPresent()) {
            return runs.map(own -> signs(own.differences()[0][0], own.items()));
        }
        return switch (over) {
            case SEEDS_AND_ITEMS -> test(runs, PairedRuns.Unit.BOTH);
            case SEEDS -> ofSeeds(table.means());
            case ITEMS -> runs.isPresent() ? test(runs, PairedRuns.Unit.ITEMS) : table.independent(LEVEL);
            case NOTHING -> Optional.empty();
        };
    }

    /** Seeds that all have the same value are no evidence of anything. */
    private static Optional<TestResult> ofSeeds(double[] means) {
        return Arrays.stream(means).distinct().count() > 1 && TTest.isTestable(means)
            ? Optional.of(TTest.paired(means, new double[means.length], LEVEL)) : Optional.empty();
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
