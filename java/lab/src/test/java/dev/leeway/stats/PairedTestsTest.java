package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests and corrections against SciPy 1.10.1 and statsmodels 0.13.5, and against counts made by hand. */
final class PairedTestsTest {

    private static final double BOUND = 1e-12;

    @Test
    void tTestsAreSciPys() {
        var welch = TTest.welch(Reference.v(0, 20), Reference.v(20, 45), 0.95);
        assertEquals(-0.09741465128901178, welch.statistic(), BOUND);
        assertEquals(0.9228886195204533, welch.p(), BOUND);
        var paired = TTest.paired(Reference.v(0, 30), Reference.v(30, 60), 0.95);
        assertEquals(0.4543181426392017, paired.statistic(), BOUND);
        assertEquals(0.6529821869268284, paired.p(), BOUND);
        assertTrue(paired.interval().contains(paired.estimate()) && paired.interval().contains(0));
    }

    @Test
    void anIntervalEndsAtZeroWherePIsItsLevel() {
        var paired = TTest.paired(Reference.v(0, 30), Reference.v(30, 60), 1 - 0.6529821869268284);
        assertEquals(0, paired.interval().low(), 1e-9);
    }

    @Test
    void signedRanksAreSciPys() {
        assertEquals(0.9697265625, Wilcoxon.signedRank(Reference.v(0, 12), Reference.v(12, 24)).p(), BOUND);
        var a = Arrays.stream(Reference.v(0, 60)).map(Math::rint).toArray();
        var b = Arrays.stream(Reference.v(60, 120)).map(Math::rint).toArray();
        assertEquals(0.07182911576688225, Wilcoxon.signedRank(a, b).p(), BOUND, "ties and zeros");
    }

    @Test
    void permutationsOfWelchAgreeWithSciPysWithinTheirNoise() {
        double p = new Permutation(20_000, 5).welch(Reference.v(0, 20), Reference.v(20, 45));
        assertEquals(0.9228303858480708, p, 5 * Math.sqrt(0.923 * 0.077 / 20_000), "five standard deviations of 20,000 draws");
        assertEquals(1.0 / 2001, new Permutation(2000, 1).welch(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
            new double[] {101, 102, 103, 104, 105, 106, 107, 108, 109, 110}), 1e-15, "never 0");
    }

    @Test
    void pairedPermutationsCountSignsThatAreAsExtreme() {
        double p = new Permutation(40_000, 3).paired(new double[] {1, 2, 3, 4}, new double[] {0, 0, 0, 0});
        assertEquals(2.0 / 16, p, 5 * Math.sqrt(0.125 * 0.875 / 40_000), "all signs alike, of 16 choices");
    }

    @ParameterizedTest
    @CsvSource({"21, 12, 0.1628, 1.75, 1.567", "0, 0, 1, NaN, 0", "0, 6, 0.03125, 0, 2.449"})
    void mcNemarsTestIsExact(int first, int second, double p, double oddsRatio, double z) {
        var found = new McNemar(first, second);
        assertEquals(p, found.p(), 5e-5);
        assertEquals(oddsRatio, found.oddsRatio(), BOUND);
        assertEquals(z, found.z(), 5e-4);
        assertEquals(found.p(), new McNemar(second, first).p(), "both sides alike");
    }

    @Test
    void mcNemarCountsItemsThatDiffer() {
        assertEquals(new McNemar(2, 1), McNemar.of(new boolean[] {true, true, true, false, false},
            new boolean[] {false, false, true, true, false}));
        assertEquals(1.0 / 6, new McNemar(2, 1).cohensG(), BOUND);
    }

    @Test
    void correctionsAreStatsmodels() {
        double[] p = {.001, .02, .03, .04, .2, .021, .9};
        assertArrayEquals(new double[] {0.007, 0.14, 0.21, 0.28, 1, 0.147, 1}, Correction.named("bonferroni").adjust(p), BOUND);
        assertArrayEquals(new double[] {0.007, 0.12, 0.12, 0.12, 0.4, 0.12, 0.9}, Correction.named("holm").adjust(p), BOUND);
        assertArrayEquals(new double[] {0.007, 0.049, 0.0525, 0.056, 0.7 / 3, 0.049, 0.9}, Correction.named("bh").adjust(p), BOUND);
        assertArrayEquals(p, Correction.named("none").adjust(p));
        assertThrows(LeewayException.class, () -> Correction.HOLM.adjust(new double[] {Double.NaN}));
    }

    @ParameterizedTest
    @CsvSource({"0, 10, 0, 0.27753279986288926", "3, 10, 0.10779126740630104, 0.6032218525388546", "10, 10, 0.7224672001371106, 1",
        "57, 203, 0.22348252342950164, 0.3462362335961295"})
    void wilsonsIntervalIsStatsmodels(long successes, long trials, double low, double high) {
        var found = new Proportion(successes, trials).wilson(0.95);
        assertEquals(low, found.low(), BOUND);
        assertEquals(high, found.high(), BOUND);
    }

    @Test
    void ranksShareTheirMeanWhereValuesAreEqual() {
        assertArrayEquals(new double[] {3, 1.5, 1.5, 4}, Sample.ranks(new double[] {5, 2, 2, 9}));
        assertArrayEquals(new double[] {2, 3.5, 3.5, 1}, Sample.descendingRanks(new double[] {5, 2, 2, 9}));
        assertEquals(3.5, Sample.median(new double[] {5, 2, 2, 9}));
    }

    @Test
    void brokenSamplesAreRefusedWithTheirPlace() {
        var missing = assertThrows(LeewayException.class, () -> TTest.welch(new double[] {1, Double.NaN, 2}, new double[] {1, 2}, 0.95));
        assertTrue(missing.getMessage().contains("value 2 is NaN"), missing.getMessage());
        var uneven = assertThrows(LeewayException.class, () -> TTest.paired(new double[] {1, 2}, new double[] {1, 2, 3}, 0.95));
        assertTrue(uneven.getMessage().contains("2 values with 3"), uneven.getMessage());
        assertThrows(LeewayException.class, () -> TTest.paired(new double[] {2, 3, 4}, new double[] {1, 2, 3}, 0.95));
        assertThrows(LeewayException.class, () -> TTest.paired(new double[] {.3, .4, .7}, new double[] {.2, .3, .6}, 0.95), "but rounding");
        assertEquals(1, TTest.paired(new double[] {1, 2}, new double[] {1, 2}, 0.95).p());
    }

    /** n = 25, σ = 1: (1.95996 + 0.84162) / 5. */
    @Test
    void theDetectableEffectIsCohens() {
        assertEquals(0.56032, new DetectableEffect(0.05, 0.8).paired(1, 25), 5e-6);
        assertEquals(0.56032 * Math.sqrt(2), new DetectableEffect(0.05, 0.8).twoSamples(1, 25, 25), 1e-5);
    }

    /** Means .1, .5, .8, .78: the extremum is the third; .5 ± its interval is far, .8 is reached at 30 of 60 steps. */
    @Test
    void driftIsItsEndAndTheTimeToItsExtremum() {
        double[][] values = {{.1, .1, .1}, {.5, .5, .5}, {.7, .8, .9}, {.78, .77, .79}};
        var magnitude = Drift.magnitude(values[0], values[3], 0.95);
        assertEquals(0.68, magnitude.mean(), BOUND);
        double half = 4.302652729911275 * 0.01 / Math.sqrt(3); // the prompts move by .68, .67 and .69
        assertEquals(0.68 - half, magnitude.interval().orElseThrow().low(), 1e-9);
        assertEquals(0.68 + half, magnitude.interval().orElseThrow().high(), 1e-9);
        assertEquals(new Drift.Time(0.5, 2), Drift.time(new int[] {10, 20, 40, 70}, values, Drift.Around.normal(0.95)));
        assertThrows(LeewayException.class, () -> Drift.time(new int[] {10, 10, 40, 70}, values, Drift.Around.normal(0.95)));
        assertThrows(LeewayException.class, () -> Drift.magnitude(new double[2], new double[3], 0.95));
        assertEquals(Optional.empty(), Drift.magnitude(new double[1], new double[1], 0.95).interval());
    }

    /** One prompt has all of its move by step 1 and the other by step 2 of 4: a resample with both, or one of them alone, is between. */
    @Test
    void aTimesIntervalIsOverPrompts() {
        double[][] values = {{0, 0}, {1, 0}, {1, 1}, {1, 1}};
        int[] steps = {0, 1, 2, 4};
        var interval = Drift.timeInterval(steps, values, Drift.Around.normal(0.95), new Bootstrap(500, 0.95, 0));
        assertEquals(new Interval(0.25, 0.5), interval, "¼ and ½ come with ¼ and ¾, both more often than 2.5 %");
    }

    /** Means .1, .5, .7, .6: at .6 the phase is inside the wide interval of its peak, by either way to form it. */
    @Test
    void theIntervalOfAnExtremumMayBeFormedInAnotherWay() {
        int[] steps = {0, 10, 20, 40};
        double[][] values = {{.1, .1, .1}, {.5, .5, .5}, {.4, .7, 1}, {.6, .6, .6}};
        assertEquals(0.25, Drift.time(steps, values, Drift.Around.normal(0.95)).share(), BOUND, "0.7 ± 1.96 · 0.3 / √3 begins at 0.36");
        assertEquals(0.25, Drift.time(steps, values, Drift.Around.bootstrap(new Bootstrap(1000, 0.95, 0))).share(), BOUND);
        assertEquals(0.5, Drift.time(steps, values, _ -> new Interval(0.65, 0.75)).share(), BOUND);
        assertEquals(0.5, Drift.magnitude(values[0], values[3], 0.95).mean(), BOUND);
    }

    /** No spread at the end, where a test has nothing to compare with. */
    @Test
    void aDriftOfAllPromptsAlikeHasAMagnitudeAndATime() {
        double[][] values = {{0, 0}, {0.5, 0.5}, {1, 1}};
        assertEquals(new Drift.Time(1, 2), Drift.time(new int[] {0, 1, 4}, values, Drift.Around.normal(0.95)));
        assertEquals(new Drift.Magnitude(1, Optional.of(new Interval(1, 1))), Drift.magnitude(values[0], values[2], 0.95));
        assertEquals(new Drift.Time(0, 0), Drift.time(new int[] {0, 4}, new double[][] {{1, 1}, {1, 1}}, Drift.Around.normal(0.95)));
    }

    /** Of (1, 2, 4): mean 7/3, standard error √(7/9), and t of two degrees of freedom holds 95 % within 4.302653. */
    @Test
    void aMeanHasAnIntervalWhetherItsValuesVaryOrNot() {
        var varied = TTest.interval(new double[] {1, 2, 4}, 0.95).orElseThrow();
        assertEquals(7 / 3.0 - 4.302652729911275 * Math.sqrt(7) / 3, varied.low(), 1e-9);
        assertEquals(7 / 3.0 + 4.302652729911275 * Math.sqrt(7) / 3, varied.high(), 1e-9);
        double same = 0.1 + 0.2 + 0.3; // a sum beside the .6 that it should be: a spread by rounding alone is none
        var none = TTest.interval(new double[] {0.6, same, 0.6}, 0.95).orElseThrow();
        assertEquals(none.low(), none.high());
        assertEquals(Optional.empty(), TTest.interval(new double[] {1}, 0.95));
    }
}
