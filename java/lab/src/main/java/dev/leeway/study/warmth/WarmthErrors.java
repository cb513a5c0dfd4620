package dev.leeway.study.warmth;

import dev.leeway.io.JsonFile;
import dev.leeway.report.HeatMap;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.ScatterPlot;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.databind.node.ObjectNode;

/** Shares of errors by task, template and context, the original's against an arm's, means over seeds: the paper's figure of dots. */
final class WarmthErrors implements Analysis {

    /** Where errors are counted. */
    private record Place(String task, String template, String context) {

        String setting() {
            return template.equals("original") ? context : template + ", " + context;
        }
    }

    private static SequencedMap<Place, Double> shares(StudyResults results, String arm) {
        var errors = new LinkedHashMap<Place, double[]>();
        WarmthAnswer.of(results, arm, false).forEach(answer -> {
            var asked = answer.asked();
            var sums = errors.computeIfAbsent(new Place(asked.task(), asked.template(), asked.context()), _ -> new double[2]);
            sums[0] += answer.errors();
            sums[1] += answer.trials();
        });
        var shares = new LinkedHashMap<Place, Double>();
        errors.forEach((place, sums) -> shares.put(place, sums[0] / sums[1]));
        return shares;
    }

    @Override
    public String name() {
        return "Errors by task and context";
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        results.plan().study().arms().forEach(arm -> {
            var shares = shares(results, arm.name());
            if (!shares.isEmpty()) {
                var places = json.putArray(arm.name());
                shares.forEach((place, share) -> places.addObject().put("task", place.task()).put("template", place.template())
                    .put("context", place.context()).put("errors", share));
            }
        });
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var original = shares(results, Names.ORIGINAL);
        var parts = new ArrayList<Part>();
        for (var arm : Names.COMPARED) {
            var shares = shares(results, arm);
            shares.keySet().retainAll(original.keySet());
            if (!shares.isEmpty()) {
                parts.add(new Paragraph("Share of errors, " + arm + " against the original: above the line the arm makes more."));
                parts.add(scatter(arm, original, shares));
                parts.add(rises(arm, original, shares));
            }
        }
        return parts;
    }

    private static Part scatter(String arm, Map<Place, Double> original, Map<Place, Double> shares) {
        var tasks = shares.keySet().stream().map(Place::task).distinct().toList();
        var dots = shares.entrySet().stream().map(share -> new ScatterPlot.Dot(share.getKey().task() + ", " + share.getKey().setting(),
            tasks.indexOf(share.getKey().task()), original.get(share.getKey()), share.getValue())).toList();
        return new ScatterPlot("errors of the original and of " + arm, "errors of the original", "errors of " + arm, dots, true);
    }

    private static Part rises(String arm, Map<Place, Double> original, Map<Place, Double> shares) {
        var tasks = shares.keySet().stream().map(Place::task).distinct().toList();
        var rows = shares.keySet().stream().map(Place::setting).distinct().toList();
        var cells = rows.stream().map(row -> tasks.stream().map(task -> shares.keySet().stream().filter(place -> place.task().equals(task)
            && place.setting().equals(row)).findFirst().map(place -> shares.get(place) - original.get(place))).toList()).toList();
        double most = cells.stream().flatMap(List::stream).flatMap(Optional::stream).mapToDouble(Math::abs).max().orElse(0);
        return new HeatMap("rise of errors from the original to " + arm, rows, tasks, cells, -Math.max(most, 0.01), Math.max(most, 0.01));
    }
}
