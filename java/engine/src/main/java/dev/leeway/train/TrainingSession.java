package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Capacity;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelPlan;
import dev.leeway.model.ModelPlan.Trained;
import dev.leeway.model.Parameter;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Objective;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.Inference;
import dev.leeway.rollout.NextTokens;
import dev.leeway.rollout.RewardScorer;
import dev.leeway.rollout.Scorer;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;

/**
 * A model with everything that training it takes, planned together and allocated at once: weights, gradients, moments, activations, and a
 * generator for samples on the way. Weights are undefined until they are loaded or initialised.
 */
public final class TrainingSession implements Inference, AutoCloseable {

    /**
     * How a session is planned.
     *
     * @param adapter the LoRA to train; empty = all weights are trained
     * @param maxLength longest sequence
     * @param rows tokens of the largest micro-batch
     * @param sequences sequences of it
     * @param optimizer AdamW's settings
     * @param samplingLanes sequences that the session can generate at once; 0 = it cannot
     * @param gradientCheckpointing {@code gradient_checkpointing}: compute layers again on the way back, keep no activations
     * @param dtype F32, or BF16 for weights and activations in bf16, as {@link ModelPlan} says
     * @param checkpoints whether a {@link TrainingState} will be taken of the session; its copies on the host are then counted
     * @param referenceModel whether there is a second, frozen model of the same configuration, for forward passes alone
     * @param valueModel the model that PPO trains beside the policy; empty for everything else
     * @param samplingPages pages of the key/value cache that the lanes share, {@link dev.leeway.model.KeyValueCache#PAGE_SIZE} tokens
     *     each, at least what the longest sequence takes; empty = the longest sequence in every lane
     */
    public record Settings(Optional<AdapterConfig> adapter, int maxLength, int rows, int sequences, AdamW.Settings optimizer,
            int samplingLanes, boolean gradientCheckpointing, DType dtype, boolean checkpoints, boolean referenceModel,
            Optional<ValueModel> valueModel, OptionalInt samplingPages) {

        /**
         * A value model: all its weights are trained, in the policy's number type, on the policy's micro-batches.
         *
         * @param config of a …ForSequenceClassification model with the policy's vocabulary, such as a reward model's
         * @param optimizer AdamW's settings for it
         */
        public record ValueModel(ModelConfig config, AdamW.Settings optimizer) {

            /** Refuses a language model. */
            public ValueModel {
                if (!config.isClassifier()) {
                    throw LeewayException.usage("a value model gives a value and no probability; name a …ForSequenceClassification "
                        + "directory, such as a reward model's");
                }
            }
        }

        private static final int PIECE = 512;

        /** F32 settings that keep all activations. */
        public Settings(Optional<AdapterConfig> adapter, int maxLength, int rows, int sequences, AdamW.Settings optimizer,
                int samplingLanes) {
            this(adapter, maxLength, rows, sequences, optimizer, samplingLanes, false, DType.F32, false, false, Optional.empty(),
                OptionalInt.empty());
        }

        /** The same with layers computed again on the way back. */
        public Settings withGradientCheckpointing() {
            return new Settings(adapter, maxLength, rows, sequences, optimizer, samplingLanes, true, dtype, checkpoints, referenceModel,
                valueModel, samplingPages);
        }

        /** The same in another number type. */
        public Settings withDtype(DType other) {
            return new Settings(adapter, maxLength, rows, sequences, optimizer, samplingLanes, gradientCheckpointing, other, checkpoints,
                referenceModel, valueModel, samplingPages);
        }

        /** The same for a session that is saved on the way. */
        public Settings withCheckpoints() {
            return new Settings(adapter, maxLength, rows, sequences, optimizer, samplingLanes, gradientCheckpointing, dtype, true,
                referenceModel, valueModel, samplingPages);
        }

        /** The same with a frozen reference model beside the one that is trained. */
        public Settings withReferenceModel() {
            return new Settings(adapter, maxLength, rows, sequences, optimizer, samplingLanes, gradientCheckpointing, dtype, checkpoints,
                true, valueModel, samplingPages);
        }

        /** The same with a value model that is trained beside the policy. */
        public Settings withValueModel(ValueModel value) {
            return new Settings(adapter, maxLength, rows, sequences, optimizer, samplingLanes, gradientCheckpointing, dtype, checkpoints,
                referenceModel, Optional.of(value), samplingPages);
        }

        /** The same with so many pages for what is generated: with fewer, completions may have to wait, and their bits stay the same. */
        public Settings withSamplingPages(int pages) {
            return new Settings(adapter, maxLength, rows, sequences, optimizer, samplingLanes, gradientCheckpointing, dtype, checkpoints,
                referenceModel, valueModel, OptionalInt.of(pages));
        }

        /** Tokens of a pass of generation: longer prompts are read in pieces, with the same bits. */
        private int decodingRows() {
            return Math.max(samplingLanes, Math.min(rows, PIECE));
        }

        private Capacity capacity() {
            var training = Capacity.training(rows, sequences);
            var generating = samplingLanes > 0 ? training.withDecoding(decodingRows()) : training;
            return gradientCheckpointing ? generating.withGradientCheckpointing() : generating;
        }
    }

    private final Settings settings;
    private final Llama model;
    private final AdamW optimizer;
    private final Optional<Llama> reference;
    private final Optional<Critic> critic;
    private final Optional<Generator> generator;
    private final Scorer scorer;
    private final RewardScorer rewardScorer;
    private final MemoryPlan.Allocation memory;
    private final String breakdown;

    private TrainingSession(Planned planned, Settings settings, Device device) {
        this.settings = settings;
        model = planned.model();
        optimizer = planned.optimizer();
        reference = planned.reference();
        critic = planned.critic();
        generator = planned.generator();
        scorer = planned.scorer();
        rewardScorer = planned.rewardScorer();
        var footprint = planned.footprint();
        breakdown = MemoryPlan.breakdown(footprint.bytes()) + footprint.phasesText().map(text -> " (" + text + ")").orElse("");
        memory = planned.memory().allocate(device, "shorten max_length, lower per_device_train_batch_size (and raise "
            + "gradient_accumulation_steps), or train a LoRA adapter"
            + (reference.isPresent() ? "; precompute_ref_log_probs needs no second model" : ""));
        model.prepare();
        reference.ifPresent(Llama::prepare);
        critic.ifPresent(one -> one.model().prepare());
    }

    /** A session before it has memory. */
    private record Planned(MemoryPlan memory, Llama model, AdamW optimizer, Optional<Llama> reference, Optional<Critic> critic,
            Optional<Generator> generator, Scorer scorer, RewardScorer rewardScorer) {

        static Planned of(ModelConfig config, Settings settings, Predicate<Parameter> decayed, Device device) {
            var memory = MemoryPlan.alternating();
            var trained = settings.adapter().isPresent() ? Trained.ADAPTER : Trained.BASE;
            var plan = new ModelPlan(memory, settings.capacity(), trained, settings.adapter(), settings.dtype());
            var model = new Llama(config, settings.maxLength(), device,
                settings.optimizer().storage().stochasticRounding() ? plan.withoutMasters() : plan);
            var optimizer = new AdamW(device, model.trainedParameters(), settings.optimizer(), decayed, memory);
            var reference = settings.referenceModel() ? Optional.of(new Llama(config, settings.maxLength(), device, ModelPlan.ofReference(
                memory, Capacity.inference(settings.rows(), settings.sequences()), settings.dtype()))) : Optional.<Llama>empty();
            var generator = settings.samplingLanes() == 0 ? Optional.<Generator>empty()
                : Optional.of(new Generator(model, settings.decodingRows(), settings.samplingLanes(), settings.samplingPages(), memory));
            var critic = settings.valueModel().map(value -> Critic.plan(config, settings, device, memory));
            memory.count(MemoryPlan.Purpose.WORKSPACE, device.info().scratchBytes());
            if (settings.checkpoints()) {
                memory.count(MemoryPlan.Purpose.HOST_COPIES, TrainingState.bytes(model, optimizer, settings.adapter().isPresent())
                    + critic.map(one -> TrainingState.bytes(one.model(), one.optimizer(), false)).orElse(0L));
            }
            return new Planned(memory, model, optimizer, reference, critic, generator,
                new Scorer(model, settings.rows(), settings.sequences()), new RewardScorer(model, settings.rows(), settings.sequences()));
        }

        Footprint footprint() {
            return new Footprint(model.parameters(), memory.bytesByPurpose(), memory.bytesByPhase(), memory.savedBytes());
        }
    }

    /**
     * What a session takes.
     *
     * @param parameters of the model and its adapter in checkpoint order; they have names and shapes but no values
     * @param bytes for each purpose, padding included, and what is taken beside the session's own block; training and generation lie in the
     *     same memory, and what only the smaller of them needs is not among these
     * @param phases what each of the two has in use
     * @param savedBytes what they would take more side by side; 0 where the session does not generate
     */
    public record Footprint(List<Parameter> parameters, Map<MemoryPlan.Purpose, Long> bytes, Map<MemoryPlan.Phase, Long> phases,
            long savedBytes) {

        /** Bytes for all purposes. */
        public long totalBytes() {
            return bytes.values().stream().mapToLong(Long::longValue).sum();
        }

        /** What each phase has in use, if there are two: {@code training 10.1 GB, generation 4.2 GB, …}. */
        public Optional<String> phasesText() {
            return savedBytes == 0 ? Optional.empty() : Optional.of("training %s, generation %s, by turns in the same memory: %s less than "
                .formatted(readable(MemoryPlan.Phase.TRAINING), readable(MemoryPlan.Phase.ROLLOUT), MemoryPlan.readable(savedBytes))
                + "side by side");
        }

        private String readable(MemoryPlan.Phase phase) {
            return MemoryPlan.readable(phases.get(phase));
        }

        /** Those that come from the device. */
        public long bytesOn(Device device) {
            return MemoryPlan.bytesOn(device, bytes);
        }
    }

    /** What {@link #open(ModelConfig, Settings, Device)} would take from the device; nothing is allocated. */
    public static Footprint footprint(ModelConfig config, Settings settings, Device device) {
        return Planned.of(config, settings, AdamW::decaysByDefault, device).footprint();
    }

    /** Plans and allocates; fails with a breakdown if the device has too little memory. */
    public static TrainingSession open(ModelConfig config, Settings settings, Device device) {
        return open(config, settings, AdamW::decaysByDefault, device);
    }

    /** The same, with a rule of its own for which parameters decay. */
    public static TrainingSession open(ModelConfig config, Settings settings, Predicate<Parameter> decayed, Device device) {
        return new TrainingSession(Planned.of(config, settings, decayed, device), settings, device);
    }

    /** The model. */
    public Llama model() {
        return model;
    }

    /**
     * The frozen model beside the one that is trained; nothing but {@link Reference#frozen} should use it. Load its weights as you load the
     * model's.
     */
    public Llama referenceModel() {
        return reference.orElseThrow(() -> new IllegalStateException("the session was planned without a reference model"));
    }

    /**
     * The value model that PPO trains beside the policy, if there is one. Load its weights as you load the model's, or initialise them:
     * TRL begins with the reward model's.
     */
    public Optional<Llama> valueModel() {
        return critic.map(Critic::model);
    }

    /** What it was planned with. */
    Settings settings() {
        return settings;
    }

    /** The frozen model beside the one that is trained, if there is one. */
    Optional<Llama> reference() {
        return reference;
    }

    /** The value model and its optimiser. */
    Optional<Critic> critic() {
        return critic;
    }

    /** Generates with the weights as they are at the moment. */
    @Override
    public Generator generator() {
        return generator.orElseThrow(() -> new IllegalStateException("the session was planned without sampling lanes"));
    }

    /** Scores completions with the weights as they are at the moment, without dropout; the longest item has a micro-batch's tokens. */
    @Override
    public Scorer scorer() {
        return scorer;
    }

    /** Says how probable every next token is at the moment, without dropout; the longest prompt has a micro-batch's tokens. */
    @Override
    public NextTokens nextTokens() {
        return new NextTokens(model, settings.rows());
    }

    /** Says what the reward model that is trained gives to texts at the moment, without dropout; else as {@link #scorer}. */
    @Override
    public RewardScorer rewardScorer() {
        return rewardScorer;
    }

    /** The optimiser with its moments. */
    public AdamW optimizer() {
        return optimizer;
    }

    /** A trainer of this session's model, for runs in which nothing is random or any seed will do. */
    public Trainer trainer(Objective objective, Schedule schedule, double learningRate) {
        return trainer(objective, schedule, learningRate, 0);
    }

    /** A trainer of this session's model; dropout is drawn from the {@code seed}. */
    public Trainer trainer(Objective objective, Schedule schedule, double learningRate, long seed) {
        return trainer(objective, schedule, learningRate, new TrainingNoise(seed, 0));
    }

    /** A trainer of this session's model that draws this noise anew at each step. */
    public Trainer trainer(Objective objective, Schedule schedule, double learningRate, TrainingNoise noise) {
        return trainer(Method.of(objective), schedule, learningRate, noise);
    }

    /** A trainer of this session's model by a method that may compare it with a reference, or divide its logits. */
    public Trainer trainer(Method method, Schedule schedule, double learningRate, TrainingNoise noise) {
        return new Trainer(model, method, optimizer, schedule, learningRate, noise);
    }

    /** Bytes the session holds on the device. */
    public long bytes() {
        return memory.bytes();
    }

    /** What they are for: {@code weights 1.1 MB, gradients …}. */
    public String memoryBreakdown() {
        return breakdown;
    }

    @Override
    public void close() {
        try (memory) {
            generator.ifPresent(Generator::close);
        }
    }
}
