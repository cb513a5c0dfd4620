package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.RecordedPasses.Part;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.TokenScores;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A decoder of the Llama family with its head. It is planned on a {@link dev.leeway.tensor.MemoryPlan} and usable once that is allocated
 * and {@link #prepare} has run.
 *
 * <p>The same forward pass serves training, scoring, rollouts and evaluation. {@link #score} runs a packed batch and returns columns;
 * {@link #backward} takes their gradients back to the parameters; {@link Decoding} continues sequences from a key/value cache.
 */
public final class Llama {

    /** PEFT names both for every classifier, whatever its head is called. */
    private static final Set<String> PEFT_CLASSIFIERS = Set.of("classifier", "score");
    private static final RecordedPasses.Shape ZERO_GRADIENTS =
        new RecordedPasses.Shape(Part.ZERO_GRADIENTS, 0, 0, new Head.Calls(0, 0, 0, 1), true, false);

    private final ModelConfig config;
    private final Device device;
    private final Decoder decoder;
    private final Head head;
    private final BatchBuffers buffers;
    private final List<Parameter> parameters;
    private final List<Parameter> trainedParameters;
    private final List<Parameter> adapterParameters;
    private final AdapterSwitch adapterSwitch;
    private final Dropout dropout;
    private final PackedWeights packedWeights;
    private final FiniteCheck finiteCheck;
    private final Turns turns;
    private final RecordedPasses passes = new RecordedPasses();
    private final int positions;
    private final DType dtype;

    /** Plans a model. {@code positions} bounds the length of a sequence; the config's own bound is used if it is smaller. */
    public Llama(ModelConfig config, int positions, Device device, ModelPlan plan) {
        this.config = config;
        this.device = device;
        this.dtype = plan.dtype();
        this.positions = Math.min(positions, config.maxPositionEmbeddings());
        decoder = new Decoder(config, this.positions, device, plan);
        head = config.isClassifier() ? new ScalarHead(config, plan) : new LanguageHead(config, decoder.embedding().table(), device, plan);
        buffers = new BatchBuffers(config, this.positions, plan);
        parameters = List.copyOf(plan.parameters());
        trainedParameters = parameters.stream().filter(Parameter::isTrained).toList();
        adapterParameters = List.copyOf(plan.adapterParameters());
        finiteCheck = new FiniteCheck(parameters, plan);
        adapterSwitch = plan.adapterSwitch();
        dropout = plan.dropout();
        dropout.plan(plan);
        turns = plan.turns();
        plan.beforeFree(passes::forget);
        packedWeights = plan.packedWeights();
        if (plan.capacity().decoding()) {
            packedWeights.plan(device, plan);
        }
        plan.adapter().ifPresent(this::requireModules);
    }

    private void requireModules(AdapterConfig adapter) {
        if (adapter.isClassifier() && !config.isClassifier()) {
            throw LeewayException.usage("the adapter is a reward model's (task_type %s): it scores texts and gives tokens no probability; "
                + "use it with leeway score", AdapterConfig.SEQ_CLS);
        }
        if (parameters.stream().noneMatch(Parameter::isAdapter)) {
            throw LeewayException.usage("target_modules %s names no layer of this model; q_proj, k_proj, v_proj, o_proj, gate_proj, "
                + "up_proj, down_proj, lm_head and embed_tokens exist", adapter.targetModules());
        }
        requireReplaceable(adapter);
    }

    private void requireReplaceable(AdapterConfig adapter) {
        var whole = adapterParameters.stream().filter(parameter -> !parameter.isAdapter()).toList();
        boolean tied = config.tieWordEmbeddings() && !config.isClassifier();
        if (tied && whole.stream().anyMatch(parameter -> parameter.name().contains("embed_tokens"))) {
            throw LeewayException.usage("modules_to_save names embed_tokens, which this model ties to its head; PEFT would load the "
                + "embeddings alone: give embed_tokens a model that is not tied, or train all weights");
        }
        for (var name : adapter.modulesToSave()) {
            if (!PEFT_CLASSIFIERS.contains(name) && whole.stream().noneMatch(parameter -> parameter.name().contains(name + "."))) {
                throw LeewayException.usage("modules_to_save names %s, which this model lacks%s", name,
                    absence(name));
            }
        }
    }

    private String absence(String name) {
        if (config.isClassifier()) {
            return name.equals("lm_head") ? ": a reward model has no lm_head; leave it out" : "; embed_tokens and score exist";
        }
        return name.equals("lm_head") ? ": its head is tied to the embeddings" : "; embed_tokens and lm_head exist";
    }

    /** Fills what is computed and not loaded; call it once after the plan is allocated. */
    public void prepare() {
        decoder.fillTables(device);
    }

    /** What the model is. */
    public ModelConfig config() {
        return config;
    }

    /** The number type of base weights, activations and key/value cache: F32 or BF16. */
    public DType dtype() {
        return dtype;
    }

    /** Where it runs. */
    public Device device() {
        return device;
    }

    /** The longest sequence it takes. */
    public int positions() {
        return positions;
    }

    /** All parameters in checkpoint order, the base's and the adapter's. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /** What an adapter directory holds of them: low-rank factors, and weights that it replaces ({@code modules_to_save}). */
    public List<Parameter> adapterParameters() {
        return adapterParameters;
    }

    /** The parameters that an optimiser moves. */
    public List<Parameter> trainedParameters() {
        return trainedParameters;
    }

    /** Which parameters hold NaN or infinity, in their order: name → how many elements. */
    public SequencedMap<String, Long> nonfinite() {
        return finiteCheck.nonfinite(device);
    }

    /** Sets all gradients to zero. */
    public void zeroGradients() {
        run(ZERO_GRADIENTS, true, this::zeroAll);
    }

    private void zeroAll() {
        for (int i = 0; i < trainedParameters.size(); i++) {
            device.zero(trainedParameters.get(i).gradient().orElseThrow());
        }
    }

    /** Makes calls, from a recording where there is one; those of a pass that draws are never recorded, since seeds are arguments. */
    private void run(RecordedPasses.Shape shape, boolean fixed, Runnable calls) {
        if (fixed) {
            passes.run(device, shape, calls);
        } else {
            calls.run();
        }
    }

    private RecordedPasses.Shape shape(Part part, Placement.Packed packed) {
        return new RecordedPasses.Shape(part, packed.rows(), packed.sequences(), head.calls(), adapterSwitch.isOn(),
            packedWeights.isFresh());
    }

    /** The columns of a packed batch, at the rows whose target is trained; nothing is random. */
    public TokenScores score(Batch batch, Set<Column> columns) {
        return score(batch, columns, new TokenScores());
    }

    /** The same into {@code room}, which it clears, fills and returns. */
    public TokenScores score(Batch batch, Set<Column> columns, TokenScores room) {
        return score(batch, columns, Optional.empty(), room);
    }

    /** The same as a training pass sees it: with dropout and noise, as drawn for an optimiser step. {@link #backward} follows the draws. */
    public TokenScores score(Batch batch, Set<Column> columns, TrainingNoise noise) {
        return score(batch, columns, noise, new TokenScores());
    }

    /** The same into {@code room}, which it clears, fills and returns: a training loop gives the same one to every pass. */
    public TokenScores score(Batch batch, Set<Column> columns, TrainingNoise noise, TokenScores room) {
        return score(batch, columns, Optional.of(noise), room);
    }

    private TokenScores score(Batch batch, Set<Column> columns, Optional<TrainingNoise> noise, TokenScores room) {
        var packed = begin(batch, noise);
        head.begin(device, batch, columns);
        run(shape(Part.FORWARD, packed), !dropout.isOn() && packed.embeddingNoise().isEmpty(), () -> {
            decoder.forward(device, packed, buffers.tokens());
            head.forward(device, decoder.output());
        });
        room.clear();
        head.read(device, room);
        return room;
    }

    /** Adds the gradients of the batch that was scored last, given the loss's derivatives by its columns. */
    public void backward(Batch batch, TokenGradients gradients) {
        if (turns.train(device)) {
            throw new IllegalStateException("the model has generated since it scored the batch, whose activations lay in the same memory");
        }
        decoder.requireTraining();
        head.take(device, gradients);
        var packed = buffers.upload(device, batch, Optional.empty());
        run(shape(Part.BACKWARD, packed), !dropout.isOn(), () -> {
            head.backward(device, decoder.outputGradient());
            decoder.backward(device, packed, buffers.tokens());
        });
    }

    /** Refuses to go without an adapter that replaced weights of the base. */
    public void requireBase() {
        for (int i = 0; i < adapterParameters.size(); i++) {
            if (!adapterParameters.get(i).isAdapter()) {
                throw LeewayException.usage("the adapter replaces %s (modules_to_save), so its base is not here to be the reference; "
                    + "give the run a reference model of its own, or pre-compute the reference's log-probs",
                    adapterParameters.get(i).name());
            }
        }
    }

    /** Runs {@code work} with the adapter switched off: the base model as its own reference. */
    public <T> T withoutAdapter(Supplier<T> work) {
        requireBase();
        boolean before = adapterSwitch.isOn();
        adapterSwitch.set(false);
        try {
            return work.get();
        } finally {
            adapterSwitch.set(before);
        }
    }

    /** Runs {@code work}, which leaves the weights alone and decodes much, on copies of the matrices that are laid out for it. */
    public <T> T decoding(Supplier<T> work) {
        beginDecoding();
        packedWeights.refresh(device);
        try {
            return work.get();
        } finally {
            packedWeights.forget();
        }
    }

    /** Adds the adapter into the base weights and switches it off. */
    public void mergeAdapter() {
        decoder.embedding().requireMergeable();
        if (head instanceof LanguageHead language) {
            language.merge(device);
        }
        decoder.mergeAdapter(device);
        adapterSwitch.set(false);
    }

    /** Runs a packed batch through the decoder alone; {@link #hidden} and {@link #logits} read the result. */
    public void forward(Batch batch) {
        decoder.forward(device, begin(batch, Optional.empty()), buffers.tokens());
    }

    private Placement.Packed begin(Batch batch, Optional<TrainingNoise> noise) {
        if (turns.train(device)) {
            packedWeights.forget();
        }
        var placement = buffers.upload(device, batch, noise);
        if (noise.isPresent()) {
            dropout.begin(noise.get(), buffers.rowIds());
        } else {
            dropout.end();
        }
        return placement;
    }

    /** Logits (rows.length, V) at chosen rows of the last forward pass, soft-capped, before any temperature. */
    public void logits(int[] rows, int batchRows, Tensor logits) {
        logits(rows, rows.length, batchRows, logits);
    }

    private void logits(int[] rows, int count, int batchRows, Tensor logits) {
        chooseRows(rows, count);
        chosenLogits(batchRows, logits);
    }

    /** The first {@code count} of these rows are those of the next {@link #chosenLogits}. */
    void chooseRows(int[] rows, int count) {
        languageHead().choose(device, rows, count);
    }

    /** Logits of the chosen rows of the last forward pass over {@code batchRows} rows. */
    void chosenLogits(int batchRows, Tensor logits) {
        languageHead().logits(device, batchRows, decoder.output(), logits);
    }

    /** Differs where a decoding step of the same size would be other calls, or have other arguments. */
    long stateOfCalls() {
        return Double.doubleToLongBits(languageHead().temperature()) ^ (adapterSwitch.isOn() ? 1 : 0) ^ (packedWeights.isFresh() ? 2 : 0);
    }

    /**
     * (N,C) of the last forward pass: the stream before layer {@code i}, or before the final norm for i = number of layers. Training plans
     * only.
     */
    public Tensor stream(int i) {
        return decoder.stream(i);
    }

    /** (N,C) of the last forward pass: the stream behind the final norm. */
    public Tensor hidden() {
        return decoder.output();
    }

    /** What messages call the sequences of the batches that follow; {@link RowNames#COUNTED} until then. */
    public void nameRows(RowNames names) {
        buffers.nameRows(names);
    }

    /** What messages call the sequences of a batch. */
    public RowNames rowNames() {
        return buffers.names();
    }

    /** What logits are divided with when scoring. */
    public void setTemperature(double temperature) {
        languageHead().setTemperature(temperature);
    }

    /** What follows decodes. @return the turn's number: another one where packed batches have passed through the memory of the cache */
    long beginDecoding() {
        return turns.decode(device);
    }

    void decode(Placement.Cached placement, Tensor tokens) {
        dropout.end();
        decoder.forward(device, placement, tokens);
    }

    private LanguageHead languageHead() {
        if (head instanceof LanguageHead language) {
            return language;
        }
        throw LeewayException.usage("this model is a sequence classifier and has no language-model head; name a …ForCausalLM directory");
    }
}
