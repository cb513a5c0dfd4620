package dev.leeway.study.warmth;

import dev.leeway.io.JsonFile;
import dev.leeway.report.Fold;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.stats.LogisticRegression;
import dev.leeway.stats.TestResult;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** The paper's regressions of errors, warm against original, with average marginal effects in percentage points. */
final class WarmthRegressions implements Analysis {

    private static final double LEVEL = 0.95;

    private static List<WarmthFit> fits(StudyResults results) {
        var answers = WarmthAnswer.ofBoth(results, Names.WARM);
        return Arrays.stream(WarmthFit.Form.values()).map(form -> WarmthFit.of(form, answers)).toList();
    }

    private static String name(WarmthFit fit) {
        return fit.form().name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String name() {
        return "Regressions of errors";
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        for (var fit : fits(results)) {
            var one = json.putObject(name(fit)).put("meaning", fit.form().meaning()).put("rows", fit.rows());
            fit.leftOut().forEach(one.putArray("left_out")::add);
            if (fit.byTrial().isEmpty()) {
                one.put("refused", fit.refusal());
                continue;
            }
            var coefficients = one.putObject("coefficients");
            fit.byTrial().get().names().forEach(name -> {
                var byTrial = fit.byTrial().get().coefficient(name);
                var coefficient = coefficients.putObject(name).put("estimate", byTrial.estimate()).put("error", byTrial.error());
                fit.byItem().ifPresent(byItem -> coefficient.put("error_by_item", byItem.coefficient(name).error()));
            });
            var effects = one.putObject("average_marginal_effects");
            fit.effects().forEach((stratum, of) -> {
                var effect = effects.putObject(stratum).put("points", 100 * of.getFirst().estimate())
                    .put("low", 100 * of.getFirst().interval().low()).put("high", 100 * of.getFirst().interval().high());
                of.stream().skip(1).forEach(byItem -> effect.put("low_by_item", 100 * byItem.interval().low())
                    .put("high_by_item", 100 * byItem.interval().high()));
            });
        }
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var fits = fits(results);
        var rows = new ArrayList<List<String>>();
        fits.forEach(fit -> fit.effects().forEach((stratum, of) -> rows.add(List.of(name(fit), fit.form().meaning(), stratum,
            Markup.format("%+.2f", 100 * of.getFirst().estimate()), interval(of.getFirst()), of.size() > 1 ? interval(of.getLast()) : "–",
            Integer.toString(fit.rows())))));
        var parts = new ArrayList<Part>(List.of(new Paragraph("How many percentage points more often the warm model is wrong than the "
            + "original: average marginal effects of binomial regressions with dummies of tasks and seeds, answers as rows. Errors of the "
            + "paper's kind take every answer for independent; those by question don't, but know nothing of other trainings either. The "
            + "contrasts above do."),
            new Table(List.of(Table.Column.text("form"), Table.Column.text("of"), Table.Column.text("stratum"),
                Table.Column.number("points"), Table.Column.number("95 %"), Table.Column.number("95 %, by question"),
                Table.Column.number("answers")), rows)));
        fits.forEach(fit -> notes(fit).forEach(note -> parts.add(new Paragraph(note))));
        fits.stream().filter(fit -> fit.byTrial().isPresent()).forEach(fit -> parts.add(new Fold("Coefficients of " + name(fit),
            List.of(coefficients(fit)))));
        return parts;
    }

    private static String interval(TestResult effect) {
        return Markup.format("%+.2f to %+.2f", 100 * effect.interval().low(), 100 * effect.interval().high());
    }

    private static List<String> notes(WarmthFit fit) {
        var notes = new ArrayList<String>();
        if (!fit.leftOut().isEmpty()) {
            notes.add(name(fit) + " leaves out " + String.join("; ", fit.leftOut()) + ".");
        }
        if (fit.byTrial().isEmpty()) {
            notes.add(name(fit) + " has no fit: " + fit.refusal() + ".");
        }
        return notes;
    }

    private static Part coefficients(WarmthFit fit) {
        var byTrial = fit.byTrial().orElseThrow();
        var rows = byTrial.names().stream().map(name -> row(name, byTrial.coefficient(name), fit.byItem()
            .map(byItem -> Markup.format("%.4f", byItem.coefficient(name).error())).orElse("–"))).toList();
        return new Table(List.of(Table.Column.text("term"), Table.Column.number("log-odds"), Table.Column.number("error"),
            Table.Column.number("95 %"), Table.Column.number("error by question")), rows);
    }

    private static List<String> row(String name, LogisticRegression.Coefficient byTrial, String byItem) {
        var interval = byTrial.interval(LEVEL);
        return List.of(name, Markup.format("%.4f", byTrial.estimate()), Markup.format("%.4f", byTrial.error()),
            Markup.format("%.3f to %.3f", interval.low(), interval.high()), byItem);
    }
}
