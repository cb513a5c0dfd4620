package dev.leeway.cli.verify;

import dev.leeway.io.StoredTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The comparisons of a case, collected. */
final class Checks {

    private final List<Check> checks = new ArrayList<>();

    List<Check> all() {
        return checks;
    }

    /** Adds |found − expected| against an absolute gate. */
    void absolute(String what, double found, double expected, double gate) {
        checks.add(new Check(what, Math.abs(found - expected), gate));
    }

    /** Adds |found − expected| / |expected| against a relative gate. */
    void relative(String what, double found, double expected, double gate) {
        checks.add(new Check(what, Math.abs(found - expected) / Math.abs(expected), gate));
    }

    /** The same, and absolute where 0 is expected. */
    void close(String what, double found, double expected, double gate) {
        checks.add(new Check(what, Math.abs(found - expected) / (expected == 0 ? 1 : Math.abs(expected)), gate));
    }

    /** Adds the largest |found − expected| of two arrays. */
    void absolute(String what, double[] found, double[] expected, double gate) {
        checks.add(new Check(what, sameLength(found, expected) ? largestDifference(found, expected) : Double.POSITIVE_INFINITY, gate));
    }

    /** Adds ‖found − expected‖₂ / ‖expected‖₂. */
    void relativeL2(String what, double[] found, double[] expected, double gate) {
        checks.add(new Check(what, relativeL2(found, expected), gate));
    }

    /**
     * A gradient: its relative L2 distance, and the largest distance of an element in units of (RMS + |element|), which sees a single wrong
     * element of a large tensor that the L2 distance would drown. Single precision stays near 1e-5 of that unit on every reference model;
     * one element off by a thousandth of the RMS exceeds the gate of 4e-5 unless it is itself above 24 times the RMS.
     */
    void gradient(String what, double[] found, StoredTensor expectedTensor, double relativeGate) {
        var expected = expectedTensor.toDoubles();
        relativeL2(what, found, expected, relativeGate);
        double rms = Math.sqrt(Arrays.stream(expected).map(x -> x * x).sum() / Math.max(1, expected.length));
        double worst = 0;
        for (int i = 0; sameLength(found, expected) && i < found.length; i++) {
            worst = worse(worst, Math.abs(found[i] - expected[i]) / (rms + Math.abs(expected[i])));
        }
        checks.add(new Check(what + " (element)", worst, 4 * relativeGate));
    }

    /** Adds how many of some things differ; none may. */
    void equal(String what, long different) {
        checks.add(new Check(what, different, 0));
    }

    /** Adds an exact comparison. */
    void same(String what, Object found, Object expected) {
        equal(what, found.equals(expected) ? 0 : 1);
    }

    static double[] doubles(float[] values) {
        var wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private static double relativeL2(double[] found, double[] expected) {
        if (!sameLength(found, expected)) {
            return Double.POSITIVE_INFINITY;
        }
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < found.length; i++) {
            difference += (found[i] - expected[i]) * (found[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return norm == 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
    }

    private static double largestDifference(double[] found, double[] expected) {
        double worst = 0;
        for (int i = 0; i < found.length; i++) {
            worst = worse(worst, Math.abs(found[i] - expected[i]));
        }
        return worst;
    }

    /** The larger one; NaN counts as largest. */
    private static double worse(double a, double b) {
        return Double.isNaN(a) || a >= b ? a : b;
    }

    private static boolean sameLength(double[] found, double[] expected) {
        return found.length == expected.length;
    }
}
