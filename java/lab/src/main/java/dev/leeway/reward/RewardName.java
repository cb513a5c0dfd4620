package dev.leeway.reward;

import dev.leeway.LeewayException;
import dev.leeway.text.Language;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A reward as {@code --reward_funcs} names it: a kind, and behind a colon what it needs to know, such as {@code language:es}.
 *
 * @param kind what it looks at
 * @param argument what stands behind the colon
 */
public record RewardName(Kind kind, Optional<String> argument) {

    /** What rewards look at. */
    public enum Kind {
        /** The number at the end: {@link NumericAnswer}. */
        GSM8K(Argument.NONE),
        /** A thought in tags and something behind it: {@link PatternReward#thinking}. */
        FORMAT(Argument.NONE),
        /** A regular expression: {@link PatternReward#matching}. */
        REGEX(Argument.NEEDED),
        /** The number of tokens: {@link LengthReward}. */
        LENGTH(Argument.POSSIBLE),
        /** The language: {@link LanguageReward}. */
        LANGUAGE(Argument.NEEDED),
        /** Capital letters: {@link CapitalsReward}. */
        CAPITALS(Argument.NONE),
        /** Unit tests of Python: {@link TestsReward}. */
        TESTS(Argument.NONE),
        /** A reward model's score: {@link ModelReward}. */
        MODEL(Argument.NEEDED),
        /** What a judge says: {@link JudgeReward}. */
        JUDGE(Argument.NONE);

        private enum Argument { NONE, POSSIBLE, NEEDED }

        private final Argument argument;

        Kind(Argument argument) {
            this.argument = argument;
        }

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A comma in front of a kind parts two names; any other comma is part of a name, such as that of a pattern. */
    private static final Pattern BETWEEN_NAMES = Pattern.compile(",(?=(" + Arrays.stream(Kind.values()).map(Kind::word)
        .collect(Collectors.joining("|")) + ")(:|,|$))");

    /**
     * The names of a list such as {@code gsm8k,length:100}.
     *
     * @throws LeewayException if a name is unknown, lacks what it needs, or is given twice
     */
    public static List<RewardName> parse(String list) {
        var names = new ArrayList<RewardName>();
        for (var text : BETWEEN_NAMES.split(list, -1)) {
            var name = of(text);
            if (names.contains(name)) {
                throw LeewayException.usage("reward_funcs: '%s' is given twice; give it once, with a larger weight", text);
            }
            names.add(name);
        }
        return List.copyOf(names);
    }

    private static RewardName of(String text) {
        int colon = text.indexOf(':');
        var word = colon < 0 ? text : text.substring(0, colon);
        var kind = Arrays.stream(Kind.values()).filter(one -> one.word().equals(word)).findFirst().orElseThrow(() ->
            LeewayException.usage("reward_funcs: '%s' is not known; expected gsm8k, format, regex:PATTERN, length, length:TOKENS, "
                + "language:CODE, capitals, tests, judge or model:DIR", text));
        var argument = colon < 0 ? Optional.<String>empty() : Optional.of(text.substring(colon + 1));
        if (kind.argument == Kind.Argument.NONE && argument.isPresent()) {
            throw LeewayException.usage("reward_funcs: %s takes nothing behind a colon; got '%s'", word, text);
        }
        if (kind.argument == Kind.Argument.NEEDED && argument.filter(given -> !given.isEmpty()).isEmpty()
            || argument.filter(String::isEmpty).isPresent()) {
            throw LeewayException.usage("reward_funcs: '%s' lacks what stands behind the colon; expected regex:PATTERN, length:TOKENS, "
                + "language:CODE or model:DIR", text);
        }
        return new RewardName(kind, argument);
    }

    /** The parts of a row that it reads beside the prompt; a judge's are those of its template. */
    public Set<String> reads() {
        return switch (kind) {
            case GSM8K -> Set.of(Answer.REFERENCE);
            case TESTS -> Set.of(Answer.TESTS);
            default -> Set.of();
        };
    }

    /** The folder of the reward model that it names, if it names one. */
    public Optional<Path> model() {
        return argument.filter(_ -> kind == Kind.MODEL).map(Path::of);
    }

    /** As users write it. */
    @Override
    public String toString() {
        return kind.word() + argument.map(given -> ":" + given).orElse("");
    }

    /**
     * Refuses what can be known to be wrong before anything is opened; what a judge is asked with is checked elsewhere.
     *
     * @throws LeewayException in one sentence
     */
    public void check(int maxCompletionLength) {
        switch (kind) {
            case MODEL -> ModelReward.requireReward(Path.of(argument.orElseThrow()));
            case JUDGE -> { }
            default -> simple(maxCompletionLength);
        }
    }

    /** The reward; what it needs to know of the run is in {@code room}. Close it. */
    public Reward open(RewardRoom room) {
        return switch (kind) {
            case MODEL -> ModelReward.open(Path.of(argument.orElseThrow()), room.maxLength(), room.lanes(), room.dtype(), room.device());
            case JUDGE -> room.judge().get();
            default -> simple(room.maxCompletionLength());
        };
    }

    private Reward simple(int maxCompletionLength) {
        return switch (kind) {
            case GSM8K -> new NumericAnswer();
            case FORMAT -> PatternReward.thinking();
            case REGEX -> PatternReward.matching(argument.orElseThrow());
            case LENGTH -> argument.isEmpty() ? LengthReward.shorter(maxCompletionLength) : LengthReward.near(tokens());
            case LANGUAGE -> new LanguageReward(Language.named(argument.orElseThrow()));
            case CAPITALS -> new CapitalsReward();
            case TESTS -> TestsReward.open();
            case MODEL, JUDGE -> throw new IllegalStateException("a model is opened, not made");
        };
    }

    private int tokens() {
        try {
            return Integer.parseInt(argument.orElseThrow());
        } catch (NumberFormatException wrong) {
            throw LeewayException.usage("reward_funcs: '%s': a number of tokens is expected behind the colon", this);
        }
    }
}
