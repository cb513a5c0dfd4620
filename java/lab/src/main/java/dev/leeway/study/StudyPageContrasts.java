package dev.leeway.study;

import dev.leeway.report.DotPlot;
import dev.leeway.report.Fold;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.stats.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * What a study concludes, for its page.
 *
 * @param results of the study
 */
record StudyPageContrasts(StudyResults results) {

    private List<Findings.Finding> of(Contrast.Role role) {
        return results.findings().stream().filter(finding -> finding.contrast().role() == role).toList();
    }

    private boolean isSignificant(Findings.Finding finding) {
        return finding.isSignificant(results.plan().study().terms().alpha());
    }

    List<Part> parts() {
        var parts = new ArrayList<Part>();
        for (var role : Contrast.Role.values()) {
            var findings = of(role);
            if (!findings.isEmpty()) {
                parts.add(new Paragraph((role == Contrast.Role.PRIMARY ? "Primary: the answer rests on these." : "Secondary:") + legend(
                    findings)));
                parts.add(new DotPlot("contrasts with intervals of 95 %, and what the paper found",
                    findings.stream().map(this::dot).toList(), true));
                parts.add(new Fold("The " + role.name().toLowerCase(Locale.ROOT) + " contrasts in numbers", List.of(table(findings))));
            }
        }
        var terms = results.plan().study().terms();
        parts.add(new Paragraph("With several seeds, intervals and p-values speak of any seeds on any items, since the items of one model "
            + "share its luck; with one, of other items for these models alone. p is corrected (" + terms.correction()
            + ") within the primary contrasts, and within the others; alpha is " + terms.alpha() + ". Where there is no interval, nothing "
            + "varied that a difference could be compared with. By seed is over all items that a seed's cells have; estimates and tests "
            + "are over those that all seeds have, averaged within each unit: a question counts once in all languages."));
        return parts;
    }

    private static String legend(List<Findings.Finding> findings) {
        boolean isCompared = findings.stream().anyMatch(finding -> finding.contrast().published().isPresent());
        return " A dot is what was found here, on its interval of 95 %" + (isCompared ? "; a diamond is what the paper found." : ".");
    }

    private DotPlot.Dot dot(Findings.Finding finding) {
        var published = finding.contrast().published();
        return new DotPlot.Dot(finding.contrast().name(), 0, finding.estimate(), finding.interval(), verdict(finding)
            + (published.isPresent() ? "; paper " + signed(published.getAsDouble()) : ""), published);
    }

    private String verdict(Findings.Finding finding) {
        if (finding.estimate().isEmpty()) {
            return "no values";
        }
        return signed(finding.estimate().getAsDouble()) + (isSignificant(finding) ? ", significant" : "")
            + (results.standing().isSealed(finding.contrast()) ? "" : ", exploratory");
    }

    private Table table(List<Findings.Finding> findings) {
        var rows = findings.stream().map(finding -> List.of(finding.contrast().name(), number(finding.estimate()),
            finding.interval().map(StudyPageContrasts::text).orElse("–"), number(finding.p()), number(finding.adjusted()),
            number(finding.contrast().published()), finding.values().entrySet().stream().map(seed -> seed.getKey() + ": "
                + signed(seed.getValue())).collect(Collectors.joining(", ")), Integer.toString(finding.coverage().items()),
            Integer.toString(finding.coverage().leftOut()), word(finding.over()), word(finding.contrast().unit()))).toList();
        return new Table(List.of(Table.Column.text("contrast"), Table.Column.number("estimate"), Table.Column.number("95 %"),
            Table.Column.number("p"), Table.Column.number("corrected"), Table.Column.number("the paper"), Table.Column.text("by seed"),
            Table.Column.number("units"), Table.Column.number("items left out"), Table.Column.text("tested over"),
            Table.Column.text("unit")), rows);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String number(OptionalDouble value) {
        return value.isEmpty() ? "–" : Markup.format("%.3g", value.getAsDouble());
    }

    private static String signed(double value) {
        return Markup.format("%+.3f", value);
    }

    private static String text(Interval interval) {
        return signed(interval.low()) + " to " + signed(interval.high());
    }
}
