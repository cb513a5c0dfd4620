package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.hipparchus.distribution.continuous.TDistribution;

/**
 * What two arms differ by on the same items, in each of several training runs (seeds). Which test is right depends on what the claim is
 * about: {@link Unit}.
 *
 * @param differences first arm minus second, (runs)(items)
 * @param leftOut items that had no value somewhere, so are in no run
 */
public record PairedRuns(double[][] differences, int leftOut) {

    /** What the runs and items at hand are a sample of. */
    public enum Unit {
        /** These trained models on any items: runs of an item are averaged first. */
        ITEMS,
        /** Any runs on these items: items of a run are averaged first, and a run is one observation. */
        RUNS,
        /** Any runs on any items, the widest claim and interval. */
        BOTH
    }

    /**
     * How differences vary, as variances (an analysis of variance of random runs and items; none below 0).
     *
     * @param ofItems from item to item, in all runs alike
     * @param ofRuns from run to run, on all items alike
     * @param rest of an item in a run
     */
    public record Spread(double ofItems, double ofRuns, double rest) {

        /** Checks that variances are at least 0. */
        public Spread {
            if (!(ofItems >= 0 && ofRuns >= 0 && rest >= 0)) {
                throw LeewayException.usage("variances must be at least 0; got %s, %s and %s", ofItems, ofRuns, rest);
            }
        }
    }

    /** Checks that every run has the same items. */
    public PairedRuns {
        if (differences.length == 0) {
            throw LeewayException.data("a comparison needs at least 1 run of both arms; got none");
        }
        for (var run : differences) {
            Check.pairs("a comparison by item", differences[0], run);
            Check.sample("a comparison by item", run, 1);
        }
    }

    /**
     * Of both arms' values, (runs)(items); NaN where there is none. An arm with one run, such as the model that all started from, is
     * compared with each run of the other; how it would have turned out otherwise is then nobody's knowledge.
     */
    public static PairedRuns of(double[][] first, double[][] second) {
        int runs = Math.max(first.length, second.length);
        if (first.length == 0 || second.length == 0 || first.length != second.length && Math.min(first.length, second.length) != 1) {
            throw LeewayException.data("a comparison pairs %d runs with %d; give as many of both, or one of the arm that was not trained",
                first.length, second.length);
        }
        var all = new double[runs][];
        for (int run = 0; run < runs; run++) {
            all[run] = Sample.differences(first[first.length == 1 ? 0 : run], second[second.length == 1 ? 0 : run]);
            Check.pairs("a comparison by item", all[0], all[run]);
        }
        var complete = IntStream.range(0, all[0].length).filter(item -> Arrays.stream(all).noneMatch(run -> Double.isNaN(run[item])))
            .toArray();
        var kept = Arrays.stream(all).map(run -> Arrays.stream(complete).mapToDouble(item -> run[item]).toArray()).toArray(double[][]::new);
        return new PairedRuns(kept, all[0].length - complete.length);
    }

    /** How many runs. */
    public int runs() {
        return differences.length;
    }

    /** How many items have a value everywhere. */
    public int items() {
        return differences[0].length;
    }

    /** The mean difference, tested against 0; its interval at the level. */
    public TestResult test(Unit unit, double level) {
        return switch (unit) {
            case ITEMS -> TTest.paired(itemMeans(), new double[items()], level);
            case RUNS -> TTest.paired(requireRuns().runMeans(), new double[runs()], level);
            case BOTH -> both(level);
        };
    }

    /** Whether {@link #test} has an answer: enough runs or items, and a spread among them, or no difference at all. */
    public boolean isTestable(Unit unit) {
        return switch (unit) {
            case ITEMS -> TTest.isTestable(itemMeans());
            case RUNS -> TTest.isTestable(runMeans());
            case BOTH -> runs() > 1 && items() > 1 && TTest.isTestable(Sample.mean(runMeans()), error(meanSquares()), rounding());
        };
    }

    private double error(double[] squares) {
        return Math.sqrt(square(squares) / runs() / items());
    }

    /** What a mean may be off by: a spread up to there is none. */
    private double rounding() {
        return 4 * Math.ulp(Arrays.stream(differences).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElseThrow());
    }

    /**
     * Items and runs both random: the variance of the mean is (MS_items + MS_runs − MS_rest) / (runs · items), as of a quasi-F ratio
     * (Clark 1973), but never below that of either alone; its quantile lies between those of items and runs, nearer to that of the larger
     * square (as Cochran and Cox 1957 do for two samples, with squares).
     */
    private TestResult both(double level) {
        var squares = requireRuns().meanSquares();
        return TTest.result(Sample.mean(runMeans()), error(squares), degrees(squares, items(), runs(), level), level, rounding());
    }

    private static double square(double[] squares) {
        return Math.max(squares[0] + squares[1] - squares[2], Math.max(squares[0], squares[1]));
    }

    /**
     * Degrees of freedom with which t's quantile at the level is √((A t_A² + B t_B²) / (A + B)): A and B the mean squares of items and
     * runs, t_A and t_B their own quantiles. Satterthwaite's would let a few runs that happen to agree pass for many (measured: up to 11 %
     * of false positives with two).
     */
    static double degrees(double[] squares, int items, int runs, double level) {
        double least = Math.min(items, runs) - 1.0;
        double most = Math.max(items, runs) - 1.0;
        double both = squares[0] + squares[1];
        if (both == 0 || least == most) {
            return least;
        }
        double critical = Math.sqrt((squares[0] * Math.pow(TTest.quantile(items - 1.0, level), 2)
            + squares[1] * Math.pow(TTest.quantile(runs - 1.0, level), 2)) / both);
        for (int halving = 0; halving < 50; halving++) {
            double middle = (least + most) / 2;
            if (new TDistribution(middle).cumulativeProbability(critical) < 0.5 + level / 2) {
                least = middle;
            } else {
                most = middle;
            }
        }
        return least;
    }

    /** What differences vary by, from at least 2 runs of 2 items. */
    public Spread spread() {
        var squares = requireRuns().meanSquares();
        return new Spread(Math.max(0, (squares[0] - squares[2]) / runs()), Math.max(0, (squares[1] - squares[2]) / items()), squares[2]);
    }

    /** Of items, runs, and the rest. */
    private double[] meanSquares() {
        var ofItems = itemMeans();
        var ofRuns = runMeans();
        double mean = Sample.mean(ofRuns);
        double rest = 0;
        for (int run = 0; run < runs(); run++) {
            for (int item = 0; item < items(); item++) {
                double left = differences[run][item] - ofItems[item] - ofRuns[run] + mean;
                rest += left * left;
            }
        }
        return new double[] {runs() * Sample.variance(ofItems), items() * Sample.variance(ofRuns),
            rest / ((runs() - 1.0) * (items() - 1))};
    }

    private PairedRuns requireRuns() {
        if (runs() < 2 || items() < 2) {
            throw LeewayException.data("how training runs differ shows in at least 2 runs of 2 items; got %d of %d: train more seeds, or "
                + "test by items, which speaks of these models alone", runs(), items());
        }
        return this;
    }

    private double[] itemMeans() {
        return IntStream.range(0, items()).mapToDouble(item -> Arrays.stream(differences).mapToDouble(run -> run[item]).sum() / runs())
            .toArray();
    }

    private double[] runMeans() {
        return Arrays.stream(differences).mapToDouble(Sample::mean).toArray();
    }
}
