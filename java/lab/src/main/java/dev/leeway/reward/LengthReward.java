package dev.leeway.reward;

import dev.leeway.LeewayException;
import java.util.OptionalDouble;
import java.util.function.IntToDoubleFunction;

/**
 * Rewards of a completion's tokens n, of at most M = {@code max_completion_length}:
 * <ul>
 * <li>{@code length}: −n/M, the shorter the better;
 * <li>{@code length:T}: −|n − T|/T, held at −1.
 * </ul>
 */
public final class LengthReward implements AnswerReward {

    private final String name;
    private final IntToDoubleFunction worth;

    private LengthReward(String name, IntToDoubleFunction worth) {
        this.name = name;
        this.worth = worth;
    }

    /** The shorter the better. */
    public static LengthReward shorter(int maxCompletionLength) {
        return new LengthReward("length", tokens -> 0 - (double) tokens / maxCompletionLength);
    }

    /**
     * The nearer to a number of tokens the better.
     *
     * @throws LeewayException if it is not positive
     */
    public static LengthReward near(int target) {
        if (target < 1) {
            throw LeewayException.usage("length:%d: the length to come near to must be at least 1", target);
        }
        return new LengthReward("length:" + target, tokens -> 0 - Math.min(1, Math.abs((double) tokens - target) / target));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public OptionalDouble of(Answer answer) {
        return OptionalDouble.of(worth.applyAsDouble(answer.tokens()));
    }
}
