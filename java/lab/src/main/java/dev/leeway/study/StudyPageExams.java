package dev.leeway.study;

import dev.leeway.report.DotPlot;
import dev.leeway.report.Fold;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * How models did in exams, for a study's page.
 *
 * @param results of the study
 */
record StudyPageExams(StudyResults results) {

    /** Measures of an exam, those that contrasts are about first. */
    static List<String> measures(StudyResults results, String exam) {
        var measures = new LinkedHashSet<>(asked(results, exam));
        results.means().stream().filter(mean -> mean.exam().equals(exam)).forEach(mean -> measures.add(mean.measure()));
        return List.copyOf(measures);
    }

    /**
     * Means of one measure of an exam by their setting: of the slices that contrasts name, else of all items. Over the whole of a list that
     * is ranked, every model has the same mean rank.
     */
    static List<Group> groups(StudyResults results, String exam, String measure) {
        var named = results.plan().study().contrasts().stream().flatMap(contrast -> contrast.cells().stream())
            .filter(cell -> cell.exam().equals(exam) && cell.measure().equals(measure)).map(Contrast.Cell::slice).distinct().toList();
        var groups = new ArrayList<Group>();
        results.means().stream().filter(mean -> mean.exam().equals(exam) && mean.measure().equals(measure))
            .collect(Collectors.groupingBy(StudyResults.Mean::setting, LinkedHashMap::new, Collectors.toList()))
            .forEach((setting, own) -> {
                var slices = named.stream().filter(slice -> own.stream().anyMatch(mean -> mean.slice().equals(slice))).toList();
                (slices.isEmpty() ? List.of("") : slices).forEach(slice -> groups.add(new Group(measure + (slice.isEmpty() ? "" : " of "
                    + slice) + (setting.equals("none") ? "" : ", under the prompt " + setting),
                    own.stream().filter(mean -> mean.slice().equals(slice)).toList())));
            });
        return groups;
    }

    /**
     * Means that are shown beside each other.
     *
     * @param name of what they are means of
     * @param means of one measure, setting and slice
     */
    record Group(String name, List<StudyResults.Mean> means) {
    }

    /** Measures of an exam that contrasts are about. */
    static List<String> asked(StudyResults results, String exam) {
        return results.plan().study().contrasts().stream().flatMap(contrast -> contrast.cells().stream())
            .filter(cell -> cell.exam().equals(exam)).map(Contrast.Cell::measure).distinct().toList();
    }

    /** For each exam and each of its measures, every arm's mean over seeds. */
    List<Part> parts() {
        var parts = new ArrayList<Part>(List.of(new Paragraph("What each arm's last model got: means over seeds and items, on intervals of "
            + "95 %: of any seeds where those are counted, else of any items for the models at hand.")));
        for (var exam : results.plan().study().exams()) {
            var asked = asked(results, exam.name());
            var first = new ArrayList<Part>();
            var others = new ArrayList<Part>();
            measures(results, exam.name()).forEach(measure -> (asked.contains(measure) || asked.isEmpty() ? first : others)
                .addAll(plots(exam.name(), measure)));
            if (!others.isEmpty()) {
                first.add(new Fold("Other measures of " + exam.name(), others));
            }
            if (!first.isEmpty()) {
                parts.add(new Fold(exam.name() + " (" + exam.benchmark() + ")", first));
            }
        }
        return parts;
    }

    private List<Part> plots(String exam, String measure) {
        var parts = new ArrayList<Part>();
        for (var group : groups(results, exam, measure)) {
            var last = group.means().stream().filter(mean -> mean.step() < 0).toList();
            if (!last.isEmpty()) {
                parts.add(new Paragraph(group.name()));
                parts.add(new DotPlot(exam + ", " + group.name(), results.plan().study().arms().stream().flatMap(arm ->
                    dot(arm, last).stream()).toList()));
            }
        }
        return parts;
    }

    private Optional<DotPlot.Dot> dot(Arm arm, List<StudyResults.Mean> group) {
        var last = results.plan().replications().stream().filter(one -> one.arm().equals(arm)).map(one -> one.last().hash()).toList();
        var own = group.stream().filter(mean -> last.contains(mean.node().hash())).toList();
        if (own.isEmpty()) {
            return Optional.empty();
        }
        var found = OverSeeds.of(own);
        return Optional.of(new DotPlot.Dot(arm.name(), results.plan().study().arms().indexOf(arm), OptionalDouble.of(found.mean()),
            Optional.of(found.interval()), found.note()));
    }

    /** Answers without a value. */
    List<Part> missing() {
        var rows = results.missing().stream().filter(missing -> missing.step() < 0)
            .map(missing -> List.of(missing.node().arm(), missing.node().stage().name(), Long.toString(missing.node().seed()),
                missing.exam(), missing.setting(), missing.measure(), Integer.toString(missing.answers()),
                Integer.toString(missing.items()), Integer.toString(missing.without()), Markup.format("%.3f", missing.share()))).toList();
        if (rows.isEmpty()) {
            return List.of(new Paragraph("No answer of a last model went without a value."));
        }
        long empty = results.missing().stream().filter(missing -> missing.step() < 0 && missing.without() == missing.items()).count();
        var table = new Table(List.of(Table.Column.text("arm"), Table.Column.text("stage"), Table.Column.number("seed"),
            Table.Column.text("exam"), Table.Column.text("prompt"), Table.Column.text("measure"), Table.Column.number("answers missing"),
            Table.Column.number("items"), Table.Column.number("items without a value"), Table.Column.number("share of them")), rows);
        return List.of(new Paragraph(rows.size() + (rows.size() == 1 ? " measure of a last model lacks" : " measures of last models lack")
            + " the values of some answers, which are left out" + (empty == 0 ? "" : "; " + empty + " of them "
            + (empty == 1 ? "has" : "have") + " no value at all") + ". Why is said with the answers."), new Fold("Which", List.of(table)));
    }
}
