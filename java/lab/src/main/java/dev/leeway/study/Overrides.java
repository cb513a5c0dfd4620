package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.io.Nearest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What somebody wants otherwise than a study has it. It changes the study's value before anything is planned, so a seal that was written
 * before tells of it as of any other change.
 *
 * @param set {@code STAGE.option=value} for every arm that has the stage, {@code ARM.STAGE.option=value} for one; an empty value leaves the
 *     option out
 * @param arms that stay, with those whose models they take; none = all
 * @param limit items of an exam at most, but for benchmarks that take no limit; 0 = as the study has it
 * @param alpha as {@link Study.Terms} has it
 * @param correction likewise
 */
public record Overrides(List<String> set, List<String> arms, int limit, OptionalDouble alpha, Optional<String> correction) {

    /** Nothing. */
    public static final Overrides NONE = new Overrides(List.of(), List.of(), 0, OptionalDouble.empty(), Optional.empty());

    /** What {@link Workshop} gives to every training. */
    private static final Set<String> THE_STUDYS = Set.of("seed", "output_dir", "model_name_or_path", "dataset_name",
        "resume_from_checkpoint", "overwrite_output_dir");
    private static final String GRID = "save_at";

    /** Takes copies. */
    public Overrides {
        set = List.copyOf(set);
        arms = List.copyOf(arms);
        if (limit < 0) {
            throw LeewayException.usage("an exam has 1 item or more; got a limit of %d", limit);
        }
    }

    /**
     * A study as it is wanted.
     *
     * @param study the study
     * @param said what became of parts that nobody named, each a sentence
     */
    public record Applied(Study study, List<String> said) {

        /** Takes a copy. */
        public Applied {
            said = List.copyOf(said);
        }
    }

    /**
     * The study with all of it.
     *
     * @throws LeewayException if it names what the study hasn't, with the nearest name that it has
     */
    public Applied apply(Study study) {
        var said = new ArrayList<String>();
        var chosen = arms.isEmpty() ? study : chosen(study, said);
        var changed = chosen.arms();
        for (var one : set) {
            changed = Assignment.parse(one).in(changed);
        }
        var exams = chosen.exams().stream().map(exam -> limited(exam, said)).toList();
        var terms = new Study.Terms(study.terms().seeds(), alpha.orElse(study.terms().alpha()),
            correction.orElse(study.terms().correction()));
        return new Applied(new Study(chosen.title(), chosen.rows(), changed, exams, chosen.contrasts(), terms), said);
    }

    private Exam limited(Exam exam, List<String> said) {
        if (limit > 0 && DryRun.isWhole(exam)) {
            said.add("exam " + exam.name() + " has all its items: " + exam.benchmark() + " takes no limit");
            return exam;
        }
        var extent = exam.extent();
        boolean fewer = limit > 0 && (extent.limit() == 0 || extent.limit() > limit);
        return fewer ? exam.of(extent.limited(limit)) : exam;
    }

    private Study chosen(Study study, List<String> said) {
        var kept = new LinkedHashSet<String>();
        arms.forEach(name -> {
            requireName("arm", name, study.arms().stream().map(Arm::name).toList());
            study.withTaken(name).filter(kept::add).filter(other -> !arms.contains(other)).forEach(other ->
                said.add("arm " + other + " stays: " + name + " takes its model"));
        });
        var exams = new ArrayList<Exam>();
        for (var exam : study.exams()) {
            var own = exam.extent().arms().stream().filter(kept::contains).toList();
            if (exam.extent().arms().isEmpty() || !own.isEmpty()) {
                exams.add(exam.of(exam.extent().of(own)));
            } else {
                said.add("exam " + exam.name() + " is left out: no arm that stays takes it");
            }
        }
        var contrasts = new ArrayList<Contrast>();
        for (var contrast : study.contrasts()) {
            var gone = contrast.cells().stream().map(Contrast.Cell::arm).filter(arm -> !kept.contains(arm)).distinct().toList();
            if (gone.isEmpty()) {
                contrasts.add(contrast);
            } else {
                said.add("contrast " + contrast.name() + " is left out: it names " + String.join(", ", gone));
            }
        }
        return new Study(study.title(), study.rows(), study.arms().stream().filter(arm -> kept.contains(arm.name())).toList(), exams,
            contrasts, study.terms());
    }

    private static void requireName(String what, String name, List<String> names) {
        if (!names.contains(name)) {
            throw LeewayException.usage("there is no %s %s%s (there are %s)", what, name, Nearest.hint(name, names),
                String.join(", ", names));
        }
    }

    /**
     * An option's value.
     *
     * @param place the stage, or arm and stage
     * @param option its name
     * @param value empty = without the option
     */
    private record Assignment(String place, String option, String value) {

        private static Assignment parse(String text) {
            int equals = text.indexOf('=');
            int dot = text.lastIndexOf('.', Math.max(0, equals));
            if (equals < 0 || dot <= 0 || dot + 1 == equals) {
                throw LeewayException.usage("%s is not STAGE.option=value or ARM.STAGE.option=value", text);
            }
            var option = text.substring(dot + 1, equals);
            if (THE_STUDYS.contains(option)) {
                throw LeewayException.usage("%s: %s is the study's to give to its stages", text, option);
            }
            return new Assignment(text.substring(0, dot), option, text.substring(equals + 1));
        }

        private List<Arm> in(List<Arm> arms) {
            requireName("stage", place, arms.stream().flatMap(arm -> arm.stages().stream().flatMap(stage ->
                Stream.of(stage.name(), arm.name() + "." + stage.name()))).distinct().toList());
            return arms.stream().map(this::in).toList();
        }

        private Arm in(Arm arm) {
            return new Arm(arm.name(), arm.meaning(), arm.stages().stream().map(stage -> place.equals(stage.name())
                || place.equals(arm.name() + "." + stage.name()) ? in(stage) : stage).toList(), arm.shared());
        }

        private Stage in(Stage stage) {
            if (option.equals(GRID)) {
                return stage.withGrid(value);
            }
            var options = new LinkedHashMap<>(stage.options());
            if (value.isEmpty()) {
                options.remove(option);
            } else {
                options.put(option, value);
            }
            return new Stage(stage.name(), stage.command(), stage.rows(), options, stage.grid());
        }
    }
}
