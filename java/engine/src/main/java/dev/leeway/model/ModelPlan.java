package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.ModuleSelection;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
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
    private final Capacity capacity;
    private final Trained trained;
    private final Optional<AdapterConfig> adapter;
    private final AdapterSwitch adapterSwitch = new AdapterSwitch();
    private final Dropout dropout;
    private final PackedWeights packedWeights = new PackedWeights();
    private final List<Parameter> parameters = new ArrayList<>();
    private final List<Parameter> adapterParameters = new ArrayList<>();
    private final Map<String, Tensor> shared = new HashMap<>();
    private int largestRank;

    /** Plans a model whose buffers come from {@code memory}. */
    public ModelPlan(MemoryPlan memory, Capacity capacity, Trained trained, Optional<AdapterConfig> adapter) {
        this.memory = memory;
        this.capacity = capacity;
        this.trained = capacity.training() ? trained : Trained.NOTHING;
        this.adapter = adapter;
        this.dropout = new Dropout(adapter.map(AdapterConfig::loraDropout).orElse(0.0));
    }

    Capacity capacity() {
        return capacity;
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
        var parameter = parameter(name, trained == (belongsToAdapter ? Trained.ADAPTER : Trained.BASE), shape);
        if (belongsToAdapter) {
            adapterParameters.add(parameter);
        }
        return parameter;
    }

    Parameter adapter(String name, long... shape) {
        var parameter = parameter(name, trained == Trained.ADAPTER, shape);
        adapterParameters.add(parameter);
        return parameter;
    }

    /** What an adapter's file holds: low-rank factors, and weights of the base that it replaces. */
    List<Parameter> adapterParameters() {
        return adapterParameters;
    }

    /** The modules that the adapter replaces as a whole. */
    ModuleSelection.Names savedWhole() {
        return new ModuleSelection.Names(adapter.map(AdapterConfig::modulesToSave).orElse(List.of()));
    }

    void useRank(int rank) {
        largestRank = Math.max(largestRank, rank);
    }

    /** An activation of a module; layers that share their activations share it with the modules of its name and width in other layers. */
    Tensor activation(String module, String name, long width) {
        return capacity.sharesActivations()
            ? shared.computeIfAbsent(module.replaceFirst("\\.\\d+\\.", ".") + name + width, kind -> activation(kind, width))
            : activation(module + name, width);
    }

    /** An activation with one row a token. */
    Tensor activation(String name, long width) {
        return memory.reserve(Purpose.ACTIVATIONS, name, DType.F32, capacity.rows(), width);
    }

    Tensor buffer(Purpose purpose, String name, DType dtype, long... shape) {
        return memory.reserve(purpose, name, dtype, shape);
    }

    private Parameter parameter(String name, boolean isTrained, long... shape) {
        var value = memory.reserve(Purpose.WEIGHTS, name, DType.F32, shape);
        var gradient = isTrained ? Optional.of(memory.reserve(Purpose.GRADIENTS, name, DType.F32, shape)) : Optional.<Tensor>empty();
        var parameter = new Parameter(name, value, gradient);
        parameters.add(parameter);
        return parameter;
    }
}
