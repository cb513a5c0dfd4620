package dev.leeway.cli;

import dev.leeway.study.Contrast;
import dev.leeway.study.Exam;
import dev.leeway.study.Plan;
import dev.leeway.study.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a study would do, for a terminal.
 *
 * @param plan of the study
 * @param exams what they ask
 * @param costs of its trainings
 */
record StudyPlanText(Plan plan, StudyExams exams, StudyCosts costs) {

    List<String> lines() {
        var study = plan.study();
        var lines = new ArrayList<String>();
        lines.add("question  " + study.title().question());
        costs.options().applied().said().forEach(sentence -> lines.add("left      " + sentence));
        lines.add(String.format(Locale.ROOT, "runs      %d trainings of %d arms with %d seed%s; what arms share is trained once",
            plan.nodes().size(), study.arms().size(), study.terms().seeds().size(),
            study.terms().seeds().size() == 1 ? "" : "s"));
        study.arms().forEach(arm -> lines.add("arm       " + arm.name() + ": " + arm.meaning() + " (" + arm.stages().stream()
            .map(Stage::text).collect(Collectors.joining(" → ")) + ")"));
        study.exams().forEach(exam -> lines.add("exam      " + exam.name() + ": " + exam.benchmark() + ", " + taken(exam) + "; "
            + exams.extent(exam)));
        study.contrasts().forEach(contrast -> lines.add("contrast  " + contrast.name() + (contrast.role() == Contrast.Role.PRIMARY
            ? ", primary" : "") + (contrast.published().isPresent() ? String.format(Locale.ROOT, "; the paper: %+.3f",
            contrast.published().getAsDouble()) : "")));
        lines.add(String.format(Locale.ROOT, "alpha     %s, corrected: %s", study.terms().alpha(), study.terms().correction()));
        new StudyExamChecks(exams, costs.options()).notes().forEach(note -> lines.add("note      " + note));
        lines.addAll(exams.detectable());
        lines.addAll(costs.lines(exams));
        return lines;
    }

    private static String taken(Exam exam) {
        return switch (exam.extent().when()) {
            case ARM_END -> "taken by each arm's last model";
            case STAGE_END -> "taken by each stage's last model";
            case CHECKPOINTS -> "taken by every checkpoint that stays";
            case LAST_STAGE -> "taken by every checkpoint that stays of each arm's last stage";
            case LAST_TRAINING -> "taken by every checkpoint that stays of each arm's last training";
        };
    }
}
