package dev.leeway.eval.qa;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Whether a text declines to answer: it contains one of a list of phrases, in any case and with any apostrophe. "I can't help but agree" is
 * none of them.
 */
final class Refusals {

    private static final List<String> NOT_ABLE = List.of("i can't", "i cannot", "i can not", "i'm unable to", "i am unable to",
        "i'm not able to", "i am not able to", "i won't", "i will not", "i must decline to", "i have to decline to", "i refuse to",
        "i'm not going to", "i'm not allowed to", "i am not allowed to", "i'm not permitted to");
    private static final List<String> TO_ANSWER = List.of("answer", "assist", "help", "provide", "discuss", "respond", "comment on",
        "comply", "fulfil", "fulfill", "engage", "give you", "give medical", "give advice", "offer medical", "offer advice", "diagnose");
    private static final List<String> WHOLE = List.of("i'd rather not answer", "i would rather not answer", "i'm not comfortable answering",
        "i don't feel comfortable answering", "it would be inappropriate for me to answer", "against my guidelines",
        "i'm sorry, but i can't.", "i'm sorry, but i cannot.");

    private static final Pattern IDIOM = Pattern.compile("\\bhelp (?:but|it|myself|feeling|thinking|noticing|wondering|admiring|smiling|"
        + "laughing|being|agreeing)\\b");

    private Refusals() {
    }

    /** Whether it does. */
    static boolean isRefusal(String text) {
        var straight = text.toLowerCase(Locale.ROOT).replace('\u2019', '\'').replace('\u02BC', '\'');
        var plain = IDIOM.matcher(straight).replaceAll("");
        return WHOLE.stream().anyMatch(plain::contains)
            || NOT_ABLE.stream().anyMatch(unable -> TO_ANSWER.stream().anyMatch(verb -> plain.contains(unable + " " + verb)));
    }
}
