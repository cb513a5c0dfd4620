package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which column of the files plays which part: {@code prompt=question} reads the prompt from the column {@code question}.
 * Parts that are not renamed are read from the column of their own name. The parts are TRL's column names.
 *
 * @param sources part → column
 */
public record Columns(Map<String, String> sources) {

    private static final Set<String> PARTS = Set.of(JsonRow.PROMPT, JsonRow.COMPLETION, JsonRow.TEXT, JsonRow.MESSAGES,
            JsonRow.TOOLS, JsonRow.CHOSEN, JsonRow.REJECTED, JsonRow.LABEL, JsonRow.MARGIN);

    /** What prompts are read from, and what rewards read beside them. */
    private static final Set<String> OF_PROMPTS = Set.of(JsonRow.PROMPT, JsonRow.MESSAGES, JsonRow.TOOLS, "answer", "tests");

    /** Every part from the column of its own name. */
    public static final Columns AS_NAMED = new Columns(Map.of());

    /**
     * Checks the parts.
     *
     * @throws LeewayException if a part is not one of TRL's columns
     */
    public Columns {
        sources = Map.copyOf(sources);
        for (String part : sources.keySet()) {
            if (!PARTS.contains(part) && !OF_PROMPTS.contains(part)) {
                throw unknown(part);
            }
        }
    }

    private static LeewayException unknown(String part) {
        return LeewayException.usage("columns: '%s' is not a column that training reads; expected messages, tools, prompt, completion,"
                + " text, chosen, rejected, label or margin left of the '=', and the name in your file right of it", part);
    }

    /**
     * Reads the form of the command line, such as {@code prompt=question,completion=answer}.
     *
     * @throws LeewayException if it has another form, an unknown part, or a part twice
     */
    public static Columns parse(String text) {
        Columns columns = parsed(text);
        columns.sources().keySet().stream().filter(part -> !PARTS.contains(part)).findFirst().ifPresent(part -> {
            throw unknown(part);
        });
        return columns;
    }

    /**
     * Reads the same form, such as {@code prompt=question,answer=answer}, for rows of prompts: rewards read {@code answer} and
     * {@code tests} beside them.
     *
     * @throws LeewayException as {@link #parse}
     */
    public static Columns parseForPrompts(String text) {
        Columns columns = parsed(text);
        columns.sources().keySet().stream().filter(part -> !OF_PROMPTS.contains(part)).findFirst().ifPresent(part -> {
            throw LeewayException.usage("columns: '%s' is not a column that is read of prompts; expected prompt, messages, tools, answer"
                    + " or tests left of the '=', and the name in your file right of it", part);
        });
        return columns;
    }

    /** Whether a part may come from a column of another name in rows of prompts; all others are read from their own. */
    public static boolean isOfPrompts(String part) {
        return OF_PROMPTS.contains(part);
    }

    private static Columns parsed(String text) {
        Map<String, String> sources = new LinkedHashMap<>();
        for (String entry : text.split(",", -1)) {
            String[] sides = entry.split("=", 2);
            if (sides.length != 2 || sides[0].isBlank() || sides[1].isBlank()) {
                throw LeewayException.usage("columns: '%s' is not of the form prompt=question,completion=answer", text);
            }
            if (sources.put(sides[0].strip(), sides[1].strip()) != null) {
                throw LeewayException.usage("columns: '%s' is given twice in '%s'", sides[0].strip(), text);
            }
        }
        return new Columns(sources);
    }

    /** The column that a part is read from. */
    public String source(String part) {
        return sources.getOrDefault(part, part);
    }
}
