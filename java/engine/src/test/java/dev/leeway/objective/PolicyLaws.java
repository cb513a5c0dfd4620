package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What every objective on sampled completions keeps to. Each law fails with an assertion, so that a planted fault can be shown to break it.
 */
final class PolicyLaws {

    /**
     * Central differences with h = 2⁻¹⁶: truncation h²/6 |f‴| is below 4e-11 · 10 for these losses, whose third derivatives stay below 10,
     * and rounding 2⁻⁵² · 10 / h below 2e-10.
     */
    private static final double STEP = 0x1p-16;
    private static final double DIFFERENCE = 1e-9;
    /** Sums of at most a hundred terms below 10 in another order: 100 · 10 · 2⁻⁵³ &lt; 2e-13. */
    private static final double REORDERED = 1e-12;

    private PolicyLaws() {
    }

    /** Gradients by log-probs and entropies are the differences of the loss. Not for surrogates that hold a weight constant. */
    static void gradientsAreDifferences(Objective objective, PolicyBatch batch) {
        var weighed = batch.weigh(objective);
        for (var column : List.of(Column.LOG_PROB, Column.ENTROPY)) {
            var gradient = weighed.gradients().column(column).orElse(new double[batch.policy().length]);
            for (int n = 0; n < batch.policy().length; n++) {
                double difference = batch.targets().mask()[n] ? (lossAt(objective, batch, column, n, STEP)
                    - lossAt(objective, batch, column, n, -STEP)) / (2 * STEP) : 0;
                assertEquals(difference, gradient[n], DIFFERENCE, column + " at position " + n);
            }
        }
    }

    private static double lossAt(Objective objective, PolicyBatch batch, Column column, int n, double step) {
        var policy = batch.policy().clone();
        var entropy = batch.entropy().clone();
        (column == Column.LOG_PROB ? policy : entropy)[n] += step;
        return objective.weigh(batch.scored(policy, entropy), Normalisers.of(List.of(batch.targets()))).loss();
    }

    /** However a step is cut between sequences, loss, gradients and metrics are the same. */
    static void splitsChangeNothing(Objective objective, PolicyBatch batch) {
        int sequences = batch.targets().sequences();
        var whole = sum(objective, List.of(batch));
        for (int cut = 1; cut < sequences; cut++) {
            same(whole, sum(objective, batch.split(cut)));
        }
        var single = new int[sequences - 1];
        for (int s = 0; s < single.length; s++) {
            single[s] = s + 1;
        }
        same(whole, sum(objective, batch.split(single)));
    }

    /** What a step's micro-batches add up to. */
    record Sum(double loss, Map<Column, List<Double>> gradients, Map<String, Double> metrics) {
    }

    private static Sum sum(Objective objective, List<PolicyBatch> parts) {
        var step = Normalisers.of(parts.stream().map(PolicyBatch::targets).toList());
        double loss = 0;
        Map<String, Double> metrics = Map.of();
        var gradients = new HashMap<Column, List<Double>>();
        for (var part : parts) {
            var weighed = objective.weigh(part.scored(), step);
            loss += weighed.loss();
            metrics = Metrics.sum(metrics, weighed.metrics());
            for (var column : objective.needs()) {
                var values = weighed.gradients().column(column).orElseThrow();
                var all = gradients.computeIfAbsent(column, _ -> new ArrayList<>());
                for (int n = 0; n < part.policy().length; n++) {
                    all.add(values[n]);
                }
            }
        }
        return new Sum(loss, gradients, metrics);
    }

    private static void same(Sum expected, Sum found) {
        assertEquals(expected.loss(), found.loss(), REORDERED, "loss");
        assertEquals(expected.metrics().keySet(), found.metrics().keySet());
        expected.metrics().forEach((name, value) -> assertEquals(value, found.metrics().get(name), REORDERED, name));
        expected.gradients().forEach((column, values) -> {
            for (int n = 0; n < values.size(); n++) {
                assertEquals(values.get(n), found.gradients().get(column).get(n), REORDERED, column + " at position " + n);
            }
        });
    }

    /** Positions outside completions have gradient 0, and what stands there is not read: the batch has NaN in them. */
    static void junkIsNotRead(Objective objective, PolicyBatch batch) {
        var weighed = batch.weigh(objective);
        assertTrue(Double.isFinite(weighed.loss()), "the loss is " + weighed.loss());
        weighed.metrics().forEach((name, value) -> assertTrue(Double.isFinite(value), name + " is " + value));
        for (var column : objective.needs()) {
            var gradient = weighed.gradients().column(column).orElseThrow();
            for (int n = 0; n < batch.policy().length; n++) {
                assertTrue(batch.targets().completion()[n] || gradient[n] == 0, column + " at position " + n + ": " + gradient[n]);
                assertTrue(Double.isFinite(gradient[n]), column + " at position " + n + ": " + gradient[n]);
            }
        }
    }

    /** Of surrogates that are 1 everywhere, what each completion adds to the loss. */
    static double[] sharesOfCompletions(Aggregation aggregation, int... lengths) {
        var objective = new PolicyGradient(new Surrogate.Clipped(0.2, 0.2), ImportanceLevel.TOKEN, aggregation, KlPenalty.NONE,
            PolicyGradient.Extras.NONE);
        var rows = new double[lengths.length][];
        var shares = new double[lengths.length];
        for (int s = 0; s < lengths.length; s++) {
            rows[s] = new double[lengths[s]];
        }
        for (int s = 0; s < lengths.length; s++) {
            var advantages = new double[lengths.length];
            advantages[s] = -1;
            shares[s] = PolicyBatch.ofLogRatios(advantages, rows).weigh(objective).loss();
        }
        return shares;
    }

    /** GRPO's mean of means: every completion has the same share, however long it is. */
    static void completionsCountAlike(Aggregation aggregation) {
        for (double share : sharesOfCompletions(aggregation, 2, 4, 1)) {
            assertEquals(1.0 / 3, share, 1e-15);
        }
    }

    /** The penalty adds β times the mean divergence to a mean over tokens, and is not negative. */
    static void penaltyAddsTheDivergence(java.util.function.DoubleFunction<Objective> withBeta, PolicyBatch batch) {
        var without = batch.weigh(withBeta.apply(0));
        var with = batch.weigh(withBeta.apply(0.5));
        double kl = with.metrics().get("kl");
        assertTrue(kl > 0, "the divergence is " + kl);
        assertEquals(0.5 * kl, with.loss() - without.loss(), REORDERED);
    }
}
