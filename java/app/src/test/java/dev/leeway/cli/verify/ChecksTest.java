package dev.leeway.cli.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.StoredTensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class ChecksTest {

    @Test
    void nanNeverPasses() {
        assertFalse(new Check("x", Double.NaN, 1).passes());
        var checks = new Checks();
        checks.absolute("array", new double[] {0, Double.NaN, 0}, new double[] {0, 0, 0}, 1);
        checks.relativeL2("array", new double[] {1, Double.NaN}, new double[] {1, 1}, 1);
        checks.gradient("gradient", new double[] {1, Double.NaN}, StoredTensor.ofFloats("g", List.of(2L), 1, 1), 1);
        assertTrue(checks.all().stream().noneMatch(Check::passes));
    }

    @Test
    void arraysOfDifferentLengthNeverPass() {
        var checks = new Checks();
        checks.absolute("array", new double[] {1}, new double[] {1, 1}, 1);
        checks.relativeL2("array", new double[] {1}, new double[] {1, 1}, 1);
        assertTrue(checks.all().stream().noneMatch(Check::passes));
    }

    /**
     * In a tensor of 40,000 elements the relative L2 distance of one such element is 1e-3 / 200 = 5e-6: half the gate. The element check
     * sees it.
     */
    @Test
    void oneElementOfALargeGradientOffByAThousandthOfTheRmsFails() {
        var random = new SplittableRandom(7);
        var values = new float[40_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        var expected = StoredTensor.ofFloats("g", List.of(40_000L), values);
        var found = Checks.doubles(values);
        assertTrue(passes(found, expected));
        found[12_345] += 1e-3;
        assertFalse(passes(found, expected));
    }

    @Test
    void aZeroGateMeansEqual() {
        assertTrue(new Check("tokens", 0, 0).passes());
        assertFalse(new Check("tokens", 1, 0).passes());
        assertEquals(Double.POSITIVE_INFINITY, new Check("tokens", 1, 0).share());
    }

    private static boolean passes(double[] found, StoredTensor expected) {
        var checks = new Checks();
        checks.gradient("g", found, expected, Gates.GRADIENT);
        return checks.all().stream().allMatch(Check::passes);
    }
}
