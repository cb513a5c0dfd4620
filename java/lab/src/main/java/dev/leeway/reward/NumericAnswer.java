package dev.leeway.reward;

import dev.leeway.text.FinalNumber;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * {@code gsm8k}: 1 where a completion's final number is that of the row's {@code answer}, else 0; see {@link FinalNumber}. A row without a
 * number has no reward.
 */
public final class NumericAnswer implements AnswerReward {

    /** The reward. */
    public NumericAnswer() {
    }

    @Override
    public String name() {
        return "gsm8k";
    }

    @Override
    public Set<String> reads() {
        return Set.of(Answer.REFERENCE);
    }

    @Override
    public OptionalDouble of(Answer answer) {
        var right = answer.column(Answer.REFERENCE).flatMap(FinalNumber::ofReference);
        if (right.isEmpty()) {
            return OptionalDouble.empty();
        }
        var given = FinalNumber.ofAnswer(answer.completion(), answer.truncated());
        return OptionalDouble.of(given.filter(right.get()::equalsNumber).isPresent() ? 1 : 0);
    }
}
