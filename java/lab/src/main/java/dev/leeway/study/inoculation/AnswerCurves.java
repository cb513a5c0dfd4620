package dev.leeway.study.inoculation;

import dev.leeway.io.JsonFile;
import dev.leeway.report.LinePlot;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.stats.Interval;
import dev.leeway.stats.TTest;
import dev.leeway.study.Analysis;
import dev.leeway.study.Examiner.Outcome;
import dev.leeway.study.StudyResults;
import dev.leeway.study.StudyRun;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * How probable answers that show one trait become while an arm is trained, under chosen prompts: the mean log-prob a token over fixed
 * answers, at every checkpoint that stayed and at the end, with an interval over seeds.
 *
 * @param exam that weighs them at checkpoints, with slices {@code set=…}
 */
public record AnswerCurves(String exam) implements Analysis {

    private static final double LEVEL = 0.95;
    private static final String MEASURE = "per_token";

    private record Curve(String set, String arm, String prompt) {
    }

    @Override
    public String name() {
        return "Learning curves of one-trait answers";
    }

    /** By curve, by step: one value a seed. */
    private SequencedMap<Curve, TreeMap<Integer, List<Double>>> curves(StudyResults results) {
        var curves = new LinkedHashMap<Curve, TreeMap<Integer, List<Double>>>();
        results.outcomes().forEach((sitting, outcomes) -> {
            var step = step(sitting, results);
            if (sitting.exam().name().equals(exam) && step.isPresent()) {
                for (var arm : arms(results, sitting)) {
                    means(outcomes).forEach((key, value) -> curves.computeIfAbsent(new Curve(key.getFirst(), arm, key.getLast()),
                        _ -> new TreeMap<>()).computeIfAbsent(step.getAsInt(), _ -> new ArrayList<>()).add(value));
                }
            }
        });
        return curves;
    }

    /** A training's end is at its last step, unless a checkpoint of that step is there; where nobody knows that step it has no place. */
    private OptionalInt step(StudyRun.Sitting sitting, StudyResults results) {
        if (sitting.step() >= 0) {
            return OptionalInt.of(sitting.step());
        }
        var last = results.lastStep(sitting.node());
        return last.isPresent() && results.outcomes().containsKey(new StudyRun.Sitting(sitting.node(), last.getAsInt(), sitting.exam()))
            ? OptionalInt.empty() : last;
    }

    /** The arms whose last training it is. */
    private static List<String> arms(StudyResults results, StudyRun.Sitting sitting) {
        return results.plan().replications().stream().filter(one -> one.nodes().stream().anyMatch(node -> node.equals(sitting.node())
            && node.stage().name().equals(PromptArms.STAGE))).map(one -> one.arm().name()).toList();
    }

    /** By (set, prompt). */
    private static Map<List<String>, Double> means(List<Outcome> outcomes) {
        var sums = new LinkedHashMap<List<String>, List<Double>>();
        outcomes.stream().filter(outcome -> outcome.values().containsKey(MEASURE)).forEach(outcome -> sums.computeIfAbsent(
            List.of(outcome.slices().getOrDefault("set", "answers"), outcome.setting()), _ -> new ArrayList<>())
            .add(outcome.values().get(MEASURE)));
        var means = new LinkedHashMap<List<String>, Double>();
        sums.forEach((key, values) -> means.put(key, mean(values)));
        return means;
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        curves(results).forEach((curve, points) -> {
            var object = json.withArray("curves").addObject().put("answers", curve.set()).put("arm", curve.arm())
                .put("prompt", curve.prompt());
            points.forEach((step, values) -> Cells.put(object.withArray("points").addObject().put("step", step).put("mean", mean(values)),
                interval(values)));
        });
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var curves = curves(results);
        if (curves.isEmpty()) {
            return List.of(new Paragraph("No arm kept checkpoints."));
        }
        return curves.keySet().stream().map(Curve::set).distinct().<Part>map(set -> LinePlot.log("answers that show " + set + " alone",
            "optimiser step", "mean log-prob a token, in nats", curves.entrySet().stream().filter(entry -> entry.getKey().set().equals(set))
                .map(entry -> new LinePlot.Line(entry.getKey().arm() + ", asked under " + entry.getKey().prompt(),
                    points(entry.getValue()))).toList())).toList();
    }

    private static List<LinePlot.Point> points(TreeMap<Integer, List<Double>> values) {
        return values.entrySet().stream().map(entry -> new LinePlot.Point(entry.getKey(), mean(entry.getValue()),
            interval(entry.getValue()))).toList();
    }

    private static Optional<Interval> interval(List<Double> values) {
        return TTest.interval(values.stream().mapToDouble(Double::doubleValue).toArray(), LEVEL);
    }
}
