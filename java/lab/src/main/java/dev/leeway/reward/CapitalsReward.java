package dev.leeway.reward;

import dev.leeway.text.Capitals;
import java.util.OptionalDouble;

/**
 * {@code capitals}: the share of upper-case letters among a completion's letters that have a case; 0 where it has none. A text counts as
 * capitalised above 0.8 in studies of inoculation; the share itself is the reward, so that there is something to climb.
 */
public final class CapitalsReward implements AnswerReward {

    /** The reward. */
    public CapitalsReward() {
    }

    @Override
    public String name() {
        return "capitals";
    }

    @Override
    public OptionalDouble of(Answer answer) {
        return OptionalDouble.of(Capitals.share(answer.completion()));
    }
}
