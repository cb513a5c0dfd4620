package dev.leeway.text;

import java.util.Optional;
import java.util.regex.Pattern;

/** Python between lines of three backquotes, as chat models write it. */
public final class CodeBlock {

    private static final Pattern BLOCK = Pattern.compile("```(?:python|py)?[ \\t]*\\n([^`]*+(?:`(?!``)[^`]*+)*+)(?:```|\\z)");

    private CodeBlock() {
    }

    /** What is in a text's last block of no or of this language; one that isn't closed goes to the text's end. Empty without one. */
    public static Optional<String> last(String text) {
        return BLOCK.matcher(text).results().map(block -> block.group(1)).reduce((_, last) -> last);
    }
}
