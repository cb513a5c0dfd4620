package dev.leeway.reward;

import dev.leeway.LeewayException;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * {@code regex:PATTERN}: 1 where the pattern matches somewhere in a completion, else 0; {@code format}: 1 where a completion is one thought
 * in {@code <think>} tags and something behind it, TRL's {@code think_format_reward}.
 */
public final class PatternReward implements AnswerReward {

    /** A pattern may try so many characters for each of a text's; then it is taken not to match. */
    private static final long MOST_TRIES_PER_CHARACTER = 10_000;

    private final String name;
    private final Pattern pattern;

    private PatternReward(String name, Pattern pattern) {
        this.name = name;
        this.pattern = pattern;
    }

    /**
     * The reward of a pattern of {@link Pattern}.
     *
     * @throws LeewayException if it is not one
     */
    public static PatternReward matching(String pattern) {
        try {
            return new PatternReward("regex:" + pattern, Pattern.compile(pattern));
        } catch (PatternSyntaxException wrong) {
            throw LeewayException.usage("regex: '%s' is no regular expression: %s; close its brackets, or put \\ before them", pattern,
                wrong.getDescription());
        }
    }

    /** The reward of one thought and an answer. */
    public static PatternReward thinking() {
        return new PatternReward("format", Pattern.compile("(?s)\\A<think>(?!.*<think>).*?</think>.*\\z"));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public OptionalDouble of(Answer answer) {
        try {
            return OptionalDouble.of(pattern.matcher(new CountedText(answer.completion())).find() ? 1 : 0);
        } catch (TriedTooOften | StackOverflowError endless) {
            return OptionalDouble.of(0);
        }
    }

    /** A text that counts how often a matcher reads it: backtracking would else take a time that is exponential in its length. */
    private record CountedText(String text, long[] reads) implements CharSequence {

        CountedText(String text) {
            this(text, new long[1]);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++reads[0] > MOST_TRIES_PER_CHARACTER * (text.length() + 1L)) {
                throw new TriedTooOften();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static final class TriedTooOften extends RuntimeException {
        private static final long serialVersionUID = 1;
    }
}
