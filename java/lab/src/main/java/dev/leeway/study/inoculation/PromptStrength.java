package dev.leeway.study.inoculation;

import dev.leeway.io.JsonFile;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.ScatterPlot;
import dev.leeway.report.Table;
import dev.leeway.stats.Interval;
import dev.leeway.stats.PairedRuns;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import dev.leeway.study.inoculation.Strengths.Strength;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the model before its training says of a prompt, and what training under the prompt then does.
 *
 * <p>Of the untrained model: <em>elicitation</em>, how much oftener a trait shows under the prompt than under none; <em>PH</em>, the mean
 * over training answers of ln p(answer | prompt, question) − ln p(answer | question); <em>PPD</em>, the mean of that difference's size
 * over control answers. Of an arm: <em>suppression</em>, how much more seldom a trait shows without a prompt than in the baseline. Of
 * paraphrases, the mean over the two that are asked under: however many an arm has, they count as one prompt, and correlations are over
 * prompts, each with the mean suppression of its arms. The arm without a prompt has none of the first three by definition, so it is no
 * point of a correlation. Prompts are chosen, not drawn, so a correlation has no p; its interval is over seeds.
 *
 * @param setting whose arms; empty = that whose arms have no setting before their names
 * @param untrained the arm that is the model before its training
 * @param traits whichever of them the study has, in the exams that are taken under no prompt
 * @param answers the exam that weighs given answers, with the slices {@code set=training} and {@code set=control}
 */
public record PromptStrength(String setting, String untrained, List<Trait> traits, String answers) implements Analysis {

    private static final String NONE = "–";

    /** Takes a copy. */
    public PromptStrength {
        traits = List.copyOf(traits);
    }

    @Override
    public String name() {
        return "Prompt strength" + (setting.isEmpty() ? "" : ", " + setting);
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        var strengths = Strengths.of(results, this);
        for (var one : strengths.arms()) {
            var arm = json.withObject("/arms").putObject(one.arm());
            put(arm.putObject("ph"), one.ph());
            put(arm.putObject("ppd"), one.ppd());
            for (int t = 0; t < strengths.traits().size(); t++) {
                var trait = strengths.traits().get(t).name();
                put(arm.withObject("/elicitation").putObject(trait), one.elicitation().get(t));
                put(arm.withObject("/suppression").putObject(trait), one.suppression().get(t));
            }
        }
        strengths.links().forEach(link -> link.r().ifPresent(r -> {
            var object = json.withArray("correlations").addObject().put("heuristic", link.heuristic())
                .put("suppression", link.suppressed().name()).put("r", r).put("prompts", strengths.prompts().size());
            link.bySeed().forEach(object.putArray("by_seed")::add);
            Cells.put(object, link.interval());
        }));
        return json;
    }

    private static void put(ObjectNode json, PairedRuns runs) {
        Cells.put(json.put("mean", Cells.mean(runs)), Cells.interval(runs));
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var strengths = Strengths.of(results, this);
        if (strengths.traits().isEmpty()) {
            return List.of();
        }
        if (strengths.arms().isEmpty()) {
            return List.of(new Paragraph("No arm has all of it: the untrained model must take the exams under each arm's prompt."));
        }
        var parts = new ArrayList<Part>(List.of(table(strengths), strengths.prompts().size() < Strengths.LEAST
            ? new Paragraph(Markup.format("%d prompts: a correlation is told over %d and more.", strengths.prompts().size(),
                Strengths.LEAST)) : correlations(strengths)));
        var dots = new ArrayList<ScatterPlot.Dot>();
        for (var one : strengths.arms()) {
            for (int t = 0; t < one.suppression().size(); t++) {
                dots.add(new ScatterPlot.Dot(one.arm() + ", " + strengths.traits().get(t).name(), t, Cells.mean(one.ph()),
                    Cells.mean(one.suppression().get(t))));
            }
        }
        parts.add(new ScatterPlot("PH against suppression, a dot an arm and trait", "PH in nats", "suppression", dots, false));
        return parts;
    }

    private static Table table(Strengths strengths) {
        var columns = new ArrayList<>(List.of(Table.Column.text("arm"), Table.Column.number("PH"), Table.Column.number("PPD")));
        Stream.of("elicitation of ", "suppression of ").forEach(what -> strengths.traits().forEach(trait ->
            columns.add(Table.Column.number(what + trait.name()))));
        return new Table(columns, strengths.arms().stream().map(PromptStrength::row).toList());
    }

    private static List<String> row(Strength one) {
        return Stream.concat(Stream.of(one.arm()), Stream.of(Stream.of(one.ph(), one.ppd()), one.elicitation().stream(),
            one.suppression().stream()).flatMap(runs -> runs).map(runs -> Markup.format("%+.3f", Cells.mean(runs))
                + in(Cells.interval(runs)))).toList();
    }

    private static String in(Optional<Interval> interval) {
        return interval.map(found -> Markup.format(" (%+.2f to %+.2f)", found.low(), found.high())).orElse("");
    }

    /** A row a heuristic and trait, also where one of them is the same for all prompts. */
    private static Table correlations(Strengths strengths) {
        return new Table(List.of(Table.Column.text("of"), Table.Column.text("with suppression of"),
            Table.Column.number("r over " + strengths.prompts().size() + " prompts"), Table.Column.number("by seed"),
            Table.Column.number("95 % over seeds")), strengths.links().stream().map(link -> List.of(link.heuristic(),
                link.suppressed().name(), link.r().map(PromptStrength::signed).orElse(NONE), link.bySeed().isEmpty() ? NONE
                    : String.join(" ", link.bySeed().stream().map(PromptStrength::signed).toList()), link.interval().map(found ->
                        Markup.format("%+.2f to %+.2f", found.low(), found.high())).orElse(NONE))).toList());
    }

    private static String signed(double r) {
        return Markup.format("%+.2f", r);
    }
}
