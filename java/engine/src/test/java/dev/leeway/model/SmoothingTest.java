package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import dev.leeway.objective.SupervisedFineTuning;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Label smoothing and z-loss through the head, against {@link Oracle} in double and its differences. */
final class SmoothingTest {

    private static final double SMOOTHING = 0.2;
    private static final double Z_LOSS = 0.03;
    /** As {@link OracleTest} bounds a logit, relative to the largest, which is some four times the loss. */
    private static final double LOSS_BOUND = 8e-6 * 4;
    private static final Batch BATCH = Batch.of(TinyModel.sequences(Family.VOCABULARY, 1, 1, 11, 19));

    private static double loss(Oracle oracle) {
        double loss = 0;
        for (int s = 0; s < BATCH.sequences(); s++) {
            int start = BATCH.sequenceStarts()[s];
            var hidden = oracle.hidden(Arrays.copyOfRange(BATCH.tokens(), start, BATCH.sequenceStarts()[s + 1]));
            for (int t = 0; t < hidden.length; t++) {
                loss += BATCH.mask()[start + t] ? loss(oracle.logits(hidden[t]), BATCH.targets()[start + t]) : 0;
            }
        }
        return loss / BATCH.trainedRows().length;
    }

    private static double loss(double[] z, int target) {
        double lse = Math.log(Arrays.stream(z).map(Math::exp).sum());
        double uniform = lse - Arrays.stream(z).average().orElseThrow();
        return (1 - SMOOTHING) * (lse - z[target]) + SMOOTHING * uniform + Z_LOSS * lse * lse;
    }

    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "QWEN3", "GEMMA2"})
    void lossAndGradientsEqualTheOracles(Family family) {
        try (var tiny = TinyModel.training(family.config(), Optional.empty(), 31, 3, 2)) {
            var objective = new SupervisedFineTuning(SMOOTHING, Z_LOSS);
            tiny.model().zeroGradients();
            var scores = tiny.model().score(BATCH, objective.needs());
            var targets = BATCH.objectiveTargets();
            var weighed = objective.weigh(Scored.of(scores, targets), Normalisers.of(List.of(targets)));
            tiny.model().backward(BATCH, weighed.gradients());
            var weights = tiny.weights();
            double expected = loss(new Oracle(family.spec(), weights, 0));
            assertEquals(expected, weighed.loss(), LOSS_BOUND * expected);
            OracleGradients.assertEqual(family.name(), weights, tiny.gradients(), changed -> loss(new Oracle(family.spec(), changed, 0)));
        }
    }
}
