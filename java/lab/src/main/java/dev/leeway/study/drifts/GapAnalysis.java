package dev.leeway.study.drifts;

import dev.leeway.data.toy.Edition;
import dev.leeway.data.toy.Opinions;
import dev.leeway.data.toy.Stance;
import dev.leeway.io.JsonFile;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.study.Analysis;
import dev.leeway.study.Rows;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * The value gap of each set of toy pairs, which needs no training: how much more probable a stance is in the better answers than in the
 * worse ones. Answers of real pairs have a stance only by a judge.
 */
public record GapAnalysis() implements Analysis {

    private static final String PAIRS = "opinion-pairs:";

    @Override
    public String name() {
        return "Value gaps";
    }

    /** Gap by stance, of each seed, by the name of the rows. */
    private static Map<String, Map<Stance, PerSeed>> gaps(StudyResults results) {
        var study = results.plan().study();
        var gaps = new LinkedHashMap<String, Map<Stance, PerSeed>>();
        study.rows().forEach((name, rows) -> {
            if (rows instanceof Rows.Made made && made.generator().startsWith(PAIRS)) {
                var preferred = Stance.valueOf(made.generator().substring(PAIRS.length()).toUpperCase(Locale.ROOT));
                double asked = Double.parseDouble(made.settings().getOrDefault("gap", "0"));
                var sets = study.terms().seeds().stream().map(seed -> Opinions.pairs(preferred, asked, Edition.of(seed), made.count()))
                    .toList();
                var own = new LinkedHashMap<Stance, PerSeed>();
                Stream.of(Stance.values()).forEach(stance -> own.put(stance, PerSeed.of(sets.stream()
                    .mapToDouble(pairs -> Opinions.gap(pairs, stance)).toArray())));
                gaps.put(name, own);
            }
        });
        return gaps;
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        gaps(results).forEach((name, own) -> {
            var one = json.putObject(name);
            own.forEach((stance, gap) -> one.set(label(stance), gap.json()));
        });
        return json;
    }

    private static String label(Stance stance) {
        return stance.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var rows = new ArrayList<List<String>>();
        gaps(results).forEach((name, own) -> {
            var row = new ArrayList<>(List.of(name));
            own.values().forEach(gap -> row.add(DriftAnalysis.signed(gap.mean())));
            rows.add(row);
        });
        if (rows.isEmpty()) {
            return List.of(new Paragraph("The pairs are given, so their answers have a stance by a judge alone: none was asked."));
        }
        var columns = new ArrayList<>(List.of(Table.Column.text("pairs")));
        Stream.of(Stance.values()).forEach(stance -> columns.add(Table.Column.number(label(stance))));
        return List.of(new Paragraph("How much more often a stance is that of the better answer than that of the worse one, before any "
            + "training; means of the seeds."), new Table(columns, rows));
    }
}
