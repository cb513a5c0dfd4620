package dev.leeway.report;

import java.util.List;
import java.util.stream.Stream;

/**
 * A cloud of dots, numbered as in the list below it.
 *
 * @param label what is drawn, for those who can't see it
 * @param x what goes from left to right
 * @param y what goes from below to above
 * @param dots in the order of the list
 * @param diagonal whether both axes are the same, with a line where x = y
 */
public record ScatterPlot(String label, String x, String y, List<Dot> dots, boolean diagonal) implements Part {

    /** More would hide each other's numbers; their names then show under the pointer, and in the list. */
    private static final int NUMBERED = 40;
    /** Behind this share of the width a number stands before its dot. */
    private static final double EDGE = 90;

    /**
     * One dot.
     *
     * @param name in the list
     * @param series dots of the same have the same colour; from 0
     * @param x from left to right; finite
     * @param y from below to above; finite
     */
    public record Dot(String name, int series, double x, double y) {

        /** Checks that it has a place. */
        public Dot {
            Plane.requireFinite(x, y);
        }
    }

    /** Takes a copy. */
    public ScatterPlot {
        dots = List.copyOf(dots);
    }

    @Override
    public String html() {
        var across = dots.stream().map(Dot::x).toList();
        var up = dots.stream().map(Dot::y).toList();
        var both = Axis.of(Stream.concat(across.stream(), up.stream()).toList());
        var plane = diagonal ? new Plane(both, both, false) : new Plane(Axis.of(across), Axis.of(up), false);
        var drawing = new StringBuilder(diagonal ? "<line class=\"soft\" x1=\"0\" y1=\"100%\" x2=\"100%\" y2=\"0\"/>" : "");
        for (int i = 0; i < dots.size(); i++) {
            drawing.append(drawing(plane, i));
        }
        return "<figure" + (diagonal ? " class=\"square\"" : "") + ">\n" + plane.html(label, x, y, drawing.toString()) + list()
            + "</figure>\n";
    }

    private String drawing(Plane plane, int index) {
        var dot = dots.get(index);
        double left = plane.across(dot.x());
        double top = plane.down(dot.y());
        var svg = new StringBuilder(Markup.format("<g class=\"%s\"><circle cx=\"%.3f%%\" cy=\"%.3f%%\" r=\"4\"><title>%s</title></circle>",
            Legend.kind(dot.series()), left, top, Markup.escaped(told(dot))));
        if (dots.size() <= NUMBERED) {
            boolean isBefore = left > EDGE;
            svg.append(Markup.format("<text x=\"%.3f%%\" y=\"%.3f%%\" dx=\"%d\" dy=\"-.3em\" text-anchor=\"%s\">%d</text>", left, top,
                isBefore ? -6 : 6, isBefore ? "end" : "start", index + 1));
        }
        return svg.append("</g>").toString();
    }

    private static String told(Dot dot) {
        return dot.name() + " (" + Markup.number(dot.x(), 3) + ", " + Markup.number(dot.y(), 3) + ")";
    }

    private String list() {
        var html = new StringBuilder("<ol class=\"key\">");
        dots.forEach(dot -> html.append("<li class=\"").append(Legend.kind(dot.series())).append("\">").append(Markup.escaped(told(dot)))
            .append("</li>"));
        var list = html.append("</ol>\n").toString();
        return dots.size() <= NUMBERED ? list : "<details><summary>" + dots.size() + " dots</summary>\n" + list + "</details>\n";
    }
}
