package dev.leeway.report;

import dev.leeway.stats.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Values below each other, each a dot on its interval, on one axis. Places are per cent of the width, and words stand in the page and not
 * in the drawing, so that they keep their size on a telephone.
 *
 * @param label what is drawn, for those who can't see it
 * @param dots from above to below
 * @param fromZero whether the axis has 0 on it, with a line there: for differences
 */
public record DotPlot(String label, List<Dot> dots, boolean fromZero) implements Part {

    /** So many series have a colour of their own. */
    private static final int COLOURS = 6;

    /**
     * One value.
     *
     * @param name stands before it
     * @param series dots of the same have the same colour; from 0
     * @param value where the dot is; without one there is none, and the note says why
     * @param interval around it
     * @param note stands behind it
     * @param other an open diamond on the same line: what somebody else found
     */
    public record Dot(String name, int series, OptionalDouble value, Optional<Interval> interval, String note, OptionalDouble other) {

        /** One that is compared with nobody's. */
        public Dot(String name, int series, OptionalDouble value, Optional<Interval> interval, String note) {
            this(name, series, value, interval, note, OptionalDouble.empty());
        }
    }

    /** Takes a copy. */
    public DotPlot {
        dots = List.copyOf(dots);
    }

    /** Values on an axis of their own. */
    public DotPlot(String label, List<Dot> dots) {
        this(label, dots, false);
    }

    @Override
    public String html() {
        var axis = fromZero ? Axis.aroundZero(ends()) : Axis.of(ends());
        var html = new StringBuilder("<div class=\"plot\" role=\"img\" aria-label=\"").append(Markup.escaped(label)).append("\">\n");
        dots.forEach(dot -> html.append(row(Markup.escaped(dot.name()), "c" + dot.series() % COLOURS, lines(axis) + drawing(axis, dot),
            Markup.escaped(dot.note()))));
        return html.append(row("", "axis", numbers(axis), "")).append("</div>\n").toString();
    }

    private List<Double> ends() {
        var ends = new ArrayList<Double>();
        for (var dot : dots) {
            dot.value().ifPresent(ends::add);
            dot.other().ifPresent(ends::add);
            dot.interval().ifPresent(interval -> ends.addAll(List.of(interval.low(), interval.high())));
        }
        return ends;
    }

    private static String row(String name, String kind, String drawing, String note) {
        return "<div class=\"row " + kind + "\"><span>" + name + "</span><svg height=\"24\">" + drawing + "</svg><span>" + note
            + "</span></div>\n";
    }

    private String lines(Axis axis) {
        var svg = new StringBuilder();
        axis.ticks().forEach(tick -> svg.append(line("grid", axis.place(tick), axis.place(tick), 0, 24)));
        return svg + (fromZero ? line("zero", axis.place(0), axis.place(0), 0, 24) : "");
    }

    private static String line(String kind, double from, double to, int above, int below) {
        return Markup.format("<line class=\"%s\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%d\" y2=\"%d\"/>", kind, from, to, above, below);
    }

    private static String drawing(Axis axis, Dot dot) {
        var svg = new StringBuilder();
        dot.interval().ifPresent(interval -> svg.append(line("interval", axis.place(interval.low()), axis.place(interval.high()), 12, 12)));
        dot.value().ifPresent(value -> svg.append(Markup.format("<circle cx=\"%.3f%%\" cy=\"12\" r=\"5\"/>", axis.place(value))));
        dot.other().ifPresent(other -> svg.append(Markup.format(
            "<svg x=\"%.3f%%\" y=\"12\"><path class=\"other\" d=\"M0 -6L6 0L0 6L-6 0Z\"/></svg>", axis.place(other))));
        return svg.toString();
    }

    private static String numbers(Axis axis) {
        var svg = new StringBuilder();
        axis.ticks().forEach(tick -> svg.append(Markup.format("<text x=\"%.3f%%\" y=\"16\" text-anchor=\"middle\">%s</text>",
            axis.place(tick), axis.text(tick))));
        return svg.toString();
    }
}
