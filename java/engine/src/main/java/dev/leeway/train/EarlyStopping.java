package dev.leeway.train;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Ends a run that gets no better on rows that it isn't trained on, as transformers' {@code EarlyStoppingCallback} does: an evaluation helps
 * if its value is better than the best before it, by more than the threshold; behind {@code patience} evaluations in a row that don't, the
 * run ends. A smaller betterment than the threshold doesn't help, and counts as the best from then on.
 *
 * <p>It is a function of the evaluations so far, so a run that goes on from a checkpoint counts as if nothing had happened.
 *
 * @param metric its name
 * @param patience evaluations in a row
 * @param threshold at least 0, in the metric's unit
 * @param greaterIsBetter whether more of the metric is better
 */
public record EarlyStopping(String metric, int patience, double threshold, boolean greaterIsBetter) {

    /**
     * A value behind so many steps.
     *
     * @param step the steps
     * @param value of the metric
     */
    public record Point(int step, double value) {
    }

    /** Checks the numbers. */
    public EarlyStopping {
        if (patience < 1 || !(threshold >= 0 && Double.isFinite(threshold))) {
            throw LeewayException.usage("early stopping needs a patience of at least 1 and a threshold of at least 0; got %d and %s",
                patience, threshold);
        }
    }

    /** One by the metric's name: less is better if it ends with {@code loss}, else more. */
    public EarlyStopping(String metric, int patience, double threshold) {
        this(metric, patience, threshold, !metric.endsWith("loss"));
    }

    /** Why a run with these evaluations, in their order, ends with the last of them; empty where it goes on. */
    public Optional<String> reason(List<Point> evaluations) {
        Optional<Point> best = Optional.empty();
        int fruitless = 0;
        for (var point : evaluations) {
            boolean isBetter = best.isEmpty() || isBetter(point.value(), best.get().value());
            boolean helps = best.isEmpty() || isBetter && !(Math.abs(point.value() - best.get().value()) <= threshold);
            fruitless = helps ? 0 : fruitless + 1;
            best = isBetter ? Optional.of(point) : best;
        }
        return fruitless < patience ? Optional.empty() : best.map(found -> String.format(Locale.ROOT,
            "%s got no better%s in %d evaluations; its best was %s behind step %d", metric,
            threshold > 0 ? " by more than " + threshold : "", patience, found.value(), found.step()));
    }

    /** What is no number is no better than anything, and every number is better than it. */
    private boolean isBetter(double value, double best) {
        return Double.isNaN(best) ? !Double.isNaN(value) : greaterIsBetter ? value > best : value < best;
    }
}
