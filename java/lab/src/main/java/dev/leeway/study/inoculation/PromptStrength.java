package dev.leeway.study.inoculation;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.ScatterPlot;
import dev.leeway.report.Table;
import dev.leeway.stats.Correlation;
import dev.leeway.stats.PairedRuns;
import dev.leeway.study.Analysis;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the model before its training says of a prompt, and what training under the prompt then does.
 *
 * <p>Of the untrained model: <em>elicitation</em>, how much oftener a trait shows under the prompt than under none; <em>PH</em>, the mean
 * over training answers of ln p(answer | prompt, question) − ln p(answer | question); <em>PPD</em>, the mean of that difference's size
 * over control answers. Of an arm: <em>suppression</em>, how much more seldom a trait shows without a prompt than in the baseline. Of
 * paraphrases, the mean over the two that are asked under: however many an arm has, they count as one prompt, and correlations are over
 * prompts, each with the mean suppression of its arms. Prompts are chosen, not drawn, so a correlation has no p.
 *
 * @param setting whose arms; empty = that whose arms have no setting before their names
 * @param untrained the arm that is the model before its training
 * @param traits whichever of them the study has, in the exams that are taken under no prompt
 * @param answers the exam that weighs given answers, with the slices {@code set=training} and {@code set=control}
 */
public record PromptStrength(String setting, String untrained, List<Trait> traits, String answers) implements Analysis {

    private static final double LEVEL = 0.95;
    private static final String NONE = "none";

    /** Takes a copy. */
    public PromptStrength {
        traits = List.copyOf(traits);
    }

    /** One arm's prompts, of those that are asked under, and what they did; a trait each in the other lists. */
    private record Strength(String arm, List<String> asked, List<Double> elicitation, double ph, double ppd, List<Double> suppression) {
    }

    /** A prompt's first arm, with the mean suppression of all arms that were trained under it. */
    private static List<Strength> byPrompt(List<Strength> strengths) {
        var byPrompt = new LinkedHashMap<List<String>, List<Strength>>();
        strengths.forEach(one -> byPrompt.computeIfAbsent(one.asked(), _ -> new ArrayList<>()).add(one));
        return byPrompt.values().stream().map(arms -> {
            var first = arms.getFirst();
            return new Strength(first.arm(), first.asked(), first.elicitation(), first.ph(), first.ppd(), IntStream.range(0,
                first.suppression().size()).mapToObj(t -> arms.stream().mapToDouble(one -> one.suppression().get(t)).average()
                .orElseThrow()).toList());
        }).toList();
    }

    private record Heuristic(String name, ToDoubleFunction<Strength> value) {
    }

    @Override
    public String name() {
        return "Prompt strength" + (setting.isEmpty() ? "" : ", " + setting);
    }

    private List<Trait> measured(StudyResults results) {
        return Trait.ofStudy(traits, results);
    }

    private List<Strength> strengths(StudyResults results) {
        var cells = new Cells(results);
        var all = new ArrayList<Strength>();
        if (measured(results).isEmpty()) {
            return all;
        }
        for (var arm : results.plan().study().arms().stream().map(one -> one.name()).filter(this::isInoculated).toList()) {
            var prompts = PromptArms.own(arm).stream().filter(prompt -> ratio(cells, prompt, "training").isPresent()).toList();
            var elicitation = measured(results).stream().map(trait -> mean(prompts, prompt -> cells.difference(
                trait.of(untrained, prompt), trait.of(untrained, NONE)), Cells::mean)).toList();
            var ph = mean(prompts, prompt -> ratio(cells, prompt, "training"), Cells::mean);
            var ppd = mean(prompts, prompt -> ratio(cells, prompt, "control"), Cells::meanOfAbsolutes);
            var suppression = measured(results).stream().map(trait -> cells.difference(trait.of(PromptArms.baselineOf(arm), NONE),
                trait.of(arm, NONE)).map(Cells::mean)).toList();
            if (ph.isPresent() && ppd.isPresent() && elicitation.stream().allMatch(OptionalDouble::isPresent)
                && suppression.stream().allMatch(Optional::isPresent)) {
                all.add(new Strength(arm, prompts, elicitation.stream().map(OptionalDouble::getAsDouble).toList(), ph.getAsDouble(),
                    ppd.getAsDouble(), suppression.stream().map(Optional::get).toList()));
            }
        }
        return all;
    }

    private boolean isInoculated(String arm) {
        return !arm.equals(untrained) && PromptArms.isInoculated(arm)
            && (setting.isEmpty() ? !arm.contains(": ") : arm.startsWith(setting + ": "));
    }

    private Optional<PairedRuns> ratio(Cells cells, String prompt, String set) {
        var under = new Cell(untrained, answers, "log_prob", "set=" + set, prompt);
        return cells.difference(under, new Cell(untrained, answers, "log_prob", "set=" + set, NONE));
    }

    private static OptionalDouble mean(List<String> prompts, Function<String, Optional<PairedRuns>> value,
            ToDoubleFunction<PairedRuns> number) {
        return prompts.stream().flatMap(prompt -> value.apply(prompt).stream()).mapToDouble(number).average();
    }

    private List<Heuristic> heuristics(StudyResults results) {
        var all = new ArrayList<Heuristic>();
        for (int t = 0; t < measured(results).size(); t++) {
            int trait = t;
            all.add(new Heuristic("elicitation of " + measured(results).get(t).name(), one -> one.elicitation().get(trait)));
        }
        all.add(new Heuristic("PH", Strength::ph));
        all.add(new Heuristic("PPD", Strength::ppd));
        return all;
    }

    /** Of a heuristic and a trait's suppression, over prompts; empty with fewer than four, or where one is the same in all. */
    private static OptionalDouble correlation(List<Strength> strengths, Heuristic heuristic, int trait) {
        try {
            var prompts = byPrompt(strengths);
            return OptionalDouble.of(Correlation.pearson(prompts.stream().mapToDouble(heuristic.value()).toArray(), prompts.stream()
                .mapToDouble(one -> one.suppression().get(trait)).toArray(), LEVEL).estimate());
        } catch (LeewayException withoutSpread) {
            return OptionalDouble.empty();
        }
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        var strengths = strengths(results);
        var named = measured(results);
        for (var one : strengths) {
            var arm = json.withObject("/arms").putObject(one.arm()).put("ph", one.ph()).put("ppd", one.ppd());
            for (int t = 0; t < named.size(); t++) {
                arm.withObject("/elicitation").put(named.get(t).name(), one.elicitation().get(t));
                arm.withObject("/suppression").put(named.get(t).name(), one.suppression().get(t));
            }
        }
        for (var heuristic : heuristics(results)) {
            for (int t = 0; t < named.size(); t++) {
                var trait = named.get(t).name();
                correlation(strengths, heuristic, t).ifPresent(found -> json.withArray("correlations").addObject()
                    .put("heuristic", heuristic.name()).put("suppression", trait).put("r", found)
                    .put("prompts", byPrompt(strengths).size()));
            }
        }
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var strengths = strengths(results);
        if (strengths.isEmpty()) {
            return List.of(new Paragraph("No arm has all of it: the untrained model must take the exams under each arm's prompt."));
        }
        var parts = new ArrayList<Part>(List.of(table(results, strengths), correlations(results, strengths)));
        var dots = new ArrayList<ScatterPlot.Dot>();
        for (var one : strengths) {
            for (int t = 0; t < one.suppression().size(); t++) {
                dots.add(new ScatterPlot.Dot(one.arm() + ", " + measured(results).get(t).name(), t, one.ph(), one.suppression().get(t)));
            }
        }
        parts.add(new ScatterPlot("PH against suppression, a dot an arm and trait", "PH in nats", "suppression", dots, false));
        return parts;
    }

    private Table table(StudyResults results, List<Strength> strengths) {
        var named = measured(results);
        var columns = new ArrayList<>(List.of(Table.Column.text("arm"), Table.Column.number("PH"), Table.Column.number("PPD")));
        named.forEach(trait -> columns.add(Table.Column.number("elicitation of " + trait.name())));
        named.forEach(trait -> columns.add(Table.Column.number("suppression of " + trait.name())));
        return new Table(columns, strengths.stream().map(one -> {
            var row = new ArrayList<>(List.of(one.arm(), number(one.ph()), number(one.ppd())));
            one.elicitation().forEach(value -> row.add(number(value)));
            one.suppression().forEach(value -> row.add(number(value)));
            return (List<String>) row;
        }).toList());
    }

    private Table correlations(StudyResults results, List<Strength> strengths) {
        var named = measured(results);
        var columns = new ArrayList<>(List.of(Table.Column.text("r over " + byPrompt(strengths).size() + " prompts")));
        named.forEach(trait -> columns.add(Table.Column.number("with suppression of " + trait.name())));
        return new Table(columns, heuristics(results).stream().map(heuristic -> {
            var row = new ArrayList<>(List.of(heuristic.name()));
            for (int t = 0; t < named.size(); t++) {
                var found = correlation(strengths, heuristic, t);
                row.add(found.isPresent() ? Markup.format("%+.2f", found.getAsDouble()) : "–");
            }
            return (List<String>) row;
        }).toList());
    }

    private static String number(double value) {
        return Markup.format("%+.3f", value);
    }
}
