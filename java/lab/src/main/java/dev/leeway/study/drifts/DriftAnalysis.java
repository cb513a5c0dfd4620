package dev.leeway.study.drifts;

import dev.leeway.io.JsonFile;
import dev.leeway.report.Fold;
import dev.leeway.report.HeatMap;
import dev.leeway.report.LinePlot;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.stats.Interval;
import dev.leeway.stats.TTest;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/**
 * Drift magnitude and drift time of every training, stance and topic, and the curves that they are taken from.
 *
 * @param exam that stances are measured by
 */
public record DriftAnalysis(String exam) implements Analysis {

    private static final String ALL = "all topics";
    private static final String NONE = "–";

    @Override
    public String name() {
        return "Drifts";
    }

    /** Trainings of one arm with several seeds. */
    private static Map<String, List<Phase>> byArm(StudyResults results, String exam) {
        return Phase.all(results, exam).stream().collect(Collectors.groupingBy(Phase::arm, LinkedHashMap::new, Collectors.toList()));
    }

    private static List<String> topics(Map<String, List<Phase>> arms) {
        return arms.values().stream().flatMap(List::stream).flatMap(phase -> phase.topics().stream()).distinct().toList();
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject().put("time",
            "share of the phase until a stance is within the interval of its extremum over prompts: "
            + "mean ± 1.96 sd / √n, and percentiles of a bootstrap");
        var list = json.putArray("drifts");
        var arms = byArm(results, exam);
        arms.forEach((arm, phases) -> Phase.STANCES.forEach(stance -> {
            Movement.of(phases, stance, "").ifPresent(all -> list.add(all.json().put("arm", arm).put("topic", "").put("stance", stance)));
            topics(arms).forEach(topic -> Movement.of(phases, stance, topic).ifPresent(one ->
                list.add(one.json().put("arm", arm).put("topic", topic).put("stance", stance))));
        }));
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var arms = byArm(results, exam);
        if (arms.isEmpty()) {
            return List.of(new Paragraph("No training has stances at two steps."));
        }
        var parts = new ArrayList<Part>(List.of(new Paragraph("Share of answers that take a stance, by steps of a training; bands are "
            + "intervals of 95 % over seeds; of one seed, over prompts.")));
        var folded = new ArrayList<Part>();
        for (var stance : Phase.STANCES) {
            (stance.equals(Phase.STANCES.getFirst()) ? parts : folded).addAll(curves(arms, stance));
        }
        parts.add(new Fold("Curves of the other stances", folded));
        parts.add(new Paragraph("Magnitude: last minus first, over prompts that have a stance at both ends; the others are left out. Time: "
            + "share of the training until the stance is first within the interval of its extremum over prompts, formed in two ways, over "
            + "prompts that have a stance at every checkpoint. Means of the seeds, with intervals of 95 % over seeds; of one seed, over "
            + "prompts. Prompts are of each seed that has some."));
        parts.add(table(arms, Phase.STANCES, List.of("")));
        for (var stance : Phase.STANCES) {
            parts.add(new Fold("By topic: " + stance, List.of(new Paragraph("Magnitude"), map(arms, stance,
                one -> Optional.of(one.magnitude().mean()), -1), new Paragraph("Time"), map(arms, stance, one -> one.time()
                .map(pace -> pace.normal().mean()), 0), table(arms, List.of(stance), topics(arms)))));
        }
        return parts;
    }

    /** One plot a kind of training. */
    private static List<Part> curves(Map<String, List<Phase>> arms, String stance) {
        var kinds = new LinkedHashMap<String, List<LinePlot.Line>>();
        arms.forEach((arm, phases) -> line(arm, phases, stance).ifPresent(line -> kinds.computeIfAbsent(phases.getFirst().node().stage()
            .name(), _ -> new ArrayList<>()).add(line)));
        return kinds.entrySet().stream().map(kind -> (Part) new LinePlot(stance + " during " + kind.getKey(), "steps of " + kind.getKey(),
            stance, kind.getValue(), false)).toList();
    }

    private static Optional<LinePlot.Line> line(String arm, List<Phase> phases, String stance) {
        var steps = phases.getFirst().steps();
        var own = phases.stream().filter(phase -> phase.steps().equals(steps))
            .map(phase -> phase.values(stance, phase.everywhere(""))).filter(values -> values[0].length > 0).toList();
        var points = new ArrayList<LinePlot.Point>();
        for (int s = 0; s < steps.size() && !own.isEmpty(); s++) {
            int at = s;
            var seeds = PerSeed.of(own.stream().mapToDouble(values -> PerSeed.mean(values[at])).toArray(),
                () -> TTest.interval(own.getFirst()[at], PerSeed.LEVEL));
            points.add(new LinePlot.Point(steps.get(s), seeds.mean(), seeds.interval()));
        }
        return Optional.of(points).filter(some -> !some.isEmpty()).map(some -> new LinePlot.Line(arm, some));
    }

    private static Table table(Map<String, List<Phase>> arms, List<String> stances, List<String> topics) {
        var rows = new ArrayList<List<String>>();
        arms.forEach((arm, phases) -> stances.forEach(stance -> topics.forEach(topic -> Movement.of(phases, stance, topic)
            .ifPresent(one -> rows.add(row(arm, stance, topic, one))))));
        return new Table(List.of(Table.Column.text("arm"), Table.Column.text("stance"), Table.Column.text("topic"),
            Table.Column.number("magnitude"), Table.Column.number("95 %"), Table.Column.number("time"), Table.Column.number("95 %"),
            Table.Column.number("time, bootstrap"), Table.Column.number("seeds"), Table.Column.number("prompts"),
            Table.Column.number("left out"), Table.Column.number("prompts of time")), rows);
    }

    private static List<String> row(String arm, String stance, String topic, Movement one) {
        var time = one.time();
        return List.of(arm, stance, topic.isEmpty() ? ALL : topic, signed(one.magnitude().mean()), one.magnitude().interval()
            .map(DriftAnalysis::text).orElse(NONE), time.map(pace -> format("%.2f", pace.normal().mean())).orElse(NONE),
            time.flatMap(pace -> pace.normal().interval()).map(around -> format("%.2f", around.low()) + " to " + format("%.2f",
            around.high())).orElse(NONE), time.map(pace -> format("%.2f", pace.bootstrapped().mean())).orElse(NONE),
            one.prompts().size() + " of " + one.trainings(), numbers(one.prompts()), numbers(one.leftOut()),
            time.map(pace -> numbers(pace.prompts())).orElse(NONE));
    }

    private static String numbers(List<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    private static HeatMap map(Map<String, List<Phase>> arms, String stance, Function<Movement, Optional<Double>> number, double least) {
        var columns = new ArrayList<>(List.of(ALL));
        columns.addAll(topics(arms));
        var cells = arms.values().stream().map(phases -> columns.stream().map(topic -> Movement.of(phases, stance, topic.equals(ALL) ? ""
            : topic).flatMap(number)).toList()).toList();
        return new HeatMap(stance + " by arm and topic", List.copyOf(arms.keySet()), columns, cells, least, 1);
    }

    static String signed(double value) {
        return format("%+.3f", value);
    }

    static String text(Interval interval) {
        return signed(interval.low()) + " to " + signed(interval.high());
    }

    static String format(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }
}
