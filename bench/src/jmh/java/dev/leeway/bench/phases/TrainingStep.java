package dev.leeway.bench.phases;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.objective.Targets;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import dev.leeway.objective.Weighed;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** A model at random weights with a batch of random tokens, to be stepped by hand. */
public final class TrainingStep implements AutoCloseable {

    private static final int RANK = 16;
    private static final double RATE = 1e-3;

    /**
     * What to step.
     *
     * @param config the model
     * @param length tokens of a sequence
     * @param batch sequences
     * @param dtype of weights and activations
     * @param lora whether an adapter is trained, not all weights
     */
    public record Task(ModelConfig config, int length, int batch, DType dtype, boolean lora) {
    }

    private final SupervisedFineTuning objective = new SupervisedFineTuning();
    private final Device device;
    private final TrainingSession session;
    private final Batch batch;
    private final Targets targets;
    private final Normalisers normalisers;
    private final TrainingNoise noise = new TrainingNoise(0, 0);
    private final TokenScores scores = new TokenScores();
    private final TokenGradients gradients = new TokenGradients();

    /** Opens a session on so many threads. */
    public TrainingStep(Task task, int threads) {
        device = Device.open("cpu", threads);
        var adapter = task.lora() ? Optional.of(AdapterConfig.of(LoraScale.of(RANK, 2 * RANK), new ModuleSelection.AllLinear()))
            : Optional.<AdapterConfig>empty();
        session = TrainingSession.open(task.config(), new TrainingSession.Settings(adapter, task.length(), task.batch() * task.length(),
            task.batch(), AdamW.Settings.standard(), 0).withDtype(task.dtype()), device);
        new Initializer(0, 0.02).fillBase(session.model());
        new Initializer(0, 0.02).fillAdapter(session.model());
        var random = new SplittableRandom(1);
        var sequences = new ArrayList<Batch.Sequence>();
        for (int s = 0; s < task.batch(); s++) {
            sequences.add(Batch.Sequence.allTrained(random.ints(task.length(), 0, task.config().vocabSize()).toArray(), s));
        }
        batch = Batch.of(sequences);
        targets = batch.objectiveTargets();
        normalisers = Normalisers.of(List.of(targets));
    }

    /** Forward pass, head, objective. */
    public Weighed weigh() {
        session.model().score(batch, objective.needs(), noise, scores);
        return objective.weigh(Scored.of(scores, targets, gradients), normalisers);
    }

    /** A whole optimiser step; the loss before it. */
    public double step() {
        session.model().zeroGradients();
        var weighed = weigh();
        session.model().backward(batch, weighed.gradients());
        optimize();
        return weighed.loss();
    }

    /** Gradient norm and AdamW. */
    public void optimize() {
        session.optimizer().step(RATE);
    }

    /** Bytes that the session holds. */
    public long bytes() {
        return session.bytes();
    }

    @Override
    public void close() {
        session.close();
        device.close();
    }
}
