package dev.leeway.faults;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AppendLog;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Disk;
import dev.leeway.io.FolderLock;
import dev.leeway.io.JsonFile;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.TinyModel;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.GrpoSettings;
import dev.leeway.objective.KahnemanTversky;
import dev.leeway.objective.PairLoss;
import dev.leeway.objective.PolicyGradient;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import dev.leeway.tensor.TestDevice;
import dev.leeway.train.AdamW;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.BatchSource;
import dev.leeway.train.CheckpointEvent;
import dev.leeway.train.Checkpointer;
import dev.leeway.train.Drawn;
import dev.leeway.train.Method;
import dev.leeway.train.PromptSource;
import dev.leeway.train.Reference;
import dev.leeway.train.ReferenceCache;
import dev.leeway.train.ReferenceLogProbs;
import dev.leeway.train.ReplayOrder;
import dev.leeway.train.RewardSource;
import dev.leeway.train.RolloutBatches;
import dev.leeway.train.RolloutSettings;
import dev.leeway.train.RunConfiguration;
import dev.leeway.train.RunState;
import dev.leeway.train.SavingSettings;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepListener;
import dev.leeway.train.StepReport;
import dev.leeway.train.StopRequest;
import dev.leeway.train.TrainingSession;
import dev.leeway.train.TrainingState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A run as a command would wire it, of a tiny model: packed micro-batches, two of them a step, a log, checkpoints. Opening it in a
 * folder with checkpoints continues the newest.
 */
public final class CheckpointedRun implements AutoCloseable {

    /** What a run trains. */
    public enum Kind {
        /** All weights. */
        FULL,
        /** A LoRA on all linear layers, with dropout. */
        LORA,
        /** The same with activations computed again. */
        RECOMPUTED,
        /** All weights in bf16, with fp32 masters. */
        FULL_BF16,
        /** All weights in bf16, rounded stochastically, with 8-bit moments of tensors of 256 elements and more. */
        FULL_LEAN,
        /** The LoRA on a model in bf16. */
        LORA_BF16,
        /** A LoRA of the embeddings, whose factor A files hold the other way round, and of the head. */
        EMBEDDING,
        /** The LoRA from preference pairs; the reference is the model without it. */
        DPO,
        /** All weights from preference pairs; the reference's log-probs are computed once and lie in a file. */
        DPO_CACHED,
        /** The LoRA from labelled answers, with a baseline that a pass over the whole step measures. */
        KTO,
        /** The LoRA on rollouts that serve four steps each, so that three of four checkpoints hold one. */
        GRPO;

        private Optional<AdapterConfig> adapter() {
            return this == FULL || this == FULL_BF16 || this == FULL_LEAN || this == DPO_CACHED ? Optional.empty()
                : Optional.of(AdapterConfig.from(JsonFile.parse("adapter", this == EMBEDDING ? EMBEDDING_ADAPTER : ADAPTER)));
        }

        private TrainingSession.Settings settings() {
            var storage = this == FULL_LEAN ? new AdamW.Storage(DType.U8, 256, true, SEED) : AdamW.Storage.STANDARD;
            var settings = new TrainingSession.Settings(adapter(), 16, 32, 4, AdamW.Settings.standard().with(storage),
                this == GRPO ? 2 : 0)
                .withDtype(this == FULL_BF16 || this == FULL_LEAN || this == LORA_BF16 ? DType.BF16 : DType.F32);
            return this == RECOMPUTED ? settings.withGradientCheckpointing() : settings;
        }

        /** What the run optimises; the session still holds the weights that it begins with. */
        private Method method(TrainingSession session, Path folder) {
            var sft = Method.of(new SupervisedFineTuning());
            var dpo = Method.of(new DirectPreference(PairLoss.SIGMOID, DirectPreference.Settings.of(0.5)));
            return switch (this) {
                case FULL, LORA, RECOMPUTED, FULL_BF16, FULL_LEAN, LORA_BF16, EMBEDDING -> sft;
                case DPO -> dpo.withReference(Reference.adapterOff(session.model()));
                case DPO_CACHED -> dpo.withReference(new ReferenceCache(folder.resolve("reference.safetensors"), Kind::complain)
                    .get(Reference.frozen(session.model()), 1, ReferenceLogProbs.rows(new Batches(this), Batches.AROUND, List.of())));
                case GRPO -> Method.of(GrpoSettings.DEFAULTS.withExtras(new PolicyGradient.Extras(0, Double.POSITIVE_INFINITY, true))
                    .objective());
                case KTO -> Method.of(new KahnemanTversky(0.5)).withReference(Reference.adapterOff(session.model()));
            };
        }

        private BatchSource batches(TrainingSession session) {
            return this == GRPO ? rollouts(session) : new Batches(this);
        }

        /** Groups of two behind prompts of three tokens; dropout and noise keep the sampler's log-probs from being the trainer's. */
        private static RolloutBatches rollouts(TrainingSession session) {
            var request = new Generator.Request(SamplingParameters.temperature(1, SEED), 9, Set.of(3, 17));
            var settings = new RolloutSettings(2, new ReplayOrder(8, 2, 2, false, SEED), request, new RolloutSettings.MicroBatch(3, 32),
                RolloutSettings.Shaping.NONE, RolloutSettings.Agreement.MEASURED);
            PromptSource prompts = number -> IntStream.range(4 * number, 4 * number + 4)
                .mapToObj(row -> new PromptSource.PromptRow(row, new int[] {1, row % Family.VOCABULARY, 2})).toList();
            return new RolloutBatches(session, settings, AdvantageRule.GroupRelative.DEFAULTS,
                RolloutBatches.Parts.of(prompts, new Length(), rollout -> { }));
        }

        private static void complain(String note) {
            throw new IllegalStateException("a run that goes on uses its own file: " + note);
        }
    }

    /**
     * How it saves.
     *
     * @param saveSteps steps between checkpoints
     * @param onFailure what a failure means
     * @param disk where to
     */
    public record Saving(int saveSteps, SavingSettings.OnFailure onFailure, Disk disk) {

        /** Every so many steps to the machine's own disk. */
        public static Saving every(int steps) {
            return new Saving(steps, SavingSettings.OnFailure.STOP, Disk.local());
        }
    }

    private static final int HORIZON = 1_000_000;
    private static final long SEED = 11;
    private static final String ADAPTER = """
        {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "lora_dropout": 0.1, "target_modules": "all-linear", "task_type": "CAUSAL_LM"}""";
    private static final String EMBEDDING_ADAPTER = """
        {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "lora_dropout": 0.1, "target_modules": ["embed_tokens", "lm_head"],
         "task_type": "CAUSAL_LM"}""";
    /** Embeddings are noisy too: all that is random in a run must come back. */
    private static final TrainingNoise NOISE = new TrainingNoise(SEED, 0, 5);

    private final Device device;
    private final TrainingSession session;
    private final FolderLock lock;
    private final TrainingState state;
    private final AppendLog log;
    private final Checkpointer checkpointer;
    private final Method method;
    private final BatchSource batches;
    private int done;

    private CheckpointedRun(Path folder, Kind kind, Saving saving, int threads, Consumer<CheckpointEvent> events) {
        lock = FolderLock.acquire(folder);
        var store = new CheckpointStore(lock, 2, saving.disk());
        device = TestDevice.open(threads);
        session = TrainingSession.open(Family.LLAMA.config(), kind.settings(), device);
        TinyModel.randomize(session.model(), SEED);
        batches = kind.batches(session);
        method = kind.method(session, folder);
        state = kind.adapter().map(config -> TrainingState.ofAdapter(session, config, folder))
            .orElseGet(() -> TrainingState.ofModel(session, Family.LLAMA.json(), folder));
        if (batches instanceof RolloutBatches rollouts) {
            state.keep(rollouts);
        }
        var configuration = RunConfiguration.of(JsonFile.newObject().put("kind", kind.name()).put("learning_rate", 1e-3).put("seed", SEED));
        var resumed = resume(folder, configuration);
        log = AppendLog.open(folder.resolve("metrics.jsonl"), resumed.map(run -> run.logBytes()).orElse(0L));
        checkpointer = new Checkpointer(state, store, new Checkpointer.Run(Map.of("seed", SEED), configuration, Optional.of(log)),
            new SavingSettings(saving.saveSteps(), Duration.ZERO, saving.onFailure()), events);
        resumed.ifPresent(run -> {
            done = run.step();
            checkpointer.resumedFrom(done);
        });
    }

    private Optional<RunState> resume(Path folder, RunConfiguration configuration) {
        try {
            var run = CheckpointStore.latest(folder).map(StoredCheckpoint::open).map(state::restore);
            run.ifPresent(before -> configuration.requireContinues(before.configuration(), folder));
            return run;
        } catch (LeewayException refused) {
            release();
            throw refused;
        }
    }

    /** A run that ignores its events. */
    public static CheckpointedRun open(Path folder, Kind kind, Saving saving) {
        return open(folder, kind, saving, 2, event -> { });
    }

    /** A run with its own number of threads. */
    public static CheckpointedRun open(Path folder, Kind kind, Saving saving, int threads, Consumer<CheckpointEvent> events) {
        return new CheckpointedRun(folder, kind, saving, threads, events);
    }

    /** Steps behind it. */
    public int done() {
        return done;
    }

    /** The checkpointer. */
    public Checkpointer checkpointer() {
        return checkpointer;
    }

    /** Trains until {@code steps} are behind, or until asked to stop. */
    public void train(int steps, StopRequest stop, StepListener listener) {
        StepListener logging = report -> log.append(JsonFile.newObject().put("step", report.step()).put("loss", report.loss())
            .put("grad_norm", report.gradientNorm()).put("learning_rate", report.learningRate()));
        var trainer = session.trainer(method, new Schedule(Schedule.Kind.LINEAR, 2, HORIZON, 0), 1e-3, NOISE);
        done = checkpointer.training(() -> trainer.train(batches, done, steps, stop, logging.then(checkpointer).then(listener)));
    }

    /** The same without a stop. */
    public void train(int steps) {
        train(steps, new StopRequest(), CheckpointedRun::ignore);
    }

    private static void ignore(StepReport report) {
    }

    /** Waits until the last step is on disk. */
    public void finish() {
        checkpointer.finish(done);
    }

    /** SHA-256 of everything that training moves, by name. */
    public Map<String, String> bits() {
        var bits = new TreeMap<String, String>();
        session.model().parameters().forEach(parameter -> {
            bits.put(parameter.name(), hash(parameter.value()));
            parameter.master().ifPresent(master -> bits.put(master.name(), hash(master)));
        });
        session.optimizer().states().forEach(moments -> {
            moments.moments().forEach(moment -> bits.put(moment.name(), hash(moment)));
        });
        bits.put("optimizer steps", Integer.toString(session.optimizer().steps()));
        return bits;
    }

    private String hash(Tensor tensor) {
        try (var arena = Arena.ofConfined()) {
            var bytes = arena.allocate(tensor.bytes());
            device.download(tensor, bytes);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.toArray(ValueLayout.JAVA_BYTE)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** The lines of a run's log. */
    public static List<String> logOf(Path folder) {
        try {
            return Files.readAllLines(folder.resolve("metrics.jsonl"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        checkpointer.close();
        log.close();
        release();
    }

    private void release() {
        state.close();
        session.close();
        device.close();
        lock.close();
    }

    /**
     * Two packed micro-batches a step, a function of the step: of two and three sequences; or of a pair, the same ones every few steps; or
     * of two labelled and of two mismatched answers.
     */
    private record Batches(Kind kind) implements BatchSource {

        /** After so many steps preferences come again. */
        private static final int AROUND = 3;

        @Override
        public List<Batch> step(int step) {
            int turn = step % AROUND;
            return switch (kind) {
                case DPO, DPO_CACHED -> List.of(pairs(2 * turn, 9, 5), pairs(2 * turn + 1, 7, 12));
                case KTO -> List.of(labelled(2 * turn, 1, -1), labelled(2 * turn + 1, 0, 0));
                case GRPO -> throw new IllegalStateException("rollouts are batches of their own");
                case FULL, LORA, RECOMPUTED, FULL_BF16, FULL_LEAN, LORA_BF16, EMBEDDING -> List.of(
                    Batch.of(TinyModel.sequences(Family.VOCABULARY, SEED + 2L * step, 9, 5)),
                    Batch.of(TinyModel.sequences(Family.VOCABULARY, SEED + 2L * step + 1, 7, 3, 11)));
            };
        }

        private static Batch pairs(int unit, int... lengths) {
            return Batch.of(TinyModel.pairs(Family.VOCABULARY, SEED + unit, unit, lengths));
        }

        private static Batch labelled(int unit, double first, double second) {
            var answers = TinyModel.pairs(Family.VOCABULARY, SEED + unit, unit, 6, 10);
            return Batch.of(List.of(answers.getFirst().withReward(first), answers.getLast().withReward(second)));
        }

        @Override
        public double epochs(int steps) {
            return steps / 100.0;
        }
    }

    /** A completion is worth its length. */
    private record Length() implements RewardSource {

        @Override
        public List<String> names() {
            return List.of("length");
        }

        @Override
        public double[] weights() {
            return new double[] {1};
        }

        @Override
        public double[][] rewards(List<Drawn> drawn) {
            return new double[][] {drawn.stream().mapToDouble(one -> one.completion().tokens().length).toArray()};
        }
    }
}
