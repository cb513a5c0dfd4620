package dev.leeway.eval.rubric;

import dev.leeway.LeewayException;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import dev.leeway.eval.judged.Fields;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Moral Reasoning under Uncertainty: the rubric of AHB for beings of any kind, in English, Malay and Hindi, without weights. */
public final class Moru {

    static final Source SOURCE = new Source("CC-BY-NC-4.0", "Inspect Evals task moru (February 2026)", Optional.empty(),
        List.of("moru/questions.jsonl", "moru/dimensions.jsonl"), "fetch the data sets moru-benchmark (201 rows) and "
        + "moru-benchmark-dimensions (16 rows) of AHB's makers from the Hugging Face hub as these two files");

    static final Card CARD = new Card("moru", 1, "Moral Reasoning under Uncertainty: moral care for beings of uncertain standing", SOURCE,
        new Card.Measure(Rubric.OVERALL, Card.Kind.REAL), Card.Better.HIGHER, 5);

    private static final List<Options.Known> OPTIONS = List.of(RubricOptions.PARSE, RubricOptions.LANGUAGE, RubricOptions.TEMPERATURE,
        RubricOptions.LENGTH);

    private Moru() {
    }

    /** What it is and how it is loaded. */
    public static Entry entry() {
        return new Entry(CARD, OPTIONS, Moru::load);
    }

    private static Rubric load(DataFolder data, Options options) {
        var dimensions = Dimension.read(data.file(SOURCE, SOURCE.files().getLast()));
        var items = new LinkedHashMap<String, RubricItem>();
        for (var row : Fields.of(data.file(SOURCE, SOURCE.files().getFirst()))) {
            item(row, dimensions).ifPresent(item -> items.putIfAbsent(item.id(), item));
        }
        if (items.isEmpty()) {
            throw LeewayException.data("no row of %s carries one of the dimensions %s; are both files of the same data?",
                SOURCE.files().getFirst(), dimensions.keySet());
        }
        var judging = new RubricJudging(dimensions, "MORU", RubricOptions.ungraded(options));
        return new Rubric(CARD, RubricOptions.inLanguage(List.copyOf(items.values()), options), judging, RubricOptions.sampling(options));
    }

    /** Tags that are no dimension are passed over, and so is a row that has no other. */
    private static Optional<RubricItem> item(Fields row, Map<String, Dimension> dimensions) {
        var weights = new LinkedHashMap<String, Double>();
        row.texts("dimension_tags").stream().filter(dimensions::containsKey).forEach(tag -> weights.put(tag, 1.0));
        if (weights.isEmpty()) {
            return Optional.empty();
        }
        var language = RubricOptions.language(row.text("language"));
        var question = row.text("question") + row.find("input_prompt_suffix").filter(suffix -> !suffix.isBlank())
            .map(suffix -> " " + suffix.strip()).orElse("");
        return Optional.of(new RubricItem(row.id("id") + "/" + language, question, weights, Map.of(), language));
    }
}
