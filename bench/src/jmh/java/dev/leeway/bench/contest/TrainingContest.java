package dev.leeway.bench.contest;

import dev.leeway.bench.Row;
import dev.leeway.bench.Run;
import dev.leeway.bench.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The training step: forward, backward, AdamW, from the same weights on the same tokens. Everybody's losses must be ours, step by step, or
 * the contest is void: who computes something else has no time to compare.
 */
public final class TrainingContest {

    /**
     * Relative difference of losses in fp32: over these few steps the sums' orders differ, 1e-7 a step, and AdamW's sign-like first steps
     * double it a step at the most.
     */
    private static final double SINGLE = 1e-5;
    /** In bf16 a loss is a mean over many tokens of figures that are each rounded at 2^-8; the roundings differ and hardly add up. */
    private static final double HALF = 0x1p-8;

    private static final Path TORCH = Path.of("bench/peers/libtorch/target");
    private static final Path SCRIPT = Path.of("bench/peers/torch/train_step.py");

    private final Run run;
    private final Shape shape;
    private final String type;
    private final Path folder;

    private TrainingContest(Run run, Shape shape, String type) {
        this.run = run;
        this.shape = shape;
        this.type = type;
        this.folder = run.work().resolve(shape.label());
    }

    /** Runs the contest of a shape and number type with whoever is installed, and adds its rows. */
    public static void play(Run run, Shape shape, String type) throws IOException, InterruptedException {
        new TrainingContest(run, shape, type).play();
    }

    private void play() throws IOException, InterruptedException {
        Weights.write(shape, shape.batch(), Shape.LENGTH, 1, folder);
        var name = "training step " + shape.label() + " " + type.toLowerCase(Locale.ROOT);
        try (var contest = new Contest(run)) {
            contest.enter("leeway", ours("full"), Map.of());
            boolean hasLora = type.equals("BF16") || run.isSmoke();
            if (hasLora) {
                contest.enter("leeway lora", ours("lora"), Map.of());
            }
            for (var kind : !run.hasPeers() ? List.<String>of() : type.equals("F32") ? List.of("f32") : List.of("bf16", "autocast")) {
                enterTorch(contest, kind);
            }
            contest.play();
            requireSameLosses(contest);
            rows(contest, name, hasLora ? Optional.of(contest.contestants().get(1)) : Optional.empty());
        }
    }

    private List<String> ours(String trained) {
        return Processes.java(OurTraining.class.getName(), folder, shape.label(), type, trained, Shape.LENGTH, Contest.turns(run),
            run.threads());
    }

    private void enterTorch(Contest contest, String kind) throws IOException, InterruptedException {
        var task = List.of(folder.toString(), "" + shape.hidden(), "" + shape.intermediate(), "" + shape.layers(), "" + shape.heads(),
            "" + shape.kvHeads(), "" + shape.vocabulary(), "" + shape.batch(), "" + Shape.LENGTH, kind, "" + Contest.turns(run),
            "" + run.threads());
        var lib = Contest.absolute(TORCH.resolve("lib").toString());
        if (Files.exists(TORCH.resolve("libtorch.jar"))) {
            var command = new ArrayList<>(List.of(Processes.executable(),
                "--enable-native-access=ALL-UNNAMED", "-Dorg.bytedeco.javacpp.pathsFirst=true", "-Djava.library.path=" + lib, "-cp",
                TORCH + "/libtorch.jar:" + TORCH + "/jars/*", "peer.TrainStep"));
            command.addAll(task);
            command.add("matmul");
            contest.enter("libtorch " + kind, command, Map.of("LD_LIBRARY_PATH", lib, "OMP_NUM_THREADS", "" + run.threads()));
        } else {
            run.leaveOut("libtorch " + kind, "not built; mvn -B -f bench/peers/libtorch/pom.xml package");
        }
        var python = python();
        if (python.isPresent() && shape == Shape.TOY) {
            var command = new ArrayList<>(List.of(python.get(), SCRIPT.toString()));
            command.addAll(task);
            // Debian's torch multiplies by OpenBLAS, which has threads of its own beside OpenMP's: one set must rest.
            contest.enter("torch " + kind, command, Map.of("OMP_NUM_THREADS", "" + run.threads(), "OPENBLAS_NUM_THREADS",
                "" + run.threads()));
        } else if (python.isEmpty()) {
            run.leaveOut("torch " + kind, "no python3 here has torch; apt-get install python3-torch");
        }
    }

    private static Optional<String> python() throws IOException, InterruptedException {
        for (var candidate : List.of("python3", "/usr/bin/python3")) {
            var process = new ProcessBuilder(candidate, "-c", "import torch").redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            if (process.waitFor() == 0) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private void requireSameLosses(Contest contest) {
        double tolerance = type.equals("F32") ? SINGLE : HALF;
        var ours = contest.ours().figures("loss", 0);
        for (var other : contest.contestants()) {
            var theirs = other.figures("loss", 0);
            int compared = other.name().equals("leeway lora") ? 1 : theirs.size(); // an adapter starts as nothing, then learns otherwise
            for (int step = 0; step < Math.min(5, compared); step++) {
                if (!(Math.abs(theirs.get(step) - ours.get(step)) <= tolerance * ours.get(step))) {
                    throw new IllegalStateException("step %d at %s %s: %s has loss %s, leeway %s; they do not do the same work".formatted(
                        step + 1, shape.label(), type, other.name(), theirs.get(step), ours.get(step)));
                }
            }
        }
    }

    private void rows(Contest contest, String name, Optional<Contestant> lora) {
        double flops = shape.trainingFlopsPerToken(Shape.LENGTH) * shape.tokens();
        double peak = run.ceilings().peak(type.equals("BF16"));
        for (var peer : contest.contestants()) {
            if (peer != contest.ours() && !lora.equals(Optional.of(peer))) {
                run.add(work(contest.row(name + " vs " + peer.name(), contest.ours(), peer), flops, peak));
            }
        }
        if (contest.contestants().size() == 1 + lora.map(adapter -> 1).orElse(0)) {
            run.add(work(contest.row(name, contest.ours()), flops, peak));
        }
        lora.ifPresent(adapter -> run.add(contest.row(name + ", LoRA vs our full step", adapter, contest.ours())
            .with("tokens_per_second", shape.tokens() / Row.median(Contest.seconds(adapter)))));
        run.add(Row.of(name + ", Java allocation", "B/token", List.of(Contest.garbagePerToken(contest.ours(), shape.tokens()))));
    }

    private Row work(Row row, double flops, double peak) {
        return row.with("tokens_per_second", shape.tokens() / row.median()).with("flops", flops)
            .with("share_of_peak", flops / row.median() / peak);
    }
}
