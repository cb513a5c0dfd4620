package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How far and how fast a measured value moves over the checkpoints of a training phase (Bhatia et al. 2025, "Value Drifts").
 */
public final class Drift {

    private Drift() {
    }

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
     * How far.
     *
     * @param mean of the prompts: last minus first
     * @param interval of it over prompts (Student's); empty of one prompt
     */
    public record Magnitude(double mean, Optional<Interval> interval) {
    }

    /**
     * How fast.
     *
     * @param share of the phase until the value is first within the confidence interval of its extremum, from 0 to 1
     * @param extremum number of the checkpoint that is furthest from the first one
     */
    public record Time(double share, int extremum) {
    }

    /**
     * How far it moves.
     *
     * @param first checkpoint's values, one a prompt
     * @param last those of the same prompts
     * @param level of the interval
     */
    public static Magnitude magnitude(double[] first, double[] last, double level) {
        if (first.length == 0 || first.length != last.length) {
            throw LeewayException.data("a drift needs the same prompts at both ends, and one or more; got %d and %d values",
                first.length, last.length);
        }
        var moved = IntStream.range(0, first.length).mapToDouble(i -> last[i] - first[i]).toArray();
        return new Magnitude(Sample.mean(moved), TTest.interval(moved, level));
    }

    /**
     * How fast it moves.
     *
     * @param steps of the checkpoints, ascending
     * @param values of each checkpoint, of each prompt
     * @param around forms the interval of the extremum
     */
    public static Time time(int[] steps, double[][] values, Around around) {
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
        return new Time((double) (steps[reached] - steps[0]) / (steps[steps.length - 1] - steps[0]), extremum);
    }

    /** The interval of {@link #time} over prompts, which are resampled with all their checkpoints. */
    public static Interval timeInterval(int[] steps, double[][] values, Around around, Bootstrap resampling) {
        return resampling.percentile(values[0].length, drawn -> time(steps, Arrays.stream(values).map(prompts -> Arrays.stream(drawn)
            .mapToDouble(prompt -> prompts[prompt]).toArray()).toArray(double[][]::new), around).share());
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
