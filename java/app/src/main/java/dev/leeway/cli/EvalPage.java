package dev.leeway.cli;

import dev.leeway.eval.Results;
import dev.leeway.eval.Results.Result;
import dev.leeway.eval.Statistic;
import dev.leeway.report.Code;
import dev.leeway.report.DotPlot;
import dev.leeway.report.DotPlot.Dot;
import dev.leeway.report.Facts;
import dev.leeway.report.Fold;
import dev.leeway.report.Page;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Section;
import dev.leeway.report.Table;
import dev.leeway.report.Table.Column;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * What a run found, for people.
 *
 * @param results of the run
 * @param arguments that it was begun with
 * @param dry whether a script judged
 */
record EvalPage(Results results, List<String> arguments, boolean dry) {

    /** The whole page. */
    Page page() {
        var lead = new ArrayList<Part>();
        if (dry) {
            lead.add(new Paragraph("A dry run: a script and no model judged, so what a judge's grades are part of says nothing of the "
                + "models."));
        }
        lead.add(new Paragraph("Dots are means over items, lines their 95 % intervals. What has no value is left out and counted."));
        var sections = new ArrayList<Section>();
        results.results().stream().map(result -> result.benchmark().card().id()).distinct().forEach(id ->
            sections.add(section(results.results().stream().filter(result -> result.benchmark().card().id().equals(id)).toList())));
        sections.add(new Section("How to repeat it", List.of(new Code("./leeway eval " + arguments.stream().map(EvalPage::quoted)
            .collect(Collectors.joining(" "))), models())));
        return new Page("Evaluation: " + models(results), lead, sections);
    }

    private static String models(Results results) {
        return results.results().stream().map(Result::subject).distinct().collect(Collectors.joining(", "));
    }

    private static String quoted(String argument) {
        return argument.matches("[A-Za-z0-9_./,:=@%+-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    private Part models() {
        var facts = new LinkedHashMap<String, String>();
        facts.put("seed", Long.toString(results.seed()));
        results.results().forEach(result -> facts.put(result.subject(), "hash " + result.model().hash() + " of "
            + result.model().details()));
        if (!results.judges().isEmpty()) {
            facts.put("judges", String.join(", ", results.judges()));
        }
        results.reference().ifPresent(hash -> facts.put("second model", hash));
        return new Fold("Models and judges", List.of(new Facts(facts)));
    }

    private static Section section(List<Result> results) {
        var origin = results.getFirst().benchmark();
        var card = origin.card();
        var parts = new ArrayList<Part>();
        parts.add(new Paragraph(card.title() + ". " + card.headline().name() + switch (card.better()) {
            case HIGHER -> ": higher is better.";
            case LOWER -> ": lower is better.";
            case NEITHER -> ": neither direction is better.";
        }));
        var models = results.stream().map(Result::subject).distinct().toList();
        parts.add(new DotPlot(card.headline().name() + " of " + card.id(), results.stream().map(result -> dot(result,
            models.indexOf(result.subject()))).toList()));
        parts.add(new Fold("All measures", List.of(statistics(results))));
        missing(results).ifPresent(table -> parts.add(new Fold("Answers without a value", List.of(table))));
        parts.add(new Fold("Where it comes from", List.of(origin(origin))));
        return new Section(card.id(), parts);
    }

    private static Dot dot(Result result, int series) {
        var headline = result.headline();
        var value = headline.map(Statistic::value).orElse(OptionalDouble.empty());
        double rate = result.missingRate(result.benchmark().card().headline().name());
        var note = value.isEmpty() ? "no item has a value" : figure(headline.orElseThrow()) + (rate == 0 ? ""
            : String.format(Locale.ROOT, "; %.1f %% missing", 100 * rate));
        return new Dot(name(result), series, value, headline.flatMap(Statistic::interval), note);
    }

    private static String name(Result result) {
        var setting = result.setting();
        var more = new ArrayList<String>();
        if (!setting.prompt().name().equals("none")) {
            more.add(setting.prompt().name());
        }
        if (!setting.context().equals("plain")) {
            more.add(setting.context());
        }
        return result.subject() + (more.isEmpty() ? "" : " · " + String.join(" · ", more));
    }

    private static String figure(Statistic one) {
        return one.value().isEmpty() ? "–" : Figures.loss(one.value().getAsDouble()) + one.interval().map(ends -> " ["
            + Figures.loss(ends.low()) + ", " + Figures.loss(ends.high()) + "]").orElse("");
    }

    private static Table statistics(List<Result> results) {
        var rows = results.stream().flatMap(result -> result.statistics().stream().map(one -> List.of(name(result), one.name(), one.slice(),
            figure(one), Figures.count(one.items()), Figures.count(one.missing())))).toList();
        return new Table(List.of(Column.text("model"), Column.text("measure"), Column.text("items"), Column.number("mean [95 % interval]"),
            Column.number("n"), Column.number("missing")), rows);
    }

    private static Optional<Table> missing(List<Result> results) {
        var rows = results.stream().flatMap(result -> result.missing().entrySet().stream().flatMap(measure -> measure.getValue().entrySet()
            .stream().map(reason -> List.of(name(result), measure.getKey(), reason.getKey(), Figures.count(reason.getValue()))))).toList();
        return rows.isEmpty() ? Optional.empty() : Optional.of(new Table(List.of(Column.text("model"), Column.text("measure"),
            Column.text("reason"), Column.number("answers")), rows));
    }

    private static Facts origin(Results.Origin origin) {
        var source = origin.card().source();
        var facts = new LinkedHashMap<String, String>();
        facts.put("version of the benchmark", Integer.toString(origin.card().version()));
        facts.put("items by", source.citation());
        facts.put("licence of the items", source.licence());
        source.hub().ifPresent(hub -> facts.put("on the hub", hub.repository() + " at " + hub.revision()));
        origin.data().forEach((file, sum) -> facts.put("file " + file, "SHA-256 " + sum));
        origin.options().forEach((option, value) -> facts.put("option " + option, value));
        if (!origin.templates().isEmpty()) {
            facts.put("templates of the judge's questions", String.join(", ", origin.templates()));
        }
        facts.put("how to get the items", source.howToGet());
        return new Facts(facts);
    }

    /** The headlines, for a terminal. */
    static String table(Results results) {
        var table = new TextTable(List.of("model", "benchmark", "prompt/context", "measure", "mean", "95 % interval", "items",
            "missing"), 4);
        for (var result : results.results()) {
            var headline = result.headline();
            var setting = result.setting();
            table.add(List.of(result.subject(), result.benchmark().card().id(), setting.prompt().name() + "/" + setting.context(),
                result.benchmark().card().headline().name(), headline.filter(one -> one.value().isPresent())
                    .map(one -> Figures.loss(one.value().getAsDouble())).orElse("–"),
                headline.flatMap(Statistic::interval).map(ends -> Figures.loss(ends.low()) + " to " + Figures.loss(ends.high()))
                    .orElse("–"), headline.map(one -> Figures.count(one.items())).orElse("0"),
                headline.map(one -> Figures.count(one.missing())).orElse("0")));
        }
        return table.text();
    }
}
