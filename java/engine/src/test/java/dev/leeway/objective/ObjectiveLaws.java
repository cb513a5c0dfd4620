package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What every objective on {@link ScoredBatch} keeps to. Each law fails with an assertion, so that a planted fault can be shown to break it.
 */
final class ObjectiveLaws {

    private static final double STEP = 0x1p-16;
    /**
     * Central differences with h = 2⁻¹⁶: truncation h²/6 |f‴| is below 4e-10 for third derivatives below 10, and rounding 2⁻⁵² |L| / h
     * below 1.5e-9 for losses below 100.
     */
    private static final double DIFFERENCE = 2e-9;
    /**
     * Sums of at most a hundred terms in another order, relative to their absolute sum: 100 · 2⁻⁵³ = 1.1e-14; terms cancel up to 50 times.
     */
    private static final double REORDERED = 1e-12;

    private ObjectiveLaws() {
    }

    /** Gradients by every column are the differences of the loss. Not for losses that hold a weight constant. */
    static void gradientsAreDifferences(Objective objective, ScoredBatch batch) {
        var step = batch.step(objective);
        var weighed = objective.weigh(batch.scored(), step);
        for (var column : batch.policy().keySet()) {
            int entries = column == Column.VALUE ? batch.targets().sequences() : batch.targets().mask().length;
            var gradient = weighed.gradients().column(column).orElse(new double[entries]);
            for (int n = 0; n < entries; n++) {
                double above = objective.weigh(moved(batch, column, n, STEP).scored(), step).loss();
                double below = objective.weigh(moved(batch, column, n, -STEP).scored(), step).loss();
                assertEquals((above - below) / (2 * STEP), gradient[n], DIFFERENCE, column + " at " + n);
            }
        }
    }

    private static ScoredBatch moved(ScoredBatch batch, Column column, int n, double by) {
        var values = batch.policy().get(column).clone();
        values[n] += by;
        return batch.with(column, values);
    }

    /** However a step is cut between its units, loss, gradients and metrics are the same, and what is not trained may be left out. */
    static void splitsChangeNothing(Objective objective, ScoredBatch batch) {
        int unit = objective.scope() == Scope.PAIR ? 2 : 1;
        var whole = sum(objective, List.of(batch));
        int sequences = batch.targets().sequences();
        for (int cut = unit; cut < sequences; cut += unit) {
            same(whole, sum(objective, batch.split(cut)));
        }
        same(whole, sum(objective, batch.split(IntStream.range(1, sequences / unit).map(s -> s * unit).toArray())));
    }

    /** What a step's micro-batches add up to. */
    record Sum(double loss, Map<Column, List<Double>> gradients, Map<String, Double> metrics) {
    }

    private static Sum sum(Objective objective, List<ScoredBatch> parts) {
        var step = Normalisers.of(parts.stream().map(ScoredBatch::targets).toList()).withMeasured(measured(objective, parts));
        double loss = 0;
        Map<String, Double> metrics = Map.of();
        var gradients = new EnumMap<Column, List<Double>>(Column.class);
        for (var part : parts) {
            if (!objective.trains(part.targets())) {
                add(gradients, part, new TokenGradients());
                continue;
            }
            var weighed = objective.weigh(part.scored(), step);
            loss += weighed.loss();
            metrics = Metrics.sum(metrics, weighed.metrics());
            add(gradients, part, weighed.gradients());
        }
        return new Sum(loss, gradients, metrics);
    }

    private static double[] measured(Objective objective, List<ScoredBatch> parts) {
        var sums = new double[2];
        boolean any = false;
        for (var part : parts) {
            if (objective.measures(part.targets())) {
                var share = objective.measure(part.scored());
                for (int i = 0; i < share.length; i++) {
                    sums[i] += share[i];
                    any = true;
                }
            }
        }
        return any ? sums : new double[0];
    }

    private static void add(Map<Column, List<Double>> gradients, ScoredBatch part, TokenGradients found) {
        for (var column : part.policy().keySet()) {
            int entries = column == Column.VALUE ? part.targets().sequences() : part.targets().mask().length;
            var values = found.column(column).orElse(new double[entries]);
            var all = gradients.computeIfAbsent(column, _ -> new ArrayList<>());
            for (int n = 0; n < entries; n++) {
                all.add(values[n]);
            }
        }
    }

    private static void same(Sum expected, Sum found) {
        close(expected.loss(), found.loss(), "loss");
        assertEquals(expected.metrics().keySet(), found.metrics().keySet());
        expected.metrics().forEach((name, value) -> close(value, found.metrics().get(name), name));
        expected.gradients().forEach((column, values) -> {
            for (int n = 0; n < values.size(); n++) {
                close(values.get(n), found.gradients().get(column).get(n), column + " at " + n);
            }
        });
    }

    private static void close(double expected, double found, String what) {
        assertEquals(expected, found, REORDERED * Math.max(1, Math.abs(expected)), what);
    }

    /** Positions outside the mask have gradient 0, and what stands there is not read: the batch has NaN in them. */
    static void junkIsNotRead(Objective objective, ScoredBatch batch) {
        var weighed = batch.weigh(objective);
        assertTrue(Double.isFinite(weighed.loss()), "the loss is " + weighed.loss());
        weighed.metrics().forEach((name, value) -> assertTrue(Double.isFinite(value), name + " is " + value));
        for (var column : objective.needs()) {
            if (column != Column.VALUE && weighed.gradients().column(column).isPresent()) {
                var gradient = weighed.gradients().column(column).orElseThrow();
                for (int n = 0; n < batch.targets().mask().length; n++) {
                    assertTrue(batch.targets().mask()[n] ? Double.isFinite(gradient[n]) : gradient[n] == 0,
                        column + " at " + n + ": " + gradient[n]);
                }
            }
        }
    }

    /** A loss against a reference depends on π / π_ref alone: both moved by the same, nothing changes. */
    static void onlyTheRatioCounts(Objective objective, ScoredBatch batch) {
        var policy = batch.logProbs().clone();
        var reference = batch.reference().clone();
        for (int n = 0; n < policy.length; n++) {
            policy[n] += Math.sin(n);
            reference[n] += Math.sin(n);
        }
        close(batch.weigh(objective).loss(), batch.withReference(reference).with(Column.LOG_PROB, policy).weigh(objective).loss(), "loss");
    }

    /** Answers count by their means: with every token of the chosen ones said twice, nothing changes. */
    static void answersCountByTheirMeans(Objective objective, ScoredBatch batch) {
        close(batch.weigh(objective).loss(), batch.withDoubledChosen(1).weigh(objective).loss(), "loss");
    }

    /** Answers count by their sums: with every token of the chosen ones split into two halves, nothing changes. */
    static void answersCountByTheirSums(Objective objective, ScoredBatch batch) {
        close(batch.weigh(objective).loss(), batch.withDoubledChosen(0.5).weigh(objective).loss(), "loss");
    }

    /** Scored tokens of prompts are not read either: they are NaN here. */
    static void promptsAreNotRead(Objective objective, ScoredBatch batch) {
        var policy = batch.logProbs().clone();
        for (int n = 0; n < policy.length; n++) {
            policy[n] = batch.targets().completion()[n] ? policy[n] : Double.NaN;
        }
        var silent = batch.with(Column.LOG_PROB, policy).weigh(objective);
        assertTrue(Double.isFinite(silent.loss()), "the loss is " + silent.loss());
        var gradient = silent.gradients().column(Column.LOG_PROB).orElseThrow();
        for (int n = 0; n < policy.length; n++) {
            assertTrue(batch.targets().completion()[n] || gradient[n] == 0, "gradient at " + n + ": " + gradient[n]);
        }
    }

    /**
     * The further mismatched answers are above the reference, the harder a desirable answer is to please, and the easier an undesirable
     * one.
     */
    static void baselineRaisesWhatIsAskedOfDesirableAnswers(Objective objective) {
        var low = ScoredBatch.ofLogProbs(new long[] {1, 2}, new double[] {-1}, new double[] {-1}).withReference(-1.5, -1.2);
        var high = ScoredBatch.ofLogProbs(new long[] {1, 2}, new double[] {-1}, new double[] {-1}).withReference(-1.5, -1.8);
        assertTrue(low.withRewards(1, 0).weigh(objective).loss() < high.withRewards(1, 0).weigh(objective).loss(), "desirable");
        assertTrue(low.withRewards(-1, 0).weigh(objective).loss() > high.withRewards(-1, 0).weigh(objective).loss(), "undesirable");
    }
}
