package dev.leeway.judge;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** A {@link ParsePolicy} as users write it: {@code tag:NAME}, {@code tag:NAME:LEAST-MOST}, {@code last:LEAST-MOST}, {@code options:A,B}. */
public final class ParseForm {

    /** What a tag's number may be where nothing is said of it. */
    private static final double LEAST = 0;
    private static final double MOST = 10;
    private static final Pattern TAG = Pattern.compile("tag:([^:]+)(?::(.*))?");
    private static final Pattern RANGE = Pattern.compile("(-?[0-9]{1,9}(?:\\.[0-9]{1,9})?)-(-?[0-9]{1,9}(?:\\.[0-9]{1,9})?)");

    private ParseForm() {
    }

    /**
     * Reads one.
     *
     * @throws LeewayException if it has none of the forms
     */
    public static ParsePolicy parse(String text) {
        var tag = TAG.matcher(text);
        if (tag.matches()) {
            return tag.group(2) == null ? new ParsePolicy.Tag(tag.group(1), LEAST, MOST) : tag(tag.group(1), range(text, tag.group(2)));
        }
        if (text.startsWith("last:")) {
            return last(text, range(text, text.substring("last:".length())));
        }
        if (text.startsWith("options:")) {
            return new ParsePolicy.OneOf(List.of(text.substring("options:".length()).split(",", -1)));
        }
        throw wrong(text);
    }

    private static ParsePolicy tag(String name, MatchResult range) {
        return new ParsePolicy.Tag(name, Double.parseDouble(range.group(1)), Double.parseDouble(range.group(2)));
    }

    private static ParsePolicy last(String text, MatchResult range) {
        if (range.group(1).contains(".") || range.group(2).contains(".")) {
            throw LeewayException.usage("judge_parse: '%s' reads whole numbers; give a range of them, or take tag:NAME:LEAST-MOST", text);
        }
        return new ParsePolicy.LastInteger(Integer.parseInt(range.group(1)), Integer.parseInt(range.group(2)));
    }

    private static MatchResult range(String text, String range) {
        return RANGE.matcher(range).results().filter(found -> found.end() - found.start() == range.length()).findFirst()
            .orElseThrow(() -> wrong(text));
    }

    private static LeewayException wrong(String text) {
        return LeewayException.usage("judge_parse: '%s' is none of tag:NAME, tag:NAME:LEAST-MOST, last:LEAST-MOST and options:A,B, "
            + "such as tag:score, last:0-10 and options:worse,better", text);
    }
}
