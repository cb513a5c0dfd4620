package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.JsonFile;
import dev.leeway.laws.RewardedRun.Wiring;
import dev.leeway.model.Batch;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Family;
import dev.leeway.model.Llama;
import dev.leeway.objective.Column;
import dev.leeway.objective.GeneralizedAdvantages;
import dev.leeway.objective.KlEstimator;
import dev.leeway.objective.Reinforce;
import dev.leeway.objective.Targets;
import dev.leeway.train.AdamW;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.Drawn;
import dev.leeway.train.ReplayOrder;
import dev.leeway.tensor.TestDevice;
import dev.leeway.train.Method;
import dev.leeway.train.RolloutSettings.MicroBatch;
import dev.leeway.train.RolloutSettings.Shaping;
import dev.leeway.train.TrainingSession;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
            Targets.of(mask, plain.sequenceStarts(), plain.unitIds()), plain.old(), plain.teacher());
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

    /** A few dozen tokens a completion, added in double in another order. */
    @Test
    void divergenceSurpriseAndEndsAreThoseOfTheCompletions() {
        try (var run = RewardedRun.open(resting(), RewardedRun.varied()).train(1)) {
            var drawn = run.rollouts.getFirst().drawn();
            var reference = run.session().referenceModel();
            reference.setTemperature(0.9);
            double kl = 0;
            double surprise = 0;
            for (var one : drawn) {
                var references = column(reference, one, Column.LOG_PROB, 1);
                for (int t = 0; t < references.length; t++) {
                    double d = references[t] - one.completion().logProbs()[t];
                    kl += Math.exp(d) - d - 1;
                    surprise -= one.completion().logProbs()[t];
                }
            }
            var metrics = run.steps.getFirst().metrics();
            assertTrue(kl > 0.1, "policy and reference differ: " + kl);
            assertEquals(kl / COMPLETIONS, metrics.get("objective/kl"), 1e-11);
            assertEquals(-0.05 * kl / COMPLETIONS, metrics.get("objective/non_score_reward"), 1e-11);
            assertEquals(surprise / COMPLETIONS, metrics.get("objective/entropy"), 1e-11);
            assertEquals(drawn.stream().filter(Drawn::isTerminated).count(), metrics.get("val/num_eos_tokens"));
        }
        var free = new AdvantageRule.Generalized(new GeneralizedAdvantages.Settings(1, 0.95, 0, KlEstimator.K3, false, 1e-8), 0);
        try (var run = RewardedRun.open(resting().with(free), RewardedRun.varied()).train(1)) {
            assertFalse(run.steps.getFirst().metrics().containsKey("objective/kl"), "nobody asked the reference");
        }
    }

    /** The value model's second epoch is held near, and its returns are made of, what it said before the first; {@code max} as above. */
    @Test
    void theSecondEpochComparesWithTheStoredValuesAndLogProbs() {
        var twice = wiring().with(new ReplayOrder(COMPLETIONS, 1, 2, true, RewardedRun.SEED));
        try (var before = RewardedRun.open(resting(), RewardedRun.varied()).train(1);
            var run = RewardedRun.open(twice.with(AdamW.Settings.standard(), 0.01), RewardedRun.varied()).train(1)) {
            var drawn = run.rollouts.getFirst().drawn();
            assertEquals(RewardedRun.tokens(before.rollouts.getFirst()), RewardedRun.tokens(run.rollouts.getFirst()));
            double squares = 0;
            double moved = 0;
            int states = 0;
            for (var one : drawn) {
                var raw = advantages(before, one);
                int behind = one.completion().tokens().length < RewardedRun.LONGEST ? 0 : 1;
                var old = column(before.session().valueModel().orElseThrow(), one, Column.TOKEN_VALUE, behind);
                var values = column(run.session().valueModel().orElseThrow(), one, Column.TOKEN_VALUE, behind);
                for (int t = 0; t < raw.length; t++, states++) {
                    double goal = raw[t] + old[t];
                    double held = Math.clamp(values[t], old[t] - 0.2, old[t] + 0.2);
                    squares += Math.max((values[t] - goal) * (values[t] - goal), (held - goal) * (held - goal));
                    moved = Math.max(moved, Math.abs(values[t] - old[t]));
                }
            }
            assertTrue(moved > 0.01, "the values have moved: " + moved);
            requireStoredLogProbs(run, drawn);
            run.train(2);
            assertEquals(1, run.rollouts.size());
            assertEquals(squares / states / 2, run.steps.getLast().metrics().get("loss/value_avg"), 1e-11);
            assertNotEquals(1, run.steps.getLast().metrics().get("val/ratio"), 1e-6, "the policy has moved, and the log-probs have not");
        }
    }

    private static void requireStoredLogProbs(RewardedRun run, List<Drawn> drawn) {
        int seen = 0;
        for (var micro : run.data.step(1)) {
            for (int s = 0; s < micro.sequences(); s++, seen++) {
                var one = drawn.get((int) micro.unitIds()[s]);
                int first = micro.sequenceStarts()[s] + one.prompt().length - 1;
                for (int t = 0; t < one.completion().tokens().length; t++) {
                    assertEquals(one.completion().logProbs()[t], micro.old().orElseThrow().logProb()[first + t]);
                }
            }
        }
        assertEquals(COMPLETIONS, seen);
    }

    /** Eight dozen numbers of about 1, added in double. */
    @Test
    void whatIsMaskedIsNoPartOfTheWhitening() {
        try (var run = RewardedRun.open(resting().with(new Shaping(true, 0, 0, 1)), RewardedRun.varied()).train(1)) {
            var kept = new ArrayList<Double>();
            for (var micro : run.data.step(0)) {
                for (int n = 0; n < micro.rows(); n++) {
                    if (micro.mask()[n]) {
                        kept.add(micro.objectiveTargets().advantages()[n]);
                    }
                }
            }
            var drawn = run.rollouts.getFirst().drawn();
            long cutOff = drawn.stream().filter(one -> !one.isTerminated()).count();
            assertTrue(cutOff > 0 && cutOff < COMPLETIONS, cutOff + " cut off");
            assertEquals(drawn.stream().filter(Drawn::isTerminated).mapToInt(one -> one.completion().tokens().length).sum(), kept.size());
            assertEquals(0, kept.stream().mapToDouble(a -> a).sum(), 1e-11);
            assertEquals(kept.size() - 1, kept.stream().mapToDouble(a -> a * a).sum(), 1e-5, "the variance's 1e-8 apart");
        }
    }

    @Test
    void aValueModelThatGivesNoNumberLeavesThePolicyWhereItIs() {
        try (var run = RewardedRun.open(wiring(), RewardedRun.varied()); var arena = Arena.ofConfined()) {
            run.data.step(0);
            var value = run.session().valueModel().orElseThrow();
            var spoiled = value.trainedParameters().getLast();
            var numbers = value.device().floats(spoiled.value());
            numbers[0] = Float.NaN;
            spoiled.set(value.device(), arena.allocateFrom(ValueLayout.JAVA_FLOAT, numbers), 0);
            var before = run.bits();
            Refusal.assertRefused(Kind.NUMERICS, () -> run.train(1), "step 1: weight " + spoiled.name(), "nothing has moved");
            assertEquals(before, run.bits());
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

    private static void openWithValues(String vocabulary, String positions) {
        var config = ConfigReader.read(JsonFile.parse("values", RewardedRun.VALUES_JSON.replace("\"vocab_size\": 61", vocabulary)
            .replace("\"max_position_embeddings\": 64", positions)));
        var settings = new TrainingSession.Settings(Optional.empty(), 64, 60, 5, AdamW.Settings.standard(), 3)
            .withValueModel(new TrainingSession.Settings.ValueModel(config, AdamW.Settings.standard()));
        try (var device = TestDevice.open(1); var session = TrainingSession.open(Family.LLAMA.config(), settings, device)) {
            session.bytes();
        }
    }

    @Test
    void aValueModelThatReadsLessThanThePolicyWritesIsRefused() {
        openWithValues("\"vocab_size\": 61", "\"max_position_embeddings\": 64");
        Refusal.assertRefused(Kind.USAGE, () -> openWithValues("\"vocab_size\": 60", "\"max_position_embeddings\": 64"), "vocabulary of 60",
            "one of 61");
        Refusal.assertRefused(Kind.USAGE, () -> openWithValues("\"vocab_size\": 61", "\"max_position_embeddings\": 63"), "63 positions",
            "take 64");
    }

    @Test
    void aRuleAndASessionThatDoNotFitAreRefused() {
        try (var run = RewardedRun.open(wiring(), RewardedRun.varied())) {
            var method = Method.of(Reinforce.objective(0)).withTemperature(0.9);
            Refusal.assertRefused(Kind.USAGE, () -> run.data.requireFits(method), "ProximalTrainer");
        }
        var relative = wiring().with(AdvantageRule.GroupRelative.DEFAULTS);
        Refusal.assertRefused(Kind.USAGE, () -> RewardedRun.open(relative, RewardedRun.varied()), "num_generations", "at least 2", "got 1");
        var valued = Wiring.of(RewardedRun.Kind.GRPO, new ReplayOrder(8, 1, 1, false, 1)).with(AdvantageRule.Generalized.DEFAULTS);
        Refusal.assertRefused(Kind.USAGE, () -> RewardedRun.open(valued, RewardedRun.varied()), "PPO needs a value model");
        Refusal.assertRefused(Kind.USAGE, () -> new AdvantageRule.LeaveOneOut(-1, false, 0, 1), "beta");
        Refusal.assertRefused(Kind.USAGE, () -> AdvantageRule.MultiObjective.named("sum"), "normalize_then_sum", "got sum");
    }
}
