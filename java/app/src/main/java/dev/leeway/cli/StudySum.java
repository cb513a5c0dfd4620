package dev.leeway.cli;

import dev.leeway.ffi.DType;
import dev.leeway.model.MatrixSpeed;
import dev.leeway.study.Plan;
import dev.leeway.study.Stage;
import dev.leeway.tensor.MemoryPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a study takes as a whole.
 *
 * @param plan of the study
 * @param options that it was planned with
 * @param kinds its trainings, as far as they could be planned
 * @param exams what they ask
 */
record StudySum(Plan plan, StudyOptions options, List<StudyCosts.Planned> kinds, StudyExamCosts exams) {

    private static final int FLOAT = 4;

    /** Empty if no training could be planned. */
    List<String> lines() {
        if (known().isEmpty()) {
            return List.of();
        }
        var lines = new ArrayList<String>();
        lines.add("memory    " + MemoryPlan.readable(known().stream().mapToLong(kind -> kind.known().bytes()).max().orElse(0))
            + " for the largest stage; exams take theirs after it" + without());
        int merges = (int) plan.nodes().stream().filter(node -> !node.stage().trains()).count();
        lines.add("disk      up to " + MemoryPlan.readable(disk()) + " for models and checkpoints" + (merges == 0 ? ""
            : ", " + merges + " merged models in float32 among them") + without());
        boolean isBound = known().stream().flatMap(kind -> kind.known().work().stream()).anyMatch(StageCost.Work::isBound);
        lines.add(String.format(Locale.ROOT, "tokens    %s %,.0f of training%s%s", isBound ? "up to" : "about", tokens(), unknown(),
            without()));
        var dtype = dtype();
        double rate = rate(dtype);
        lines.add(String.format(Locale.ROOT, "time      about %s of training: %.2g FLOPs at %.2g a second (%s)%s%s; saving comes on top",
            Figures.duration(flops() / rate), flops(), rate, options.flopsPerSecond.isPresent() ? "--flops_per_second"
                : "measured here on a product of matrices in " + (dtype == DType.BF16 ? "bfloat16" : "float32")
                + "; narrow models reach a part of it", unknown(), without()));
        lines.addAll(exams.lines(rate));
        return lines;
    }

    private List<StudyCosts.Planned> known() {
        return kinds.stream().filter(kind -> kind.cost().isPresent()).toList();
    }

    private double flops() {
        return known().stream().mapToDouble(kind -> kind.times() * kind.known().work().map(StageCost.Work::flops).orElse(0.0)).sum();
    }

    private double tokens() {
        return known().stream().mapToDouble(kind -> kind.times() * kind.known().work().map(StageCost.Work::tokens).orElse(0.0)).sum();
    }

    /** A merged model is as large as the one that was trained. */
    private long disk() {
        long trained = known().stream().mapToLong(kind -> kind.times() * kind.known().diskBytes(kind.points().orElse(0))).sum();
        return trained + plan.nodes().stream().filter(node -> !node.stage().trains()).mapToLong(node -> FLOAT * exams.parameters(node)
            .orElse(0)).sum();
    }

    /** Trainings whose rows nobody has counted. */
    private String unknown() {
        int unknown = known().stream().filter(kind -> kind.known().work().isEmpty()).mapToInt(StudyCosts.Planned::times).sum();
        return unknown == 0 ? "" : "; " + unknown + (unknown == 1 ? " training" : " trainings") + " of nobody knows how many rows "
            + (unknown == 1 ? "is" : "are") + " not in it";
    }

    private String without() {
        int failed = kinds.stream().filter(kind -> kind.cost().isEmpty()).mapToInt(StudyCosts.Planned::times).sum();
        return failed == 0 ? "" : "; " + failed + (failed == 1 ? " training that could not be planned is" : " trainings that could not be "
            + "planned are") + " not in it";
    }

    /** The type that most trainings hold their weights in. */
    private DType dtype() {
        var trainings = plan.nodes().stream().map(Plan.Node::stage).filter(Stage::trains).toList();
        long narrow = trainings.stream().filter(stage -> stage.options().getOrDefault("bf16", "false").equals("true")).count();
        return 2 * narrow > trainings.size() ? DType.BF16 : DType.F32;
    }

    private double rate(DType dtype) {
        if (options.flopsPerSecond.isPresent()) {
            return options.flopsPerSecond.get();
        }
        try (var device = options.device.open()) {
            return MatrixSpeed.measure(device, dtype);
        }
    }
}
