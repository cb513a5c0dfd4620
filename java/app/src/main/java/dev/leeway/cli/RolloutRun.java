package dev.leeway.cli;

import dev.leeway.data.PromptArm;
import dev.leeway.data.PromptSet;
import dev.leeway.data.RowPlaces;
import dev.leeway.ffi.DType;
import dev.leeway.model.Initializer;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.Parameter;
import dev.leeway.reward.Answers;
import dev.leeway.reward.RewardList;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.Method;
import dev.leeway.train.ProximalTrainer;
import dev.leeway.train.Reference;
import dev.leeway.train.RolloutBatches;
import dev.leeway.train.RolloutListener;
import dev.leeway.train.RunConfiguration;
import dev.leeway.train.StepListener;
import dev.leeway.train.StopRequest;
import dev.leeway.train.TrainingSession;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;

/** Training of a model on its own completions, from the first allocation to the last step. */
final class RolloutRun implements KeptTraining, AutoCloseable {

    /**
     * What is drawn for, and what shows of it.
     *
     * @param prompts to continue
     * @param files that they are from
     * @param arm that they are read under
     * @param tokenizer of the model
     * @param rewardText what completions are worth, for people
     * @param table lines of a table of completions; empty = none is printed
     */
    record Source(PromptSet prompts, List<Path> files, PromptArm arm, Tokenizer tokenizer, String rewardText, Optional<Integer> table) {

        RolloutJob.Extent extent(int lanes) {
            return new RolloutJob.Extent(prompts.rows().size(), prompts.longest(), lanes, tokenizer.endIds());
        }

        Answers answers() {
            return new Answers(tokenizer, prompts.rows());
        }
    }

    /** Trains on until the last step or a stop; returns the steps behind it. */
    private interface Loop {
        int train(int done, StopRequest stop, StepListener listener);
    }

    private final RolloutJob job;
    private final Source source;
    private final Path folder;
    private final int loggingSteps;
    private final String rows;
    private final Dependencies dependencies = new Dependencies();
    private final TrainingSession session;
    private Optional<RolloutBatches> batches = Optional.empty();
    private Optional<Loop> loop = Optional.empty();
    private Optional<CompletionLog> completions = Optional.empty();
    private Optional<RunLog> log = Optional.empty();

    /** Plans and allocates; refuses what doesn't fit. Weights are undefined until they are loaded. */
    RolloutRun(RolloutJob asked, Source source, Path folder, int loggingSteps, Device device) {
        var room = RolloutRoom.of(asked, device);
        job = room.job();
        this.source = source;
        this.folder = folder;
        this.loggingSteps = loggingSteps;
        for (int row = 0; row < source.prompts().rows().size(); row++) {
            requireIds(row);
        }
        rows = Fingerprint.ofPrompts(source.prompts().rows());
        dependencies.add("stop_ids", new TreeSet<>(job.extent().stopTokens()).toString());
        room.require();
        session = TrainingSession.open(job.config(), job.settings(), device);
    }

    private void requireIds(int row) {
        for (int id : source.prompts().rows().get(row).tokens()) {
            if (id >= job.config().vocabSize()) {
                throw TrainingRows.unknownId(new RowPlaces(source.files()).of(row), id, job.config().vocabSize(), job.name());
            }
        }
    }

    RolloutJob job() {
        return job;
    }

    /** What it trains on, after {@link #start}. */
    RolloutBatches rollouts() {
        return batches.orElseThrow();
    }

    Llama model() {
        return session.model();
    }

    /**
     * Says what completions are worth, and takes what the policy is compared with from where training starts; the model has its weights.
     */
    void start(ModelDirectory from, RewardList rewards) {
        var order = PromptOrder.shuffled(source.prompts().rows(), job.recipe().seed(), job.drawn().prompts(),
            job.drawn().shaping().maxRedraws());
        var reference = job.lesson().compares() ? Optional.of(reference(from)) : Optional.<Reference>empty();
        boolean inReward = job.lesson().rule().klCoefficient() > 0;
        var parts = new RolloutBatches.Parts(order, rewards, reference.filter(_ -> inReward), this::finished);
        var drawn = new RolloutBatches(session, job.drawn(), job.lesson().rule(), parts);
        var places = new RowPlaces(source.files());
        drawn.nameRows(places::of);
        batches = Optional.of(drawn);
        loop = Optional.of(job.lesson().critic().map(critic -> proximal(critic, from, drawn))
            .orElseGet(() -> plain(drawn, reference.filter(_ -> !inReward))));
    }

    private Loop plain(RolloutBatches drawn, Optional<Reference> reference) {
        var method = Method.of(job.lesson().objective()).withTemperature(job.drawn().request().sampling().temperature());
        var rate = job.recipe().rate();
        var trainer = session.trainer(reference.map(method::withReference).orElse(method), rate.over(totalSteps()), rate.peak(),
            job.recipe().noise());
        return (done, stop, listener) -> trainer.train(drawn, done, totalSteps(), stop, listener);
    }

    private Loop proximal(PolicyOptions.Critic critic, ModelDirectory from, RolloutBatches drawn) {
        var value = session.valueModel().orElseThrow();
        var directory = critic.directory(from);
        directory.loadInto(value);
        if (directory.hasFreshScore()) {
            new Initializer(job.recipe().seed(), directory.json().optionalDouble("initializer_range").orElse(0.02)).fillScore(value);
        }
        var rate = job.recipe().rate();
        var trainer = new ProximalTrainer(session, drawn, critic.losses(), rate.over(totalSteps()), rate.peak(), job.recipe().noise());
        return (done, stop, listener) -> trainer.train(done, totalSteps(), stop, listener);
    }

    private Reference reference(ModelDirectory from) {
        if (!job.holdsReference()) {
            return Reference.adapterOff(session.model());
        }
        from.loadInto(session.referenceModel());
        return Reference.frozen(session.referenceModel());
    }

    /** A rollout is on the disk before it is trained on. */
    private void finished(RolloutListener.Report rollout) {
        completions.orElseThrow().finished(rollout);
        int last = rollout.step() + job.drawn().order().stepsPerRollout() - 1;
        boolean due = rollout.step() == 1 || last / loggingSteps > (rollout.step() - 1) / loggingSteps;
        source.table().filter(_ -> due).ifPresent(count ->
            log.orElseThrow().show(new CompletionTable(source.answers(), count).of(rollout)));
    }

    @Override
    public void begin(int done, RunLog runLog) {
        log = Optional.of(runLog);
        var order = job.drawn().order();
        long drawn = done == 0 ? 0 : (order.rollout(done - 1) + 1L) * order.completions();
        completions = Optional.of(CompletionLog.open(folder, done, drawn, source.answers(), runLog));
    }

    @Override
    public int train(int done, StopRequest stop, StepListener listener) {
        return loop.orElseThrow().train(done, stop, listener);
    }

    @Override
    public void describe(PrintWriter err) {
        var recipe = job.recipe();
        var sampling = job.drawn().request().sampling();
        long all = parameters(model().parameters());
        long trained = parameters(model().trainedParameters());
        say(err, "model", "%s (%s, %d layers)", job.name(), job.config().modelType(), job.config().numHiddenLayers());
        say(err, "trained", "%,d of %,d parameters (%s)", trained, all, job.adapter().map(TrainingRun::describe).orElse("all weights"));
        say(err, "data", "%s", source.prompts().summary());
        PromptArmOptions.note(source.arm()).ifPresent(note -> say(err, note.name(), "%s", note.text()));
        say(err, "rewards", "%s", source.rewardText());
        say(err, "drawn", "up to %,d tokens at temperature %s, %d at once", job.drawn().request().maxNewTokens(),
            Figures.plain(sampling.temperature()), job.extent().lanes());
        say(err, "steps", "%s", job.stepsText());
        job.lesson().critic().ifPresent(critic -> say(err, "values", "%s", critic.start().map(value -> "by a model that starts from "
            + value.path()).orElse("by a model that starts as the policy does, with a fresh head")));
        if (job.lesson().compares()) {
            say(err, "reference", "%s", new Task.Compared(Optional.empty(), false).text(job.adapter()));
        }
        say(err, "rate", "%s %s, warm-up %,d steps", Figures.rate(recipe.rate().peak()), recipe.rate().kind(),
            recipe.rate().over(totalSteps()).warmupSteps());
        say(err, "memory", "%s", session.memoryBreakdown());
        say(err, "device", "%s", model().device().info().name());
        if (recipe.passes().dtype() == DType.BF16) {
            say(err, "bf16", "%s", DtypeOptions.note(DType.BF16, model().device()).orElse(
                "weights and activations; sums, gradients, moments and what the optimiser moves are float32"));
        }
        say(err, "seed", "%d", recipe.seed());
    }

    private static void say(PrintWriter err, String name, String format, Object... arguments) {
        err.println(String.format(Locale.ROOT, "  %-9s %s", name, String.format(Locale.ROOT, format, arguments)));
    }

    private static long parameters(List<Parameter> parameters) {
        return parameters.stream().mapToLong(parameter -> parameter.value().count()).sum();
    }

    @Override
    public TrainingSession session() {
        return session;
    }

    @Override
    public int totalSteps() {
        return job.totalSteps();
    }

    @Override
    public OptionalInt stepsPerEpoch() {
        return job.stepsPerEpoch();
    }

    @Override
    public Metrics.Mean lossIsMean() {
        return Metrics.Mean.OF_ROWS;
    }

    /** What its numbers depend on, for what the command adds. */
    Dependencies dependencies() {
        return dependencies;
    }

    @Override
    public RunConfiguration configuration() {
        return dependencies.configuration(job.recipe(), job.lesson().settings(), totalSteps(), job.start().json(), rows, job.adapter());
    }

    @Override
    public void close() {
        try (session) {
            completions.ifPresent(CompletionLog::close);
        }
    }
}
