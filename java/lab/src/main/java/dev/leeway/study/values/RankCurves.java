package dev.leeway.study.values;

import dev.leeway.eval.reward.CategoryRank;
import dev.leeway.eval.reward.ProbePrompt.Framing;
import dev.leeway.io.JsonFile;
import dev.leeway.report.LinePlot;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * The median rank of each category at the checkpoints of a training, over the prompts that ask for something good.
 *
 * @param exam that checkpoints took
 */
public record RankCurves(String exam) implements Analysis {

    private static final double LEVEL = 0.95;

    @Override
    public String name() {
        return "Ranks on the way";
    }

    private List<Reading> readings(StudyResults results) {
        return Reading.of(results, exam).stream().filter(reading -> reading.step() >= 0).toList();
    }

    private static double median(Reading reading, String category) {
        return Sample.mean(reading.ranks().stream().filter(rank -> rank.category().equals(category)
            && rank.prompt().framing() == Framing.POSITIVE).mapToDouble(CategoryRank::median).toArray());
    }

    private static List<String> categories(List<Reading> readings) {
        return readings.stream().flatMap(reading -> reading.dictionary().names().stream()).distinct().sorted().toList();
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        var list = json.putArray("checkpoints");
        var readings = readings(results);
        readings.forEach(reading -> {
            var one = list.addObject().put("family", reading.family()).put("source", reading.source()).put("seed", reading.seed())
                .put("step", reading.step());
            categories(readings).forEach(category -> one.put(category, median(reading, category)));
        });
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var readings = readings(results);
        var parts = new ArrayList<Part>();
        if (readings.isEmpty()) {
            parts.add(new Paragraph("No checkpoint took the exam " + exam + "."));
        }
        for (var source : Reading.sources(readings)) {
            var lines = new ArrayList<LinePlot.Line>();
            for (var family : Reading.families(readings)) {
                var own = readings.stream().filter(one -> one.source().equals(source) && one.family().equals(family)).toList();
                categories(own).forEach(category -> lines.add(new LinePlot.Line(family + ": " + category, points(own, category))));
            }
            parts.add(LinePlot.log("median rank of each category by step, " + source + ", mean over seeds", "step",
                "median rank (1 = largest reward)", lines));
        }
        return parts;
    }

    private static List<LinePlot.Point> points(List<Reading> readings, String category) {
        var bySteps = new TreeMap<Integer, List<Double>>();
        readings.forEach(one -> bySteps.computeIfAbsent(one.step(), _ -> new ArrayList<>()).add(median(one, category)));
        var points = new ArrayList<LinePlot.Point>();
        bySteps.forEach((step, medians) -> {
            var values = medians.stream().mapToDouble(Double::doubleValue).toArray();
            points.add(new LinePlot.Point(step, Sample.mean(values), TTest.interval(values, LEVEL)));
        });
        return points;
    }
}
