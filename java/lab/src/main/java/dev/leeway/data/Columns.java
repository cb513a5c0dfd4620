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
            if (!PARTS.contains(part)) {
                throw LeewayException.usage("columns: '%s' is not a column that training reads; expected messages, tools, prompt,"
                        + " completion, text, chosen, rejected, label or margin left of the '=', and the name in your file right of"
                        + " it", part);
            }
        }
    }

    /**
     * Reads the form of the command line, such as {@code prompt=question,completion=answer}.
     *
     * @throws LeewayException if it has another form, an unknown part, or a part twice
     */
    public static Columns parse(String text) {
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
