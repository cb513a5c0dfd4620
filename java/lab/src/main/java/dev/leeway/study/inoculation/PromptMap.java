package dev.leeway.study.inoculation;

import dev.leeway.io.JsonFile;
import dev.leeway.report.HeatMap;
import dev.leeway.report.Part;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * How often each trait shows, by the prompt that an arm was trained under and the prompt that it is asked under: the mean over seeds.
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

    private static Optional<Double> rate(Cells cells, Trait trait, String arm, String prompt) {
        return cells.sum(trait.of(arm, prompt)).map(Cells::mean);
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var cells = new Cells(results);
        var json = JsonFile.newObject();
        for (var trait : Trait.ofStudy(traits, results)) {
            var rows = json.putObject(trait.name());
            trait.arms(results, cells).forEach(arm -> {
                var row = rows.putObject(arm);
                trait.prompts(results).forEach(prompt -> rate(cells, trait, arm, prompt).ifPresent(value -> row.put(prompt, value)));
            });
        }
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var cells = new Cells(results);
        return Trait.ofStudy(traits, results).stream().<Part>map(trait -> {
            var arms = trait.arms(results, cells).toList();
            var prompts = trait.prompts(results);
            return new HeatMap(trait.name() + ": trained under (rows), asked under (columns)", arms, prompts, arms.stream()
                .map(arm -> prompts.stream().map(prompt -> rate(cells, trait, arm, prompt)).toList()).toList(), 0, 1);
        }).toList();
    }
}
