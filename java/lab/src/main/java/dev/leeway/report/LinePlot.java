package dev.leeway.report;

import dev.leeway.stats.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Curves: something over steps, say, a line an arm, each within the band of its intervals.
 *
 * @param label what is drawn, for those who can't see it
 * @param x what goes from left to right
 * @param y what goes from below to above
 * @param lines each with a colour of its own
 * @param isLog whether x is drawn as log2(x + 1), for what happens early
 */
public record LinePlot(String label, String x, String y, List<Line> lines, boolean isLog) implements Part {

    /** Of a line with more points, none has a dot. */
    private static final int DOTS = 40;

    /**
     * One curve.
     *
     * @param name in the legend
     * @param points from left to right
     */
    public record Line(String name, List<Point> points) {

        /** Takes a copy. */
        public Line {
            points = List.copyOf(points);
        }
    }

    /**
     * One point of a curve.
     *
     * @param x from left to right; finite
     * @param y from below to above; finite
     * @param interval around y
     */
    public record Point(double x, double y, Optional<Interval> interval) {

        /** Checks that it has a place. */
        public Point {
            Plane.requireFinite(x, y);
            interval.ifPresent(around -> Plane.requireFinite(around.low(), around.high()));
        }
    }

    /** Takes a copy. */
    public LinePlot {
        lines = List.copyOf(lines);
    }

    /** Curves over a linear axis. */
    public LinePlot(String label, String x, String y, List<Line> lines) {
        this(label, x, y, lines, false);
    }

    /** Curves over log2(x + 1). */
    public static LinePlot log(String label, String x, String y, List<Line> lines) {
        return new LinePlot(label, x, y, lines, true);
    }

    @Override
    public String html() {
        var points = lines.stream().flatMap(line -> line.points().stream()).toList();
        var ends = new ArrayList<Double>();
        points.forEach(point -> ends.add(point.y()));
        points.forEach(point -> point.interval().ifPresent(around -> ends.addAll(List.of(around.low(), around.high()))));
        var plane = new Plane(Axis.between(points.stream().map(point -> isLog ? Plane.log(point.x()) : point.x()).toList()), Axis.of(ends),
            isLog);
        var drawing = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            drawing.append("<g class=\"").append(Legend.kind(i)).append("\">").append(drawing(plane, lines.get(i))).append("</g>");
        }
        return "<figure>\n" + Legend.html(lines.stream().map(Line::name).toList()) + plane.html(label, x, y, drawing.toString())
            + "</figure>\n";
    }

    private static String drawing(Plane plane, Line line) {
        var svg = new StringBuilder("<svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\">");
        bands(line.points()).forEach(band -> svg.append("<polygon class=\"band\" points=\"").append(around(plane, band)).append("\"/>"));
        svg.append("<polyline class=\"stroke\" points=\"").append(line.points().stream().map(point -> pair(plane, point.x(), point.y()))
            .collect(Collectors.joining(" "))).append("\"/></svg>");
        if (line.points().size() <= DOTS) {
            line.points().forEach(point -> svg.append(dot(plane, line, point)));
        }
        return svg.toString();
    }

    /** Points one behind the other that have intervals. */
    private static List<List<Point>> bands(List<Point> points) {
        var bands = new ArrayList<List<Point>>();
        var band = new ArrayList<Point>();
        for (var point : points) {
            if (point.interval().isPresent()) {
                band.add(point);
            } else if (!band.isEmpty()) {
                bands.add(List.copyOf(band));
                band.clear();
            }
        }
        if (!band.isEmpty()) {
            bands.add(band);
        }
        return bands;
    }

    /** Along the upper ends of intervals, and back along the lower ones. */
    private static String around(Plane plane, List<Point> band) {
        var upper = band.stream().map(point -> pair(plane, point.x(), point.interval().orElseThrow().high()));
        var lower = band.reversed().stream().map(point -> pair(plane, point.x(), point.interval().orElseThrow().low()));
        return upper.collect(Collectors.joining(" ")) + " " + lower.collect(Collectors.joining(" "));
    }

    private static String pair(Plane plane, double x, double y) {
        return Markup.format("%.3f,%.3f", plane.across(x), plane.down(y));
    }

    /** With its interval as a line where it stands alone, since a band has no width there. */
    private static String dot(Plane plane, Line line, Point point) {
        double left = plane.across(point.x());
        var alone = line.points().size() == 1 ? point.interval().map(around -> Markup.format(
            "<line class=\"interval\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%.3f%%\" y2=\"%.3f%%\"/>", left, left, plane.down(around.low()),
            plane.down(around.high()))).orElse("") : "";
        var told = line.name() + ": " + Markup.number(point.y(), 4) + " at " + Markup.number(point.x(), 9) + point.interval()
            .map(around -> " (" + Markup.number(around.low(), 4) + " to " + Markup.number(around.high(), 4) + ")").orElse("");
        return alone + Markup.format("<circle cx=\"%.3f%%\" cy=\"%.3f%%\" r=\"3\"><title>%s</title></circle>", left, plane.down(point.y()),
            Markup.escaped(told));
    }
}
