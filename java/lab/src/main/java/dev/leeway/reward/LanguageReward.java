package dev.leeway.reward;

import dev.leeway.text.Language;
import java.util.OptionalDouble;

/** {@code language:CODE}: 1 where a completion is in that language, as {@link Language} tells it, else 0. */
public final class LanguageReward implements AnswerReward {

    private final Language wanted;

    /** The reward of a language. */
    public LanguageReward(Language wanted) {
        this.wanted = wanted;
    }

    @Override
    public String name() {
        return "language:" + wanted.code();
    }

    @Override
    public OptionalDouble of(Answer answer) {
        return OptionalDouble.of(Language.of(answer.completion()).filter(wanted::equals).isPresent() ? 1 : 0);
    }
}
