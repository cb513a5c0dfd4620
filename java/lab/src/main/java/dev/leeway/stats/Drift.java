package dev.leeway.stats;

import dev.leeway.LeewayException;

/**
 * How a measured value moves over the checkpoints of a training phase (Bhatia et al. 2025, "Value Drifts").
 *
 * @param magnitude last minus first, with its interval over prompts
 * @param time share of the phase until the value is first within the confidence interval of its extremum, from 0 to 1
 * @param extremum number of the checkpoint that is furthest from the first one
 */
public record Drift(TestResult magnitude, double time, int extremum) {

    /** How the confidence interval of an extremum is formed, of which the paper says nothing. */
    @FunctionalInterface
    public interface Around {

        /** The interval of the mean of values, one a prompt. */
        Interval of(double[] values);

        /** mean ± z sd / √prompts. */
        static Around normal(double level) {
            return values -> Interval.around(Sample.mean(values),
                Normal.twoSided(level) * Math.sqrt(Sample.variance(values) / values.length));
        }

        /** Between quantiles of the means of resampled prompts. */
        static Around bootstrap(Bootstrap resampling) {
            return values -> resampling.percentile(values, Sample::mean);
        }
    }

    /**
     * A drift without a test.
     *
     * @param magnitude last minus first
     * @param time as {@link Drift#time}
     * @param extremum as {@link Drift#extremum}
     */
    public record Course(double magnitude, double time, int extremum) {
    }

    /**
     * How far and how fast, also where all prompts move alike, so that no test has a spread to compare with.
     *
     * @param steps of the checkpoints, ascending
     * @param values of each checkpoint, of each prompt
     * @param around forms the interval of the extremum
     */
    public static Course course(int[] steps, double[][] values, Around around) {
        requireShape(steps, values);
        var means = new double[steps.length];
        int extremum = 0;
        for (int i = 0; i < steps.length; i++) {
            means[i] = Sample.mean(Check.sample("a drift", values[i], 2));
            extremum = Math.abs(means[i] - means[0]) > Math.abs(means[extremum] - means[0]) ? i : extremum;
        }
        var near = around.of(values[extremum]);
        int reached = 0;
        while (reached < extremum && !near.contains(means[reached])) {
            reached++;
        }
        return new Course(means[steps.length - 1] - means[0], (double) (steps[reached] - steps[0]) / (steps[steps.length - 1] - steps[0]),
            extremum);
    }

    /**
     * Measures it.
     *
     * @param steps of the checkpoints, ascending
     * @param values of each checkpoint, of each prompt
     * @param level of the intervals: of the extremum, mean ± z sd / √prompts
     */
    public static Drift of(int[] steps, double[][] values, double level) {
        var course = course(steps, values, Around.normal(level));
        return new Drift(TTest.paired(values[steps.length - 1], values[0], level), course.time(), course.extremum());
    }

    private static void requireShape(int[] steps, double[][] values) {
        if (steps.length < 2 || values.length != steps.length) {
            throw LeewayException.data("a drift needs at least 2 checkpoints, and values of each; got %d checkpoints and values of %d",
                steps.length, values.length);
        }
        for (int i = 1; i < steps.length; i++) {
            if (steps[i] <= steps[i - 1]) {
                throw LeewayException.data("checkpoints must be in the order of their steps; step %d comes behind step %d", steps[i],
                    steps[i - 1]);
            }
        }
    }
}
