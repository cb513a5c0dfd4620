package dev.leeway.cli;

import dev.leeway.LeewayException;
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
    /** No accelerator has room for the weights of a larger model in bfloat16 beside what a step needs. */
    private static final long LARGE = 60_000_000_000L;

    /** Trainings that differ in nothing but luck. */
    private record Kind(Stage stage, List<Plan.Node> nodes) {
    }

    /**
     * What a kind of training takes.
     *
     * @param nodes the trainings
     * @param cost of each; empty if it could not be planned
     * @param points checkpoints of its grid; empty where nobody knows how many there are
     * @param notes what its cost is without, or why there is none
     */
    record Planned(List<Plan.Node> nodes, Optional<StageCost> cost, OptionalInt points, List<String> notes) {

        private static Planned not(Kind kind, String reason) {
            return new Planned(kind.nodes(), Optional.empty(), OptionalInt.empty(), List.of("not planned: " + reason));
        }

        /** Of one that could be planned. */
        StageCost known() {
            return cost.orElseThrow();
        }

        int times() {
            return nodes.size();
        }

        private List<String> lines(long free) {
            var lines = new ArrayList<String>();
            cost.ifPresent(known -> {
                lines.addAll(known.lines(free));
                lines.addAll(larger(known));
            });
            lines.addAll(notes);
            return lines;
        }
    }

    /** For people: every kind of training, then all of them with the exams. */
    List<String> lines(StudyExams exams) {
        var planned = kinds().stream().map(this::planned).toList();
        var lines = new ArrayList<>(stages(planned));
        lines.addAll(new StudySum(plan, options, planned, StudyExamCosts.of(plan, exams, planned)).lines());
        return lines;
    }

    private Planned planned(Kind kind) {
        var model = model(kind);
        if (model.isEmpty()) {
            return Planned.not(kind, named(kind).map(path -> "there is no " + Path.of(path).resolve("config.json")
                + ", which is enough of a model for a plan; name the folder that it is in with --data")
                .orElse("--model_name_or_path names no base model, of which config.json is enough"));
        }
        try {
            var notes = new ArrayList<String>();
            var cost = cost(kind, model.get(), notes);
            var points = points(kind.stage(), cost);
            if (points.isEmpty()) {
                notes.add("checkpoints of the grid " + kind.stage().grid() + " are not counted: nobody knows how many there are");
            }
            return new Planned(kind.nodes(), Optional.of(cost), points, notes);
        } catch (LeewayException | CommandLine.ParameterException failure) {
            return Planned.not(kind, failure.getMessage());
        }
    }

    /** Kinds of which the same is to be said are said it together; free memory, which moves from call to call, is that of the first. */
    private static List<String> stages(List<Planned> planned) {
        long free = planned.stream().flatMap(kind -> kind.cost().stream()).mapToLong(StageCost::freeBytes).findFirst().orElse(0);
        var told = new LinkedHashMap<List<String>, List<String>>();
        planned.forEach(kind -> told.computeIfAbsent(kind.lines(free), _ -> new ArrayList<>()).add(name(kind)));
        var all = new ArrayList<String>();
        told.forEach((lines, names) -> {
            names.stream().collect(Collectors.groupingBy(name -> name, LinkedHashMap::new, Collectors.counting()))
                .forEach((name, count) -> all.add("stage     " + name + (count == 1 ? "" : ", with " + count + " sets of options")));
            lines.forEach(line -> all.add("          " + line));
        });
        return all;
    }

    private static String name(Planned kind) {
        var stage = kind.nodes().getFirst().stage();
        return stage.name() + " (" + stage.command() + stage.rows().map(rows -> ", " + rows).orElse("") + ")"
            + (kind.times() == 1 ? "" : ", " + kind.times() + " times");
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
            var named = named(node.get().stage());
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

    /** The model that its arm begins with, if its own stages name one. */
    private Optional<String> named(Kind kind) {
        var first = kind.nodes().getFirst();
        while (first.before().isPresent()) {
            first = first.before().get();
        }
        return named(first.stage());
    }

    private Optional<String> named(Stage stage) {
        return OF_MODEL.stream().filter(stage.options()::containsKey).map(stage.options()::get).map(options.paths()::path).findFirst();
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
        if (cost.work().isEmpty()) {
            return OptionalInt.empty();
        }
        long steps = cost.work().get().steps();
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
        return bytes < LARGE ? List.of() : List.of("weights alone are " + MemoryPlan.readable(bytes) + " in bfloat16, more than one "
            + "accelerator holds beside a step: needs NF4 (" + MemoryPlan.readable(cost.parameters() / 2 + cost.parameters() / 16)
            + "), which isn't there");
    }
}
