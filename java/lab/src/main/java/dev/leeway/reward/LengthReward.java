package dev.leeway.reward;

import dev.leeway.LeewayException;
import dev.leeway.objective.Rewards;
import java.util.OptionalDouble;
import java.util.function.IntToDoubleFunction;

/**
 * Rewards of a completion's tokens n, of at most M = {@code max_completion_length}:
 * <ul>
 * <li>{@code length}: −n/M, the shorter the better;
 * <li>{@code length:T}: −|n − T|/T, held at −1;
 * <li>{@code overlong:C}: DAPO's soft punishment, 0 up to M − C and from there down to −1 at M (Yu et al. 2025, eq. 13).
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

    /**
     * DAPO's punishment of the last {@code cache} tokens.
     *
     * @throws LeewayException if there are not so many
     */
    public static LengthReward overlong(int cache, int maxCompletionLength) {
        if (cache < 1 || cache > maxCompletionLength) {
            throw LeewayException.usage("overlong:%d: from 1 to max_completion_length %d are expected", cache, maxCompletionLength);
        }
        return new LengthReward("overlong:" + cache, tokens -> Rewards.overlong(tokens, maxCompletionLength, cache));
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
