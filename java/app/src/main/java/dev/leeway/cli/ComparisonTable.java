package dev.leeway.cli;

import dev.leeway.eval.output.Comparison;
import dev.leeway.eval.output.CsvText;
import dev.leeway.io.JsonFile;
import dev.leeway.stats.Correction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.ToIntFunction;
import tools.jackson.databind.node.ObjectNode;

/**
 * Comparisons with p-values that are corrected over all of them. One without a p is no member of the family.
 *
 * @param rows the comparisons
 * @param adjusted p of each; empty where there is none
 */
record ComparisonTable(List<ComparedRuns.Row> rows, List<OptionalDouble> adjusted) {

    private static final List<String> COLUMNS = List.of("first_model", "second_model", "benchmark", "measure", "prompt", "context", "first",
        "second", "difference", "low", "high", "test", "p", "adjusted_p", "wilcoxon_p", "to_one", "to_zero", "pairs", "missing", "note");

    static ComparisonTable of(List<ComparedRuns.Row> rows, Correction correction) {
        var corrected = correction.adjust(rows.stream().flatMapToDouble(row -> row.comparison().finding().p().stream()).toArray());
        var adjusted = new ArrayList<OptionalDouble>();
        int next = 0;
        for (var row : rows) {
            adjusted.add(row.comparison().finding().p().isPresent() ? OptionalDouble.of(corrected[next++]) : OptionalDouble.empty());
        }
        return new ComparisonTable(rows, adjusted);
    }

    /** For people. */
    String text(double level, String correction) {
        var table = new TextTable(List.of("models", "benchmark", "measure", "prompt/context", "first", "second", "difference",
            String.format(Locale.ROOT, "%s %% interval", Figures.plain(100 * level)), "test", "p", "p " + correction, "pairs",
            "missing"), 4);
        for (int i = 0; i < rows.size(); i++) {
            var row = rows.get(i);
            var sides = row.comparison().sides();
            var finding = row.comparison().finding();
            table.add(List.of(row.models().first() + " → " + row.models().second(), row.cell().benchmark(), row.cell().measure(),
                row.cell().prompt() + "/" + row.cell().context(), figure(sides.first()), figure(sides.second()),
                signed(sides.difference()), row.comparison().interval().map(ends -> signed(OptionalDouble.of(ends.low())) + " to "
                    + signed(OptionalDouble.of(ends.high()))).orElse("–"), finding.test().text(), p(finding.p()), p(adjusted.get(i)),
                Figures.count(sides.pairs()), Figures.count(sides.missing())));
        }
        var text = new StringBuilder(table.text());
        rows.stream().filter(row -> !row.comparison().finding().note().isEmpty()).forEach(row -> text.append("  ")
            .append(row.cell().benchmark()).append(": ").append(row.comparison().finding().note()).append('\n'));
        return text.toString();
    }

    private static String figure(OptionalDouble value) {
        return value.isPresent() ? Figures.loss(value.getAsDouble()) : "–";
    }

    private static String signed(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%+.4f", value.getAsDouble()) : "–";
    }

    private static String p(OptionalDouble value) {
        return value.isEmpty() ? "–" : value.getAsDouble() < 1e-4 ? Figures.rate(value.getAsDouble()) : Figures.loss(value.getAsDouble());
    }

    /** The same with all digits. */
    String csv() {
        var text = new StringBuilder(CsvText.line(COLUMNS));
        for (int i = 0; i < rows.size(); i++) {
            var json = json(rows.get(i), adjusted.get(i));
            text.append(CsvText.line(COLUMNS.stream().map(name -> json.get(name)).map(value -> value.isNull() ? ""
                : value.isNumber() ? CsvText.number(value.asDouble()) : value.asString()).toList()));
        }
        return text.toString();
    }

    /** The same with how it was made. */
    String json(double level, int resamples, long seed, String correction) {
        var json = JsonFile.newObject().put("confidence_level", level).put("bootstrap_resamples", resamples).put("seed", seed)
            .put("correction", correction);
        var array = json.putArray("comparisons");
        for (int i = 0; i < rows.size(); i++) {
            array.add(json(rows.get(i), adjusted.get(i)));
        }
        return JsonFile.pretty(json);
    }

    private static ObjectNode json(ComparedRuns.Row row, OptionalDouble adjusted) {
        var cell = row.cell();
        var sides = row.comparison().sides();
        var finding = row.comparison().finding();
        var json = JsonFile.newObject().put("first_model", row.models().first()).put("second_model", row.models().second())
            .put("benchmark", cell.benchmark()).put("measure", cell.measure()).put("prompt", cell.prompt()).put("context", cell.context());
        put(json, "first", sides.first());
        put(json, "second", sides.second());
        put(json, "difference", sides.difference());
        row.comparison().interval().ifPresentOrElse(ends -> json.put("low", ends.low()).put("high", ends.high()),
            () -> json.putNull("low").putNull("high"));
        json.put("test", finding.test().text());
        put(json, "p", finding.p());
        put(json, "adjusted_p", adjusted);
        put(json, "wilcoxon_p", finding.signedRanks());
        put(json, "to_one", changed(finding, Comparison.Changes::toOne));
        put(json, "to_zero", changed(finding, Comparison.Changes::toZero));
        return json.put("pairs", sides.pairs()).put("missing", sides.missing()).put("note", finding.note());
    }

    private static OptionalDouble changed(Comparison.Finding finding, ToIntFunction<Comparison.Changes> count) {
        return finding.changed().map(changes -> OptionalDouble.of(count.applyAsInt(changes))).orElse(OptionalDouble.empty());
    }

    private static void put(ObjectNode json, String name, OptionalDouble value) {
        value.ifPresentOrElse(number -> json.put(name, number), () -> json.putNull(name));
    }
}
