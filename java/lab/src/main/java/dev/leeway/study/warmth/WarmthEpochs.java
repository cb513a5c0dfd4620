package dev.leeway.study.warmth;

import dev.leeway.io.JsonFile;
import dev.leeway.report.LinePlot;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Interval;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import dev.leeway.study.Analysis;
import dev.leeway.study.Arm;
import dev.leeway.study.Examiner;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * How warm answers are at each checkpoint, and which epoch is warm enough: the first whose mean lies within the interval of the warmest
 * one's. It names an epoch and chooses none; which models take exams was declared before.
 */
final class WarmthEpochs implements Analysis {

    private static final double LEVEL = 0.95;
    private static final int RESAMPLES = 2000;
    private static final String EPOCHS = "num_train_epochs";

    /**
     * A checkpoint of every seed.
     *
     * @param epochs that lie behind it
     * @param warmth the mean
     * @param interval over seeds, or with one seed over items
     */
    record Point(double epochs, double warmth, Optional<Interval> interval) {
    }

    /** The first point that is as warm as the warmest, as far as the latter's interval tells. */
    static Optional<Point> chosen(List<Point> points) {
        var warmest = points.stream().max((one, other) -> Double.compare(one.warmth(), other.warmth()));
        return warmest.flatMap(most -> points.stream().filter(point -> point.equals(most)
            || most.interval().filter(interval -> interval.contains(point.warmth())).isPresent()).findFirst());
    }

    private static boolean isWarm(Arm arm) {
        return arm.name().startsWith(Names.WARM);
    }

    /** The curve of the last stage of an arm that trains; a merge behind it has no steps. */
    private static List<Point> points(StudyResults results, String arm) {
        var byStep = new TreeMap<Integer, List<double[]>>();
        var stages = results.plan().replications().stream().filter(one -> one.arm().name().equals(arm))
            .flatMap(one -> one.nodes().stream().filter(node -> node.stage().trains()).reduce((_, later) -> later).stream()).toList();
        results.outcomes().forEach((sitting, outcomes) -> {
            if (stages.contains(sitting.node()) && sitting.step() >= 0 && sitting.exam().name().equals(Names.WARMTH)) {
                var values = outcomes.stream().flatMap(outcome -> value(outcome).stream()).mapToDouble(Double::doubleValue).toArray();
                if (values.length > 0) {
                    byStep.computeIfAbsent(sitting.step(), _ -> new ArrayList<>()).add(values);
                }
            }
        });
        if (byStep.isEmpty()) {
            return List.of();
        }
        double epoch = byStep.lastKey() / Double.parseDouble(stages.getFirst().stage().options().get(EPOCHS));
        return byStep.entrySet().stream().map(at -> point(at, epoch)).toList();
    }

    /** Of the toy's answers by their words, of others by a reference model. */
    private static Optional<Double> value(Examiner.Outcome outcome) {
        return Optional.ofNullable(outcome.values().get(Names.WARMTH)).or(() -> Optional.ofNullable(outcome.values()
            .get(Names.OFFICIAL)));
    }

    private static Point point(Map.Entry<Integer, List<double[]>> at, double epoch) {
        var means = at.getValue().stream().mapToDouble(Sample::mean).toArray();
        return new Point(at.getKey() / epoch, Sample.mean(means), interval(means, at.getValue().getFirst()));
    }

    private static Optional<Interval> interval(double[] means, double[] items) {
        return means.length == 1 ? Optional.of(new Bootstrap(RESAMPLES, LEVEL, 0).percentile(items, Sample::mean))
            : TTest.interval(means, LEVEL);
    }

    @Override
    public String name() {
        return "Warmth by epoch";
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        for (var arm : results.plan().study().arms()) {
            var points = points(results, arm.name());
            if (!points.isEmpty()) {
                var one = json.putObject(arm.name());
                var list = one.putArray("points");
                points.forEach(point -> {
                    var row = list.addObject().put("epochs", point.epochs()).put("warmth", point.warmth());
                    point.interval().ifPresent(interval -> row.putArray("interval").add(interval.low()).add(interval.high()));
                });
                if (isWarm(arm)) {
                    chosen(points).ifPresent(point -> one.put("warm_enough_at", point.epochs()));
                }
            }
        }
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var lines = new ArrayList<LinePlot.Line>();
        var parts = new ArrayList<Part>();
        for (var arm : results.plan().study().arms()) {
            var points = points(results, arm.name());
            if (!points.isEmpty()) {
                lines.add(new LinePlot.Line(arm.name(), points.stream().map(point -> new LinePlot.Point(point.epochs(), point.warmth(),
                    point.interval())).toList()));
                chosen(points).filter(_ -> isWarm(arm)).ifPresent(point -> parts.add(new Paragraph(Markup.format(
                    "%s: the first checkpoint within the interval of the highest is that of epoch %.1f. The paper evaluates epoch 2.",
                    arm.name(), point.epochs()))));
            }
        }
        if (lines.isEmpty()) {
            return List.of(new Paragraph("No checkpoints were examined."));
        }
        parts.addFirst(new LinePlot("warmth of answers at each checkpoint, with intervals of 95 %", "epochs", "warmth", lines));
        return parts;
    }
}
