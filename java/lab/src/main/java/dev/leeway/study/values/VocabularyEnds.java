package dev.leeway.study.values;

import dev.leeway.eval.reward.VocabularyScan;
import dev.leeway.io.JsonFile;
import dev.leeway.report.Markup;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a reward model gives to every text of a vocabulary: moments, and the texts at both ends. Of all exams that scan one: a family may
 * have its own, for its own tokenizer.
 */
public record VocabularyEnds() implements Analysis {

    /** The benchmark that scans. */
    static final String BENCHMARK = "vocabulary";
    private static final int SHOWN = 10;

    @Override
    public String name() {
        return "The whole vocabulary";
    }

    private SequencedMap<String, VocabularyScan> scans(StudyResults results) {
        var scans = new LinkedHashMap<String, VocabularyScan>();
        results.plan().study().exams().stream().filter(exam -> exam.benchmark().equals(BENCHMARK)).flatMap(exam -> Reading.of(results,
            exam.name()).stream()).filter(reading -> reading.step() < 0).forEach(reading -> {
            var tokens = new ArrayList<VocabularyScan.Token>();
            reading.values("reward").values().forEach(rewards -> rewards.forEach((item, reward) ->
                tokens.add(token(item, reward))));
            if (!tokens.isEmpty()) {
                scans.put(reading.family() + " " + reading.source() + ", seed " + reading.seed(), new VocabularyScan(tokens));
            }
        });
        return scans;
    }

    /** An item is named by the token's id and its text. */
    private static VocabularyScan.Token token(String item, double reward) {
        int blank = item.indexOf(' ');
        return new VocabularyScan.Token(Integer.parseInt(item.substring(0, blank)), item.substring(blank + 1), reward);
    }

    private static String ends(List<VocabularyScan.Token> tokens) {
        return tokens.stream().map(token -> "'" + token.text() + "'").collect(Collectors.joining(" "));
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        scans(results).forEach((model, scan) -> json.putObject(model).put("mean", scan.moments().mean())
            .put("variance", scan.moments().variance()).put("skewness", scan.moments().skewness()).put("top", ends(scan.top(SHOWN)))
            .put("bottom", ends(scan.bottom(SHOWN))));
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var rows = new ArrayList<List<String>>();
        scans(results).forEach((model, scan) -> rows.add(List.of(model, Markup.format("%.3f", scan.moments().mean()),
            Markup.format("%.3f", Math.sqrt(scan.moments().variance())), Markup.format("%.2f", scan.moments().skewness()),
            ends(scan.top(SHOWN)), ends(scan.bottom(SHOWN)))));
        return List.of(new Table(List.of(Table.Column.text("model"), Table.Column.number("mean"), Table.Column.number("deviation"),
            Table.Column.number("skewness"), Table.Column.text("first ten"), Table.Column.text("last ten")), rows));
    }
}
