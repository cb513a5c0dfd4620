package dev.leeway.study.values;

import dev.leeway.io.JsonFile;
import dev.leeway.report.DotPlot;
import dev.leeway.report.Fold;
import dev.leeway.report.Markup;
import dev.leeway.report.Part;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * Each word's rank in each family, over the prompts that ask for something good and over seeds.
 *
 * @param exam whose ranks they are
 */
public record WordRewards(String exam) implements Analysis {

    /** Words that a plot shows: those whose ranks differ most between families. */
    private static final int SHOWN = 20;

    @Override
    public String name() {
        return "Words";
    }

    /** (family, word) by source: mean ranks over seeds. */
    static SequencedMap<String, SequencedMap<String, SequencedMap<String, Double>>> ranks(StudyResults results, String exam) {
        var readings = Reading.of(results, exam).stream().filter(reading -> reading.step() < 0).toList();
        var bySource = new LinkedHashMap<String, SequencedMap<String, SequencedMap<String, Double>>>();
        for (var source : Reading.sources(readings)) {
            var byFamily = new TreeMap<String, SequencedMap<String, Double>>();
            Reading.families(readings).forEach(family -> byFamily.put(family, means(readings.stream().filter(one ->
                one.source().equals(source) && one.family().equals(family)).map(one -> one.praised("rank")).toList())));
            bySource.put(source, byFamily);
        }
        return bySource;
    }

    /** Of the values of each word that all have. */
    static SequencedMap<String, Double> means(List<SequencedMap<String, Double>> all) {
        var means = Reading.meanByWord(all);
        means.keySet().removeIf(word -> !all.stream().allMatch(one -> one.containsKey(word)));
        return means;
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        ranks(results, exam).forEach((source, families) -> {
            var ofSource = json.putObject(source);
            families.forEach((family, words) -> {
                var ofFamily = ofSource.putObject(family);
                words.forEach(ofFamily::put);
            });
        });
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var parts = new ArrayList<Part>();
        ranks(results, exam).forEach((source, families) -> {
            var names = List.copyOf(families.keySet());
            var label = "mean rank of the words that differ most, " + source + " (1 = largest reward)";
            var dots = shown(families).stream().flatMap(word -> names.stream().filter(family -> families.get(family).containsKey(word))
                .map(family -> new DotPlot.Dot(word, names.indexOf(family), OptionalDouble.of(families.get(family).get(word)),
                    Optional.empty(), Markup.format("%.1f, %s", families.get(family).get(word), family)))).toList();
            parts.add(new Fold(label, List.of(new DotPlot(label, dots))));
        });
        return parts;
    }

    private static List<String> shown(SequencedMap<String, SequencedMap<String, Double>> families) {
        return families.firstEntry().getValue().keySet().stream().sorted((a, b) -> Double.compare(spread(families, b), spread(families, a)))
            .limit(SHOWN).toList();
    }

    private static double spread(SequencedMap<String, SequencedMap<String, Double>> families, String word) {
        var ranks = families.values().stream().filter(one -> one.containsKey(word)).mapToDouble(one -> one.get(word)).summaryStatistics();
        return ranks.getMax() - ranks.getMin();
    }
}
