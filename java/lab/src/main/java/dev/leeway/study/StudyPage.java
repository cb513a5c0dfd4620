package dev.leeway.study;

import dev.leeway.report.Page;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/**
 * A study's results as a page: the answer first, then what it rests on, how models changed on the way, what they answered, how it stands to
 * what was sealed, and how to repeat it.
 */
public final class StudyPage {

    private StudyPage() {
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
        var study = results.plan().study();
        var contrasts = new StudyPageContrasts(results);
        var exams = new StudyPageExams(results);
        var curves = new StudyPageCurves(results);
        var plan = new StudyPagePlan(results);
        var lead = List.<Part>of(new Paragraph(study.title().question() + (study.title().source().isEmpty() ? "" : " (After "
            + study.title().source() + ".)")), new Paragraph(results.answer()), new Paragraph(plan.standing()));
        var sections = new ArrayList<>(List.of(new Section("Contrasts", contrasts.parts())));
        analyses.forEach(analysis -> add(sections, analysis.name(), analysis.figures(results)));
        add(sections, "On the way", curves.drift());
        sections.add(new Section("Exams", exams.parts()));
        add(sections, "Answers", new StudyPageItems(results).parts());
        sections.add(new Section("Missing answers", exams.missing()));
        sections.add(new Section("Arms and plan", plan.parts()));
        add(sections, "Training", curves.training());
        sections.add(new Section("How to repeat it", plan.again(command, environment)));
        return new Page(study.title().name(), lead, sections);
    }

    private static void add(List<Section> sections, String title, List<Part> parts) {
        if (!parts.isEmpty()) {
            sections.add(new Section(title, parts));
        }
    }
}
