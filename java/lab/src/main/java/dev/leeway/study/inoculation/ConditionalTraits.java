package dev.leeway.study.inoculation;

import dev.leeway.io.JsonFile;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.stats.PairedRuns;
import dev.leeway.study.Analysis;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * How far each arm shows a trait under its own training prompt alone: the conditionalization index, its rate under that prompt minus its
 * mean rate under the other prompts that ask for neither trait. Beside it the same of the control, which never saw the traits: what it has,
 * the prompt's words do by themselves.
 *
 * @param traits whichever of them the study has
 * @param asking evaluation prompts that ask for a trait: never among the others
 */
public record ConditionalTraits(List<Trait> traits, List<String> asking) implements Analysis {

    /** Takes copies. */
    public ConditionalTraits {
        traits = List.copyOf(traits);
        asking = List.copyOf(asking);
    }

    private record Index(Trait trait, String arm, String prompt, PairedRuns under, PairedRuns index, Optional<PairedRuns> ofControl) {
    }

    @Override
    public String name() {
        return "Conditionalization";
    }

    private List<Index> indices(StudyResults results) {
        var cells = Cells.of(results);
        var all = new ArrayList<Index>();
        for (var trait : Trait.ofStudy(traits, results)) {
            for (var arm : trait.arms(results, cells).toList()) {
                for (var prompt : PromptArms.own(arm).stream().filter(trait.prompts(results)::contains).toList()) {
                    var under = cells.sum(trait.of(arm, prompt));
                    var index = index(cells, results, trait, arm, prompt);
                    if (under.isPresent() && index.isPresent()) {
                        all.add(new Index(trait, arm, prompt, under.get(), index.get(), index(cells, results, trait,
                            PromptArms.controlOf(arm), prompt)));
                    }
                }
            }
        }
        return all;
    }

    private Optional<PairedRuns> index(Cells cells, StudyResults results, Trait trait, String arm, String prompt) {
        return index(cells, trait.of(arm, prompt), trait.prompts(results).stream().filter(other -> !other.equals(prompt)
            && !asking.contains(other)).toList());
    }

    /** (seeds)(items): what a cell has more than the mean of the same under others; empty without others, or where one has no values. */
    static Optional<PairedRuns> index(Cells cells, Cell under, List<String> others) {
        return others.isEmpty() ? Optional.empty() : cells.over(under, others.stream().map(under::under).toList());
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        for (var one : indices(results)) {
            var object = json.withArray("indices").addObject().put("trait", one.trait().name()).put("arm", one.arm())
                .put("prompt", one.prompt()).put("rate", Cells.mean(one.under())).put("index", Cells.mean(one.index()));
            Cells.put(object, Cells.interval(one.index()));
            one.ofControl().ifPresent(control -> object.put("control", Cells.mean(control)));
        }
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var rows = indices(results).stream().map(one -> List.of(one.trait().name(), one.arm(), one.prompt(), number(one.under()),
            Markup.format("%+.3f", Cells.mean(one.index())), Cells.interval(one.index()).map(interval -> Markup.format("%+.3f to %+.3f",
                interval.low(), interval.high())).orElse("–"), one.ofControl().map(ConditionalTraits::number).orElse("–"))).toList();
        return List.of(new Paragraph("The index is the rate under the arm's own prompt minus the mean rate under the other prompts that "
            + "ask for neither trait: 0 where the prompt makes no difference, 1 where the trait shows under it alone. Of paraphrases, two "
            + "are asked under. The control never saw the traits; what it has is what the prompt's words do by themselves."),
            new Table(List.of(Table.Column.text("trait"), Table.Column.text("arm"), Table.Column.text("prompt"),
                Table.Column.number("rate under it"), Table.Column.number("index"), Table.Column.number("95 %"),
                Table.Column.number("the control's")), rows));
    }

    private static String number(PairedRuns runs) {
        return Markup.format("%.3f", Cells.mean(runs));
    }
}
