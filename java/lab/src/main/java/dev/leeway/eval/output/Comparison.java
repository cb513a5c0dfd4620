package dev.leeway.eval.output;

import dev.leeway.LeewayException;
import dev.leeway.eval.Card.Kind;
import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Interval;
import dev.leeway.stats.McNemar;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import dev.leeway.stats.Wilcoxon;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Two models on the same items. Outcomes of 0 or 1 are compared by McNemar's exact test, other numbers by a paired t-test, with Wilcoxon's
 * signed ranks beside it.
 *
 * @param sides what both have
 * @param interval of second − first, from resamples of the items; empty below two pairs
 * @param finding of the test
 */
public record Comparison(Sides sides, Optional<Interval> interval, Finding finding) {

    private static final int FEWEST = 2;

    /** How differences are tested. */
    public enum Test {
        /** Of outcomes: 0 or 1. */
        MCNEMAR("McNemar"),
        /** Of numbers. */
        PAIRED_T("paired t");

        private final String text;

        Test(String text) {
            this.text = text;
        }

        /** As tables have it. */
        public String text() {
            return text;
        }
    }

    /**
     * What both models have.
     *
     * @param pairs items that both have a value of
     * @param missing items that one of them has none of
     * @param first mean of the first model over the pairs; empty without any
     * @param second the same of the second model
     */
    public record Sides(int pairs, int missing, OptionalDouble first, OptionalDouble second) {

        /** Second − first; empty where there are no pairs. */
        public OptionalDouble difference() {
            return first.isPresent() ? OptionalDouble.of(second.orElseThrow() - first.orElseThrow()) : OptionalDouble.empty();
        }
    }

    /**
     * What a test found.
     *
     * @param test which
     * @param p two-sided; empty where the test says nothing
     * @param signedRanks p of Wilcoxon's test; empty for outcomes
     * @param changed outcomes that became 1, and that became 0; empty for other numbers
     * @param note why there is no p, or empty
     */
    public record Finding(Test test, OptionalDouble p, OptionalDouble signedRanks, Optional<Changes> changed, String note) {
    }

    /**
     * Items with another outcome under the second model.
     *
     * @param toOne 0 under the first, 1 under the second
     * @param toZero the other way round
     */
    public record Changes(int toOne, int toZero) {
    }

    /**
     * Compares values of the same measure.
     *
     * @param first of the first model
     * @param second of the second
     * @param kind of the measure; outcomes from several epochs are compared as numbers
     */
    public static Comparison of(List<ItemValue> first, List<ItemValue> second, Kind kind, Bootstrap bootstrap) {
        var pairs = Pairs.of(first, second);
        var sides = new Sides(pairs.count(), pairs.missing(), mean(pairs.first()), mean(pairs.second()));
        var test = kind == Kind.BINARY && pairs.areOutcomes() ? Test.MCNEMAR : Test.PAIRED_T;
        if (pairs.count() < FEWEST) {
            return new Comparison(sides, Optional.empty(), new Finding(test, OptionalDouble.empty(), OptionalDouble.empty(),
                Optional.empty(), "fewer than two items have a value under both"));
        }
        var interval = bootstrap.percentile(Sample.differences(pairs.second(), pairs.first()), Sample::mean);
        return new Comparison(sides, Optional.of(interval), test == Test.MCNEMAR ? outcomes(pairs) : numbers(pairs, bootstrap.level()));
    }

    private static OptionalDouble mean(double[] values) {
        return values.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(Sample.mean(values));
    }

    private static Finding outcomes(Pairs pairs) {
        var changes = new Changes(onlyIn(pairs.second(), pairs.first()), onlyIn(pairs.first(), pairs.second()));
        return new Finding(Test.MCNEMAR, OptionalDouble.of(new McNemar(changes.toOne(), changes.toZero()).p()), OptionalDouble.empty(),
            Optional.of(changes), "");
    }

    /** Items that are 1 in one of them alone. */
    private static int onlyIn(double[] one, double[] other) {
        int count = 0;
        for (int i = 0; i < one.length; i++) {
            count += one[i] > other[i] ? 1 : 0;
        }
        return count;
    }

    private static Finding numbers(Pairs pairs, double level) {
        var p = OptionalDouble.empty();
        var note = "";
        try {
            p = OptionalDouble.of(TTest.paired(pairs.second(), pairs.first(), level).p());
        } catch (LeewayException withoutSpread) {
            note = withoutSpread.getMessage();
        }
        return new Finding(Test.PAIRED_T, p, OptionalDouble.of(Wilcoxon.signedRank(pairs.second(), pairs.first()).p()), Optional.empty(),
            note);
    }
}
