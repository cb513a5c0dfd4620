package dev.leeway.study;

import dev.leeway.report.Code;
import dev.leeway.report.Facts;
import dev.leeway.report.Fold;
import dev.leeway.report.Markup;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * What a study set out to do, and how it can be done again, for its page.
 *
 * @param results of the study
 */
record StudyPagePlan(StudyResults results) {

    private static final int HASH = 12;

    /** How it stands to what was sealed. */
    String standing() {
        var standing = results.standing();
        if (standing.sha256().isEmpty()) {
            return "Nothing was sealed before the study ran: all of it is exploratory.";
        }
        var stored = standing.stored();
        var sealed = "The analysis was sealed " + stored.when() + " (SHA-256 " + standing.sha256().get().substring(0, HASH) + "…)"
            + (stored.examinations() > 0 ? ", so all of it is exploratory" : "");
        return standing.changes().isEmpty() ? sealed + (stored.examinations() > 0 ? "." : ", and this is that analysis.") : sealed
            + ". Since then: " + String.join("; ", standing.changes()) + ". What rests on that is exploratory.";
    }

    /** Arms, and what was fixed before anything was seen. */
    List<Part> parts() {
        var study = results.plan().study();
        var arms = new LinkedHashMap<String, String>();
        study.arms().forEach(arm -> arms.put(arm.name(), arm.meaning() + " (" + arm.stages().stream().map(Stage::text)
            .collect(Collectors.joining(" → ")) + ")"));
        var terms = new LinkedHashMap<String, String>();
        terms.put("after", study.title().source().isEmpty() ? "no paper" : study.title().source());
        terms.put("seeds", study.terms().seeds().stream().map(String::valueOf).collect(Collectors.joining(", ")));
        terms.put("significant below", study.terms().alpha() + ", correction " + study.terms().correction());
        terms.put("sealed (SHA-256)", results.standing().sha256().orElse("nothing"));
        return List.of(new Facts(arms), new Fold("The plan", List.of(new Facts(terms), exams(study), contrasts(study))));
    }

    private static Part exams(Study study) {
        return new Table(List.of(Table.Column.text("exam"), Table.Column.text("benchmark"), Table.Column.text("taken by"),
            Table.Column.text("items"), Table.Column.text("prompts"), Table.Column.text("options")),
            study.exams().stream().map(StudyPagePlan::row).toList());
    }

    private static List<String> row(Exam exam) {
        var extent = exam.extent();
        return List.of(exam.name(), exam.benchmark(), extent.when().name().toLowerCase(Locale.ROOT).replace('_', ' ')
            + (extent.arms().isEmpty() ? "" : " of " + String.join(", ", extent.arms())), extent.items(),
            exam.prompts().stream().map(prompt -> prompt.name()).collect(Collectors.joining(", ")),
            exam.options().entrySet().stream().map(option -> option.getKey() + " " + option.getValue()).collect(Collectors.joining(", ")));
    }

    private static Part contrasts(Study study) {
        return new Table(List.of(Table.Column.text("contrast"), Table.Column.text("role"), Table.Column.text("sum")),
            study.contrasts().stream().map(contrast -> List.of(contrast.name(), contrast.role().name().toLowerCase(Locale.ROOT),
                contrast.parts().stream().map(StudyPagePlan::text).collect(Collectors.joining(" ")))).toList());
    }

    private static String text(Contrast.Part part) {
        var cell = part.cell();
        return (part.weight() < 0 ? "−" : "+") + (Math.abs(part.weight()) == 1 ? "" : Markup.number(Math.abs(part.weight()), 4) + "·")
            + cell.arm() + "[" + cell.exam() + " " + cell.measure() + (cell.slice().isEmpty() ? "" : ", " + cell.slice())
            + (cell.setting().equals("none") ? "" : ", prompt " + cell.setting()) + "]";
    }

    /** The command, what it ran on, and every training with its hash. */
    List<Part> again(String command, SequencedMap<String, String> environment) {
        var rows = results.plan().nodes().stream().map(node -> List.of(node.arm(), node.stage().name(), Long.toString(node.seed()),
            node.key(), node.rows().map(hash -> hash.substring(0, HASH)).orElse("–"), command(node.stage()))).toList();
        return new ArrayList<>(List.of(new Code(command), new Facts(environment), new Fold("Every training, by hash", List.of(new Table(
            List.of(Table.Column.text("arm"), Table.Column.text("stage"), Table.Column.number("seed"), Table.Column.text("hash"),
                Table.Column.text("rows"), Table.Column.text("command")), rows)))));
    }

    /** A stage as one would type it, without folders. */
    static String command(Stage stage) {
        return stage.command() + stage.options().entrySet().stream().map(StudyPagePlan::option).collect(Collectors.joining())
            + (stage.grid().isEmpty() ? "" : " --save_at " + stage.grid());
    }

    private static String option(Map.Entry<String, String> option) {
        return " --" + option.getKey() + " " + option.getValue();
    }
}
