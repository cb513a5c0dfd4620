package dev.leeway.reward;

import java.util.List;
import java.util.OptionalDouble;

/** A reward that looks at one completion at a time. */
public interface AnswerReward extends Reward {

    /** What a completion is worth; empty where that can't be said. */
    OptionalDouble of(Answer answer);

    @Override
    default double[] of(List<Answer> answers) {
        return answers.stream().mapToDouble(answer -> of(answer).orElse(Double.NaN)).toArray();
    }
}
