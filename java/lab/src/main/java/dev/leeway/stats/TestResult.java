package dev.leeway.stats;

/**
 * What a test found.
 *
 * @param estimate of the effect: of a difference, first minus second
 * @param interval of the effect at the level asked for
 * @param statistic the test's own
 * @param degreesOfFreedom of its distribution; infinite for a normal one
 * @param p two-sided
 */
public record TestResult(double estimate, Interval interval, double statistic, double degreesOfFreedom, double p) {
}
