package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.stats.PairedRuns.Spread;
import dev.leeway.stats.PairedRuns.Unit;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class PairedRunsTest {

    private static final double NONE = Double.NaN;
    private static final PairedRuns THREE = new PairedRuns(new double[][] {{1, 2, 0, 5}, {2, 4, 1, 5}, {0, 3, 2, 4}}, 0);

    @Test
    void aUnitIsAveragedOverTheOther() {
        var items = THREE.test(Unit.ITEMS, 0.95);
        assertEquals(TTest.paired(new double[] {1, 3, 1, 14.0 / 3}, new double[4], 0.95), items);
        assertEquals(3, items.degreesOfFreedom());
        var runs = THREE.test(Unit.RUNS, 0.95);
        assertEquals(TTest.paired(new double[] {2, 3, 2.25}, new double[3], 0.95), runs);
        assertEquals(2, runs.degreesOfFreedom());
    }

    /** By hand: MS of items 9.4167, of runs 1.0833, of the rest 0.75 (sums 28.25, 2.1667, 4.5). */
    @Test
    void bothUnitsAddTheirSquares() {
        var both = THREE.test(Unit.BOTH, 0.95);
        assertEquals(29.0 / 12, both.estimate(), 1e-12);
        double square = 28.25 / 3 + 6.5 / 6 - 0.75;
        assertEquals(29.0 / 12 / Math.sqrt(square / 12), both.statistic(), 1e-12);
        double critical = Math.sqrt((28.25 / 3 * Math.pow(3.182446305284263, 2) + 6.5 / 6 * Math.pow(4.302652729696142, 2))
            / (28.25 / 3 + 6.5 / 6));
        assertEquals(29.0 / 12 - critical * Math.sqrt(square / 12), both.interval().low(), 1e-9, "t's quantiles with 3 and 2 degrees");
        var spread = THREE.spread();
        assertEquals((28.25 / 3 - 0.75) / 3, spread.ofItems(), 1e-12);
        assertEquals((6.5 / 6 - 0.75) / 4, spread.ofRuns(), 1e-12);
        assertEquals(0.75, spread.rest(), 1e-12);
    }

    @Test
    void anItemWithoutAValueSomewhereIsLeftOutAndCounted() {
        var found = PairedRuns.of(new double[][] {{5, NONE, 7, 1}, {4, 5, 6, 1}}, new double[][] {{1, 1, 1, 1}, {1, 1, 1, NONE}});
        assertEquals(2, found.leftOut());
        assertArrayEquals(new double[] {4, 6}, found.differences()[0]);
        assertArrayEquals(new double[] {3, 5}, found.differences()[1]);
    }

    @Test
    void anArmThatWasNotTrainedIsComparedWithEachRun() {
        var found = PairedRuns.of(new double[][] {{5, 6}, {7, 9}, {4, 4}}, new double[][] {{1, 2}});
        assertEquals(3, found.runs());
        assertArrayEquals(new double[] {6, 7}, found.differences()[1]);
    }

    @Test
    void whatCannotBeComparedIsRefused() {
        var one = new PairedRuns(new double[][] {{1, 2, 3}}, 0);
        assertTrue(one.test(Unit.ITEMS, 0.95).p() > 0);
        var refused = assertThrows(LeewayException.class, () -> one.test(Unit.BOTH, 0.95));
        assertTrue(refused.getMessage().contains("got 1 of 3") && refused.getMessage().contains("train more seeds"), refused.getMessage());
        var uneven = assertThrows(LeewayException.class, () -> PairedRuns.of(new double[3][2], new double[2][2]));
        assertTrue(uneven.getMessage().contains("3 runs with 2"), uneven.getMessage());
        assertThrows(LeewayException.class, () -> PairedRuns.of(new double[][] {{1, 2}, {1, 2, 3}}, new double[][] {{1, 2}, {1, 2, 3}}));
        var empty = assertThrows(LeewayException.class, () -> PairedRuns.of(new double[][] {{NONE}}, new double[][] {{1}}));
        assertTrue(empty.getMessage().contains("at least 1 values; got 0"), empty.getMessage());
    }

    /**
     * Two runs and 100 comparisons: t of one degree of freedom is a ratio of normals, so a shift far above 1 is found where |Z'| is below
     * shift / c, with c = tan(π (½ − α/2)); the shift itself is off by Z, which is of order 1.
     */
    @Test
    void aDetectableEffectMayBeAThousandStandardErrors() {
        double critical = Math.tan(Math.PI * (0.5 - 0.0005 / 2));
        double expected = 1.2815515655446004 * critical; // P(|Z'| < 1.28…) = .8
        assertEquals(expected, new DetectableEffect(0.05, 0.8).among(100).student(1, 1), 1);
    }

    /** SciPy 1.10.1: shifts of nct at which both tails together have the power. The sum over the density is good to 1e-6. */
    @Test
    void detectableEffectsOfFewRunsAreTheNonCentralTs() {
        assertEquals(5.65348926639566, new DetectableEffect(0.05, 0.8).student(1, 2), 1e-5);
        assertEquals(3.761059553825026, new DetectableEffect(0.05, 0.8).student(1, 4), 1e-6);
        assertEquals(3.6510550715007954, new DetectableEffect(0.05, 0.9).student(1, 9), 1e-6);
        assertEquals(2 * 3.6270569511776625, new DetectableEffect(0.01, 0.8).student(2, 29), 1e-6);
        assertEquals(16.334008870249892, new DetectableEffect(0.05, 0.8).student(1, 1), 1e-5);
        assertEquals(new DetectableEffect(0.01, 0.8).student(1, 29), new DetectableEffect(0.05, 0.8).among(5).student(1, 29), 1e-12);
    }

    @Test
    void moreRunsOrItemsDetectLess() {
        var effect = new DetectableEffect(0.05, 0.8);
        var spread = new Spread(1, 0.04, 1);
        assertEquals(5.65348926639566 * Math.sqrt(0.04 / 3 + 1.0 / 300), effect.ofRuns(spread, 3, 100, Unit.RUNS), 1e-5);
        assertTrue(effect.ofRuns(spread, 5, 100, Unit.BOTH) < effect.ofRuns(spread, 3, 100, Unit.BOTH));
        assertTrue(effect.ofRuns(spread, 3, 400, Unit.BOTH) < effect.ofRuns(spread, 3, 100, Unit.BOTH));
        assertTrue(effect.ofRuns(spread, 1, 100, Unit.ITEMS) < 0.45, "one run is enough to speak of it alone");
        var refused = assertThrows(LeewayException.class, () -> effect.ofRuns(spread, 1, 100, Unit.RUNS));
        assertTrue(refused.getMessage().contains("at least 2"), refused.getMessage());
    }

    /** It solves δ √n = z √ψ + z' √(ψ − δ²); with a share so small that even all of it would not be seen, there is none. */
    @Test
    void detectableSharesSolveConnorsEquation() {
        double found = new DetectableEffect(0.05, 0.8).mcNemar(0.3, 100);
        assertEquals(found * 10, 1.959963984540054 * Math.sqrt(0.3) + 0.8416212335729143 * Math.sqrt(0.3 - found * found), 1e-12);
        double weak = new DetectableEffect(0.05, 0.3).mcNemar(0.3, 100);
        assertEquals(weak * 10, 1.959963984540054 * Math.sqrt(0.3) - 0.5244005127080409 * Math.sqrt(0.3 - weak * weak), 1e-12);
        assertThrows(LeewayException.class, () -> new DetectableEffect(0.05, 0.8).mcNemar(0.1, 30));
    }

    private static double[][] random(java.util.SplittableRandom random, int runs, Spread spread, double effect) {
        var ofItems = Simulation.normal(random, 60, Math.sqrt(spread.ofItems()));
        var differences = new double[runs][];
        for (int run = 0; run < runs; run++) {
            double ofRun = effect + Math.sqrt(spread.ofRuns()) * random.nextGaussian();
            var rest = Simulation.normal(random, 60, Math.sqrt(spread.rest()));
            Arrays.setAll(rest, item -> rest[item] + ofItems[item] + ofRun);
            differences[run] = rest;
        }
        return differences;
    }

    private static double found(int runs, Spread spread, double effect, Unit unit) {
        return Simulation.share(random -> new PairedRuns(random(random, runs, spread, effect), 0).test(unit, 0.95).p() <= 0.05);
    }

    /** Bounds are those of SimulatedNullTest where a test is exact; the widest unit's is approximate, and may not be above 6 %. */
    @Test
    void eachUnitKeepsItsOwnLevelAndNotAnothers() {
        double ofItems = found(3, new Spread(1, 0, 1), 0, Unit.ITEMS);
        assertTrue(ofItems >= 0.0444 && ofItems <= 0.0557, "items: " + ofItems);
        double ofRuns = found(3, new Spread(0, 0.04, 1), 0, Unit.RUNS);
        assertTrue(ofRuns >= 0.0444 && ofRuns <= 0.0557, "runs: " + ofRuns);
        assertTrue(found(3, new Spread(1, 0.25, 1), 0, Unit.ITEMS) > 0.3, "a claim about other runs, tested by items");
        for (double ofRun : new double[] {0.04, 0.25}) {
            double both = found(3, new Spread(1, ofRun, 1), 0, Unit.BOTH);
            assertTrue(both >= 0.01 && both <= 0.06, "both: " + both);
        }
    }

    @Test
    void anEffectOfTheDetectableSizeIsFoundIn4Of5() {
        var spread = new Spread(1, 0.04, 1);
        for (var unit : new Unit[] {Unit.RUNS, Unit.ITEMS}) {
            var ofUnit = unit == Unit.RUNS ? new Spread(0, 0.04, 1) : new Spread(1, 0, 1);
            double power = found(3, ofUnit, new DetectableEffect(0.05, 0.8).ofRuns(ofUnit, 3, 60, unit), unit);
            assertEquals(0.8, power, 0.0104, unit + ", 2.6 standard deviations of a share of 10,000");
        }
        double both = found(3, spread, new DetectableEffect(0.05, 0.8).ofRuns(spread, 3, 60, Unit.BOTH), Unit.BOTH);
        assertTrue(both >= 0.75 && both <= 0.85, "approximate: " + both);
    }

    @Test
    void whatHasNoSpreadSaysSoBeforeItIsTested() {
        var same = new PairedRuns(new double[][] {{1, 1}, {1, 1}}, 0);
        var none = new PairedRuns(new double[][] {{0, 0}, {0, 0}}, 0);
        var varied = new PairedRuns(new double[][] {{1, 2}, {1, 3}}, 0);
        for (var unit : Unit.values()) {
            assertFalse(same.isTestable(unit), unit.name());
            assertThrows(LeewayException.class, () -> same.test(unit, 0.95));
            assertTrue(none.isTestable(unit) && varied.isTestable(unit), unit.name());
            assertEquals(1, none.test(unit, 0.95).p());
        }
        assertFalse(new PairedRuns(new double[][] {{1, 2}}, 0).isTestable(Unit.BOTH), "one run");
        assertFalse(new PairedRuns(new double[][] {{1}, {2}}, 0).isTestable(Unit.ITEMS), "one item");
        assertFalse(TTest.isTestable(new double[] {1}));
        assertFalse(TTest.isTestable(new double[] {0.1 + 0.2, 0.3}), "what rounding left is no spread");
    }
}
