package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.model.MatrixSpeed;
import dev.leeway.study.Materials;
import dev.leeway.study.Plan;
import dev.leeway.study.Rows;
import dev.leeway.study.Stage;
import dev.leeway.study.StudyFolder;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.train.SaveGrid;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import picocli.CommandLine;

/**
 * What the trainings of a study would take, each kind of them planned once as {@code leeway plan} does: nothing is trained. Rows and models
 * that generators make are made for it.
 *
 * @param plan of the study
 * @param options that it was planned with
 * @param folder of the study
 * @param materials makes rows and models
 */
record StudyCosts(Plan plan, StudyOptions options, StudyFolder folder, Materials materials) {

    /** Describe a new model, or where the stage's is: a plan names the model itself. */
    private static final List<String> OF_MODEL = List.of("config_name_or_path", "tokenizer_name", "model_name_or_path");
    private static final String REWARDS = "reward_funcs";
    private static final String VALUES = "value_model";
    private static final String OF_FOLDER = "model:";
    private static final int FLOAT = 4;
    /** No accelerator has room for the weights of a larger model in bfloat16 beside what a step needs. */
    private static final long LARGE = 60_000_000_000L;

    private record Kind(Stage stage, List<Plan.Node> nodes) {
    }

    private record Sum(double flops, long disk, int unknown, long largest) {

        private Sum plus(StageCost cost, int times, int ofGrid) {
            return new Sum(flops + times * cost.flops().orElse(0), disk + times * cost.diskBytes(ofGrid),
                unknown + (cost.flops().isEmpty() ? times : 0), Math.max(largest, cost.bytes()));
        }

        private Sum withMerge(long bytes) {
            return new Sum(flops, disk + bytes, unknown, largest);
        }

        private boolean isEmpty() {
            return largest == 0;
        }
    }

    List<String> lines() {
        var told = new LinkedHashMap<List<String>, List<String>>();
        var sum = new Sum(0, 0, 0, 0);
        long merged = 0;
        int failed = 0;
        var free = OptionalLong.empty();
        for (var kind : kinds()) {
            var lines = new ArrayList<String>();
            var model = model(kind);
            if (model.isEmpty()) {
                failed += kind.nodes().size();
                lines.add("not planned: --model_name_or_path names no base model, of which config.json is enough");
            } else {
                try {
                    var notes = new ArrayList<String>();
                    var cost = cost(kind, model.get(), notes);
                    free = free.isPresent() ? free : OptionalLong.of(cost.freeBytes()); // which moves from call to call
                    lines.addAll(cost.lines(free.getAsLong()));
                    lines.addAll(larger(cost));
                    lines.addAll(notes);
                    var points = points(kind.stage(), cost);
                    if (points.isEmpty()) {
                        lines.add("checkpoints of the grid " + kind.stage().grid() + " are not counted: nobody knows how many there are");
                    }
                    sum = sum.plus(cost, kind.nodes().size(), points.orElse(0));
                    merged = FLOAT * cost.parameters();
                } catch (LeewayException | CommandLine.ParameterException failure) {
                    failed += kind.nodes().size();
                    lines.add("not planned: " + failure.getMessage());
                }
            }
            told.computeIfAbsent(lines, _ -> new ArrayList<>()).add(name(kind));
        }
        var all = new ArrayList<String>();
        told.forEach((lines, names) -> {
            names.stream().collect(Collectors.groupingBy(name -> name, LinkedHashMap::new, Collectors.counting()))
                .forEach((name, count) -> all.add("stage     " + name + (count == 1 ? "" : ", with " + count + " sets of options")));
            lines.forEach(line -> all.add("          " + line));
        });
        int merges = (int) plan.nodes().stream().filter(node -> !node.stage().trains()).count();
        return sum.isEmpty() ? all : withSum(all, sum.withMerge(merges * merged), merges, failed);
    }

    private static String name(Kind kind) {
        return kind.stage().name() + " (" + kind.stage().command() + kind.stage().rows().map(rows -> ", " + rows).orElse("") + ")"
            + (kind.nodes().size() == 1 ? "" : ", " + kind.nodes().size() + " times");
    }

    private List<String> withSum(List<String> lines, Sum sum, int merges, int failed) {
        var without = failed == 0 ? "" : "; " + failed + (failed == 1 ? " training that could not be planned is" : " trainings that could "
            + "not be planned are") + " not in it";
        lines.add("memory    " + MemoryPlan.readable(sum.largest()) + " for the largest stage; exams take theirs after it" + without);
        lines.add("disk      up to " + MemoryPlan.readable(sum.disk()) + " for models and checkpoints" + (merges == 0 ? ""
            : ", " + merges + " merged models in float32 among them") + without);
        var dtype = dtype();
        double rate = rate(dtype);
        lines.add(String.format(Locale.ROOT, "time      about %s of training: %.2g FLOPs at %.2g a second (%s)%s%s; exams and saving "
            + "come on top", Figures.duration(sum.flops() / rate), sum.flops(), rate, options.flopsPerSecond.isPresent()
            ? "--flops_per_second" : "measured here on a product of matrices in " + (dtype == DType.BF16 ? "bfloat16" : "float32")
                + "; narrow models reach a part of it", sum.unknown() == 0 ? ""
            : "; " + sum.unknown() + " trainings of nobody knows how many rows are not in it", without));
        return lines;
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

    /** Trainings that differ in nothing but luck, by stage. */
    private List<Kind> kinds() {
        var nodes = plan.nodes().stream().filter(node -> node.stage().trains())
            .collect(Collectors.groupingBy(Plan.Node::stage, LinkedHashMap::new, Collectors.toList()));
        return nodes.entrySet().stream().map(entry -> new Kind(entry.getKey(), entry.getValue())).toList();
    }

    /** A folder with a configuration like its model's: its own, or what its first training makes or begins with. */
    private Optional<Path> model(Kind kind) {
        var node = Optional.of(kind.nodes().getFirst());
        while (node.isPresent()) {
            var given = node.get().stage().options();
            var named = OF_MODEL.stream().filter(given::containsKey).map(given::get).map(options.paths()::path).findFirst();
            if (named.isPresent() && named.get().startsWith(Stage.MADE)) {
                return Optional.of(folder.made(named.get().substring(Stage.MADE.length()), materials));
            }
            if (named.isPresent() && Files.exists(Path.of(named.get()).resolve("config.json"))) {
                return named.map(Path::of);
            }
            node = node.get().before();
        }
        return options.base;
    }

    private StageCost cost(Kind kind, Path model, List<String> notes) {
        var stage = kind.stage();
        var arguments = new ArrayList<>(List.of("plan", stage.command().equals("pretrain") ? "sft" : stage.command(),
            "--model_name_or_path", model.toString()));
        options.device.asOptions().forEach((name, value) -> arguments.addAll(List.of("--" + name, value)));
        rows(kind, model).ifPresentOrElse(file -> arguments.addAll(List.of("--dataset_name", file.toString())), () -> notes.add(
            "its rows are not there: each counts as long as it may be" + (expected(kind) == 0 ? "" : ", "
                + String.format(Locale.ROOT, "%,d of them as published", expected(kind)))));
        options(stage, notes).forEach((name, value) -> arguments.addAll(List.of("--" + name, value)));
        var parsed = Main.commands().parseArgs(arguments.toArray(String[]::new));
        while (parsed.hasSubcommand()) {
            parsed = parsed.subcommand();
        }
        return switch (parsed.commandSpec().userObject()) {
            case PlanCommand training -> training.cost(expected(kind));
            case PlanRolloutCommand rollouts -> rollouts.cost(expected(kind));
            default -> throw LeewayException.usage("leeway plan knows no %s", stage.command());
        };
    }

    /** What it is trained on, if it is there and can be read by a tokenizer. */
    private Optional<Path> rows(Kind kind, Path model) {
        var hash = kind.nodes().getFirst().rows();
        boolean isThere = Files.exists(model.resolve("tokenizer.json")) && hash.map(one -> StudyInputs.file(plan.rows().get(one).rows()))
            .map(file -> file.isEmpty() || Files.exists(file.get())).orElse(false);
        return isThere ? hash.map(one -> folder.rows(one, plan.rows().get(one), materials)) : Optional.empty();
    }

    private static int expected(Rows rows) {
        return switch (rows) {
            case Rows.Given given -> given.expected();
            case Rows.Thinned thinned -> Math.ceilDiv(expected(thinned.of()), thinned.stride());
            case Rows.Made made -> made.count();
        };
    }

    /** How many rows there are to be where they aren't there; 0 = nobody knows. */
    private int expected(Kind kind) {
        return kind.nodes().getFirst().rows().map(hash -> expected(plan.rows().get(hash).rows())).orElse(0);
    }

    /** Its options but for models, of which those that aren't there are left out. */
    private SequencedMap<String, String> options(Stage stage, List<String> notes) {
        var kept = new LinkedHashMap<String, String>();
        stage.options().forEach((name, value) -> kept.put(name, value.startsWith(Stage.MADE)
            ? folder.made(value.substring(Stage.MADE.length()), materials).toString() : options.paths().path(value)));
        OF_MODEL.forEach(kept::remove);
        var rewards = kept.getOrDefault(REWARDS, "");
        if (rewards.startsWith(OF_FOLDER) && !Files.exists(Path.of(rewards.substring(OF_FOLDER.length())).resolve("config.json"))) {
            notes.add("the reward model " + rewards.substring(OF_FOLDER.length()) + " isn't there; its memory comes on top");
            kept.put(REWARDS, "length");
        }
        if (kept.getOrDefault(VALUES, "").startsWith(Stage.ARM)) {
            notes.add("the value model " + kept.remove(VALUES) + " isn't there yet; it counts as large as the model itself");
        }
        Optional.ofNullable(kept.get("prompt_file")).filter(file -> !Files.exists(Path.of(file))).ifPresent(file -> {
            notes.add("the prompts " + file + " are not there, and not counted");
            kept.keySet().removeIf(name -> name.startsWith("prompt_"));
        });
        return kept;
    }

    /** How many checkpoints stay; empty where nobody knows. */
    private static OptionalInt points(Stage stage, StageCost cost) {
        if (stage.grid().isEmpty()) {
            return OptionalInt.of(0);
        }
        if (cost.steps().isEmpty()) {
            return OptionalInt.empty();
        }
        long steps = cost.steps().getAsLong();
        try {
            return OptionalInt.of(SaveGrid.parse(stage.grid()).steps((int) steps, stepsPerEpoch(stage, steps)).size());
        } catch (LeewayException unknown) {
            return OptionalInt.empty();
        }
    }

    private static OptionalInt stepsPerEpoch(Stage stage, long steps) {
        var epochs = stage.options().get("num_train_epochs");
        return epochs == null || stage.options().containsKey("max_steps") ? OptionalInt.empty()
            : OptionalInt.of((int) Math.round(steps / Double.parseDouble(epochs)));
    }

    /** What is said of models that no one accelerator holds. */
    private static List<String> larger(StageCost cost) {
        long bytes = 2 * cost.parameters();
        return bytes < LARGE ? List.of() : List.of("weights alone are " + MemoryPlan.readable(bytes) + " in bfloat16; in NF4 they would be "
            + MemoryPlan.readable(cost.parameters() / 2 + cost.parameters() / 16) + ", which no training here has yet");
    }
}
