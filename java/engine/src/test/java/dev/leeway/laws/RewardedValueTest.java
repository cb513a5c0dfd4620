package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.laws.RewardedRun.Wiring;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.objective.Column;
import dev.leeway.train.AdamW;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.Drawn;
import dev.leeway.train.ReplayOrder;
import dev.leeway.train.RolloutSettings.MicroBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PPO's steps against its equations, written down once more from the completions, and two models that move together. */
final class RewardedValueTest {

    private static final int COMPLETIONS = 8;

    private static Wiring wiring() {
        return Wiring.of(RewardedRun.Kind.PPO, new ReplayOrder(COMPLETIONS, 1, 1, true, RewardedRun.SEED));
    }

    private static Wiring resting() {
        return wiring().with(AdamW.Settings.standard(), 0);
    }

    /** A column at the positions from the prompt's last token to the last but {@code behind}. */
    private static double[] column(Llama model, Drawn one, Column column, int behind) {
        var tokens = Stream.of(one.prompt(), one.completion().tokens()).flatMapToInt(Arrays::stream).toArray();
        var mask = new boolean[tokens.length];
        Arrays.fill(mask, one.prompt().length - 1, tokens.length - behind, true);
        var plain = Batch.of(List.of(Batch.Sequence.allTrained(tokens, 0)));
        var batch = new Batch(plain.tokens(), plain.positions(), plain.targets(),
            dev.leeway.objective.Targets.of(mask, plain.sequenceStarts(), plain.unitIds()), plain.old(), plain.teacher());
        return Arrays.copyOfRange(model.score(batch, Set.of(column)).column(column), one.prompt().length - 1, tokens.length - behind);
    }

    /** A_t of a completion, one more entry than tokens where it is shorter than it could be. */
    private static double[] advantages(RewardedRun run, Drawn one) {
        int tokens = one.completion().tokens().length;
        var values = column(run.session().valueModel().orElseThrow(), one, Column.TOKEN_VALUE, tokens < RewardedRun.LONGEST ? 0 : 1);
        var reference = run.session().referenceModel();
        reference.setTemperature(0.9);
        var references = column(reference, one, Column.LOG_PROB, 1);
        var advantages = new double[values.length];
        double next = 0;
        for (int t = values.length - 1; t >= 0; t--) {
            double reward = t == values.length - 1 ? RewardedRun.mean(one) - (one.isTerminated() ? 0 : 1) : 0;
            if (t < tokens) {
                double d = references[t] - one.completion().logProbs()[t];
                reward -= 0.05 * (Math.exp(d) - d - 1);
            }
            double delta = reward + (t + 1 < values.length ? values[t + 1] : 0) - values[t];
            next = delta + 0.95 * next;
            advantages[t] = next;
        }
        return advantages;
    }

    /** Both sides take the same few dozen additions of numbers below 100 in double, in another order. */
    @Tag("device")
    @Test
    void everyTokenHasTheAdvantageOfTheEquationsWhitenedOverTheRollout() {
        try (var run = RewardedRun.open(resting(), RewardedRun.varied()).train(1)) {
            var drawn = run.rollouts.getFirst().drawn();
            var raw = drawn.stream().map(one -> advantages(run, one)).toList();
            var ofTokens = new ArrayList<Double>();
            for (int i = 0; i < drawn.size(); i++) {
                Arrays.stream(raw.get(i)).limit(drawn.get(i).completion().tokens().length).forEach(ofTokens::add);
            }
            double mean = ofTokens.stream().mapToDouble(a -> a).average().orElseThrow();
            double variance = ofTokens.stream().mapToDouble(a -> (a - mean) * (a - mean)).sum() / (ofTokens.size() - 1);
            int seen = 0;
            for (var micro : run.data.step(0)) {
                for (int s = 0; s < micro.sequences(); s++) {
                    int place = (int) micro.unitIds()[s];
                    int first = micro.sequenceStarts()[s] + drawn.get(place).prompt().length - 1;
                    for (int t = 0; t < drawn.get(place).completion().tokens().length; t++, seen++) {
                        assertEquals((raw.get(place)[t] - mean) / Math.sqrt(variance + 1e-8),
                            micro.objectiveTargets().advantages()[first + t], 1e-11, "completion " + place + ", token " + t);
                    }
                }
            }
            assertEquals(ofTokens.size(), seen);
            double squares = raw.stream().flatMapToDouble(Arrays::stream).map(a -> a * a).average().orElseThrow();
            assertEquals(squares / 2, run.steps.getFirst().metrics().get("loss/value_avg"), 1e-11, "on policy, R − V is A");
        }
    }

    @Test
    void bothModelsMoveAndCuttingTheRolloutChangesNothingButTheRoundingOfSums() {
        try (var whole = RewardedRun.open(resting().with(new MicroBatch(8, 200)), RewardedRun.varied()).train(1);
            var parts = RewardedRun.open(resting().with(new MicroBatch(3, 40)), RewardedRun.varied()).train(1)) {
            requireNear(whole, whole.session().model(), parts.session().model());
            requireNear(whole, whole.session().valueModel().orElseThrow(), parts.session().valueModel().orElseThrow());
        }
        try (var run = RewardedRun.open(wiring(), RewardedRun.varied())) {
            var before = run.bits();
            run.train(1);
            for (int i = 0; i < before.size(); i++) {
                assertNotEquals(before.get(i), run.bits().get(i));
            }
            var metrics = run.steps.getFirst().metrics();
            assertEquals(metrics.get("loss/policy_avg") + 0.1 * metrics.get("loss/value_avg"), run.steps.getFirst().loss(), 1e-12);
            assertEquals(1, metrics.get("val/ratio"), 1e-12, "on policy every ratio is 1");
            assertEquals(metrics.get("objective/scores") + metrics.get("objective/non_score_reward"),
                metrics.get("objective/rlhf_reward"));
            assertEquals(COMPLETIONS, metrics.get("episode"));
        }
    }

    /** {@link BatchingTest} derives the bound. */
    private static void requireNear(RewardedRun run, Llama one, Llama other) {
        double bound = 6 * 0x1p-24 * Math.sqrt(run.steps.getFirst().tokens());
        var expected = Small.gradients(one);
        var found = Small.gradients(other);
        for (int i = 0; i < expected.size(); i++) {
            double distance = Small.distance(expected.get(i), found.get(i));
            assertTrue(distance <= bound, one.trainedParameters().get(i).name() + ": " + distance + " of " + bound);
        }
    }

    @Test
    void whatHasNoRewardIsNoEpisodeAndASourceThatHasNoneTrainsNothing() {
        var some = RewardedRun.rewarding(one -> one.row() % 2 == 0 ? Double.NaN : RewardedRun.mean(one));
        try (var run = RewardedRun.open(resting(), some).train(1)) {
            long tokens = run.rollouts.getFirst().drawn().stream().filter(one -> one.row() % 2 == 1)
                .mapToLong(one -> one.completion().tokens().length).sum();
            assertEquals(tokens, run.steps.getFirst().trainedTokens());
            assertEquals(4, run.steps.getFirst().metrics().get("rewards/test/missing"));
        }
        try (var run = RewardedRun.open(wiring(), RewardedRun.rewarding(one -> Double.NaN))) {
            var before = run.bits();
            assertEquals(0, run.train(1).steps.getFirst().trainedTokens());
            assertEquals(before, run.bits());
        }
    }

    @Test
    void aRuleAndASessionThatDoNotFitAreRefused() {
        var relative = wiring().with(AdvantageRule.GroupRelative.DEFAULTS);
        Refusal.assertRefused(Kind.USAGE, () -> RewardedRun.open(relative, RewardedRun.varied()), "num_generations", "at least 2", "got 1");
        var valued = Wiring.of(RewardedRun.Kind.GRPO, new ReplayOrder(8, 1, 1, false, 1)).with(AdvantageRule.Generalized.DEFAULTS);
        Refusal.assertRefused(Kind.USAGE, () -> RewardedRun.open(valued, RewardedRun.varied()), "PPO needs a value model");
        Refusal.assertRefused(Kind.USAGE, () -> new AdvantageRule.LeaveOneOut(-1, false, 0, 1), "beta");
        Refusal.assertRefused(Kind.USAGE, () -> AdvantageRule.MultiObjective.named("sum"), "normalize_then_sum", "got sum");
    }
}
