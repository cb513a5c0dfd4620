package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.train.ReplayOrder;
import dev.leeway.train.RolloutSettings.Shaping;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run on rollouts that ends behind any step and goes on in a new session: the same completions, losses and weights, bit for bit. */
final class RewardedResumeTest {

    /** Two rollouts, each gone through twice in two parts, and the first step of a third. */
    private static final int STEPS = 9;
    private static final ReplayOrder ORDER = new ReplayOrder(8, 2, 2, false, RewardedRun.SEED);
    private static final ReplayOrder RESHUFFLED = new ReplayOrder(8, 2, 2, true, RewardedRun.SEED);

    @TempDir
    private Path folder;

    private static RewardedRun.Wiring wiring(RewardedRun.Kind kind) {
        return RewardedRun.Wiring.of(kind, kind == RewardedRun.Kind.PPO ? RESHUFFLED : ORDER);
    }

    @ParameterizedTest
    @EnumSource(names = {"GRPO", "RLOO", "PPO"})
    void aRunThatGoesOnBehindAnyStepRepeatsTheUninterruptedOneBitForBit(RewardedRun.Kind kind) {
        try (var whole = RewardedRun.open(wiring(kind), RewardedRun.varied())) {
            whole.train(folder, 0, STEPS);
            assertEquals(3, whole.rollouts.size());
            for (int from = 1; from < STEPS; from++) {
                try (var part = RewardedRun.open(wiring(kind), RewardedRun.varied())) {
                    requireSame(whole, part.train(folder, from, STEPS), from);
                }
            }
        }
    }

    /** Some have no reward, some prompts teach nothing until others stand in for them, and half of the tokens keep a policy term. */
    @ParameterizedTest
    @EnumSource(names = {"GRPO", "RLOO", "PPO"})
    void soDoesOneWithMissingRewardsRedrawsAndTokensThatAreChosenByTheirEntropy(RewardedRun.Kind kind) {
        boolean grouped = kind != RewardedRun.Kind.PPO;
        var wiring = wiring(kind).with(new Shaping(false, 0, grouped ? 1 : 0, 0.5));
        var rewards = RewardedRun.rewarding(one -> one.completion().tokens().length % 4 == 1 ? Double.NaN
            : grouped && one.row() < 1000 && one.row() % 2 == 1 ? 1 : RewardedRun.mean(one));
        try (var whole = RewardedRun.open(wiring, rewards)) {
            whole.train(folder, 0, STEPS);
            assertTrue(whole.rollouts.stream().anyMatch(rollout -> Arrays.stream(rollout.total()).anyMatch(Double::isNaN)));
            assertEquals(grouped, whole.rollouts.stream().anyMatch(rollout -> rollout.effort().redraws() > 0));
            for (int from = 1; from < STEPS; from += 2) {
                try (var part = RewardedRun.open(wiring, rewards)) {
                    requireSame(whole, part.train(folder, from, STEPS), from);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GRPO", "PPO"})
    void aRolloutOfAnotherSizeIsRefusedBeforeAnythingMoves(RewardedRun.Kind kind) {
        try (var run = RewardedRun.open(wiring(kind), RewardedRun.varied())) {
            run.train(folder, 0, 1);
        }
        try (var other = RewardedRun.open(wiring(kind).with(new ReplayOrder(16, 2, 2, true, 1)), RewardedRun.varied())) {
            var before = other.bits();
            Refusal.assertRefused(Kind.DATA, () -> other.train(folder, 1, 2), "rollout 1 of 16 completions", "holds rollout 1 of 8");
            assertEquals(before, other.bits());
        }
    }

    private static void requireSame(RewardedRun whole, RewardedRun part, int from) {
        var what = "behind step " + from;
        assertEquals(whole.bits(), part.bits(), what);
        for (int i = 0; i < part.steps.size(); i++) {
            var expected = whole.steps.get(from + i);
            assertEquals(expected.loss(), part.steps.get(i).loss(), what);
            assertEquals(expected.gradientNorm(), part.steps.get(i).gradientNorm(), what);
            assertEquals(expected.metrics(), part.steps.get(i).metrics(), what);
        }
        int first = whole.rollouts.size() - part.rollouts.size();
        assertEquals(3 - (from + 3) / 4, part.rollouts.size(), "only a rollout's first step draws it");
        for (int i = 0; i < part.rollouts.size(); i++) {
            assertEquals(RewardedRun.tokens(whole.rollouts.get(first + i)), RewardedRun.tokens(part.rollouts.get(i)), what);
        }
    }

    @Test
    void aStepInsideARolloutThatIsNotHereIsRefused() {
        try (var run = RewardedRun.open(wiring(RewardedRun.Kind.GRPO), RewardedRun.varied())) {
            Refusal.assertRefused(Kind.DATA, () -> run.data.step(5), "step 6", "rollout 2", "from step 4");
            assertTrue(run.rollouts.isEmpty());
        }
    }
}
