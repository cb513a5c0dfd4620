package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.RowSet;
import dev.leeway.data.EpochBatches;
import dev.leeway.data.Example;
import dev.leeway.data.Report;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.ReferenceCache;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingState;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * A process of its own that runs two steps as sft does, with a checkpoint behind each and a result at the end, and prints what it had
 * planned, what it held before the session was opened, and the most it ever held: three numbers of bytes.
 */
final class MeasuredRun {

    private static final int STEPS = 2;

    private MeasuredRun() {
    }

    /** Arguments: {@code make} or {@code run}, the name of a configuration, a folder for the model and the result. */
    public static void main(String[] arguments) {
        var configuration = MeasuredConfiguration.named(arguments[1]);
        var folder = Path.of(arguments[2]);
        try (var device = Device.open("cpu", 2)) {
            if (arguments[0].equals("make")) {
                make(configuration, folder.resolve("model"), device);
            } else {
                run(configuration, folder, device);
            }
        }
    }

    private static void make(MeasuredConfiguration configuration, Path model, Device device) {
        var json = json(configuration);
        var config = ConfigReader.read(json);
        try (var session = InferenceSession.open(config, Optional.empty(), new InferenceSession.Size(8, 1, 8), device)) {
            new Initializer(1, 0.02).fillBase(session.model());
            ModelDirectory.save(session.model(), model, json, model);
        }
    }

    private static JsonObject json(MeasuredConfiguration configuration) {
        return JsonFile.parse("config.json", configuration.json());
    }

    private static void run(MeasuredConfiguration configuration, Path folder, Device device) {
        var job = job(configuration);
        var extras = new TrainingRun.Extras(configuration.lanes(), configuration.lanes() > 0 ? configuration.length() : 0, true);
        long planned = Room.of(job, extras, device).footprint().totalBytes();
        long before = Resident.now().orElseThrow();
        try (var output = OutputFolder.claim(folder.resolve("out"), JsonFile.newObject());
            var training = new TrainingRun(job, extras, device)) {
            load(configuration, folder.resolve("model"), training);
            if (configuration.lanes() > 0) {
                generate(configuration, training);
            }
            keep(training, job, output, folder);
        }
        System.out.println(planned + " " + before + " " + Resident.peak().orElseThrow());
    }

    private static void load(MeasuredConfiguration configuration, Path model, TrainingRun training) {
        if (configuration.loads()) {
            ModelDirectory.open(model).loadInto(training.model());
            new Initializer(1, 0).fillAdapter(training.model());
            training.dependsOnReference(ModelDirectory.open(model));
            training.compare(ModelDirectory.open(model), new ReferenceCache(model.resolve("reference"), note -> { }));
        } else {
            new Initializer(1, 0.02).fillBase(training.model());
        }
    }

    private static void keep(TrainingRun training, TrainingRun.Job job, OutputFolder output, Path folder) {
        var kind = job.adapter().map(adapter -> new KeptRun.Kind(session -> TrainingState.ofAdapter(session, adapter, folder),
            OutputFolder.Result.ADAPTER,
            () -> ModelDirectory.open(folder.resolve("model")).saveAdapter(training.model(), adapter, output.path())))
            .orElseGet(() -> new KeptRun.Kind(session -> TrainingState.ofModel(session, job.json(), folder), OutputFolder.Result.MODEL,
                () -> ModelDirectory.save(training.model(), output.path(), job.json(), folder)));
        var options = new RunOptions();
        options.saving.steps = Optional.of(1.0);
        var nowhere = new PrintWriter(Writer.nullWriter());
        new KeptRun(training, kind, output, options, nowhere, nowhere).run();
    }

    private static void generate(MeasuredConfiguration configuration, TrainingRun training) {
        var prompts = new ArrayList<int[]>();
        for (int i = 0; i < configuration.lanes(); i++) {
            prompts.add(new int[] {1, 2, 3});
        }
        training.session().generator().complete(prompts, new Generator.Request(SamplingParameters.greedy(), 4, Set.of()));
    }

    private static TrainingRun.Job job(MeasuredConfiguration configuration) {
        int rows = configuration.batch() * configuration.accumulation() * STEPS;
        var random = new Random(1);
        var examples = new ArrayList<Example>();
        for (int i = 0; i < rows; i++) {
            examples.add(row(configuration, random, i));
        }
        var adapter = configuration.rank() == 0 ? Optional.<LoraOptions>empty() : Optional.of(new LoraOptions());
        adapter.ifPresent(lora -> lora.rank = Optional.of(configuration.rank()));
        var recipe = new Recipe(new EpochBatches.Steps(configuration.batch(), configuration.accumulation(), 1, STEPS),
            new Recipe.Rate(1e-4, Schedule.Kind.CONSTANT, 0, 0, 0), AdamW.Settings.standard(), 1);
        var evaluation = configuration.evaluated() == 0 ? Evaluation.NONE
            : new Evaluation(examples.subList(0, configuration.evaluated()), configuration.evaluated(), 1, Evaluation.NONE.places());
        return new TrainingRun.Job(configuration.name(), json(configuration), adapter.map(lora -> lora.configured("model")),
            task(configuration),
            new TrainingRun.Rows(EncodedRows.of(new RowSet<>(examples, report(examples)), Batching.PLAIN, 1), evaluation),
            configuration.recomputes() ? recipe.withGradientCheckpointing() : recipe);
    }

    private static Task task(MeasuredConfiguration configuration) {
        var plain = Task.nextToken();
        return configuration.compares() ? new Task(plain.purpose(), plain.truncation(), plain.batching(), plain.objective(),
            plain.settings(), Optional.of(new Task.Compared(Optional.empty(), false))) : plain;
    }

    private static Example row(MeasuredConfiguration configuration, Random random, int id) {
        var mask = new boolean[configuration.length()];
        Arrays.fill(mask, 1, mask.length, true);
        return new Example(random.ints(mask.length, 0, configuration.vocabulary()).toArray(), mask, id);
    }

    private static Report report(List<Example> examples) {
        var nothing = new Report.Count(0, Optional.empty());
        long tokens = examples.stream().mapToLong(Example::length).sum();
        return new Report(examples.size(), tokens, tokens - examples.size(), nothing, nothing, nothing, nothing, List.of());
    }
}
