package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Family;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.GrpoSettings;
import dev.leeway.tensor.TestDevice;
import dev.leeway.train.AdamW;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.Drawn;
import dev.leeway.train.Method;
import dev.leeway.train.ReplayOrder;
import dev.leeway.train.RewardSource;
import dev.leeway.train.RolloutBatches;
import dev.leeway.train.RolloutSettings.Agreement;
import dev.leeway.train.RolloutSettings.MicroBatch;
import dev.leeway.train.RolloutSettings.Shaping;
import dev.leeway.train.TrainingSession;
import dev.leeway.laws.RewardedRun.Wiring;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What can't be trained on is refused before a rollout is drawn and paid for. */
final class RewardedRefusalTest {

    private static final ReplayOrder ONCE = new ReplayOrder(16, 1, 1, false, RewardedRun.SEED);

    private static Wiring resting() {
        return Wiring.of(RewardedRun.Kind.GRPO, ONCE).with(AdamW.Settings.standard(), 0);
    }

    @Test
    void whatDoesNotFitIsRefusedBeforeAnythingMoves() {
        Refusal.assertRefused(Kind.USAGE, () -> resting().with(new MicroBatch(5, 10)), "a forward pass takes 10", "max_completion_length");
        try (var run = RewardedRun.open(resting().with(new MicroBatch(5, 15)), RewardedRun.varied())) {
            Refusal.assertRefused(Kind.DATA, () -> run.train(1), "prompt 2: a prompt of 4 tokens", "max_completion_length 12",
                "16 tokens together", "take 15", "shorten");
            assertTrue(run.rollouts.isEmpty());
        }
        var twice = Wiring.of(RewardedRun.Kind.REINFORCE, new ReplayOrder(8, 1, 2, false, 1));
        try (var run = RewardedRun.open(twice, RewardedRun.varied())) {
            Refusal.assertRefused(Kind.USAGE, () -> run.train(1), "serves 2 steps", "num_iterations");
            var cold = Method.of(GrpoSettings.DEFAULTS.objective());
            Refusal.assertRefused(Kind.USAGE, () -> run.data.requireFits(cold), "drawn at temperature 0.9", "trained on at 1.0");
            assertTrue(run.rollouts.isEmpty());
        }
        var fast = Wiring.of(RewardedRun.Kind.REINFORCE, new ReplayOrder(8, 1, 1, false, 1)).with(Agreement.MEASURED);
        try (var run = RewardedRun.open(fast, RewardedRun.varied())) {
            Refusal.assertRefused(Kind.USAGE, () -> run.train(1), "fast mode", "PolicyGradient does not weigh", "use batch_invariant");
            run.data.requireFits(new TrainingNoise(1, 0, 5));
        }
        try (var run = RewardedRun.open(resting(), RewardedRun.varied())) {
            Refusal.assertRefused(Kind.USAGE, () -> run.data.requireFits(new TrainingNoise(1, 0, 5)), "neftune_noise_alpha 5.0",
                "bit for bit");
        }
        Refusal.assertRefused(Kind.USAGE, () -> Wiring.of(RewardedRun.Kind.PPO, ONCE).with(new Shaping(false, 0, 1, 1)),
            "dynamic sampling", "num_generations 1");
        var infinite = RewardedRun.rewarding(one -> Double.POSITIVE_INFINITY);
        try (var run = RewardedRun.open(resting(), infinite)) {
            Refusal.assertRefused(Kind.DATA, () -> run.train(1), "reward function test gave Infinity", "NaN where there is none");
        }
    }

    private static void requireRefused(double dropout, int rows, double weight, String... parts) {
        var adapter = new AdapterConfig(LoraScale.of(4, 8), ModuleSelection.names("q_proj"), dropout, List.of(), Optional.empty(), "");
        var settings = new TrainingSession.Settings(Optional.of(adapter), 64, rows, 5, AdamW.Settings.standard(), 3);
        var rewards = new RewardSource() {
            @Override
            public List<String> names() {
                return List.of("test");
            }

            @Override
            public double[] weights() {
                return new double[] {weight};
            }

            @Override
            public double[][] rewards(List<Drawn> drawn) {
                throw new IllegalStateException("nothing may be drawn");
            }
        };
        try (var device = TestDevice.open(1); var session = TrainingSession.open(Family.LLAMA.config(), settings, device)) {
            Refusal.assertRefused(Kind.USAGE, () -> new RolloutBatches(session, resting().settings(), AdvantageRule.GroupRelative.DEFAULTS,
                RolloutBatches.Parts.of(number -> List.of(), rewards, report -> { })), parts);
        }
    }

    @Test
    void whatASessionOrARewardIsNotFitForIsRefusedBeforeAnythingIsDrawn() {
        requireRefused(0.1, 60, 1, "lora_dropout 0.1", "bit for bit", "fast mode");
        requireRefused(0, 59, 1, "5 completions and 60 tokens", "planned for 5 and 59");
        requireRefused(0, 60, Double.NaN, "reward_weights", "[NaN]");
        requireRefused(0, 60, Double.POSITIVE_INFINITY, "reward_weights", "[Infinity]");
    }
}
