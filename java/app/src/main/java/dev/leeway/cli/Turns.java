package dev.leeway.cli;

import dev.leeway.data.Columns;
import dev.leeway.data.JsonRows;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** How often each role speaks in the conversations of data files. */
final class Turns {

    private static final List<String> PARTS = List.of("messages", "prompt", "completion");

    private Turns() {
    }

    /** Role → messages; empty where the rows are text. */
    static Map<String, Long> count(List<Path> files, Columns columns) {
        var counts = new TreeMap<String, Long>();
        for (var file : files) {
            try (var rows = JsonRows.open(file)) {
                rows.forEach(row -> PARTS.forEach(part -> {
                    for (JsonNode message : row.fields().path(columns.source(part))) {
                        counts.merge(message.path("role").asString("(no role)"), 1L, Long::sum);
                    }
                }));
            }
        }
        return counts;
    }
}
