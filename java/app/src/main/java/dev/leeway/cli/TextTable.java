package dev.leeway.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns that are aligned by blanks. */
final class TextTable {

    private final List<List<String>> rows = new ArrayList<>();
    private final int words;

    /**
     * A table with its heads.
     *
     * @param words columns that are set to the left; the others, behind them, to the right
     */
    TextTable(List<String> heads, int words) {
        rows.add(heads);
        this.words = words;
    }

    /** One more row, with a text a column. */
    void add(List<String> row) {
        rows.add(row);
    }

    /** All lines. */
    String text() {
        var widths = new int[rows.getFirst().size()];
        rows.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        var text = new StringBuilder();
        for (var row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                var blanks = " ".repeat(widths[i] - row.get(i).length());
                line.append(i == 0 ? "" : "  ").append(i < words ? row.get(i) + blanks : blanks + row.get(i));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
