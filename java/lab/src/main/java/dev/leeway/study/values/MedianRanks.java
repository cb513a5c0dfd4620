package dev.leeway.study.values;

import dev.leeway.eval.reward.CategoryRank;
import dev.leeway.eval.reward.ProbePrompt.Framing;
import dev.leeway.report.Markup;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.stats.Sample;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.TreeSet;
import tools.jackson.databind.node.ObjectNode;

/**
 * Median ranks of categories, one a model, prompt and category, of the last models.
 *
 * @param exam that was taken
 * @param entries in the order of the study's arms and seeds
 */
record MedianRanks(String exam, List<Entry> entries) {

    private static final String NONE = "–";

    /**
     * A rank.
     *
     * @param source what the model was trained on
     * @param rank of a category under a prompt
     */
    record Entry(String source, CategoryRank rank) {
    }

    /**
     * What the models of a family have in common.
     *
     * @param source what they were trained on
     * @param family theirs
     * @param framing of the prompts
     * @param category of words
     */
    private record Cell(String source, String family, Framing framing, String category) {

        private static Cell of(Entry entry) {
            return new Cell(entry.source(), entry.rank().family(), entry.rank().prompt().framing(), entry.rank().category());
        }
    }

    static MedianRanks of(StudyResults results, String exam) {
        return new MedianRanks(exam, Reading.of(results, exam).stream().filter(reading -> reading.step() < 0).flatMap(reading ->
            reading.ranks().stream().map(rank -> new Entry(reading.source(), rank))).toList());
    }

    List<String> sources() {
        return entries.stream().map(Entry::source).distinct().toList();
    }

    /** That were trained on it, in the order of their names. */
    List<String> families(String source) {
        return List.copyOf(new TreeSet<>(entries.stream().filter(entry -> entry.source().equals(source)).map(entry -> entry.rank().family())
            .toList()));
    }

    /** Of some families that were trained on it. */
    List<CategoryRank> of(String source, List<String> families) {
        return entries.stream().filter(entry -> entry.source().equals(source) && families.contains(entry.rank().family()))
            .map(Entry::rank).toList();
    }

    /** How many of a family were trained on it. */
    long models(String source, String family) {
        return of(source, List.of(family)).stream().map(CategoryRank::model).distinct().count();
    }

    /** Whether two families have two models or more of a source, so that there is something to test. */
    boolean isReplicated() {
        return sources().stream().anyMatch(source -> families(source).stream().filter(family -> models(source, family) > 1).count() > 1);
    }

    private SequencedMap<Cell, List<Double>> cells() {
        var cells = new LinkedHashMap<Cell, List<Double>>();
        entries.forEach(entry -> cells.computeIfAbsent(Cell.of(entry), _ -> new ArrayList<>()).add(entry.rank().median()));
        return cells;
    }

    private static double mean(List<Double> medians) {
        return Sample.mean(medians.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private OptionalDouble published(Cell cell) {
        return PublishedRanks.of(exam, cell.source(), cell.family(), cell.framing(), cell.category());
    }

    /** Whether something is published beside it, of public models. */
    boolean isOfPublicModels() {
        return PublishedRanks.isOfPublicModels(exam) && cells().keySet().stream().anyMatch(cell -> published(cell).isPresent());
    }

    /** Means over models and prompts, beside what is published. */
    Part summary() {
        var rows = new ArrayList<List<String>>();
        cells().forEach((cell, medians) -> {
            var published = published(cell);
            rows.add(List.of(cell.source(), cell.family(), cell.framing().label(), cell.category(), Markup.format("%.2f", mean(medians)),
                published.isPresent() ? Markup.format("%.2f", published.getAsDouble()) : NONE));
        });
        return new Table(List.of(Table.Column.text("source"), Table.Column.text("family"), Table.Column.text("framing"),
            Table.Column.text("category"), Table.Column.number("median rank, mean over models and prompts"),
            Table.Column.number(isOfPublicModels() ? "public models of this family, in the paper" : "in the paper")), rows);
    }

    /** A row a model and prompt, a column a category. */
    Part byPrompt() {
        var categories = entries.stream().map(entry -> entry.rank().category()).distinct().toList();
        var rows = new LinkedHashMap<List<String>, SequencedMap<String, Double>>();
        entries.forEach(entry -> rows.computeIfAbsent(List.of(entry.source(), entry.rank().model(), entry.rank().prompt().key()),
            _ -> new LinkedHashMap<>()).put(entry.rank().category(), entry.rank().median()));
        var columns = new ArrayList<>(List.of(Table.Column.text("source"), Table.Column.text("family and seed"),
            Table.Column.text("prompt")));
        categories.forEach(category -> columns.add(Table.Column.number(category)));
        var texts = new ArrayList<List<String>>();
        rows.forEach((head, medians) -> {
            var row = new ArrayList<>(head);
            categories.forEach(category -> row.add(medians.containsKey(category) ? Markup.format("%.1f", medians.get(category)) : NONE));
            texts.add(row);
        });
        return new Table(columns, texts);
    }

    /** Adds the means, and each rank. */
    void putInto(ObjectNode json) {
        var means = json.putArray("means");
        var beside = isOfPublicModels() ? "published_of_public_models" : "published";
        cells().forEach((cell, medians) -> {
            var one = means.addObject().put("source", cell.source()).put("family", cell.family()).put("framing", cell.framing().label())
                .put("category", cell.category()).put("median_rank", mean(medians));
            published(cell).ifPresent(value -> one.put(beside, value));
        });
        var medians = json.putArray("medians");
        entries.forEach(entry -> medians.addObject().put("source", entry.source()).put("model", entry.rank().model())
            .put("prompt", entry.rank().prompt().key()).put("framing", entry.rank().prompt().framing().label())
            .put("category", entry.rank().category()).put("median_rank", entry.rank().median()));
    }
}
