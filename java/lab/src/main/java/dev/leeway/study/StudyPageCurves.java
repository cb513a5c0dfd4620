package dev.leeway.study;

import dev.leeway.report.Fold;
import dev.leeway.report.LinePlot;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.stats.Interval;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/** How trainings went, and what exams said on the way, for a study's page. */
final class StudyPageCurves {

    /** A line has so many points at most; of more steps, neighbours are averaged. */
    private static final int MOST_POINTS = 200;

    private final StudyResults results;
    private final Map<Plan.Node, OptionalInt> lastSteps = new HashMap<>();
    private final Set<StudyRun.Sitting> sittings;

    StudyPageCurves(StudyResults results) {
        this.results = results;
        sittings = results.outcomes().keySet();
    }

    /**
     * Trainings of one stage that differ by their seed alone.
     *
     * @param name the arms that have them
     * @param nodes one a seed
     */
    private record Track(String name, List<Plan.Node> nodes) {
    }

    /** Tracks of stages of one name; arms that share trainings share a line. */
    private Map<String, List<Track>> tracks() {
        var arms = new LinkedHashMap<String, Map<List<Plan.Node>, List<String>>>();
        for (var arm : results.plan().study().arms()) {
            var seeds = results.plan().replications().stream().filter(one -> one.arm().equals(arm)).map(Plan.Replication::nodes).toList();
            for (int s = 0; s < arm.stages().size(); s++) {
                int stage = s;
                arms.computeIfAbsent(arm.stages().get(s).name(), _ -> new LinkedHashMap<>())
                    .computeIfAbsent(seeds.stream().map(nodes -> nodes.get(stage)).toList(), _ -> new ArrayList<>()).add(arm.name());
            }
        }
        var tracks = new LinkedHashMap<String, List<Track>>();
        arms.forEach((stage, byNodes) -> {
            var own = new ArrayList<Track>();
            byNodes.forEach((nodes, names) -> own.add(new Track(name(names), nodes)));
            tracks.put(stage, own);
        });
        return tracks;
    }

    private String name(List<String> arms) {
        int all = results.plan().study().arms().size();
        return arms.size() == all && all > 1 ? "all arms" : String.join(", ", arms);
    }

    /** The reward or the loss of every stage that measured one, and what it was asked on the way. */
    List<Part> training() {
        var plots = new ArrayList<Part>();
        tracks().forEach((stage, tracks) -> {
            var lines = new LinkedHashMap<String, List<LinePlot.Line>>();
            tracks.forEach(track -> {
                var traces = track.nodes().stream().flatMap(node -> results.traces().of(node).stream()).toList();
                if (!traces.isEmpty()) {
                    lines.computeIfAbsent(traces.getFirst().metric(), _ -> new ArrayList<>())
                        .add(new LinePlot.Line(track.name(), points(traces, width(traces))));
                }
                evaluated(track).forEach((metric, own) -> lines.computeIfAbsent(metric, _ -> new ArrayList<>())
                    .add(new LinePlot.Line(track.name(), points(own, 1))));
            });
            lines.forEach((metric, own) -> plots.add(new Fold(stage + ": " + metric, List.of(new LinePlot(metric + " of " + stage
                + " over its steps", "step of " + stage, metric, own)))));
        });
        if (!plots.isEmpty()) {
            plots.addFirst(new Paragraph("Means over seeds; the band is from the least to the most of them. Of more than " + MOST_POINTS
                + " steps, neighbours are averaged. Where trainings stopped at different steps, the later ones are of those that went "
                + "on."));
        }
        return plots;
    }

    private Map<String, List<StudyTraces.Trace>> evaluated(Track track) {
        var traces = new LinkedHashMap<String, List<StudyTraces.Trace>>();
        track.nodes().forEach(node -> results.traces().evaluated(node).forEach(trace ->
            traces.computeIfAbsent(trace.metric(), _ -> new ArrayList<>()).add(trace)));
        return traces;
    }

    private static int width(List<StudyTraces.Trace> traces) {
        return traces.stream().flatMap(trace -> trace.values().keySet().stream()).mapToInt(Integer::intValue).max().orElse(0) / MOST_POINTS
            + 1;
    }

    /** Steps are taken together, so many at a time. */
    private static List<LinePlot.Point> points(List<StudyTraces.Trace> traces, int width) {
        var spans = new TreeMap<Integer, List<Double>>();
        for (var trace : traces) {
            var own = new TreeMap<Integer, List<Double>>();
            trace.values().forEach((step, value) -> own.computeIfAbsent(Math.floorDiv(step - 1, width), _ -> new ArrayList<>()).add(value));
            own.forEach((span, values) -> spans.computeIfAbsent(span, _ -> new ArrayList<>()).add(mean(values)));
        }
        var points = new ArrayList<LinePlot.Point>();
        spans.forEach((span, seeds) -> points.add(new LinePlot.Point(span * width + (width + 1) / 2.0, mean(seeds), seeds.size() > 1
            ? Optional.of(new Interval(Collections.min(seeds), Collections.max(seeds)))
            : Optional.empty())));
        return points;
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /** What exams said at the checkpoints of stages that keep some; measures that no contrast is about are folded. */
    List<Part> drift() {
        var parts = new ArrayList<Part>();
        for (var exam : results.plan().study().exams()) {
            var asked = StudyPageExams.asked(results, exam.name());
            var others = new ArrayList<Part>();
            for (var measure : StudyPageExams.measures(results, exam.name())) {
                (asked.contains(measure) || asked.isEmpty() ? parts : others).addAll(drift(exam.name(), measure));
            }
            if (!others.isEmpty()) {
                parts.add(new Fold("Other measures of " + exam.name(), others));
            }
        }
        if (!parts.isEmpty()) {
            parts.addFirst(new Paragraph("Means over seeds and items. Bands are intervals of 95 %: of any seeds where there are two or "
                + "more that differ, else of any items."));
        }
        return parts;
    }

    private List<Part> drift(String exam, String measure) {
        var plots = new ArrayList<Part>();
        for (var group : StudyPageExams.groups(results, exam, measure)) {
            var own = group.means();
            var y = exam + ", " + group.name();
            tracks().forEach((stage, tracks) -> {
                var lines = tracks.stream().map(track -> new LinePlot.Line(track.name(), drift(track, own)))
                    .filter(line -> line.points().size() > 1).toList();
                boolean isLog = tracks.getFirst().nodes().getFirst().stage().grid().equals("log");
                if (!lines.isEmpty()) {
                    plots.add(new LinePlot(y + " over steps of " + stage, "step of " + stage, y, lines, isLog));
                }
            });
        }
        return plots;
    }

    private List<LinePlot.Point> drift(Track track, List<StudyResults.Mean> means) {
        var steps = new TreeMap<Double, List<StudyResults.Mean>>();
        means.stream().filter(mean -> track.nodes().contains(mean.node())).forEach(mean -> step(mean).ifPresent(step ->
            steps.computeIfAbsent(step, _ -> new ArrayList<>()).add(mean)));
        var points = new ArrayList<LinePlot.Point>();
        steps.forEach((step, own) -> {
            var found = OverSeeds.of(own);
            points.add(new LinePlot.Point(step, found.mean(), Optional.of(found.interval())));
        });
        return points;
    }

    /** Where a mean lies; the end of a training that kept a checkpoint there, or that doesn't tell its steps, has no place of its own. */
    private OptionalDouble step(StudyResults.Mean mean) {
        if (mean.step() >= 0) {
            return OptionalDouble.of(mean.step());
        }
        var last = lastSteps.computeIfAbsent(mean.node(), results.traces()::lastStep);
        boolean isKept = last.isPresent() && sittings.stream().anyMatch(sitting -> sitting.step() == last.getAsInt()
            && sitting.node().equals(mean.node()) && sitting.exam().name().equals(mean.exam()));
        return last.isEmpty() || isKept ? OptionalDouble.empty() : OptionalDouble.of(last.getAsInt());
    }
}
