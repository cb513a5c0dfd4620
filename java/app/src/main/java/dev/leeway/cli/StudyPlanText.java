package dev.leeway.cli;

import dev.leeway.stats.DetectableEffect;
import dev.leeway.study.Contrast;
import dev.leeway.study.Exam;
import dev.leeway.study.Plan;
import dev.leeway.study.Stage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a study would do, for a terminal.
 *
 * @param plan of the study
 * @param options that it was planned with
 */
record StudyPlanText(Plan plan, StudyOptions options) {

    private static final double POWER = 0.8;
    /** Of what {@code leeway plan} says, what matters before a study. */
    private static final List<String> TOLD = List.of("memory", "steps", "FLOPs", "not known");

    List<String> lines() {
        var study = plan.study();
        var lines = new ArrayList<String>();
        lines.add("question  " + study.title().question());
        options.applied().said().forEach(sentence -> lines.add("left      " + sentence));
        lines.add(String.format(Locale.ROOT, "runs      %d trainings of %d arms with %d seeds; what arms share is trained once",
            plan.nodes().size(), study.arms().size(), study.terms().seeds().size()));
        study.arms().forEach(arm -> lines.add("arm       " + arm.name() + ": " + arm.meaning() + " (" + arm.stages().stream()
            .map(Stage::name).collect(Collectors.joining(" → ")) + ")"));
        study.exams().forEach(exam -> lines.add("exam      " + exam.name() + ": " + exam.benchmark() + ", " + taken(exam)));
        study.contrasts().forEach(contrast -> lines.add("contrast  " + contrast.name() + (contrast.role() == Contrast.Role.PRIMARY
            ? ", primary" : "") + (contrast.published().isPresent() ? String.format(Locale.ROOT, "; the paper: %+.3f",
            contrast.published().getAsDouble()) : "")));
        lines.add(String.format(Locale.ROOT, "alpha     %s, corrected: %s", study.terms().alpha(), study.terms().correction()));
        lines.add(detectable());
        lines.addAll(costs());
        return lines;
    }

    private static String taken(Exam exam) {
        return switch (exam.extent().when()) {
            case ARM_END -> "taken by each arm's last model";
            case STAGE_END -> "taken by each stage's last model";
            case CHECKPOINTS -> "taken by every checkpoint that stays";
            case LAST_STAGE -> "taken by every checkpoint that stays of each arm's last stage";
        };
    }

    private String detectable() {
        var effect = new DetectableEffect(plan.study().terms().alpha(), POWER);
        int seeds = plan.study().terms().seeds().size();
        return String.format(Locale.ROOT, "power     a difference is found with probability %.1f if it is %.2f standard deviations of what "
            + "a seed moves it, or more, before correction", POWER, effect.paired(1, seeds));
    }

    /** Where a base model is named, what each kind of training would take. */
    private List<String> costs() {
        if (options.base.isEmpty()) {
            return List.of("cost      memory, time and FLOPs of each stage are planned where --model_name_or_path names a base model");
        }
        var lines = new ArrayList<String>();
        plan.nodes().stream().map(Plan.Node::stage).distinct().filter(Stage::trains)
            .forEach(stage -> lines.addAll(cost(stage)));
        return lines;
    }

    private List<String> cost(Stage stage) {
        var arguments = new ArrayList<>(List.of("plan", stage.command(), "--model_name_or_path", options.base.orElseThrow().toString(),
            "--device", options.device.device));
        stage.options().forEach((name, value) -> arguments.addAll(List.of("--" + name, options.paths().path(value))));
        var said = new StringWriter();
        int code = Main.run(arguments.toArray(String[]::new), new PrintWriter(said), new PrintWriter(said));
        var lines = new ArrayList<String>();
        lines.add("stage     " + stage.name() + " (" + stage.command() + (stage.rows().map(rows -> ", " + rows).orElse("")) + ")");
        said.toString().lines().filter(line -> code != 0 && line.startsWith("leeway") || TOLD.stream().anyMatch(line::startsWith))
            .forEach(line -> lines.add("          " + line));
        return lines;
    }
}
