package dev.leeway.reward;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * {@code gsm8k}: 1 where a completion's final number is that of the row's {@code answer}, else 0. The row's is the first behind its last
 * {@code ####}, as GSM8K has it (Cobbe et al. 2021), or else its last number; a row without a number has no reward.
 *
 * <p>The completion's is that of its last mark, the first number behind {@code ####} or the last in {@code \boxed{…}}, or without a mark
 * its
 * last number. A completion that was cut off has answered only with a mark whose number it wrote to the end.
 */
public final class NumericAnswer implements AnswerReward {

    private static final String MARK = "####";
    private static final String BOX = "\\boxed{";

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
        var right = answer.column(Answer.REFERENCE).flatMap(NumericAnswer::reference);
        if (right.isEmpty()) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(given(answer).filter(right.get()::equalsNumber).isPresent() ? 1 : 0);
    }

    private static Optional<FoundNumber> reference(String text) {
        int mark = text.lastIndexOf(MARK);
        return mark < 0 ? last(FoundNumber.in(text)) : FoundNumber.in(text.substring(mark + MARK.length())).stream().findFirst();
    }

    private static Optional<FoundNumber> given(Answer answer) {
        var text = answer.completion();
        int mark = text.lastIndexOf(MARK);
        int box = text.lastIndexOf(BOX);
        if (mark < 0 && box < 0) {
            return answer.truncated() ? Optional.empty() : last(FoundNumber.in(text));
        }
        return mark > box ? behindMark(text.substring(mark + MARK.length()), answer.truncated())
            : boxed(text, box + BOX.length()).flatMap(inside -> last(FoundNumber.in(inside)));
    }

    /** On the mark's own line; what was cut off may have lacked digits. */
    private static Optional<FoundNumber> behindMark(String text, boolean truncated) {
        int line = text.indexOf('\n');
        return FoundNumber.in(line < 0 ? text : text.substring(0, line)).stream().findFirst()
            .filter(number -> !truncated || number.end() < text.length());
    }

    /** What is in a box that is closed. */
    private static Optional<String> boxed(String text, int begin) {
        int open = 1;
        for (int i = begin; i < text.length(); i++) {
            open += text.charAt(i) == '{' ? 1 : text.charAt(i) == '}' ? -1 : 0;
            if (open == 0) {
                return Optional.of(text.substring(begin, i));
            }
        }
        return Optional.empty();
    }

    private static Optional<FoundNumber> last(List<FoundNumber> numbers) {
        return numbers.isEmpty() ? Optional.empty() : Optional.of(numbers.getLast());
    }
}
