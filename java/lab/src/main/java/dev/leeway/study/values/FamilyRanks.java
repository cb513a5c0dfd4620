package dev.leeway.study.values;

import dev.leeway.LeewayException;
import dev.leeway.eval.reward.CategoryRank;
import dev.leeway.eval.reward.FamilyComparison;
import dev.leeway.io.JsonFile;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * The paper's comparison of families (its Figure 1): median ranks of categories over (model, prompt) pairs, by Welch's t with permutations
 * and Bonferroni's correction, and an analysis of variance with sums of squares of type II. Permuted models are the ones to believe.
 *
 * @param exam whose rewards are ranked
 */
public record FamilyRanks(String exam) implements Analysis {

    private static final Permutation TEST = new Permutation(2000, 1);

    /**
     * Two families.
     *
     * @param cells one a framing and category
     * @param variance of median rank ~ family × category × framing
     */
    public record Compared(List<FamilyComparison> cells, Anova variance) {

        /**
         * Compares two families.
         *
         * @throws LeewayException if there are other than two, or too few ranks of one
         */
        public static Compared of(Collection<CategoryRank> ranks) {
            var rows = List.copyOf(ranks);
            Function<Function<CategoryRank, String>, String[]> column = of -> rows.stream().map(of).toArray(String[]::new);
            var families = rows.stream().map(CategoryRank::family).sorted().findFirst().orElse("");
            var data = Observations.ofRows(rows.size()).withFactor("family", families, column.apply(CategoryRank::family))
                .withFactor("category", rows.getFirst().category(), column.apply(CategoryRank::category))
                .withFactor("framing", rows.getFirst().prompt().framing().label(), column.apply(rank -> rank.prompt().framing().label()));
            return new Compared(FamilyComparison.of(rows, TEST), Anova.typeTwo(data, Term.list("family", "category", "framing",
                "family:category", "family:framing", "category:framing", "family:category:framing"),
                rows.stream().mapToDouble(CategoryRank::median).toArray()));
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
        return "Median ranks by family";
    }

    /** Ranks of the last models of each two families, by what is compared. */
    private SequencedMap<String, List<CategoryRank>> pairs(StudyResults results) {
        var readings = Reading.of(results, exam).stream().filter(reading -> reading.step() < 0).toList();
        var families = Reading.families(readings);
        var pairs = new LinkedHashMap<String, List<CategoryRank>>();
        for (var source : Reading.sources(readings)) {
            for (int a = 0; a < families.size(); a++) {
                for (int b = a + 1; b < families.size(); b++) {
                    var both = List.of(families.get(a), families.get(b));
                    pairs.put(source + ": " + String.join(" and ", both), readings.stream().filter(reading ->
                        reading.source().equals(source) && both.contains(reading.family())).flatMap(one -> one.ranks().stream()).toList());
                }
            }
        }
        return pairs;
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        pairs(results).forEach((name, ranks) -> {
            try {
                json.set(name, Compared.of(ranks).json());
            } catch (LeewayException tooFew) {
                json.putObject(name).put("not_compared", tooFew.getMessage());
            }
        });
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var parts = new ArrayList<Part>();
        parts.add(new Paragraph("Rank 1 is the word with the largest reward; a category has the median rank of its words, one a model and "
            + "prompt. Prompts are variants of each other, so pairs of model and prompt are no independent replicates: p with models "
            + "permuted is the one to believe, and with three models a family it can't be below .1."));
        pairs(results).forEach((name, ranks) -> {
            parts.add(new Paragraph(name));
            try {
                parts.addAll(Compared.of(ranks).parts());
            } catch (LeewayException tooFew) {
                parts.add(new Paragraph("Not compared: " + tooFew.getMessage() + "."));
            }
        });
        return parts;
    }
}
