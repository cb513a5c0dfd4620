package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.ModuleSelection;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.SumSquares;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the parts of a model are planned with: memory, capacity, and which parameters are trained. It collects the parameters in checkpoint
 * order.
 */
public final class ModelPlan {

    /** Which parameters have gradients. */
    public enum Trained {
        /** None: the model is only evaluated. */
        NOTHING,
        /** All weights of the base model. */
        BASE,
        /** The adapter alone; the base is frozen. */
        ADAPTER
    }

    private final MemoryPlan memory;
    private final Optional<Purpose> only;
    private final Capacity capacity;
    private final Trained trained;
    private final Optional<AdapterConfig> adapter;
    private final DType dtype;
    private final AdapterSwitch adapterSwitch = new AdapterSwitch();
    private final Dropout dropout;
    private final PackedWeights packedWeights = new PackedWeights();
    private final Turns turns;
    private final Optional<ModelPlan> ofDecoding;
    private final List<Parameter> parameters = new ArrayList<>();
    private final List<Parameter> adapterParameters = new ArrayList<>();
    private final Map<String, Tensor> shared = new HashMap<>();
    private int largestRank;
    private boolean masters = true;

    /** Plans an F32 model whose buffers come from {@code memory}. */
    public ModelPlan(MemoryPlan memory, Capacity capacity, Trained trained, Optional<AdapterConfig> adapter) {
        this(memory, capacity, trained, adapter, DType.F32);
    }

    /**
     * Plans a model whose buffers come from {@code memory}.
     *
     * @param dtype F32, or BF16: base weights, activations and the key/value cache are then held in bf16, sums and statistics in fp32, and
     *     each trained base weight has an fp32 master that the optimiser moves. Low-rank factors and all gradients of parameters are F32
     */
    public ModelPlan(MemoryPlan memory, Capacity capacity, Trained trained, Optional<AdapterConfig> adapter, DType dtype) {
        this(memory, Optional.empty(), capacity, trained, adapter, dtype);
    }

    private ModelPlan(MemoryPlan memory, Optional<Purpose> only, Capacity capacity, Trained trained, Optional<AdapterConfig> adapter,
            DType dtype) {
        this.memory = memory;
        this.only = only;
        this.capacity = capacity;
        this.trained = capacity.training() ? trained : Trained.NOTHING;
        this.adapter = adapter;
        this.dtype = dtype;
        this.dropout = new Dropout(adapter.map(AdapterConfig::loraDropout).orElse(0.0));
        this.turns = new Turns(memory.phases());
        this.ofDecoding = capacity.training() && capacity.decoding() ? Optional.of(new ModelPlan(memory, Optional.of(Purpose.CACHE),
            Capacity.inference(capacity.decodingRows(), capacity.sequences()), Trained.NOTHING, adapter, dtype)) : Optional.empty();
    }

    /** Plans a second, frozen model: all that it takes counts as {@link Purpose#REFERENCE}. */
    public static ModelPlan ofReference(MemoryPlan memory, Capacity capacity, DType dtype) {
        return new ModelPlan(memory, Optional.of(Purpose.REFERENCE), capacity, Trained.NOTHING, Optional.empty(), dtype);
    }

    /** The same without masters: the optimiser moves bf16 weights themselves. */
    public ModelPlan withoutMasters() {
        masters = false;
        return this;
    }

    Capacity capacity() {
        return capacity;
    }

    /** The type of base weights and activations. */
    DType dtype() {
        return dtype;
    }

    Optional<AdapterConfig> adapter() {
        return adapter;
    }

    AdapterSwitch adapterSwitch() {
        return adapterSwitch;
    }

    Dropout dropout() {
        return dropout;
    }

    PackedWeights packedWeights() {
        return packedWeights;
    }

    Turns turns() {
        return turns;
    }

    /** Plans what passes through the model when it decodes, where it is trained too; else both use the same buffers. */
    Optional<ModelPlan> ofDecoding() {
        return ofDecoding;
    }

    /** Something to do before the memory is freed. */
    void beforeFree(Runnable work) {
        memory.beforeFree(work);
    }

    List<Parameter> parameters() {
        return parameters;
    }

    /** The largest rank of the adapters planned so far. */
    int largestRank() {
        return largestRank;
    }

    boolean keepsActivations() {
        return capacity.training();
    }

    /** A weight of the base model; the adapter's {@code modules_to_save} are trained and stored with it as a whole. */
    Parameter base(String name, long... shape) {
        boolean belongsToAdapter = savedWhole().selects(name.substring(0, name.lastIndexOf('.')));
        var parameter = parameter(name, dtype, trained == (belongsToAdapter ? Trained.ADAPTER : Trained.BASE), shape);
        if (belongsToAdapter) {
            adapterParameters.add(parameter);
        }
        return parameter;
    }

    Parameter adapter(String name, long... shape) {
        var parameter = parameter(name, DType.F32, trained == Trained.ADAPTER, shape);
        adapterParameters.add(parameter);
        return parameter;
    }

    /** What an adapter's file holds: low-rank factors, and weights of the base that it replaces. */
    List<Parameter> adapterParameters() {
        return adapterParameters;
    }

    /** The adapter's configuration, if it gives this module a low-rank term; a module that it replaces as a whole gets none, as in PEFT. */
    Optional<AdapterConfig> lora(String module) {
        return adapter.filter(config -> config.targetModules().selects(module) && !savedWhole().selects(module));
    }

    /** The modules that the adapter replaces as a whole. */
    ModuleSelection.Names savedWhole() {
        return new ModuleSelection.Names(adapter.map(AdapterConfig::replacedModules).orElse(List.of()));
    }

    void useRank(int rank) {
        largestRank = Math.max(largestRank, rank);
    }

    /** An activation with one row a token, of the model's type. */
    Tensor activation(String name, long width) {
        return buffer(Purpose.ACTIVATIONS, name, dtype, capacity.rows(), width);
    }

    /** F32 with one row a token: sums and statistics that are kept unrounded. */
    Tensor statistics(String name, long width) {
        return buffer(Purpose.ACTIVATIONS, name, DType.F32, capacity.rows(), width);
    }

    /** Statistics of a module; layers that share their activations share them with the modules of its name and width in other layers. */
    Tensor statistics(String module, String name, long width) {
        return capacity.sharesActivations()
            ? shared.computeIfAbsent(module.replaceFirst("\\.\\d+\\.", ".") + name + width, kind -> statistics(kind, width))
            : statistics(module + name, width);
    }

    Tensor buffer(Purpose purpose, String name, DType type, long... shape) {
        return memory.reserve(only.orElse(purpose), name, type, shape);
    }

    /** What measures these tensors. */
    SumSquares measure(String name, List<Tensor> tensors, Purpose purpose) {
        return new SumSquares(name, List.of(tensors), memory, only.orElse(purpose));
    }

    private Parameter parameter(String name, DType type, boolean isTrained, long... shape) {
        var value = buffer(Purpose.WEIGHTS, name, type, shape);
        var gradient = isTrained ? Optional.of(buffer(Purpose.GRADIENTS, name, DType.F32, shape)) : Optional.<Tensor>empty();
        var master = masters && isTrained && type != DType.F32
            ? Optional.of(buffer(Purpose.OPTIMIZER, name + ".master", DType.F32, shape)) : Optional.<Tensor>empty();
        var parameter = new Parameter(name, value, gradient, master);
        parameters.add(parameter);
        return parameter;
    }
}
