package dev.leeway.cli.verify;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One comparison of a case.
 *
 * @param what was compared
 * @param error how far off it is
 * @param gate how far off it may be; 0 = it must be equal
 */
record Check(String what, double error, double gate) {

    /** NaN is no pass. */
    boolean passes() {
        return error <= gate;
    }

    /** How close to the gate: above 1 fails. */
    double share() {
        if (gate > 0) {
            return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error / gate;
        }
        return passes() ? 0 : Double.POSITIVE_INFINITY;
    }

    /** The one that comes closest to its gate, or exceeds it most. */
    static Optional<Check> closest(List<Check> checks) {
        return checks.stream().max(Comparator.comparingDouble(Check::share));
    }

    @Override
    public String toString() {
        return gate == 0 ? "%s: %.0f differ".formatted(what, error) : "%s %.2e of %.0e".formatted(what, error, gate);
    }
}
