package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PolicyGradientTest {

    private static final Surrogate.Clipped RANGE = new Surrogate.Clipped(0.2, 0.28);
    private static final GrpoSettings SETTINGS = GrpoSettings.DEFAULTS.withClipped(RANGE).withMaxCompletionLength(8);

    /** Every member of the family whose gradient is that of its loss, with each of its options. */
    static Stream<PolicyGradient> differentiable() {
        var objectives = new ArrayList<PolicyGradient>();
        for (var type : List.of(LossType.GRPO, LossType.BNPO, LossType.DR_GRPO, LossType.DAPO, LossType.LUSPO, LossType.SAPO)) {
            var token = SETTINGS.withLossType(LossType.GRPO).withImportanceSamplingLevel(ImportanceLevel.SEQUENCE).withLossType(type);
            objectives.add(token.objective());
            objectives.add(token.withPenalty(new KlPenalty(0.3, true)).objective());
            if (type != LossType.LUSPO) {
                var level = token.withImportanceSamplingLevel(ImportanceLevel.TOKEN);
                objectives.add(level.objective());
                objectives.add(level.withPenalty(new KlPenalty(0.3, false)).objective());
                objectives.add(level.withPenalty(new KlPenalty(0.3, true)).objective());
                objectives.add(level.withExtras(new PolicyGradient.Extras(0.1, 0.05, true)).objective());
                objectives.add(level.withClipped(new Surrogate.Clipped(0.2, 0.28, 1.4)).objective());
            }
        }
        objectives.add(Rloo.objective(0.2, 0.2, PolicyGradient.Extras.NONE));
        objectives.add(Reinforce.objective(0.2));
        return objectives.stream();
    }

    static Stream<PolicyGradient> withConstantWeights() {
        return Stream.of(LossType.CISPO, LossType.VESPO).map(type -> SETTINGS.withLossType(type).objective());
    }

    static Stream<PolicyGradient> all() {
        return Stream.concat(differentiable(), withConstantWeights());
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void gradientsAreTheDifferencesOfTheLoss(PolicyGradient objective) {
        PolicyLaws.gradientsAreDifferences(objective, PolicyBatch.random(5, 12));
    }

    @ParameterizedTest
    @MethodSource("all")
    void anySplitBetweenCompletionsGivesTheSameStep(PolicyGradient objective) {
        PolicyLaws.splitsChangeNothing(objective, PolicyBatch.random(7, 12));
    }

    @ParameterizedTest
    @MethodSource("all")
    void whatIsMaskedOutIsNotRead(PolicyGradient objective) {
        PolicyLaws.junkIsNotRead(objective, PolicyBatch.random(9, 12));
    }

    /** Lengths 2 and 4 with token losses 1 and 2. */
    @ParameterizedTest
    @EnumSource(names = {"GRPO", "BNPO", "DAPO", "DR_GRPO"})
    void aggregationsAreThoseOfTheReference(LossType type) {
        var shares = PolicyLaws.sharesOfCompletions(type.aggregation(8), 2, 4);
        double expected = switch (type) {
            case GRPO -> 1.5;
            case DR_GRPO -> 0.625;
            default -> 5.0 / 3;
        };
        assertEquals(expected, shares[0] + 2 * shares[1], 1e-15);
    }

    @Test
    void luspoWeighsACompletionByItsLength() {
        assertArrayEquals(new double[] {1, 2}, PolicyLaws.sharesOfCompletions(LossType.LUSPO.aggregation(8), 2, 4), 1e-15);
    }

    @Test
    void aSequencesRatioIsTheGeometricMean() {
        var batch = PolicyBatch.ofLogRatios(new double[] {-1}, new double[] {0.1, -0.2, 0.4});
        var objective = SETTINGS.withLossType(LossType.GRPO).withImportanceSamplingLevel(ImportanceLevel.SEQUENCE).objective();
        assertEquals(Math.exp(0.1), batch.weigh(objective).loss(), 1e-15);
        assertEquals(Math.exp(0.3), batch.weigh(Rloo.objective(0.5, 0.5, PolicyGradient.Extras.NONE)).loss(), 1e-15);
    }

    @Test
    void withoutOldLogProbsTheRatioIsOneAndHasItsGradient() {
        var batch = PolicyBatch.random(3, 8);
        var objective = SETTINGS.withPenalty(new KlPenalty(0.1, false)).objective();
        var alone = Scored.of(new TokenScores().with(Column.LOG_PROB, batch.policy()), batch.targets())
            .withReference(new TokenScores().with(Column.LOG_PROB, batch.reference()));
        var same = alone.withOld(new TokenScores().with(Column.LOG_PROB, batch.policy()));
        var step = Normalisers.of(List.of(batch.targets()));
        var found = objective.weigh(alone, step);
        var gradient = found.gradients().column(Column.LOG_PROB).orElseThrow().clone();
        assertEquals(objective.weigh(same, step).loss(), found.loss());
        assertArrayEquals(same.gradients().column(Column.LOG_PROB).orElseThrow(), gradient);
        assertTrue(Stream.iterate(0, n -> n + 1).limit(gradient.length).anyMatch(n -> gradient[n] != 0));
    }

    @Test
    void oldLogProbsThatAreNeededAndMissingAreAnError() {
        var batch = PolicyBatch.random(3, 4);
        var objective = SETTINGS.withExtras(new PolicyGradient.Extras(0, Double.POSITIVE_INFINITY, true)).objective();
        assertTrue(objective.needsOld());
        var scored = Scored.of(new TokenScores().with(Column.LOG_PROB, batch.policy()), batch.targets());
        assertThrows(IllegalStateException.class, () -> objective.weigh(scored, Normalisers.of(List.of(batch.targets()))));
    }

    /** −min(ρ, c) A is the whole derivative: the weight is constant, whether it is capped or not. */
    @Test
    void cispoKeepsTheGradientOfCappedTokens() {
        var batch = PolicyBatch.ofLogRatios(new double[] {2}, new double[] {Math.log(1.5), Math.log(0.5), Math.log(3)});
        var objective = SETTINGS.withLossType(LossType.CISPO).withClipped(new Surrogate.Clipped(0.2, 1.3)).objective();
        assertArrayEquals(new double[] {-1.3 * 2 / 3, -0.5 * 2 / 3, -1.3 * 2 / 3, 0}, batch.gradient(objective), 1e-15);
        assertEquals(2.0 / 3, batch.weigh(objective).metrics().get("cispo_clip_ratio"), 1e-15);
        assertEquals((1.3 + 0.5 + 1.3) * 2 / 3, batch.weigh(objective).loss(), 1e-14);
    }

    /** w = e^0.3 of the whole completion: φ = e^(3 + 2·0.3 − 3w) for A ≥ 0, e^(2 + 3·0.3 − 2w) below. */
    @Test
    void vespoWeighsWithTheProductOfRatios() {
        double w = Math.exp(0.3);
        var objective = SETTINGS.withLossType(LossType.VESPO).objective();
        var rows = new double[] {0.1, -0.2, 0.4};
        var positive = PolicyBatch.ofLogRatios(new double[] {1}, rows);
        double weight = Math.exp(3 + 0.6 - 3 * w);
        assertArrayEquals(new double[] {-weight / 3, -weight / 3, -weight / 3, 0}, positive.gradient(objective), 1e-15);
        assertEquals(weight, positive.weigh(objective).metrics().get("vespo/phi_seq_mean"), 1e-15);
        double negative = Math.exp(2 + 0.9 - 2 * w);
        assertEquals(-negative, PolicyBatch.ofLogRatios(new double[] {-1}, rows).weigh(objective).loss(), 1e-15);
    }

    @Test
    void reinforceIsTheScoreFunction() {
        var batch = PolicyBatch.ofLogRatios(new double[] {2, -1}, new double[] {0, 0}, new double[] {0});
        assertArrayEquals(new double[] {-1, -1, 0, 0.5, 0}, batch.gradient(Reinforce.objective(0)), 1e-15);
        assertEquals((2 * 2 - 1) / 2.0, batch.weigh(Reinforce.objective(0)).loss(), 1e-15);
    }

    /** The second completion is drawn away from and drifted by 0.3 nats a token, the first by as much with a positive advantage. */
    @Test
    void offPolicyMaskDropsWhatDriftedAndIsPenalised() {
        var batch = PolicyBatch.ofLogRatios(new double[] {1, -1, -1}, new double[] {-0.3, -0.3}, new double[] {-0.2, -0.4},
            new double[] {-0.1});
        var objective = SETTINGS.withClipped(new Surrogate.Clipped(0.9, 0.9))
            .withExtras(new PolicyGradient.Extras(0, 0.25, true)).objective();
        var gradient = batch.gradient(objective);
        assertEquals(-Math.exp(-0.3) / 5, gradient[0], 1e-15);
        assertArrayEquals(new double[] {0, 0}, new double[] {gradient[3], gradient[4]});
        assertEquals(Math.exp(-0.1) / 5, gradient[6], 1e-15);
    }

    @Test
    void entropyIsRewardedAndReported() {
        var batch = PolicyBatch.ofLogRatios(new double[] {1, 1}, new double[] {0, 0}, new double[] {0, 0});
        batch.entropy()[0] = 3;
        var objective = SETTINGS.withExtras(new PolicyGradient.Extras(0.2, Double.POSITIVE_INFINITY, false)).objective();
        assertEquals(Set.of(Column.LOG_PROB, Column.ENTROPY), objective.needs());
        var weighed = batch.weigh(objective);
        assertEquals(-1 - 0.2 * 1.5, weighed.loss(), 1e-15);
        assertEquals(1.5, weighed.metrics().get("entropy"));
        assertEquals(-1, weighed.metrics().get("policy_loss"), 1e-15);
        assertEquals(-0.05, weighed.gradients().column(Column.ENTROPY).orElseThrow()[4 - 1], 1e-17);
    }

    @Test
    void advantagesMayBeOneAPosition() {
        var batch = PolicyBatch.ofLogRatios(new double[] {1}, new double[] {0, 0});
        var perPosition = batch.withAdvantages(new double[] {1, -3, 0});
        assertArrayEquals(new double[] {-0.5, 1.5, 0}, perPosition.gradient(SETTINGS.objective()), 1e-15);
        assertThrows(LeewayException.class, () -> batch.withAdvantages(new double[2]).weigh(SETTINGS.objective()));
    }

    /** A dropped completion still counts as a sequence of a mean over completions, and for nothing else. */
    @Test
    void aDroppedCompletionLeavesTheWeightsOfTheOthersAlone() {
        var whole = PolicyBatch.ofLogRatios(new double[] {1, 1}, new double[] {0, 0}, new double[] {0, 0});
        var flags = whole.targets().mask().clone();
        flags[3] = false;
        flags[4] = false;
        var dropped = whole.withTargets(whole.targets().withCompletion(flags));
        var objective = SETTINGS.withLossType(LossType.GRPO).objective();
        assertEquals(whole.weigh(objective).loss() / 2, dropped.weigh(objective).loss(), 1e-15);
        assertEquals(whole.gradient(objective)[0], dropped.gradient(objective)[0]);
        assertEquals(0, dropped.gradient(objective)[3]);
    }

    @Test
    void clipMetricsAreThoseOfTheReference() {
        double high = Math.log(1.4);
        double low = Math.log(0.7);
        var batch = PolicyBatch.ofLogRatios(new double[] {1, -1}, new double[] {high, 0, high, low}, new double[] {low, high});
        var metrics = batch.weigh(SETTINGS.objective()).metrics();
        assertEquals(1.0 / 6, metrics.get("clip_ratio/low_mean"), 1e-15);
        assertEquals(2.0 / 6, metrics.get("clip_ratio/high_mean"), 1e-15);
        assertEquals(3.0 / 6, metrics.get("clip_ratio/region_mean"), 1e-15);
        assertEquals(0, metrics.get("clip_ratio/low_min"));
        assertEquals(0.5, metrics.get("clip_ratio/high_max"));
        assertFalse(metrics.containsKey("kl"));
    }

    @Test
    void settingsThatDoNotFitTogetherAreRefused() {
        assertThrows(LeewayException.class, () -> SETTINGS.withLossType(LossType.LUSPO));
        assertThrows(LeewayException.class, () -> SETTINGS.withImportanceSamplingLevel(ImportanceLevel.PRODUCT));
        assertThrows(LeewayException.class, () -> SETTINGS.withMaxCompletionLength(0));
        assertThrows(LeewayException.class, () -> new KlPenalty(-1, false));
        assertThrows(LeewayException.class, () -> new Surrogate.Clipped(-0.1, 0.2));
        assertThrows(LeewayException.class, () -> SETTINGS.withLossType(LossType.VESPO).withPenalty(new KlPenalty(1, true)).objective());
        assertThrows(LeewayException.class, () -> LossType.named("GRPO"));
        assertThrows(LeewayException.class, () -> ImportanceLevel.named("product"));
        assertEquals(LossType.DR_GRPO, LossType.named("dr_grpo"));
        assertEquals(ImportanceLevel.SEQUENCE, ImportanceLevel.named("sequence"));
    }
}
