package dev.leeway.report;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Optional;

/**
 * Numbers in rows and columns, each on the more colour the further it is. Where the range has 0 inside, numbers below it have another
 * colour than those above, and 0 has none. It is a table to those who can't see it, and on a narrow screen it scrolls by itself.
 *
 * @param label what is shown
 * @param rows their names
 * @param columns their names
 * @param cells one row of numbers a row; a missing one is shown as "–"
 * @param least the number at one end of the colours
 * @param most the number at the other
 */
public record HeatMap(String label, List<String> rows, List<String> columns, List<List<Optional<Double>>> cells, double least,
        double most) implements Part {

    /** Takes copies; refuses cells that don't fit the names, and a range that is none. */
    public HeatMap {
        rows = List.copyOf(rows);
        columns = List.copyOf(columns);
        cells = cells.stream().map(List::copyOf).toList();
        int width = columns.size();
        if (cells.size() != rows.size() || cells.stream().anyMatch(row -> row.size() != width)) {
            throw LeewayException.usage("%s has %d rows and %d columns, and cells for rows of %s; give each row one a column", label,
                rows.size(), width, cells.stream().map(List::size).toList());
        }
        if (!(least < most)) {
            throw LeewayException.usage("the colours of %s need a range; got %s to %s", label, least, most);
        }
    }

    @Override
    public String html() {
        var html = new StringBuilder("<div class=\"wide\"><table class=\"heat\"><caption class=\"soft\">").append(Markup.escaped(label))
            .append("</caption>\n<tr><th></th>");
        columns.forEach(column -> html.append("<th class=\"number\">").append(Markup.escaped(column)).append("</th>"));
        for (int r = 0; r < rows.size(); r++) {
            html.append("</tr>\n<tr><th>").append(Markup.escaped(rows.get(r))).append("</th>");
            cells.get(r).forEach(cell -> html.append(cell.map(this::cell).orElse("<td class=\"number\">–</td>")));
        }
        return html.append("</tr>\n</table></div>\n").toString();
    }

    private String cell(double value) {
        boolean isBelow = least < 0 && most > 0 && value < 0;
        double share = least < 0 && most > 0 ? Math.abs(value) / Math.max(-least, most) : (value - least) / (most - least);
        return Markup.format("<td class=\"number c%d\" style=\"--share:%.0f%%\">%s</td>", isBelow ? 1 : 0,
            50 * Math.clamp(share, 0, 1), text(value)); // half of the colour at most, or words on it can't be read
    }

    /** About a hundredth of the range is the last digit. */
    private String text(double value) {
        int digits = (int) Math.max(0, Math.ceil(2 - Math.log10(most - least) - 1e-9));
        double shown = Math.abs(value) < 0.5 * Math.pow(10, -digits) ? 0 : value; // no −0
        return Markup.format("%." + digits + "f", shown);
    }
}
