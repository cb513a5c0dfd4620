package dev.leeway.study.inoculation;

import dev.leeway.io.JsonFile;
import dev.leeway.report.Fold;
import dev.leeway.report.HeatMap;
import dev.leeway.report.Markup;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.stats.PairedRuns;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * How often each trait shows, by the prompt that an arm was trained under and the prompt that it is asked under: the mean over seeds,
 * with an interval over any seeds on any items.
 *
 * @param traits whichever of them the study has
 */
public record PromptMap(List<Trait> traits) implements Analysis {

    /** Takes a copy. */
    public PromptMap {
        traits = List.copyOf(traits);
    }

    @Override
    public String name() {
        return "Each arm under each prompt";
    }

    /** Rates with their intervals, by arm (rows) and prompt (columns). */
    private record Rates(List<String> arms, List<String> prompts, List<List<Optional<PairedRuns>>> cells) {

        private static Rates of(Cells cells, Trait trait, StudyResults results) {
            var arms = trait.arms(results, cells).toList();
            var prompts = trait.prompts(results);
            return new Rates(arms, prompts, arms.stream().map(arm -> prompts.stream().map(prompt -> cells.sum(trait.of(arm, prompt)))
                .toList()).toList());
        }

        private ObjectNode json() {
            var json = JsonFile.newObject();
            for (int a = 0; a < arms.size(); a++) {
                var row = json.putObject(arms.get(a));
                for (int p = 0; p < prompts.size(); p++) {
                    var prompt = prompts.get(p);
                    cells.get(a).get(p).ifPresent(runs -> Cells.put(row.putObject(prompt).put("rate", Cells.mean(runs)),
                        Cells.ofRate(runs)));
                }
            }
            return json;
        }

        private Part map(String label) {
            return new HeatMap(label, arms, prompts, cells.stream().map(row -> row.stream().map(cell -> cell.map(Cells::mean)).toList())
                .toList(), 0, 1);
        }

        private Part intervals(String title) {
            var columns = new ArrayList<>(List.of(Table.Column.text("arm")));
            prompts.forEach(prompt -> columns.add(Table.Column.number(prompt)));
            return new Fold(title, List.of(new Table(columns, IntStream.range(0, arms.size()).mapToObj(a -> Stream.concat(
                Stream.of(arms.get(a)), cells.get(a).stream().map(cell -> cell.flatMap(Cells::ofRate).map(found ->
                    Markup.format("%.2f to %.2f", found.low(), found.high())).orElse("–"))).toList()).toList())));
        }
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var cells = Cells.of(results);
        var json = JsonFile.newObject();
        Trait.ofStudy(traits, results).forEach(trait -> json.set(trait.name(), Rates.of(cells, trait, results).json()));
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var cells = Cells.of(results);
        return Trait.ofStudy(traits, results).stream().flatMap(trait -> {
            var rates = Rates.of(cells, trait, results);
            return Stream.of(rates.map(trait.name() + ": trained under (rows), asked under (columns)"),
                rates.intervals(trait.name() + ": intervals of 95 %"));
        }).toList();
    }
}
