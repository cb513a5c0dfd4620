package dev.leeway.report;

import dev.leeway.LeewayException;
import java.util.List;

/**
 * Rows and columns. On a narrow screen it scrolls by itself and not the page.
 *
 * @param columns their heads
 * @param rows one text a column each
 */
public record Table(List<Column> columns, List<List<String>> rows) implements Part {

    /**
     * What stands over a column.
     *
     * @param name its head
     * @param isNumber whether its texts are set to the right
     */
    public record Column(String name, boolean isNumber) {

        /** Words. */
        public static Column text(String name) {
            return new Column(name, false);
        }

        /** Numbers. */
        public static Column number(String name) {
            return new Column(name, true);
        }
    }

    /** Takes copies; refuses a row that has more or fewer texts than there are columns. */
    public Table {
        columns = List.copyOf(columns);
        rows = rows.stream().map(List::copyOf).toList();
        for (var row : rows) {
            if (row.size() != columns.size()) {
                throw LeewayException.usage("a row has %d texts and the table %d columns; give one a column: %s", row.size(),
                    columns.size(), row);
            }
        }
    }

    @Override
    public String html() {
        var html = new StringBuilder("<div class=\"wide\"><table>\n<tr>");
        columns.forEach(column -> html.append(cell("th", column, column.name())));
        for (var row : rows) {
            html.append("</tr>\n<tr>");
            for (int i = 0; i < row.size(); i++) {
                html.append(cell("td", columns.get(i), row.get(i)));
            }
        }
        return html.append("</tr>\n</table></div>\n").toString();
    }

    private static String cell(String element, Column column, String text) {
        return "<" + element + (column.isNumber() ? " class=\"number\">" : ">") + Markup.escaped(text) + "</" + element + ">";
    }
}
