package dev.leeway.cli;

import dev.leeway.data.Columns;
import dev.leeway.data.JsonRows;
import dev.leeway.data.Report;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * How often each role speaks in the conversations of data files, and how much.
 *
 * @param roles role → what it says; empty where the rows are text
 * @param rows in which they say it
 */
record Speakers(Map<String, Said> roles, long rows) {

    /** Nobody asked. */
    static final Speakers UNKNOWN = new Speakers(Map.of(), 0);

    private static final List<String> PARTS = List.of("messages", "prompt", "completion");

    /**
     * What a role says.
     *
     * @param turns messages
     * @param tokens of their words, each message encoded by itself
     */
    record Said(long turns, long tokens) {

        private Said plus(Said other) {
            return new Said(turns + other.turns, tokens + other.tokens);
        }
    }

    /** Counts in files whose columns are called so. */
    static Speakers count(List<Path> files, Columns columns, Tokenizer tokenizer) {
        var roles = new TreeMap<String, Said>();
        long counted = 0;
        for (var file : files) {
            try (var rows = JsonRows.open(file)) {
                counted += rows.peek(row -> PARTS.forEach(part -> {
                    for (JsonNode message : row.fields().path(columns.source(part))) {
                        roles.merge(message.path("role").asString("(no role)"), said(message, tokenizer), Said::plus);
                    }
                })).mapToLong(_ -> 1).sum();
            }
        }
        return new Speakers(roles, counted);
    }

    /** The same where an arm says more, so that what the template adds is not known. */
    Speakers besideAnArm() {
        return new Speakers(roles, -1);
    }

    /** Words are a text, or the texts of a list of parts. */
    private static Said said(JsonNode message, Tokenizer tokenizer) {
        var content = message.path("content");
        long tokens = content.isString() ? tokenizer.encode(content.stringValue(), false).length : 0;
        for (JsonNode part : content) {
            tokens += tokenizer.encode(part.path("text").asString(""), false).length;
        }
        return new Said(1, tokens);
    }

    /** A line for each role; and what the template adds, which is known where the report is about all rows and none was cut. */
    List<String> lines(Report report) {
        var lines = new ArrayList<String>();
        roles.forEach((role, said) -> lines.add(String.format(Locale.ROOT, "%,d of %s, %,d tokens", said.turns(), role, said.tokens())));
        long words = roles.values().stream().mapToLong(Said::tokens).sum();
        if (words > 0 && report.rows() == rows && report.truncated().rows() == 0 && report.dropped().rows() == 0
            && report.leftOut().rows() == 0) {
            lines.add(String.format(Locale.ROOT, "%,d tokens are the template's", report.tokens() - words));
        }
        return lines;
    }
}
