package dev.leeway.eval.rule;

import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What a worked reply gives as its answer: what stands behind its last "answer is", or else its last "therefore", or else its last equals
 * sign, or else in its last line. What follows a "since" or a "because" is a reason and no answer, and so is what stands in brackets at the
 * end.
 */
final class OwnAnswer {

    private static final String CLAUSE = "((?:(?!\\.(?:\\s|$))[^\\n])*)";
    private static final Pattern IS = Pattern.compile("(?i)\\b(?:answer|result|gcd|greatest common divisor)"
        + "(?: ?\\([^()\\n]{1,60}\\))?(?: of [^.\\n=]{1,60}?)? is(?! not\\b)(?: indeed| therefore| thus|:)?\\s*" + CLAUSE);
    private static final Pattern REASON = Pattern.compile("(?i)\\W*\\b(?:since|because)\\b.*|,\\s*(?:as|which|where|with)\\b.*|"
        + "\\s\\((?!\\s*mod)[^()]*\\)\\W*$");
    private static final Pattern ANSWER_IS = Pattern.compile("(?i)\\banswer is:?\\s*" + CLAUSE);
    private static final Pattern THEREFORE = Pattern.compile("(?i)\\b(?:therefore|thus|hence)\\b,?\\s*" + CLAUSE);
    private static final Pattern MARKS = Pattern.compile("\\*\\*|\\$|\\\\[()\\[\\]]|\\\\boxed(?=\\{)");

    private OwnAnswer() {
    }

    /** Whether it is what is right; a right answer without a number must stand there word for word. */
    static boolean is(String right, String reply) {
        var wanted = MathValue.last(right);
        if (wanted.isEmpty()) {
            return !right.isBlank() && clause(reply).filter(text -> TextForm.WORDS.of(text).contains(TextForm.WORDS.of(right))).isPresent();
        }
        return in(reply).filter(wanted.get()::same).isPresent();
    }

    /** The value of a reply; empty where it has none. */
    static Optional<MathValue> in(String reply) {
        var plain = MARKS.matcher(reply).replaceAll("");
        return last(ANSWER_IS, plain).flatMap(OwnAnswer::stated)
            .or(() -> last(THEREFORE, plain).flatMap(OwnAnswer::concluded))
            .or(() -> last(IS, plain).flatMap(OwnAnswer::stated))
            .or(() -> afterEquals(plain))
            .or(() -> plain.strip().lines().reduce((_, second) -> second).flatMap(MathValue::last));
    }

    private static Optional<String> clause(String reply) {
        var plain = MARKS.matcher(reply).replaceAll("");
        return last(ANSWER_IS, plain).or(() -> last(THEREFORE, plain)).or(() -> plain.strip().lines().reduce((_, second) -> second));
    }

    private static Optional<String> last(Pattern pattern, String text) {
        return pattern.matcher(text).results().map((MatchResult found) -> found.group(1)).filter(clause -> !clause.isBlank())
            .reduce((_, second) -> second);
    }

    /** Right behind the words, or behind the equals sign of what is named there. */
    private static Optional<MathValue> stated(String clause) {
        int equals = clause.indexOf('=');
        boolean names = equals > 0 && !clause.substring(0, equals).strip().matches("-?[\\d.,/]+.*");
        return MathValue.first(names ? clause.substring(equals + 1) : clause);
    }

    private static Optional<MathValue> concluded(String whole) {
        var head = REASON.matcher(whole).replaceAll("");
        var clause = MathValue.first(head).isPresent() ? head : whole;
        var named = last(IS, clause).flatMap(OwnAnswer::stated);
        return named.isPresent() ? named : clause.contains("=") || clause.contains("≡") ? afterEquals(clause) : MathValue.last(clause);
    }

    private static Optional<MathValue> afterEquals(String text) {
        int equals = Math.max(text.lastIndexOf('='), text.lastIndexOf('≡'));
        return equals < 0 ? Optional.empty() : MathValue.first(text.substring(equals + 1));
    }
}
