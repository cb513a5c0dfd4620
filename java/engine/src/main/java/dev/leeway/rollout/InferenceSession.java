package dev.leeway.rollout;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Capacity;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelPlan;
import dev.leeway.model.ModelPlan.Trained;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A model planned for scoring and generation alone, with its memory: a language model generates and says how probable completions are, a
 * reward model gives scores. Weights are undefined until they are loaded.
 */
public final class InferenceSession implements Inference, AutoCloseable {

    private final Llama model;
    private final Optional<Generator> generator;
    private final Size size;
    private final MemoryPlan.Allocation memory;

    private InferenceSession(ModelConfig config, Optional<AdapterConfig> adapter, Size size, DType dtype, Device device,
            boolean generates) {
        var plan = new MemoryPlan();
        var capacity = Capacity.inference(size.rows(), size.lanes());
        this.size = size;
        model = new Llama(config, size.maxLength(), device, new ModelPlan(plan, generates ? capacity.withDecoding() : capacity,
            Trained.NOTHING, adapter, dtype));
        generator = generates ? Optional.of(new Generator(model, size.rows(), size.lanes(), size.pages(), plan)) : Optional.empty();
        plan.count(MemoryPlan.Purpose.WORKSPACE, device.info().scratchBytes());
        memory = plan.allocate(device, generates ? "shorten the sequences (prompt and max_new_tokens), or generate fewer at once"
            : "shorten the sequences (max_length), or score fewer at once (per_device_eval_batch_size)");
        model.prepare();
    }

    /**
     * What a session can take.
     *
     * @param maxLength longest sequence, prompt and completion together
     * @param lanes sequences that are generated, or scored, at once
     * @param rows tokens of one forward pass: longer prompts are read in pieces, with the same bits; a sequence that is scored must fit
     * @param pages of the key/value cache, {@link dev.leeway.model.KeyValueCache#PAGE_SIZE} tokens each, at least what the longest sequence
     *     takes; empty = the longest sequence in every lane. With fewer, completions may have to wait, and their bits stay the same
     */
    public record Size(int maxLength, int lanes, int rows, OptionalInt pages) {

        private static final int PIECE = 512;

        /** A size with pages for the longest sequence in every lane. */
        public Size(int maxLength, int lanes, int rows) {
            this(maxLength, lanes, rows, OptionalInt.empty());
        }

        /** The same with so many pages. */
        public Size withPages(int count) {
            return new Size(maxLength, lanes, rows, OptionalInt.of(count));
        }

        /** For generation: activations for a piece of a prompt, not for the longest sequence. */
        public static Size generating(int maxLength, int lanes) {
            return new Size(maxLength, lanes, Math.max(lanes, Math.min(maxLength, PIECE)));
        }

        /** For scoring, and generation as well: activations for at least one sequence of the greatest length. */
        public static Size scoring(int maxLength, int lanes) {
            return new Size(maxLength, lanes, Math.max(lanes, Math.max(maxLength, PIECE)));
        }
    }

    /** Plans and allocates a session for generation. */
    public static InferenceSession open(ModelConfig config, Optional<AdapterConfig> adapter, int maxLength, int lanes, Device device) {
        return open(config, adapter, Size.generating(Math.min(maxLength, config.maxPositionEmbeddings()), lanes), device);
    }

    /** Plans and allocates a session of a given size. */
    public static InferenceSession open(ModelConfig config, Optional<AdapterConfig> adapter, Size size, Device device) {
        return open(config, adapter, size, DType.F32, device);
    }

    /** The same in F32 or BF16: base weights, activations and key/value cache are held in that type. */
    public static InferenceSession open(ModelConfig config, Optional<AdapterConfig> adapter, Size size, DType dtype, Device device) {
        return new InferenceSession(config, adapter, size, dtype, device, !config.isClassifier());
    }

    /** The same for scoring alone: no key/value cache, no copies of matrices that decode fast. */
    public static InferenceSession openToScore(ModelConfig config, Optional<AdapterConfig> adapter, Size size, DType dtype, Device device) {
        return new InferenceSession(config, adapter, size, dtype, device, false);
    }

    /** Bytes that a session which scores alone would take; nothing is allocated. */
    public static long bytesToScore(ModelConfig config, Size size, DType dtype, Device device) {
        var plan = new MemoryPlan();
        new Llama(config, size.maxLength(), device, new ModelPlan(plan, Capacity.inference(size.rows(), size.lanes()), Trained.NOTHING,
            Optional.empty(), dtype));
        return plan.bytesByPurpose().values().stream().mapToLong(Long::longValue).sum();
    }

    /** The model. */
    public Llama model() {
        return model;
    }

    /**
     * Generates completions.
     *
     * @throws LeewayException if the model is a reward model, or the session is there to score alone
     */
    @Override
    public Generator generator() {
        return generator.orElseThrow(() -> LeewayException.usage(model.config().isClassifier()
            ? "this model is a sequence classifier and generates nothing; name a …ForCausalLM directory"
            : "this session was opened to score alone; open one that generates"));
    }

    /** Says how probable completions are; the longest item has as many tokens as the session has rows. */
    @Override
    public Scorer scorer() {
        return new Scorer(model, size.rows(), size.lanes());
    }

    /** Says how probable every next token is; the longest prompt has as many tokens as the session has rows. */
    @Override
    public NextTokens nextTokens() {
        return new NextTokens(model, size.rows());
    }

    /** Says what a reward model gives to texts; the longest has as many tokens as the session has rows. */
    @Override
    public RewardScorer rewardScorer() {
        return new RewardScorer(model, size.rows(), size.lanes());
    }

    @Override
    public void close() {
        try (memory) {
            generator.ifPresent(Generator::close);
        }
    }
}
