package dev.leeway.text;

import java.util.List;
import java.util.Optional;

/**
 * The number that a worked answer ends in, as GSM8K marks it (Cobbe et al. 2021): behind {@code ####} or in {@code \boxed{…}}, or else the
 * last one.
 */
public final class FinalNumber {

    private static final String MARK = "####";
    private static final String BOX = "\\boxed{";

    private FinalNumber() {
    }

    /** That of a right answer: the first number behind its last {@code ####}, or its last number where it has no mark. */
    public static Optional<FoundNumber> ofReference(String text) {
        int mark = text.lastIndexOf(MARK);
        return mark < 0 ? last(FoundNumber.in(text)) : FoundNumber.in(text.substring(mark + MARK.length())).stream().findFirst();
    }

    /**
     * That of a written answer: of its last mark, the first number behind {@code ####} or the last in {@code \boxed{…}}, or without a mark
     * its last number.
     *
     * @param cut whether it was cut off; then it has answered only with a mark whose number it wrote to the end
     */
    public static Optional<FoundNumber> ofAnswer(String text, boolean cut) {
        int mark = text.lastIndexOf(MARK);
        int box = text.lastIndexOf(BOX);
        if (mark < 0 && box < 0) {
            return cut ? Optional.empty() : last(FoundNumber.in(text));
        }
        return mark > box ? behindMark(text.substring(mark + MARK.length()), cut)
            : boxed(text, box + BOX.length()).flatMap(inside -> last(FoundNumber.in(inside)));
    }

    /** On the mark's own line; what was cut off may have lacked digits. */
    private static Optional<FoundNumber> behindMark(String text, boolean cut) {
        int line = text.indexOf('\n');
        return FoundNumber.in(line < 0 ? text : text.substring(0, line)).stream().findFirst()
            .filter(number -> !cut || number.end() < text.length());
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
