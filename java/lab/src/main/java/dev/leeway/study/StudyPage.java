package dev.leeway.study;

import dev.leeway.report.Code;
import dev.leeway.report.DotPlot;
import dev.leeway.report.Facts;
import dev.leeway.report.Fold;
import dev.leeway.report.Markup;
import dev.leeway.report.Page;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Section;
import dev.leeway.report.Table;
import dev.leeway.stats.Interval;
import dev.leeway.stats.TTest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** A study's results as a page: what was asked, what was found, how it stands to what was sealed, and how to repeat it. */
public final class StudyPage {

    private static final int HASH = 12;

    private final StudyResults results;
    private final Study study;

    private StudyPage(StudyResults results) {
        this.results = results;
        study = results.plan().study();
    }

    /**
     * The page.
     *
     * @param analyses what the study tells beside its contrasts, a section each
     * @param environment what it ran on, by name
     * @param command how to repeat it
     */
    public static Page of(StudyResults results, List<Analysis> analyses, SequencedMap<String, String> environment,
            String command) {
        var page = new StudyPage(results);
        var lead = new ArrayList<Part>(List.of(new Paragraph(page.study.title().question()), new Paragraph(page.standing())));
        var sections = new ArrayList<>(List.of(new Section("Contrasts", page.contrasts())));
        analyses.forEach(analysis -> sections.add(new Section(analysis.name(), analysis.figures(results))));
        sections.addAll(List.of(new Section("Arms", page.arms()), new Section("Exams", page.exams()),
            new Section("Missing answers", page.missing()),
            new Section("How to repeat it", List.of(new Code(command), new Facts(environment), page.trainings()))));
        return new Page(page.study.title().name(), lead, sections);
    }

    private String standing() {
        var standing = results.standing();
        if (standing.sha256().isEmpty()) {
            return "Nothing was sealed before the study ran: all of it is exploratory.";
        }
        var sealed = "The analysis was sealed before anything was trained (SHA-256 " + standing.sha256().get().substring(0, HASH) + "…)";
        return standing.changes().isEmpty() ? sealed + ", and this is that analysis." : sealed + ". Since then: "
            + String.join("; ", standing.changes()) + ". What rests on that is exploratory.";
    }

    private List<Part> contrasts() {
        var parts = new ArrayList<Part>();
        for (var role : Contrast.Role.values()) {
            var findings = results.findings().stream().filter(finding -> finding.contrast().role() == role).toList();
            if (!findings.isEmpty()) {
                parts.add(new Paragraph(role == Contrast.Role.PRIMARY ? "Primary: the answer rests on these." : "Secondary:"));
                parts.add(new DotPlot("contrasts with intervals of 95 %, and what the paper found", dots(findings)));
                parts.add(table(findings));
            }
        }
        parts.add(new Paragraph("With several seeds, intervals and p-values speak of any seeds on any items, since the items of one model "
            + "share its luck; with one, of other items for these models alone. p is corrected (" + study.terms().correction()
            + ") within the primary contrasts, and within the others; alpha is " + study.terms().alpha() + "."));
        return parts;
    }

    private List<DotPlot.Dot> dots(List<Findings.Finding> findings) {
        var dots = new ArrayList<DotPlot.Dot>();
        for (var finding : findings) {
            dots.add(new DotPlot.Dot(finding.contrast().name(), 0, finding.estimate(), finding.interval(), verdict(finding)));
            finding.contrast().published().ifPresent(value -> dots.add(new DotPlot.Dot("", 1, OptionalDouble.of(value), Optional.empty(),
                "the paper: " + Markup.format("%+.3f", value))));
        }
        return dots;
    }

    private String verdict(Findings.Finding finding) {
        if (finding.estimate().isEmpty()) {
            return "no values";
        }
        return Markup.format("%+.3f", finding.estimate().getAsDouble())
            + (finding.isSignificant(study.terms().alpha()) ? ", significant" : "")
            + (results.standing().isSealed(finding.contrast()) ? "" : ", exploratory");
    }

    private Table table(List<Findings.Finding> findings) {
        var rows = findings.stream().map(finding -> List.of(finding.contrast().name(), number(finding.estimate()),
            finding.interval().map(StudyPage::text).orElse("–"), number(finding.p()), number(finding.adjusted()),
            finding.values().stream().map(value -> Markup.format("%+.3f", value)).collect(Collectors.joining(" ")),
            Integer.toString(finding.items()), finding.over().name().toLowerCase(Locale.ROOT).replace('_', ' '))).toList();
        return new Table(List.of(Table.Column.text("contrast"), Table.Column.number("estimate"), Table.Column.number("95 %"),
            Table.Column.number("p"), Table.Column.number("corrected"), Table.Column.text("of each seed"), Table.Column.number("items"),
            Table.Column.text("tested over")), rows);
    }

    private static String number(OptionalDouble value) {
        return value.isEmpty() ? "–" : Markup.format("%.3g", value.getAsDouble());
    }

    private static String text(Interval interval) {
        return Markup.format("%+.3f to %+.3f", interval.low(), interval.high());
    }

    private List<Part> arms() {
        var facts = new LinkedHashMap<String, String>();
        study.arms().forEach(arm -> facts.put(arm.name(), arm.meaning() + " (" + arm.stages().stream().map(Stage::name)
            .collect(Collectors.joining(" → ")) + ")"));
        return List.of(new Facts(facts));
    }

    /** For each exam and each of its measures, every arm's mean over seeds. */
    private List<Part> exams() {
        var parts = new ArrayList<Part>();
        var means = results.means().stream().filter(mean -> mean.step() < 0 && mean.slice().isEmpty()).toList();
        var groups = means.stream().collect(Collectors.groupingBy(mean -> mean.exam() + ", " + mean.measure() + ", prompt "
            + mean.setting(), LinkedHashMap::new, Collectors.toList()));
        groups.forEach((name, group) -> {
            var dots = study.arms().stream().flatMap(arm -> dot(arm, group).stream()).toList();
            parts.add(new Fold(name, List.of(new DotPlot(name, dots))));
        });
        return parts;
    }

    private Optional<DotPlot.Dot> dot(Arm arm, List<StudyResults.Mean> group) {
        var last = results.plan().replications().stream().filter(one -> one.arm().equals(arm)).map(one -> one.last().hash()).toList();
        var own = group.stream().filter(mean -> last.contains(mean.node().hash())).toList();
        if (own.isEmpty()) {
            return Optional.empty();
        }
        var values = own.stream().mapToDouble(StudyResults.Mean::value).toArray();
        double mean = Arrays.stream(values).average().orElseThrow();
        boolean isSpread = Arrays.stream(values).distinct().count() > 1;
        var interval = isSpread ? TTest.paired(values, new double[values.length], 0.95).interval() : own.getFirst().interval();
        return Optional.of(new DotPlot.Dot(arm.name(), study.arms().indexOf(arm), OptionalDouble.of(mean), Optional.of(interval),
            Markup.format("%.3f of %d items, %s", mean, own.getFirst().items(), isSpread ? values.length + " seeds" : "over items")));
    }

    private List<Part> missing() {
        var rows = results.means().stream().filter(mean -> mean.missing() > 0 && mean.slice().isEmpty() && mean.step() < 0)
            .map(mean -> List.of(mean.node().arm(), Long.toString(mean.node().seed()), mean.exam(), mean.measure(),
                Integer.toString(mean.missing()), Integer.toString(mean.items()))).toList();
        return rows.isEmpty() ? List.of(new Paragraph("No answer went without a value.")) : List.of(new Table(List.of(
            Table.Column.text("arm"), Table.Column.number("seed"), Table.Column.text("exam"), Table.Column.text("measure"),
            Table.Column.number("missing"), Table.Column.number("items with a value")), rows));
    }

    private Part trainings() {
        var rows = results.plan().nodes().stream().map(node -> List.of(node.arm(), node.stage().name(), Long.toString(node.seed()),
            node.key(), node.stage().command() + node.stage().options().entrySet().stream().map(StudyPage::option)
                .collect(Collectors.joining()))).toList();
        return new Fold("Every training, by hash", List.of(new Table(List.of(Table.Column.text("arm"), Table.Column.text("stage"),
            Table.Column.number("seed"), Table.Column.text("hash"), Table.Column.text("command")), rows)));
    }

    private static String option(Map.Entry<String, String> option) {
        return " --" + option.getKey() + " " + option.getValue();
    }
}
