package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.Dataset;
import dev.leeway.data.Example;
import dev.leeway.data.Order;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.Parameter;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.train.TrainingSession;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** Next-token training of a model on encoded rows, from the first allocation to the last step. */
final class TrainingRun implements AutoCloseable {

    /**
     * What a run trains.
     *
     * @param name of the model, for people
     * @param config what the model is
     * @param adapter the LoRA to train; empty = all weights
     * @param data the rows
     * @param recipe how they are trained on
     */
    record Job(String name, ModelConfig config, Optional<AdapterConfig> adapter, Dataset data, Recipe recipe) {

        /** Refuses rows whose ids the model has no embedding for, and models without a language-model head. */
        Job {
            if (config.isClassifier()) {
                throw LeewayException.usage("%s is a sequence classifier and has no language-model head; name a …ForCausalLM directory", name);
            }
            for (var example : data.examples()) {
                int largest = Arrays.stream(example.tokens()).max().orElse(0);
                if (largest >= config.vocabSize()) {
                    throw LeewayException.data("row %d of the data has token id %d, but %s has vocab_size %d; tokenizer and model do not belong together",
                        example.unitId() + 1, largest, name, config.vocabSize());
                }
            }
        }
    }

    /** Room for samples on the way: how many are drawn at once, and how long prompt and completion may be together. */
    record Sampling(int lanes, int maxLength) {

        static final Sampling NONE = new Sampling(0, 0);
    }

    private final Job job;
    private final EpochBatches batches;
    private final int totalSteps;
    private final TrainingSession session;

    /** Plans and allocates. Weights are undefined until they are loaded or initialised. */
    TrainingRun(Job job, Sampling sampling, Device device) {
        this.job = job;
        var rows = job.data().examples();
        var recipe = job.recipe();
        totalSteps = recipe.steps().total(rows.size());
        batches = new EpochBatches(rows, Order.shuffled(recipe.seed(), rows.size()), recipe.steps());
        int longest = Math.max(sampling.maxLength(), rows.stream().mapToInt(Example::length).max().orElseThrow());
        int capacity = Math.max(batches.largestMicroBatch(totalSteps), sampling.maxLength());
        session = TrainingSession.open(job.config(), new TrainingSession.Settings(job.adapter(), longest, capacity, recipe.steps().batchSize(),
            recipe.adam(), sampling.lanes()), device);
    }

    TrainingSession session() {
        return session;
    }

    Llama model() {
        return session.model();
    }

    /** Says what is about to happen. */
    void describe(PrintWriter err) {
        var recipe = job.recipe();
        var steps = recipe.steps();
        var device = model().device().info();
        long all = parameters(model().parameters());
        long trained = parameters(model().trainedParameters());
        Consumer<String[]> line = field -> err.println(String.format(Locale.ROOT, "  %-9s %s", field[0], field[1]));
        line.accept(new String[] {"model", job.name() + " (" + job.config().modelType() + ", " + job.config().numHiddenLayers() + " layers)"});
        line.accept(new String[] {"trained", String.format(Locale.ROOT, "%s of %s parameters (%s)", Figures.count(trained), Figures.count(all),
            job.adapter().map(TrainingRun::describe).orElse("all weights"))});
        line.accept(new String[] {"data", job.data().report().summary()});
        line.accept(new String[] {"steps", String.format(Locale.ROOT, "%s of %d × %d rows; %s an epoch", Figures.count(totalSteps), steps.batchSize(),
            steps.accumulation(), Figures.count(steps.perEpoch(job.data().examples().size())))});
        line.accept(new String[] {"rate", Figures.rate(recipe.rate().peak()) + " " + recipe.rate().kind() + ", warm-up "
            + recipe.rate().over(totalSteps).warmupSteps() + " steps"});
        line.accept(new String[] {"memory", session.memoryBreakdown()});
        line.accept(new String[] {"device", device.name() + ", " + device.threads() + " threads"});
        line.accept(new String[] {"seed", Long.toString(recipe.seed())});
    }

    private static String describe(AdapterConfig adapter) {
        return "LoRA r " + adapter.scale().r() + ", alpha " + Figures.plain(adapter.scale().loraAlpha()) + (adapter.scale().useRslora() ? ", rsLoRA" : "");
    }

    private static long parameters(List<Parameter> parameters) {
        return parameters.stream().mapToLong(parameter -> parameter.value().count()).sum();
    }

    /** Takes all steps. */
    void train(RunLog log) {
        var recipe = job.recipe();
        session.trainer(new SupervisedFineTuning(), recipe.rate().over(totalSteps), recipe.rate().peak()).train(batches, log);
    }

    @Override
    public void close() {
        session.close();
    }
}
