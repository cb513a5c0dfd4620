package dev.leeway.cli;

import dev.leeway.study.Exam;
import dev.leeway.study.Plan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What the exams of a study take at most: every answer counts as long as it may be, every byte that is read as a token. Judges and second
 * models are left out.
 *
 * @param plan of the study
 * @param exams what they ask
 * @param trained what each training takes, by the training's hash, of those that could be planned
 */
record StudyExamCosts(Plan plan, StudyExams exams, Map<String, StudyCosts.Planned> trained) {

    /** Of a forward pass, for each parameter and token. */
    private static final double FLOPS = 2;

    private record Sum(int sittings, long answers, double written, double read, double flops, int unknown) {

        private Sum plus(StudyExams.Amount amount, int times, OptionalLong parameters) {
            return new Sum(sittings + times, answers + times * amount.answers(), written + (double) times * amount.written(),
                read + (double) times * amount.read(), flops + FLOPS * times * parameters.orElse(0) * (amount.written() + amount.read()),
                unknown + (parameters.isEmpty() ? times : 0));
        }
    }

    static StudyExamCosts of(Plan plan, StudyExams exams, List<StudyCosts.Planned> kinds) {
        var trained = new LinkedHashMap<String, StudyCosts.Planned>();
        kinds.stream().filter(kind -> kind.cost().isPresent()).forEach(kind ->
            kind.nodes().forEach(node -> trained.put(node.hash(), kind)));
        return new StudyExamCosts(plan, exams, trained);
    }

    /** Parameters of the model that a training leaves; empty where nobody knows. */
    OptionalLong parameters(Plan.Node node) {
        return Optional.ofNullable(trained.get(node.hash())).map(kind -> OptionalLong.of(kind.known().parameters())).orElseGet(() ->
            node.before().map(this::parameters).orElse(OptionalLong.empty()));
    }

    /** For people. */
    List<String> lines(double rate) {
        var sum = new Sum(0, 0, 0, 0, 0, 0);
        int left = 0;
        int uncounted = 0;
        for (var exam : plan.study().exams()) {
            var amount = exams.amount(exam);
            if (amount.isEmpty()) {
                left++;
                continue;
            }
            for (var node : takers(exam)) {
                var points = points(exam, node);
                uncounted += points.isEmpty() ? 1 : 0;
                sum = sum.plus(amount.get(), 1 + points.orElse(0), parameters(node));
            }
        }
        if (sum.sittings() == 0) {
            return List.of("exams     not counted: their items aren't there");
        }
        return List.of(String.format(Locale.ROOT, "exams     %,d answers in %,d examinations: at most %,.0f tokens written and %,.0f read "
            + "(one a byte), %.2g FLOPs, %s at that rate; judges come on top%s", sum.answers(), sum.sittings(), sum.written(), sum.read(),
            sum.flops(), Figures.duration(sum.flops() / rate), without(left, uncounted, sum.unknown())));
    }

    private static String without(int left, int uncounted, int unknown) {
        return (left == 0 ? "" : "; " + counted(left, "exam") + " without items here " + (left == 1 ? "is" : "are") + " not in it")
            + (uncounted == 0 ? "" : "; " + counted(uncounted, "grid") + " of nobody knows how many checkpoints "
                + (uncounted == 1 ? "is" : "are") + " not in it")
            + (unknown == 0 ? "" : "; " + counted(unknown, "examination") + " of models that could not be planned "
                + (unknown == 1 ? "is" : "are") + " without FLOPs");
    }

    private static String counted(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /** As a run has them take it, but for checkpoints on the way. */
    private List<Plan.Node> takers(Exam exam) {
        var takers = plan.replications().stream().filter(one -> exam.extent().isFor(one.arm().name()));
        return (switch (exam.extent().when()) {
            case ARM_END, LAST_STAGE -> takers.map(Plan.Replication::last);
            case LAST_TRAINING -> takers.flatMap(one -> one.nodes().stream().filter(node -> node.stage().trains())
                .reduce((_, later) -> later).stream());
            case STAGE_END, CHECKPOINTS -> takers.flatMap(one -> one.nodes().stream());
        }).distinct().toList();
    }

    /** Checkpoints of its training that take an exam too; empty where nobody knows how many there are. */
    private OptionalInt points(Exam exam, Plan.Node node) {
        return switch (exam.extent().when()) {
            case ARM_END, STAGE_END -> OptionalInt.of(0);
            case CHECKPOINTS, LAST_STAGE, LAST_TRAINING -> Optional.ofNullable(trained.get(node.hash())).map(StudyCosts.Planned::points)
                .orElse(node.stage().grid().isEmpty() ? OptionalInt.of(0) : OptionalInt.empty());
        };
    }
}
