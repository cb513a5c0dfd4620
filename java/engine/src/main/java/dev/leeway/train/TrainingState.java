package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.CheckpointFile;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.io.Safetensors;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.io.TensorFiles;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.Parameter;
import dev.leeway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * What of a session goes into a checkpoint, and comes back: the weights as files that transformers or PEFT load, AdamW's moments, the
 * same of a value model, the rollout that is being trained on, and the files that make the folder a model's. It holds host memory for one
 * copy of the trained weights and moments until it is closed.
 */
public final class TrainingState implements AutoCloseable {

    /**
     * The file of AdamW's moments: {@code NAME.exp_avg} and {@code NAME.exp_avg_sq} for each trained parameter; {@code …_scale} where they
     * are 8-bit.
     */
    public static final String OPTIMIZER = "optimizer.safetensors";

    private static final String VALUE_WEIGHTS = "value_model.safetensors";
    private static final String VALUE_OPTIMIZER = "value_optimizer.safetensors";

    private final TrainingSession session;
    private final String weightsFile;
    private final List<CheckpointFile> sideFiles;
    private final Arena arena = Arena.ofShared();
    private final HostCopy weights = new HostCopy(arena);
    private final HostCopy moments = new HostCopy(arena);
    private final HostCopy valueWeights = new HostCopy(arena);
    private final HostCopy valueMoments = new HostCopy(arena);
    private Optional<RolloutBatches> rollouts = Optional.empty();
    private Optional<Rollout> rollout = Optional.empty();

    private TrainingState(TrainingSession session, String weightsFile, SequencedMap<String, byte[]> sideFiles) {
        this.session = session;
        this.weightsFile = weightsFile;
        this.sideFiles = sideFiles.entrySet().stream().map(file -> CheckpointFile.of(file.getKey(), file.getValue())).toList();
        addMoments(session.optimizer(), moments);
        session.critic().ifPresent(critic -> {
            saved(critic.model(), false).forEach(parameter -> valueWeights.add(parameter.name(), parameter.stored()));
            addMoments(critic.optimizer(), valueMoments);
        });
    }

    private static void addMoments(AdamW optimizer, HostCopy copy) {
        optimizer.states().forEach(state -> state.moments().forEach(moment -> copy.add(moment.name(), moment)));
    }

    /** All weights, with the configuration and the companions (tokenizer files) of a Hugging Face directory. */
    public static TrainingState ofModel(TrainingSession session, JsonObject config, Path companions) {
        var state = new TrainingState(session, TensorFiles.SINGLE, ModelDirectory.sideFiles(config, companions));
        saved(session.model(), false).forEach(parameter -> state.weights.add(parameter.name(), parameter.stored()));
        return state;
    }

    /** The trained parameters as a PEFT adapter, with the companions of its base model's directory. */
    public static TrainingState ofAdapter(TrainingSession session, AdapterConfig config, Path companions) {
        var files = ModelDirectory.companions(companions);
        files.putFirst(AdapterDirectory.CONFIG, JsonFile.pretty(config.toJson()).getBytes(StandardCharsets.UTF_8));
        var state = new TrainingState(session, AdapterDirectory.WEIGHTS, files);
        saved(session.model(), true).forEach(state::addToAdapter);
        return state;
    }

    /** Keeps the rollout at hand as well, so that a run can go on inside of it with the same bits. Call it before {@link #restore}. */
    public TrainingState keep(RolloutBatches source) {
        rollouts = Optional.of(source);
        return this;
    }

    private void addToAdapter(Parameter parameter) {
        if (parameter.isStoredTransposed()) {
            weights.addTransposed(peftName(parameter), parameter.stored());
        } else {
            weights.add(peftName(parameter), parameter.stored());
        }
    }

    /** The weights that a checkpoint holds: an adapter's, or all. */
    private static List<Parameter> saved(Llama model, boolean adapter) {
        return adapter ? model.trainedParameters() : model.parameters().stream().filter(parameter -> !parameter.isAdapter()).toList();
    }

    /** Host memory that the state of a session would hold: a copy of the weights that are saved, and of the moments. */
    static long bytes(Llama model, AdamW optimizer, boolean adapter) {
        return saved(model, adapter).stream()
            .mapToLong(parameter -> parameter.stored().bytes() * (parameter.isStoredTransposed() ? 2 : 1)).sum()
            + optimizer.states().stream().flatMap(state -> state.moments().stream()).mapToLong(Tensor::bytes).sum();
    }

    private static String peftName(Parameter parameter) {
        return parameter.isAdapter() ? parameter.name() : AdapterDirectory.PREFIX + parameter.name();
    }

    /** Host memory that it holds. */
    public long bytes() {
        return weights.bytes() + moments.bytes() + valueWeights.bytes() + valueMoments.bytes();
    }

    /** Steps that the optimiser has taken. */
    int optimizerSteps() {
        return session.optimizer().steps();
    }

    /** Copies weights and moments to the host, over the copy before, and remembers the rollout. */
    void take() {
        var device = session.model().device();
        weights.take(device);
        moments.take(device);
        valueWeights.take(device);
        valueMoments.take(device);
        rollout = rollouts.flatMap(RolloutBatches::current);
        device.synchronize();
    }

    /** The files of the copy taken last; checksums are computed here, so any thread but the engine's should call it. */
    List<CheckpointFile> files(RunState run) {
        var files = new ArrayList<CheckpointFile>();
        files.add(CheckpointFile.of(weightsFile, weights.tensors()));
        files.add(CheckpointFile.of(OPTIMIZER, moments.tensors()));
        files.add(CheckpointFile.of(RunState.NAME, run.toJson()));
        if (session.critic().isPresent()) {
            files.add(CheckpointFile.of(VALUE_WEIGHTS, valueWeights.tensors()));
            files.add(CheckpointFile.of(VALUE_OPTIMIZER, valueMoments.tensors()));
        }
        if (isInsideRollout(run)) {
            files.add(RolloutFile.of(rollout.orElseThrow()));
        }
        files.addAll(sideFiles);
        return files;
    }

    /**
     * Puts weights, moments and the optimiser's count back as the checkpoint has them, bit for bit. A checkpoint of another model, or
     * another kind of training, is refused before anything moves. The base model of an adapter must have been loaded.
     *
     * @return where the run stood
     */
    public RunState restore(StoredCheckpoint checkpoint) {
        var run = RunState.read(checkpoint);
        if (!checkpoint.has(weightsFile)) {
            throw LeewayException.data("%s has no %s; a run of %s can't continue it", checkpoint.folder(), weightsFile,
                weightsFile.equals(AdapterDirectory.WEIGHTS) ? "an adapter" : "all weights");
        }
        var source = rollouts.filter(_ -> isInsideRollout(run));
        var stored = source.map(_ -> RolloutFile.read(checkpoint));
        source.ifPresent(batches -> batches.requireFits(run.step(), stored.orElseThrow()));
        try (var policy = Stored.open(checkpoint, weightsFile, OPTIMIZER)) {
            policy.requireFits(weights, moments);
            session.critic().ifPresent(critic -> restore(critic, checkpoint, run));
            policy.restore(weights, moments, session.model());
            session.optimizer().resume(run.optimizerSteps());
        }
        source.ifPresent(batches -> batches.goOn(stored.orElseThrow()));
        return run;
    }

    private void restore(Critic critic, StoredCheckpoint checkpoint, RunState run) {
        try (var value = Stored.open(checkpoint, VALUE_WEIGHTS, VALUE_OPTIMIZER)) {
            value.requireFits(valueWeights, valueMoments);
            value.restore(valueWeights, valueMoments, critic.model());
            critic.optimizer().resume(run.optimizerSteps());
        }
    }

    /** The two files of a model. */
    private record Stored(Safetensors weights, Safetensors moments) implements AutoCloseable {

        static Stored open(StoredCheckpoint checkpoint, String weights, String moments) {
            var first = checkpoint.tensors(weights);
            try {
                return new Stored(first, checkpoint.tensors(moments));
            } catch (LeewayException unreadable) {
                first.close();
                throw unreadable;
            }
        }

        void requireFits(HostCopy ofWeights, HostCopy ofMoments) {
            ofWeights.requireFits(weights);
            ofMoments.requireFits(moments);
        }

        void restore(HostCopy ofWeights, HostCopy ofMoments, Llama model) {
            ofWeights.restore(weights, model.device());
            ofMoments.restore(moments, model.device());
            model.parameters().forEach(parameter -> parameter.round(model.device()));
        }

        @Override
        public void close() {
            try (moments) {
                weights.close();
            }
        }
    }

    private boolean isInsideRollout(RunState run) {
        return rollouts.filter(source -> !source.settings().order().isOnPolicy(run.step())).isPresent();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
