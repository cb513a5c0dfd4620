package dev.leeway.study;

import dev.leeway.eval.RecordedAnswer;
import dev.leeway.eval.Score;
import dev.leeway.eval.Value;
import dev.leeway.report.Code;
import dev.leeway.report.Fold;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Items one by one, for a study's page: what was asked, and beside each other what the arms' last models of the first seed answered. As
 * many are shown as fit a page that still opens quickly, and where all of them are is said.
 *
 * @param results of the study
 */
record StudyPageItems(StudyResults results) {

    private static final int ITEMS = 20;
    /** Answers on a page, of all exams together: with texts at their longest, about 3 MB. */
    private static final int ANSWERS = 2400;
    private static final int LONGEST_TITLE = 80;
    private static final int LONGEST_PROMPT = 1200;
    private static final int LONGEST_ANSWER = 500;
    private static final int LONGEST_SCORE = 400;

    List<Part> parts() {
        var parts = new ArrayList<Part>();
        for (var exam : results.plan().study().exams()) {
            var sittings = sittings(exam);
            if (!sittings.isEmpty()) {
                parts.add(exam(exam, sittings));
            }
        }
        return parts;
    }

    /** The last models' of the first seed, by the names of their arms. */
    private Map<String, StudyRun.Sitting> sittings(Exam exam) {
        long seed = results.plan().study().terms().seeds().getFirst();
        var sittings = new LinkedHashMap<String, StudyRun.Sitting>();
        for (var arm : results.plan().study().arms()) {
            results.plan().replications().stream().filter(one -> one.arm().equals(arm) && one.seed() == seed)
                .flatMap(one -> sitting(exam, one.last()).stream()).forEach(sitting -> sittings.put(arm.name(), sitting));
        }
        return sittings;
    }

    /** At the end of a training, or at its last checkpoint where its end takes no exam. */
    private Optional<StudyRun.Sitting> sitting(Exam exam, Plan.Node node) {
        return results.outcomes().keySet().stream().filter(sitting -> sitting.node().equals(node) && sitting.exam().equals(exam))
            .max(Comparator.comparingInt(sitting -> sitting.step() < 0 ? Integer.MAX_VALUE : sitting.step()));
    }

    private Part exam(Exam exam, Map<String, StudyRun.Sitting> sittings) {
        var outcomes = results.outcomes().get(sittings.values().iterator().next());
        var items = outcomes.stream().map(Examiner.Outcome::item).distinct().toList();
        long settings = outcomes.stream().map(Examiner.Outcome::setting).distinct().count();
        var shown = spread(items, Math.clamp(ANSWERS / results.plan().study().exams().size() / sittings.size() / settings, 1, ITEMS));
        var answers = new LinkedHashMap<String, List<RecordedAnswer>>();
        sittings.forEach((arm, sitting) -> answers.put(arm, results.traces().answers(sitting, new LinkedHashSet<>(shown))));
        var parts = new ArrayList<Part>(List.of(new Paragraph(shown.size() == items.size() ? "All " + items.size() + " items."
            : shown.size() + " of " + items.size() + " items, evenly spread; the other " + (items.size() - shown.size())
                + " are in the files below.")));
        shown.forEach(item -> item(item, answers).ifPresent(parts::add));
        parts.add(files(sittings));
        return new Fold(exam.name() + " (" + exam.benchmark() + ")", parts);
    }

    private static List<String> spread(List<String> items, int count) {
        var shown = new ArrayList<String>();
        for (int i = 0; i < Math.min(count, items.size()); i++) {
            shown.add(items.get((int) ((long) i * items.size() / Math.min(count, items.size()))));
        }
        return shown;
    }

    private Part files(Map<String, StudyRun.Sitting> sittings) {
        var rows = new ArrayList<List<String>>();
        var exam = sittings.values().iterator().next().exam();
        results.outcomes().keySet().stream().filter(sitting -> sitting.exam().equals(exam)).forEach(sitting ->
            results.traces().records(sitting).ifPresent(file -> rows.add(List.of(sitting.node().arm(), sitting.node().stage().name(),
                sitting.step() < 0 ? "end" : Integer.toString(sitting.step()), Long.toString(sitting.node().seed()), place(file)))));
        return new Fold("Files with every answer", List.of(new Table(List.of(Table.Column.text("arm"), Table.Column.text("stage"),
            Table.Column.number("step"), Table.Column.number("seed"), Table.Column.text("file")), rows)));
    }

    /** Within the study's folder, or from the exams of a folder that studies share. */
    private String place(Path file) {
        var folder = results.traces().folder().path();
        return file.startsWith(folder) ? folder.relativize(file).toString()
            : file.subpath(Math.max(0, file.getNameCount() - 3), file.getNameCount()).toString();
    }

    private static Optional<Part> item(String item, Map<String, List<RecordedAnswer>> answers) {
        var prompts = new LinkedHashMap<String, String>();
        var arms = new LinkedHashMap<List<String>, List<String>>(); // by setting, answer and score: who answers alike stands in one row
        answers.forEach((arm, all) -> all.stream().filter(one -> one.item().equals(item) && one.epoch() == 0).forEach(one -> {
            prompts.putIfAbsent(one.setting(), one.prompt());
            arms.computeIfAbsent(List.of(one.setting(), clipped(one.answer().strip(), LONGEST_ANSWER), clipped(one.score().map(
                StudyPageItems::text).orElse("not scored"), LONGEST_SCORE)), _ -> new ArrayList<>()).add(arm);
        }));
        if (arms.isEmpty()) {
            return Optional.empty();
        }
        var parts = new ArrayList<Part>();
        prompts.forEach((setting, prompt) -> {
            if (prompts.size() > 1) {
                parts.add(new Paragraph("Under the prompt " + setting + ":"));
            }
            parts.add(new Code(clipped(prompt, LONGEST_PROMPT)));
        });
        var rows = new ArrayList<List<String>>();
        arms.forEach((said, by) -> rows.add(List.of(String.join(", ", by), said.get(0), said.get(1), said.get(2))));
        parts.add(table(rows, prompts.size() > 1));
        var prompt = prompts.values().iterator().next().strip();
        var last = prompt.substring(prompt.lastIndexOf('\n') + 1).replaceFirst("^user: ", "");
        return Optional.of(new Fold(item + " · " + clipped(last, LONGEST_TITLE, "…"), parts));
    }

    private static Table table(List<List<String>> rows, boolean hasSettings) {
        if (hasSettings) {
            return new Table(List.of(Table.Column.text("arm"), Table.Column.text("prompt"), Table.Column.text("answer"),
                Table.Column.text("score")), rows);
        }
        return new Table(List.of(Table.Column.text("arm"), Table.Column.text("answer"), Table.Column.text("score")),
            rows.stream().map(row -> List.of(row.get(0), row.get(2), row.get(3))).toList());
    }

    /** Every measure, with the reason where it is missing, and what graders said. */
    private static String text(Score score) {
        var values = score.values().entrySet().stream().map(value -> value.getKey() + " " + text(value.getValue()))
            .collect(Collectors.joining(", "));
        return values + score.grades().stream().map(grade -> "; " + grade.grader() + " on " + grade.of() + ": " + text(grade.value())
            + (grade.said().isBlank() ? "" : " (" + grade.said().strip() + ")")).collect(Collectors.joining());
    }

    private static String text(Value value) {
        return switch (value) {
            case Value.Given given -> Markup.number(given.number(), 4);
            case Value.Missing missing -> "missing: " + missing.reason();
        };
    }

    private static String clipped(String text, int longest) {
        return clipped(text, longest, "… (" + (text.length() - longest) + " more characters)");
    }

    /** Not within a pair of surrogates. */
    private static String clipped(String text, int longest, String more) {
        if (text.length() <= longest) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest) + more;
    }
}
