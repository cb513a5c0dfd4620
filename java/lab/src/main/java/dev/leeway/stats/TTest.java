package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.hipparchus.distribution.continuous.TDistribution;

/** Student's test of a mean difference, paired or (Welch 1947) of two samples whose variances may differ. */
public final class TTest {

    private TTest() {
    }

    /** Of the mean of a − b over items, an interval at the level with it. */
    public static TestResult paired(double[] a, double[] b, double level) {
        Check.pairs("a paired t-test", a, b);
        var differences = Check.sample("a paired t-test", Sample.differences(a, b), 2);
        double error = Math.sqrt(Sample.variance(differences) / differences.length);
        return result(Sample.mean(differences), error, differences.length - 1, level, rounding(a, b));
    }

    /**
     * Student's interval of a mean: of two values or more, or, where they don't vary, the mean itself. Empty of one value, which says
     * nothing of others.
     */
    public static Optional<Interval> interval(double[] values, double level) {
        if (values.length < 2) {
            return Optional.empty();
        }
        double mean = Sample.mean(values);
        double error = Math.sqrt(Sample.variance(values) / values.length);
        return Optional.of(error <= rounding(values, values) ? new Interval(mean, mean)
            : Interval.around(mean, error * quantile(values.length - 1, level)));
    }

    /** Whether {@link #paired} has an answer for these differences: two or more that vary, or are all 0. */
    public static boolean isTestable(double[] differences) {
        return differences.length > 1 && isTestable(Sample.mean(differences), Math.sqrt(Sample.variance(differences) / differences.length),
            rounding(differences, differences));
    }

    /** Whether a difference is more than nothing can be asked: it has a spread, or is none. */
    static boolean isTestable(double estimate, double error, double rounding) {
        return error > rounding || Math.abs(estimate) <= rounding;
    }

    /** Of mean a − mean b. */
    public static TestResult welch(double[] a, double[] b, double level) {
        Check.sample("a t-test", a, 2);
        Check.sample("a t-test", b, 2);
        var negative = DoubleStream.of(b).map(value -> -value).toArray();
        return result(List.of(a, negative), level, rounding(a, b));
    }

    /**
     * Of the sum of the means of independent samples, of which {@link #welch} is the case of two. Empty where a sample is a single value,
     * or a sum that is not 0 has no spread to be compared with.
     */
    public static Optional<TestResult> ofSum(List<double[]> samples, double level) {
        if (samples.stream().anyMatch(sample -> sample.length < 2)) {
            return Optional.empty();
        }
        double rounding = rounding(samples.stream().flatMapToDouble(DoubleStream::of).toArray(), new double[1]);
        return isTestable(samples.stream().mapToDouble(Sample::mean).sum(), Math.sqrt(error(samples).sum()), rounding)
            ? Optional.of(result(samples, level, rounding)) : Optional.empty();
    }

    /** Each sample's variance of the mean. */
    private static DoubleStream error(List<double[]> samples) {
        return samples.stream().mapToDouble(sample -> Sample.variance(sample) / sample.length);
    }

    private static TestResult result(List<double[]> samples, double level, double rounding) {
        double square = error(samples).sum();
        double degrees = square * square / samples.stream().mapToDouble(sample -> Math.pow(Sample.variance(sample) / sample.length, 2)
            / (sample.length - 1)).sum();
        return result(samples.stream().mapToDouble(Sample::mean).sum(), Math.sqrt(square), degrees, level, rounding);
    }

    /** What differences of these values may be off by: a spread up to there is none. */
    private static double rounding(double[] a, double[] b) {
        return 4 * Math.ulp(DoubleStream.concat(DoubleStream.of(a), DoubleStream.of(b)).map(Math::abs).max().orElseThrow());
    }

    /** Of an estimate and its standard error. Without any spread, equal samples have p = 1 and different ones are refused. */
    static TestResult result(double estimate, double error, double degrees, double level, double rounding) {
        if (error <= rounding) {
            if (!isTestable(estimate, error, rounding)) {
                throw LeewayException.data("a t-test compares a difference with its spread, and all differences are %s; more varied items "
                    + "are needed", estimate);
            }
            return new TestResult(0, new Interval(0, 0), 0, Double.isNaN(degrees) ? 1 : degrees, 1);
        }
        double t = estimate / error;
        return new TestResult(estimate, Interval.around(estimate, error * quantile(degrees, level)), t, degrees,
            2 * new TDistribution(degrees).cumulativeProbability(-Math.abs(t)));
    }

    /** How many standard errors around 0 hold so much of t. */
    static double quantile(double degrees, double level) {
        return new TDistribution(degrees).inverseCumulativeProbability(0.5 + Check.share("level", level) / 2);
    }
}
