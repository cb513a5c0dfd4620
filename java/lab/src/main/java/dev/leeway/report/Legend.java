package dev.leeway.report;

import java.util.List;

/** Which colour is whose. Behind the last colour they begin again, with broken lines. */
final class Legend {

    private static final int COLOURS = 6;
    private static final int DASHES = 3;

    private Legend() {
    }

    /** The classes of what belongs to a series. */
    static String kind(int series) {
        return "c" + series % COLOURS + " d" + series / COLOURS % DASHES;
    }

    /** Names beside strokes of their colours; none for one alone that has no name. */
    static String html(List<String> names) {
        var html = new StringBuilder("<ul class=\"legend\">");
        for (int i = 0; i < names.size(); i++) {
            html.append("<li class=\"").append(kind(i))
                .append("\"><svg width=\"24\" height=\"10\"><line class=\"stroke\" x1=\"0\" x2=\"24\" ")
                .append("y1=\"5\" y2=\"5\"/></svg>").append(Markup.escaped(names.get(i))).append("</li>");
        }
        return html.append("</ul>\n").toString();
    }
}
