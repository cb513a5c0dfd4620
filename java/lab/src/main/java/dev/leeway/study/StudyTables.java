package dev.leeway.study;

import dev.leeway.eval.output.CsvText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * A study's results as CSV. Numbers read back as the same bits, and the same results give the same bytes.
 *
 * @param results of the study
 */
public record StudyTables(StudyResults results) {

    private static final List<String> MODEL = List.of("arm", "stage", "seed", "step", "exam", "setting");

    /** All files by their names: {@code contrasts.csv}, {@code means.csv}, {@code items.csv}. */
    public SequencedMap<String, String> files() {
        var files = new LinkedHashMap<String, String>();
        files.put("contrasts.csv", contrasts());
        files.put("means.csv", means());
        files.put("items.csv", items());
        return files;
    }

    /** A row a contrast, and a column a seed, {@code seed_NUMBER}: empty where a contrast has no value. */
    private String contrasts() {
        var seeds = results.plan().study().terms().seeds();
        var head = new ArrayList<>(List.of("contrast", "role", "estimate", "low", "high", "p", "p_adjusted", "significant", "over", "unit",
            "items", "left_out", "published", "sealed"));
        seeds.forEach(seed -> head.add("seed_" + seed));
        var text = new StringBuilder(CsvText.line(head));
        for (var finding : results.findings()) {
            var contrast = finding.contrast();
            var row = new ArrayList<>(List.of(contrast.name(), word(contrast.role()), number(finding.estimate()),
                finding.interval().map(interval -> CsvText.number(interval.low())).orElse(""),
                finding.interval().map(interval -> CsvText.number(interval.high())).orElse(""), number(finding.p()),
                number(finding.adjusted()), Boolean.toString(finding.isSignificant(results.plan().study().terms().alpha())),
                word(finding.over()), word(contrast.unit()), Integer.toString(finding.coverage().items()),
                Integer.toString(finding.coverage().leftOut()), number(contrast.published()),
                Boolean.toString(results.standing().isSealed(contrast))));
            seeds.forEach(seed -> row.add(Optional.ofNullable(finding.values().get(seed)).map(CsvText::number).orElse("")));
            text.append(CsvText.line(row));
        }
        return text.toString();
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String number(OptionalDouble value) {
        return value.isPresent() ? CsvText.number(value.getAsDouble()) : "";
    }

    private String means() {
        var text = new StringBuilder(CsvText.line(with(MODEL, "slice", "measure", "value", "low", "high", "items", "missing")));
        results.means().forEach(mean -> text.append(CsvText.line(with(model(mean.node(), mean.step(), mean.exam(), mean.setting()),
            mean.slice(), mean.measure(), CsvText.number(mean.value()), CsvText.number(mean.interval().low()),
            CsvText.number(mean.interval().high()), Integer.toString(mean.items()), Integer.toString(mean.missing())))));
        return text.toString();
    }

    /** A row a measure of an item: the mean over epochs, and answers without a value. */
    private String items() {
        var text = new StringBuilder(CsvText.line(with(MODEL, "item", "slices", "measure", "value", "missing")));
        results.outcomes().forEach((sitting, outcomes) -> {
            for (var outcome : outcomes) {
                var model = model(sitting.node(), sitting.step(), sitting.exam().name(), outcome.setting());
                var slices = outcome.slices().entrySet().stream().map(slice -> slice.getKey() + "=" + slice.getValue())
                    .collect(Collectors.joining(";"));
                outcome.measures().forEach(measure -> text.append(CsvText.line(with(model, outcome.item(), slices, measure,
                    outcome.values().containsKey(measure) ? CsvText.number(outcome.values().get(measure)) : "",
                    Integer.toString(outcome.missing().getOrDefault(measure, 0))))));
            }
        });
        return text.toString();
    }

    /** The end of a training has no step. */
    private static List<String> model(Plan.Node node, int step, String exam, String setting) {
        return List.of(node.arm(), node.stage().name(), Long.toString(node.seed()), step < 0 ? "" : Integer.toString(step), exam, setting);
    }

    private static List<String> with(List<String> first, String... more) {
        var all = new ArrayList<>(first);
        all.addAll(List.of(more));
        return all;
    }
}
