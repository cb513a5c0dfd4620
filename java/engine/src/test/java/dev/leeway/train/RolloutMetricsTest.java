package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Completion.Finish;
import dev.leeway.rollout.RolloutCounts;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** What the log says of four completions in two groups, by hand. */
final class RolloutMetricsTest {

    private static final double NAN = Double.NaN;

    private static Drawn drawn(int tokens, Finish finish, float entropy) {
        var entropies = new float[tokens];
        Arrays.fill(entropies, entropy);
        return new Drawn(0, new int[] {1}, new Completion(new int[tokens], new float[tokens], entropies, finish));
    }

    private static Map<String, Double> metrics(List<Drawn> drawn, double[] total, double[]... rewards) {
        var effort = new RolloutListener.Effort(4, 0, 0, 0, new RolloutCounts(0, 0, 0, 0, 0, 0));
        return RolloutMetrics.of(new Draws.Rated(drawn, rewards, total, effort), List.of("a", "b"), 2,
            new Lessons.Taught(List.of(), new double[4], OptionalDouble.of(0.5), Map.of("kl", 2.0)));
    }

    @Test
    void meansLeaveOutWhatIsMissingAndDeviationsAreThoseOfTheGroups() {
        var drawn = List.of(drawn(1, Finish.STOP, 1), drawn(2, Finish.LENGTH, 1), drawn(3, Finish.STOP, 2), drawn(4, Finish.LENGTH, 2));
        var found = metrics(drawn, new double[] {1, 3, 5, 5}, new double[] {1, 3, NAN, 5}, new double[] {NAN, NAN, 5, NAN});
        assertEquals(3, found.get("rewards/a/mean"));
        assertEquals(2, found.get("rewards/a/std"), "√((4 + 0 + 4) / 2)");
        assertEquals(1, found.get("rewards/a/missing"));
        assertEquals(5, found.get("rewards/b/mean"));
        assertEquals(0, found.get("rewards/b/std"), "one alone does not vary");
        assertEquals(3.5, found.get("reward"));
        assertEquals(Math.sqrt(2) / 2, found.get("reward_std"), 1e-15, "√2 in one group, 0 in the other");
        assertEquals(0.5, found.get("frac_reward_zero_std"));
        assertEquals(2, found.get("kl"));
        assertEquals(1.7, found.get("entropy"), 1e-15, "3 tokens of 1 nat, 7 of 2");
        assertEquals(List.of(2.5, 1.0, 4.0, 2.0, 1.0, 3.0, 0.5), List.of(found.get("completions/mean_length"),
            found.get("completions/min_length"), found.get("completions/max_length"), found.get("completions/mean_terminated_length"),
            found.get("completions/min_terminated_length"), found.get("completions/max_terminated_length"),
            found.get("completions/clipped_ratio")));
    }

    /** Four completions of which one group has a single reward: its deviation of nothing is no part of the mean. */
    @Test
    void aGroupWithOneRewardHasNoDeviationAndOneThatIsNotComparedNoShare() {
        var drawn = List.of(drawn(1, Finish.STOP, 1), drawn(1, Finish.STOP, 1), drawn(1, Finish.STOP, 1), drawn(1, Finish.STOP, 1));
        var effort = new RolloutListener.Effort(4, 0, 0, 0, new RolloutCounts(0, 0, 0, 0, 0, 0));
        var total = new double[] {1, 3, 5, NAN};
        var found = RolloutMetrics.of(new Draws.Rated(drawn, new double[][] {total}, total, effort), List.of("a"), 2,
            new Lessons.Taught(List.of(), new double[4], OptionalDouble.empty(), Map.of()));
        assertEquals(Math.sqrt(2), found.get("reward_std"), 1e-15);
        assertFalse(found.containsKey("frac_reward_zero_std"));
    }

    @Test
    void whereNothingEndedByItselfItsLengthsAreZero() {
        var found = metrics(List.of(drawn(4, Finish.LENGTH, 1), drawn(4, Finish.LENGTH, 1)), new double[] {NAN, NAN},
            new double[] {NAN, NAN}, new double[] {NAN, NAN});
        assertEquals(0, found.get("completions/max_terminated_length"));
        assertEquals(1, found.get("completions/clipped_ratio"));
        assertEquals(0, found.get("reward"), "no reward at all");
        assertEquals(2, found.get("rewards/b/missing"));
    }
}
