package dev.leeway.cli;

import dev.leeway.io.AtomicFile;
import dev.leeway.report.Markup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The loss of a run as a web page of its own, and what else evaluations measured: drawings, nothing loaded. */
final class LossPage {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 420;
    private static final int LEFT = 64;
    private static final int BOTTOM = 40;
    private static final int TOP = 16;
    private static final int GRID = 5;
    private static final int MOST_POINTS = 1000;
    /** Of rows that are evaluated, by name; behind the last one they begin anew. */
    private static final List<String> COLOURS = List.of("#c4411a", "#2a8a3e", "#8a3ab9", "#a07800", "#0f8b8d", "#555555");

    private record Point(double step, double loss) {
    }

    /** Where a value lies in the drawing. */
    private record Scale(double steps, double least, double most) {

        static Scale of(List<Point> points) {
            double least = points.stream().mapToDouble(Point::loss).min().orElse(0);
            double most = points.stream().mapToDouble(Point::loss).max().orElse(1);
            double margin = Math.max(1e-6, (most - least) * 0.05);
            return new Scale(Math.max(1, points.stream().mapToDouble(Point::step).max().orElse(1)), least - margin, most + margin);
        }

        double x(double step) {
            return LEFT + step / steps * (WIDTH - LEFT - TOP);
        }

        double y(double loss) {
            return TOP + (most - loss) / (most - least) * (HEIGHT - TOP - BOTTOM);
        }
    }

    private LossPage() {
    }

    /** Writes the page. */
    static void write(Path file, String title, Metrics metrics) {
        AtomicFile.write(file, html(title, metrics).getBytes(StandardCharsets.UTF_8));
    }

    static String html(String title, Metrics metrics) {
        var training = thinned(metrics.steps().stream().map(step -> new Point(step.number(), step.loss())).toList());
        var evaluations = points(metrics, Metrics.Evaluated::losses);
        var all = new ArrayList<>(training);
        evaluations.values().forEach(all::addAll);
        var scale = Scale.of(all);
        return """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><title>%1$s</title>
            <style>
            body { font: 14px system-ui, sans-serif; margin: 2em auto; max-width: %2$dpx; color: #222; background: #fff }
            .grid { stroke: #ddd } .loss { stroke: #9bbcf0 }
            .smooth { stroke: #1a56c4; stroke-width: 2 } .eval { stroke-width: 2 }
            polyline { fill: none } text { fill: #555; font-size: 12px }
            </style>
            <h1>%1$s</h1>
            <p>%3$s</p>
            <svg viewBox="0 0 %2$d %4$d" role="img" aria-label="loss over steps">
            %5$s</svg>
            <p><span style="color:#9bbcf0">▬</span> loss of a step,
            <span style="color:#1a56c4">▬</span> smoothed over a fiftieth of the run%6$s</p>
            %7$s</html>
            """.formatted(Markup.escaped(title), WIDTH, Markup.escaped(metrics.summary()), HEIGHT,
            grid(scale) + line("loss", training, scale) + line("smooth", smoothed(training), scale)
            + drawn(evaluations, scale), key(List.copyOf(evaluations.keySet())), others(metrics));
    }

    /** Each measure has a scale of its own. */
    private static String others(Metrics metrics) {
        var html = new StringBuilder();
        points(metrics, Metrics.Evaluated::others).forEach((name, points) -> {
            var scale = Scale.of(points);
            html.append(Markup.format("<details><summary>%s: %.4g → %.4g</summary>%n<svg viewBox=\"0 0 %d %d\" role=\"img\" "
                + "aria-label=\"%s over steps\">%n", Markup.escaped(name), points.getFirst().loss(), points.getLast().loss(), WIDTH, HEIGHT,
                Markup.escaped(name))).append(grid(scale)).append(drawn(new LinkedHashMap<>(Map.of(name, points)), scale))
                .append("</svg></details>\n");
        });
        return html.toString();
    }

    private static String drawn(SequencedMap<String, List<Point>> evaluations, Scale scale) {
        var svg = new StringBuilder();
        int set = 0;
        for (var evaluation : evaluations.entrySet()) {
            svg.append("<g style=\"stroke:").append(colour(set)).append(";fill:").append(colour(set++)).append("\">\n")
                .append(marks(Markup.escaped(evaluation.getKey()), evaluation.getValue(), scale)).append("</g>\n");
        }
        return svg.toString();
    }

    /** Which colour is whose. */
    private static String key(List<String> names) {
        return IntStream.range(0, names.size()).mapToObj(set -> ", <span style=\"color:" + colour(set) + "\">▬</span> "
            + Markup.escaped(names.get(set))).collect(Collectors.joining());
    }

    private static String colour(int set) {
        return COLOURS.get(set % COLOURS.size());
    }

    private static SequencedMap<String, List<Point>> points(Metrics metrics, Function<Metrics.Evaluated, List<String>> names) {
        var points = new LinkedHashMap<String, List<Point>>();
        metrics.evaluations().forEach(at -> names.apply(at).forEach(name -> points.computeIfAbsent(name, _ -> new ArrayList<>())
            .add(new Point(at.step(), at.values().get(name)))));
        return points;
    }

    /** Means of so many neighbours that a browser can draw them. */
    private static List<Point> thinned(List<Point> points) {
        int group = (points.size() + MOST_POINTS - 1) / MOST_POINTS;
        var thinned = new ArrayList<Point>();
        for (int from = 0; from < points.size(); from += group) {
            var some = points.subList(from, Math.min(points.size(), from + group));
            thinned.add(new Point(some.getLast().step(), some.stream().mapToDouble(Point::loss).average().orElseThrow()));
        }
        return thinned;
    }

    /** An exponential mean, without the bias of its start. */
    private static List<Point> smoothed(List<Point> points) {
        double keep = 1 - 1 / Math.max(1.0, points.size() / 50.0);
        var smooth = new ArrayList<Point>();
        double sum = 0;
        double weight = 0;
        for (var point : points) {
            sum = keep * sum + point.loss();
            weight = keep * weight + 1;
            smooth.add(new Point(point.step(), sum / weight));
        }
        return smooth;
    }

    private static String grid(Scale scale) {
        var svg = new StringBuilder();
        for (int i = 0; i <= GRID; i++) {
            double loss = scale.least() + (scale.most() - scale.least()) * i / GRID;
            double step = scale.steps() * i / GRID;
            svg.append(Markup.format("<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - TOP, scale.y(loss),
                scale.y(loss)))
                .append(Markup.format("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.4g</text>", LEFT - 8, scale.y(loss) + 4, loss))
                .append(Markup.format("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>%n", scale.x(step),
                    HEIGHT - 14, Math.round(step)));
        }
        return svg.toString();
    }

    private static String line(String kind, List<Point> points, Scale scale) {
        var svg = new StringBuilder("<polyline class=\"" + kind + "\" points=\"");
        points.forEach(point -> svg.append(Markup.format("%.1f,%.1f ", scale.x(point.step()), scale.y(point.loss()))));
        return svg.toString().strip() + "\"/>\n";
    }

    private static String marks(String name, List<Point> points, Scale scale) {
        var svg = new StringBuilder(line("eval", points, scale));
        points.forEach(point -> svg.append(Markup.format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%s, step %.0f: %.4f</title>"
            + "</circle>%n", scale.x(point.step()), scale.y(point.loss()), name, point.step(), point.loss())));
        return svg.toString();
    }
}
