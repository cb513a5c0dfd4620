package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Probe;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Subject;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonObject;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.Parameter;
import dev.leeway.objective.Scope;
import dev.leeway.tensor.Device;
import dev.leeway.train.BatchSource;
import dev.leeway.train.EarlyStopping;
import dev.leeway.train.EvaluationReport;
import dev.leeway.train.Method;
import dev.leeway.train.ReferenceCache;
import dev.leeway.train.ReferenceLogProbs;
import dev.leeway.train.RunConfiguration;
import dev.leeway.train.StepListener;
import dev.leeway.train.StopRequest;
import dev.leeway.train.Trainer;
import dev.leeway.train.TrainingSession;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/** Training of a model on encoded rows, from the first allocation to the last step. */
final class TrainingRun implements KeptTraining, AutoCloseable {

    /**
     * What a run trains.
     *
     * @param name of the model, for people
     * @param json what the model is, as its config.json says it
     * @param adapter the LoRA to train; empty = all weights
     * @param task what it is trained for
     * @param rows what it is trained and evaluated on
     * @param recipe how they are trained on
     */
    record Job(String name, JsonObject json, Optional<AdapterConfig> adapter, Task task, Rows rows, Recipe recipe) {

        /** What the model is. */
        ModelConfig config() {
            return ConfigReader.read(json);
        }

        /** The same; refuses rows whose ids it has no embedding for, and models without a language-model head. All rows are looked at. */
        ModelConfig checkedConfig() {
            var config = config();
            if (config.isClassifier() && !task.scores()) {
                throw LeewayException.usage("%s is a sequence classifier and has no language-model head; name a …ForCausalLM directory",
                    name);
            }
            adapter.ifPresent(lora -> LoraOptions.requireTargets(lora, config));
            rows.training().requireIdsBelow(config.vocabSize(), name);
            EncodedRows.requireIdsBelow(config.vocabSize(), name, rows.evaluation().rows(), rows.evaluation().places());
            return config;
        }

        /** The batches of the run. */
        BatchSource batches() {
            return rows.training().batches(recipe.steps());
        }

        /** Steps of the run. */
        int totalSteps() {
            return rows.training().totalSteps(recipe.steps());
        }

        /** Steps in words. */
        String stepsText() {
            var steps = recipe.steps();
            var perEpoch = rows.training().stepsPerEpoch(steps);
            return String.format(Locale.ROOT, "%,d of %d × %d rows; %s", totalSteps(), steps.batchSize(), steps.accumulation(),
                perEpoch.isPresent() ? String.format(Locale.ROOT, "%,d an epoch", perEpoch.getAsInt()) : "an epoch ends with the data");
        }

        /** The smallest session that takes every batch, every evaluation and every sample of the run. */
        TrainingSession.Settings settings(Extras extras) {
            var training = rows.training().extent(recipe.steps());
            var evaluation = rows.evaluation();
            int positions = config().maxPositionEmbeddings();
            int longest = IntStream.of(extras.maxLength(), evaluation.longest(), training.longest(),
                evaluation.asked().map(asked -> asked.longest(positions)).orElse(0)).max().orElseThrow();
            int capacity = IntStream.of(training.tokens(), evaluation.largestBatch(), extras.maxLength(),
                evaluation.asked().map(asked -> asked.read(positions)).orElse(0)).max().orElseThrow();
            int sequences = Math.max(training.sequences(), evaluation.mostSequences());
            int lanes = Math.max(extras.lanes(), evaluation.lanes());
            var kept = new TrainingSession.Settings(adapter, longest, capacity, sequences, recipe.adam(), lanes)
                .withCheckpoints().withDtype(recipe.passes().dtype());
            var compared = holdsReference() ? kept.withReferenceModel() : kept;
            return recipe.passes().gradientCheckpointing() ? compared.withGradientCheckpointing() : compared;
        }

        /** Whether what the model is compared with is a second model in memory. */
        boolean holdsReference() {
            return task.compared().filter(reference -> reference.takesMemory(adapter)).isPresent();
        }

        Job withTask(Task other) {
            return new Job(name, json, adapter, other, rows, recipe);
        }

        Job withAdapter(AdapterConfig other) {
            return new Job(name, json, Optional.of(other), task, rows, recipe);
        }

        Job withRows(Rows other) {
            return new Job(name, json, adapter, task, other, recipe);
        }

        Job withRecipe(Recipe other) {
            return new Job(name, json, adapter, task, rows, other);
        }
    }

    /** Rows to train on, and rows to evaluate on. */
    record Rows(TrainingRows training, Evaluation evaluation) {

        static Rows without(TrainingRows training) {
            return new Rows(training, Evaluation.NONE);
        }

        /** The same with questions. */
        Rows asking(Optional<Evaluation.Asked> questions) {
            return new Rows(training, evaluation.asking(questions));
        }
    }

    /**
     * What a run needs room for beside training and the checkpoints that every run takes.
     *
     * @param lanes samples that are drawn at once on the way
     * @param maxLength how long prompt and completion of a sample may be together
     * @param offersAdapter whether its command could train an adapter instead
     */
    record Extras(int lanes, int maxLength, boolean offersAdapter) {

        static final Extras FINE_TUNING = new Extras(0, 0, true);
        static final Extras PRETRAINING = new Extras(0, 0, false);
    }

    private final Job job;
    private final ModelConfig config;
    private final Dependencies dependencies = new Dependencies();
    private final BatchSource batches;
    private final int totalSteps;
    private final TrainingSession session;
    private Optional<Trainer> trainer = Optional.empty();
    private Optional<Subject> subject = Optional.empty();

    /**
     * Plans and allocates; refuses what doesn't fit, with the smallest change that does. Weights are
     * undefined until they are loaded or initialised.
     */
    TrainingRun(Job asked, Extras extras, Device device) {
        var room = Room.of(asked, extras, device);
        job = room.job();
        this.config = job.checkedConfig();
        totalSteps = job.totalSteps();
        batches = job.batches();
        room.require();
        var settings = job.settings(extras);
        session = TrainingSession.open(config, settings, device);
        session.model().nameRows(job.rows().training()::place);
        if (job.task().compared().isEmpty()) {
            trainBy(Method.of(job.task().objective()));
        }
    }

    JsonObject json() {
        return job.json();
    }

    @Override
    public TrainingSession session() {
        return session;
    }

    Llama model() {
        return session.model();
    }

    private void trainBy(Method method) {
        var rate = job.recipe().rate();
        trainer = Optional.of(session.trainer(method, rate.over(totalSteps), rate.peak(), job.recipe().noise()));
    }

    /** Adds what the task compares the model with, if it does, to what the numbers depend on. */
    void dependsOnReference(ModelDirectory start) {
        job.task().compared().ifPresent(compared ->
            dependencies.add("ref_model", new ComparedModel(compared, start, session).fingerprint()));
    }

    /**
     * Takes what the task compares the model with, if it does, from the directory that it names, or from the one that training starts from,
     * whose weights the model must have now.
     */
    void compare(ModelDirectory start, ReferenceCache answers) {
        job.task().compared().ifPresent(compared -> {
            var model = new ComparedModel(compared, start, session);
            var rows = ReferenceLogProbs.rows(batches, totalSteps, job.rows().evaluation().batches());
            trainBy(Method.of(job.task().objective()).withReference(model.reference(answers, rows)));
        });
    }

    @Override
    public void describe(PrintWriter err) {
        var recipe = job.recipe();
        var device = model().device().info();
        long all = parameters(model().parameters());
        long trained = parameters(model().trainedParameters());
        say(err, "model", "%s (%s, %d layers)", job.name(), config.modelType(), config.numHiddenLayers());
        say(err, "trained", "%,d of %,d parameters (%s)", trained, all, job.adapter().map(TrainingRun::describe).orElse("all weights"));
        say(err, "data", "%s", job.rows().training().summary());
        job.rows().training().notes().forEach(note -> say(err, note.name(), "%s", note.text()));
        var evaluation = job.rows().evaluation();
        if (!evaluation.isEmpty()) {
            var when = evaluation.when();
            say(err, "eval", "%s, before the first step and after the last%s%s", evaluation.text(),
                when.everySteps() > 0 ? ", every " + when.everySteps() + " steps" : "", when.rule().map(rule ->
                "; the run ends behind " + rule.patience() + " that are no better").orElse(""));
        }
        say(err, "steps", "%s", job.stepsText());
        job.task().compared().ifPresent(compared -> say(err, "reference", "%s", compared.text(job.adapter())));
        say(err, "rate", "%s %s, warm-up %,d steps", Figures.rate(recipe.rate().peak()), recipe.rate().kind(),
            recipe.rate().over(totalSteps).warmupSteps());
        say(err, "memory", "%s", session.memoryBreakdown());
        say(err, "device", "%s", device.name());
        if (recipe.passes().dtype() == DType.BF16) {
            say(err, "bf16", "%s", DtypeOptions.note(DType.BF16, model().device()).orElse(
                "weights and activations; sums, gradients, moments and what the optimiser moves are float32"));
        }
        say(err, "seed", "%d", recipe.seed());
    }

    private static void say(PrintWriter err, String name, String format, Object... arguments) {
        err.println(String.format(Locale.ROOT, "  %-9s %s", name, String.format(Locale.ROOT, format, arguments)));
    }

    /** An adapter in words. */
    static String describe(AdapterConfig adapter) {
        return "LoRA r " + adapter.scale().r() + ", alpha " + Figures.plain(adapter.scale().loraAlpha())
            + (adapter.scale().useRslora() ? ", rsLoRA" : "")
            + (adapter.loraDropout() > 0 ? ", dropout " + Figures.plain(adapter.loraDropout()) : "")
            + (adapter.modulesToSave().isEmpty() ? "" : ", and all of " + String.join(", ", adapter.modulesToSave()));
    }

    private static long parameters(List<Parameter> parameters) {
        return parameters.stream().mapToLong(parameter -> parameter.value().count()).sum();
    }

    @Override
    public int train(int done, StopRequest stop, StepListener listener) {
        return trainer.orElseThrow().train(batches, done, totalSteps, stop, listener);
    }

    @Override
    public boolean evaluateIfDue(int step, RunLog log) {
        var evaluation = job.rows().evaluation();
        boolean isDue = evaluation.isDue(step, totalSteps);
        if (isDue) {
            session.model().nameRows(evaluation.places()::apply);
            var reports = new LinkedHashMap<String, EvaluationReport>();
            evaluation.sets().forEach(set -> reports.put(set.prefix(), trainer.orElseThrow().evaluate(evaluation.batches(set))));
            log.evaluated(new RunLog.Behind(step, totalSteps, batches.epochs(step)), reports, ask());
            session.model().nameRows(job.rows().training()::place);
        }
        return isDue;
    }

    /** What the model answers at the moment. */
    private SequencedMap<String, Statistic> ask() {
        var asked = job.rows().evaluation().asked();
        if (asked.isPresent() && subject.isEmpty()) {
            subject = Optional.of(Probe.live(asked.get().folder(), asked.get().longest(config.maxPositionEmbeddings()), session));
        }
        return asked.map(some -> some.probe().ask(subject.orElseThrow())).orElseGet(LinkedHashMap::new);
    }

    @Override
    public Optional<EarlyStopping> rule() {
        return job.rows().evaluation().when().rule();
    }

    @Override
    public Optional<String> found() {
        return job.rows().training().found();
    }

    @Override
    public int totalSteps() {
        return totalSteps;
    }

    @Override
    public Metrics.Mean lossIsMean() {
        return job.task().objective().scope() == Scope.TOKEN ? Metrics.Mean.OF_TOKENS : Metrics.Mean.OF_ROWS;
    }

    @Override
    public OptionalInt stepsPerEpoch() {
        return job.rows().training().stepsPerEpoch(job.recipe().steps());
    }

    /** What its numbers depend on, for what the command adds. */
    Dependencies dependencies() {
        return dependencies;
    }

    @Override
    public RunConfiguration configuration() {
        rule().ifPresent(_ -> dependencies.add("eval_rows", Fingerprint.of(job.rows().evaluation().rows())));
        return dependencies.configuration(job.recipe(), job.task().settings(), totalSteps, job.json(),
            job.rows().training().fingerprint(), job.adapter());
    }

    @Override
    public void close() {
        try (session) {
            subject.ifPresent(Subject::close);
            job.rows().training().close();
        }
    }
}
