package dev.leeway.stats;

/**
 * A confidence interval.
 *
 * @param low its lower end
 * @param high its upper end
 */
public record Interval(double low, double high) {

    /** Whether it has the value in it; ends count as inside. */
    public boolean contains(double value) {
        return low <= value && value <= high;
    }

    /** The estimate ± so many standard errors. */
    static Interval around(double estimate, double distance) {
        return new Interval(estimate - distance, estimate + distance);
    }
}
