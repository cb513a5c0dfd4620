package dev.leeway.train;

import dev.leeway.LeewayException;
import java.time.Duration;
import java.util.Set;

/**
 * When checkpoints are taken, and what a failure means.
 *
 * @param saveSteps {@code save_steps}: every so many steps; 0 = not by steps
 * @param interval at the first step after so much time; zero = not by time
 * @param onFailure whether a run goes on without a checkpoint it could not write
 * @param at {@code save_at}: behind these steps too
 */
public record SavingSettings(int saveSteps, Duration interval, OnFailure onFailure, Set<Integer> at) {

    /** By steps and by time alone. */
    public SavingSettings(int saveSteps, Duration interval, OnFailure onFailure) {
        this(saveSteps, interval, onFailure, Set.of());
    }

    /** What a run does about a checkpoint that could not be written, on a full disk for example. */
    public enum OnFailure {
        /** Reports it, keeps the earlier checkpoint, and tries again when the next one is due. The last one of a run must succeed. */
        CONTINUE,
        /** Ends with the failure. */
        STOP
    }

    /** Checks the signs. */
    public SavingSettings {
        at = Set.copyOf(at);
        if (saveSteps < 0 || interval.isNegative()) {
            throw LeewayException.usage("save_steps and the time between checkpoints must not be negative; found %d and %s",
                saveSteps, interval);
        }
    }

    boolean isDue(int step, Duration sinceLast) {
        return at.contains(step) || saveSteps > 0 && step % saveSteps == 0 || !interval.isZero() && sinceLast.compareTo(interval) >= 0;
    }
}
