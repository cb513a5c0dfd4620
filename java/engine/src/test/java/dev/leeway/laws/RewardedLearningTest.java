package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.laws.RewardedRun.Wiring;
import dev.leeway.train.AdamW;
import dev.leeway.train.Drawn;
import dev.leeway.train.ReplayOrder;
import dev.leeway.train.RolloutSettings.MicroBatch;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A policy of random weights learns to write what is rewarded: tokens of the lower third of the vocabulary. */
final class RewardedLearningTest {

    private static final int STEPS = 20;

    private static double share(Drawn one) {
        return Arrays.stream(one.completion().tokens()).filter(token -> token < 20).count() / (double) one.completion().tokens().length;
    }

    /** By chance the share is near a third, and its mean over 32 completions of a dozen tokens varies by a few hundredths. */
    @ParameterizedTest
    @EnumSource
    void twentyStepsRaiseTheShareOfRewardedTokensAboveTwoThirds(RewardedRun.Kind kind) {
        var order = new ReplayOrder(32, 1, 1, kind == RewardedRun.Kind.PPO, RewardedRun.SEED);
        double rate = kind == RewardedRun.Kind.PPO ? 5e-3 : 2e-2;
        var wiring = Wiring.of(kind, order).with(AdamW.Settings.standard(), rate).with(new MicroBatch(32, 600));
        try (var run = RewardedRun.open(wiring, RewardedRun.rewarding(RewardedLearningTest::share)).train(STEPS)) {
            double first = run.steps.getFirst().metrics().get("reward");
            double last = run.steps.getLast().metrics().get("reward");
            assertTrue(first < 0.45 && last > 0.67, kind + ": " + first + " → " + last + " "
                + run.steps.stream().map(step -> "%.2f".formatted(step.metrics().get("reward"))).toList());
        }
    }
}
