package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.train.ReplayOrder;
import java.nio.file.Path;
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
