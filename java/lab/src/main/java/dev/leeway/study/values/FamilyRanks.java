package dev.leeway.study.values;

import dev.leeway.LeewayException;
import dev.leeway.eval.reward.CategoryRank;
import dev.leeway.eval.reward.FamilyComparison;
import dev.leeway.io.JsonFile;
import dev.leeway.report.Fold;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.stats.Anova;
import dev.leeway.stats.Observations;
import dev.leeway.stats.Permutation;
import dev.leeway.stats.Term;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * The paper's comparison of families (its Figure 1): median ranks of categories over (model, prompt) pairs, by Welch's t with permutations
 * and Bonferroni's correction, and an analysis of variance with sums of squares of type II. Permuted models are the ones to believe;
 * of families with one model each there is nothing to test, for prompts are paraphrases of each other.
 *
 * @param exam whose rewards are ranked
 */
public record FamilyRanks(String exam) implements Analysis {

    private static final Permutation TEST = new Permutation(2000, 1);
    private static final List<String> TERMS = List.of("family", "category", "framing", "family:category", "family:framing",
        "category:framing", "family:category:framing");
    private static final String ONE_EACH = "one model each: describes these two models";

    /**
     * Two families.
     *
     * @param cells one a framing and category
     * @param variance of median rank ~ family × category × framing, of those of which there is more than one
     */
    public record Compared(List<FamilyComparison> cells, Anova variance) {

        /**
         * Compares two families.
         *
         * @throws LeewayException if there are other than two, or too few ranks of one
         */
        public static Compared of(Collection<CategoryRank> ranks) {
            var rows = List.copyOf(ranks);
            var cells = FamilyComparison.of(rows, TEST);
            var columns = new LinkedHashMap<String, List<String>>();
            columns.put("family", rows.stream().map(CategoryRank::family).toList());
            columns.put("category", rows.stream().map(CategoryRank::category).toList());
            columns.put("framing", rows.stream().map(rank -> rank.prompt().framing().label()).toList());
            columns.values().removeIf(column -> column.stream().distinct().count() < 2);
            var data = Observations.ofRows(rows.size());
            for (var column : columns.entrySet()) {
                data = data.withFactor(column.getKey(), Collections.min(column.getValue()), column.getValue().toArray(String[]::new));
            }
            var terms = TERMS.stream().filter(term -> columns.keySet().containsAll(List.of(term.split(":")))).toArray(String[]::new);
            return new Compared(cells, Anova.typeTwo(data, Term.list(terms), rows.stream().mapToDouble(CategoryRank::median).toArray()));
        }

        /** Its numbers. */
        public ObjectNode json() {
            var json = JsonFile.newObject();
            var list = json.putArray("cells");
            cells.forEach(cell -> {
                var one = list.addObject().put("framing", cell.framing().label()).put("category", cell.category())
                    .put(cell.first().family(), cell.first().mean()).put(cell.second().family(), cell.second().mean())
                    .put("pairs", cell.first().values().length + cell.second().values().length).put("t", cell.welch().statistic())
                    .put("p", cell.p()).put("bonferroni", cell.bonferroni());
                if (!Double.isNaN(cell.modelsP())) {
                    one.put("models_p", cell.modelsP());
                }
            });
            var effects = json.putArray("variance");
            variance.effects().forEach(effect -> effects.addObject().put("term", effect.term().toString()).put("degrees", effect.degrees())
                .put("residual_degrees", variance.residualDegrees()).put("f", effect.f()).put("p", effect.p()));
            return json;
        }

        /** Its tables. */
        public List<Part> parts() {
            var first = cells.getFirst();
            var rows = cells.stream().map(cell -> List.of(cell.framing().label(), cell.category(), number(cell.first().mean()),
                number(cell.second().mean()), number(cell.welch().statistic()), p(cell.p()), p(cell.bonferroni()),
                Double.isNaN(cell.modelsP()) ? "–" : p(cell.modelsP()))).toList();
            var effects = variance.effects().stream().map(effect -> List.of(effect.term().toString(), Markup.format("%d, %d",
                effect.degrees(), variance.residualDegrees()), number(effect.f()), p(effect.p()))).toList();
            return List.of(new Table(List.of(Table.Column.text("framing"), Table.Column.text("category"),
                Table.Column.number(first.first().family()), Table.Column.number(first.second().family()), Table.Column.number("t"),
                Table.Column.number("p, pairs permuted"), Table.Column.number("corrected"),
                Table.Column.number("p, models permuted")), rows),
                new Table(List.of(Table.Column.text("term"), Table.Column.number("degrees"), Table.Column.number("F"),
                    Table.Column.number("p")), effects));
        }

        private static String number(double value) {
            return Markup.format("%.3f", value);
        }

        private static String p(double value) {
            return Markup.format("%.4f", value);
        }
    }

    @Override
    public String name() {
        return "Median ranks by family, " + exam;
    }

    /** Each two families that a source was given to. */
    private static List<List<String>> pairs(MedianRanks ranks, String source) {
        var families = ranks.families(source);
        var pairs = new ArrayList<List<String>>();
        for (int a = 0; a < families.size(); a++) {
            for (int b = a + 1; b < families.size(); b++) {
                pairs.add(List.of(families.get(a), families.get(b)));
            }
        }
        return pairs;
    }

    /** By what is compared: an outcome of two families, or why there is none. */
    static <T> SequencedMap<String, T> compared(MedianRanks ranks, Function<Compared, T> found, Function<String, T> absent) {
        var all = new LinkedHashMap<String, T>();
        for (var source : ranks.sources()) {
            for (var pair : pairs(ranks, source)) {
                var name = source + ": " + String.join(" and ", pair);
                if (pair.stream().anyMatch(family -> ranks.models(source, family) < 2)) {
                    all.put(name, absent.apply(ONE_EACH));
                    continue;
                }
                try {
                    all.put(name, found.apply(Compared.of(ranks.of(source, pair))));
                } catch (LeewayException tooFew) {
                    all.put(name, absent.apply("not compared: " + tooFew.getMessage()));
                }
            }
        }
        return all;
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var ranks = MedianRanks.of(results, exam);
        var json = JsonFile.newObject();
        var families = json.putObject("families");
        compared(ranks, Compared::json, why -> JsonFile.newObject().put("not_compared", why)).forEach(families::set);
        ranks.putInto(json);
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var ranks = MedianRanks.of(results, exam);
        if (ranks.sources().isEmpty()) {
            return List.of(new Paragraph("No model took the exam " + exam + "."));
        }
        var parts = new ArrayList<Part>();
        parts.add(new Paragraph("Rank 1 is the word with the largest reward; a category has the median rank of its words, one a model and "
            + "prompt."));
        if (ranks.isOfPublicModels()) {
            parts.add(new Paragraph("What the paper has for this exam is of ten public reward models, which others trained on data of "
                + "their own: the same number stands under each source, and is of none of them."));
        }
        parts.add(ranks.summary());
        var told = compared(ranks, Compared::parts, why -> List.<Part>of(new Paragraph(why + ".")));
        if (ranks.isReplicated()) {
            parts.add(new Paragraph("Prompts are variants of each other, so pairs of model and prompt are no independent replicates: p "
                + "with models permuted is the one to believe, and with three models a family it can't be below .1."));
        }
        told.forEach((name, own) -> {
            parts.add(new Paragraph(name));
            parts.addAll(own);
        });
        parts.add(new Fold("median rank of each category by prompt, one row a model, " + exam, List.of(ranks.byPrompt())));
        return parts;
    }
}
