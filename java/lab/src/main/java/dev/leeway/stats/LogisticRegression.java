package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hipparchus.exception.MathRuntimeException;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.CholeskyDecomposition;
import org.hipparchus.linear.RealMatrix;

/**
 * A binomial regression with logit link by maximum likelihood (iteratively re-weighted least squares: McCullagh and Nelder 1989, §4.4).
 */
public final class LogisticRegression {

    private static final int MOST_ITERATIONS = 60;
    private static final double SMALL_STEP = 1e-10;
    private static final double FAR = 20; // |log-odds| that no data of a fit that exists asks for

    /**
     * An outcome a row.
     *
     * @param successes how many of its trials, or 0 or 1
     * @param trials 1 where a row is one observation
     */
    public record Outcomes(double[] successes, double[] trials) {

        /** Checks the ranges. */
        public Outcomes {
            Check.pairs("outcomes", successes, trials);
            for (int i = 0; i < trials.length; i++) {
                if (!(trials[i] > 0 && successes[i] >= 0 && successes[i] <= trials[i])) {
                    throw LeewayException.data("row %d has %s successes of %s trials; trials must be positive, and no fewer than successes",
                        i + 1, successes[i], trials[i]);
                }
            }
        }

        /** One observation a row. */
        public static Outcomes of(boolean... outcomes) {
            var successes = new double[outcomes.length];
            var trials = new double[outcomes.length];
            Arrays.fill(trials, 1);
            Arrays.setAll(successes, i -> outcomes[i] ? 1 : 0);
            return new Outcomes(successes, trials);
        }

        double total() {
            return Arrays.stream(trials).sum();
        }
    }

    /**
     * A coefficient.
     *
     * @param estimate in log-odds
     * @param error its standard error
     * @param z estimate / error
     * @param p two-sided, normal
     */
    public record Coefficient(double estimate, double error, double z, double p) {

        /** Wald's interval: estimate ± z error. */
        public Interval interval(double level) {
            return Interval.around(estimate, Normal.twoSided(level) * error);
        }
    }

    private final Observations data;
    private final List<Term> terms;
    private final Design design;
    private final Outcomes outcomes;
    private final double[] coefficients;
    private final RealMatrix inverseInformation;
    private final RealMatrix covariance;

    private LogisticRegression(Observations data, List<Term> terms, Design design, Outcomes outcomes, double[] coefficients,
            RealMatrix inverseInformation, RealMatrix covariance) {
        this.data = data;
        this.terms = terms;
        this.design = design;
        this.outcomes = outcomes;
        this.coefficients = coefficients;
        this.inverseInformation = inverseInformation;
        this.covariance = covariance;
    }

    /** The fit with an intercept and these terms; its standard errors are those of independent trials. */
    public static LogisticRegression fit(Observations data, List<Term> terms, Outcomes outcomes) {
        var design = Design.of(data, terms);
        if (outcomes.trials().length != data.rows()) {
            throw LeewayException.data("%d outcomes for %d rows", outcomes.trials().length, data.rows());
        }
        if (outcomes.total() <= design.columns()) {
            throw LeewayException.data("a regression with %d coefficients needs more trials than that; got %s", design.columns(),
                outcomes.total());
        }
        var coefficients = new double[design.columns()];
        for (int iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
            var step = solve(design, information(design, outcomes, coefficients)).operate(score(design, outcomes, coefficients));
            double longest = 0;
            for (int c = 0; c < coefficients.length; c++) {
                coefficients[c] += step[c];
                longest = Math.max(longest, Math.abs(step[c]));
                requireNear(design.names().get(c), coefficients[c], design, c);
            }
            if (longest < SMALL_STEP) {
                var inverse = solve(design, information(design, outcomes, coefficients));
                return new LogisticRegression(data, terms, design, outcomes, coefficients, inverse, inverse);
            }
        }
        throw LeewayException.numerics("the logistic regression did not converge in %d iterations; leave out terms that few rows tell "
            + "apart", MOST_ITERATIONS);
    }

    /** A coefficient that runs away belongs to a level, or an end of a range, where all outcomes are alike. */
    private static void requireNear(String name, double coefficient, Design design, int column) {
        var values = Arrays.stream(design.rows()).mapToDouble(row -> row[column]).summaryStatistics();
        double range = column == 0 ? 0 : values.getMax() - values.getMin(); // the intercept follows the others
        if (!(Math.abs(coefficient) * range < FAR)) {
            throw LeewayException.numerics("the coefficient of %s grows without bound: the outcomes are all alike on one side of it, so no "
                + "finite one is the most likely; leave it out or pool its levels", name);
        }
    }

    /**
     * The same estimates with standard errors for trials that depend on each other inside clusters (Liang and Zeger 1986), times
     * G / (G − 1) · (N − 1) / (N − K) as statsmodels has it for one trial a row: G clusters, N trials, K coefficients.
     */
    public LogisticRegression clustered(long[] clusterOf) {
        if (clusterOf.length != data.rows()) {
            throw LeewayException.data("%d clusters for %d rows; name one for each", clusterOf.length, data.rows());
        }
        Map<Long, double[]> scores = new HashMap<>();
        for (int r = 0; r < clusterOf.length; r++) {
            double residual = outcomes.successes()[r] - outcomes.trials()[r] * probability(design.predictor(r, coefficients));
            var sum = scores.computeIfAbsent(clusterOf[r], _ -> new double[coefficients.length]);
            for (int c = 0; c < sum.length; c++) {
                sum[c] += design.rows()[r][c] * residual;
            }
        }
        if (scores.size() < 2) {
            throw LeewayException.data("errors by cluster need at least 2 clusters; got %d", scores.size());
        }
        var meat = new double[coefficients.length][coefficients.length];
        clusterOrder(clusterOf).forEach(cluster -> addOuter(meat, scores.get(cluster), 1));
        double g = scores.size();
        double n = outcomes.total();
        double factor = g / (g - 1) * (n - 1) / (n - coefficients.length);
        var sandwich = inverseInformation.multiply(new Array2DRowRealMatrix(meat, false)).multiply(inverseInformation)
            .scalarMultiply(factor);
        return new LogisticRegression(data, terms, design, outcomes, coefficients, inverseInformation, sandwich);
    }

    private static List<Long> clusterOrder(long[] clusterOf) {
        return new ArrayList<>(Arrays.stream(clusterOf).distinct().boxed().toList());
    }

    /** Names of the coefficients, {@code intercept} first. */
    public List<String> names() {
        return design.names();
    }

    /** The coefficient of that name. */
    public Coefficient coefficient(String name) {
        int c = design.names().indexOf(name);
        if (c < 0) {
            throw LeewayException.usage("no coefficient is called %s; there are %s", name, design.names());
        }
        double error = Math.sqrt(covariance.getEntry(c, c));
        double z = coefficients[c] / error;
        return new Coefficient(coefficients[c], error, z, Normal.twoSidedP(z));
    }

    /** Σ log likelihood, without the binomial coefficients. */
    public double logLikelihood() {
        double sum = 0;
        for (int r = 0; r < data.rows(); r++) {
            double eta = design.predictor(r, coefficients);
            sum += outcomes.successes()[r] * eta - outcomes.trials()[r] * Math.log1p(Math.exp(-Math.abs(eta)))
                - outcomes.trials()[r] * Math.max(eta, 0);
        }
        return sum;
    }

    /** The average marginal effect of setting {@code column} to 1 instead of 0 in all rows. */
    public TestResult averageMarginalEffect(String column, double level) {
        var all = new boolean[data.rows()];
        Arrays.fill(all, true);
        return averageMarginalEffect(column, all, level);
    }

    /**
     * The mean over the trials of chosen rows of p(column = 1) − p(column = 0), the other columns as they were observed; its error by the
     * delta method.
     */
    public TestResult averageMarginalEffect(String column, boolean[] rows, double level) {
        if (terms.stream().noneMatch(term -> term.columns().contains(column)) || !data.isIndicator(column)) {
            throw LeewayException.usage("an average marginal effect is of a column of 0 and 1 in a term of the fit; %s is none of %s",
                column, terms);
        }
        var with = Design.of(data.withNumber(column, 1), terms);
        var without = Design.of(data.withNumber(column, 0), terms);
        var slope = new double[coefficients.length];
        double effect = 0;
        double total = 0;
        for (int r = 0; r < data.rows(); r++) {
            if (rows[r]) {
                double weight = outcomes.trials()[r];
                double p1 = probability(with.predictor(r, coefficients));
                double p0 = probability(without.predictor(r, coefficients));
                total += weight;
                effect += weight * (p1 - p0);
                for (int c = 0; c < slope.length; c++) {
                    slope[c] += weight * (p1 * (1 - p1) * with.rows()[r][c] - p0 * (1 - p0) * without.rows()[r][c]);
                }
            }
        }
        return effect(column, effect, slope, total, level);
    }

    /**
     * The average marginal effect of a number: the mean over the trials of dp / d{@code column}, the other columns as they were observed;
     * its error by the delta method.
     */
    public TestResult averageSlope(String column, double level) {
        if (terms.stream().noneMatch(term -> term.columns().contains(column)) || !data.isNumber(column)) {
            throw LeewayException.usage("an average slope is of a column of numbers in a term of the fit; %s is none of %s", column, terms);
        }
        var one = Design.of(data.withNumber(column, 1), terms);
        var zero = Design.of(data.withNumber(column, 0), terms);
        var gradient = new double[coefficients.length];
        double effect = 0;
        for (int r = 0; r < data.rows(); r++) {
            double weight = outcomes.trials()[r];
            double p = probability(design.predictor(r, coefficients));
            double rise = one.predictor(r, coefficients) - zero.predictor(r, coefficients); // log-odds are linear in a column
            effect += weight * p * (1 - p) * rise;
            for (int c = 0; c < gradient.length; c++) {
                gradient[c] += weight * p * (1 - p) * ((1 - 2 * p) * rise * design.rows()[r][c] + one.rows()[r][c] - zero.rows()[r][c]);
            }
        }
        return effect(column, effect, gradient, outcomes.total(), level);
    }

    private TestResult effect(String column, double sum, double[] gradient, double total, double level) {
        if (total == 0) {
            throw LeewayException.data("an average marginal effect of %s needs at least one row; none was chosen", column);
        }
        var direction = new ArrayRealVector(gradient, false);
        double error = Math.sqrt(direction.dotProduct(covariance.operate(direction))) / total;
        double z = sum / total / error;
        return new TestResult(sum / total, Interval.around(sum / total, Normal.twoSided(level) * error), z, Double.POSITIVE_INFINITY,
            Normal.twoSidedP(z));
    }

    private static double probability(double logOdds) {
        return logOdds >= 0 ? 1 / (1 + Math.exp(-logOdds)) : Math.exp(logOdds) / (1 + Math.exp(logOdds));
    }

    private static double[] score(Design design, Outcomes outcomes, double[] coefficients) {
        var score = new double[coefficients.length];
        for (int r = 0; r < design.rows().length; r++) {
            double residual = outcomes.successes()[r] - outcomes.trials()[r] * probability(design.predictor(r, coefficients));
            for (int c = 0; c < score.length; c++) {
                score[c] += design.rows()[r][c] * residual;
            }
        }
        return score;
    }

    private static double[][] information(Design design, Outcomes outcomes, double[] coefficients) {
        var sum = new double[coefficients.length][coefficients.length];
        for (int r = 0; r < design.rows().length; r++) {
            double p = probability(design.predictor(r, coefficients));
            addOuter(sum, design.rows()[r], outcomes.trials()[r] * p * (1 - p));
        }
        return sum;
    }

    private static void addOuter(double[][] sum, double[] x, double weight) {
        for (int i = 0; i < x.length; i++) {
            if (x[i] != 0) {
                for (int j = 0; j < x.length; j++) {
                    sum[i][j] += weight * x[i] * x[j];
                }
            }
        }
    }

    private static RealMatrix solve(Design design, double[][] information) {
        try {
            return new CholeskyDecomposition(new Array2DRowRealMatrix(information, false), 1e-9, 1e-12).getSolver().getInverse();
        } catch (MathRuntimeException singular) {
            throw LeewayException.data(singular, "the columns %s are not independent of each other in these rows; leave out a term that "
                + "follows from the others", design.names());
        }
    }
}
