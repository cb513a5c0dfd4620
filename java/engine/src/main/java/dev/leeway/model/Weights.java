package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.StoredType;
import dev.leeway.tensor.Device;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Moves parameters between safetensors and a device, checking names and shapes. */
public final class Weights {

    /** All bits of a float's exponent are set in NaN and infinity alone. */
    private static final int EXPONENT = 0x7f80_0000;

    private Weights() {
    }

    /**
     * Loads the base weights of a model. Every parameter must be there in the shape that the config gives; tensors that the config has no
     * place for are refused, except a stored head that is tied and the rotary buffers of old checkpoints.
     */
    public static void loadBase(Llama model, Map<String, StoredTensor> tensors, String where) {
        var placed = new HashSet<String>();
        for (var parameter : model.parameters()) {
            if (!parameter.isAdapter()) {
                load(model.device(), parameter, require(tensors, parameter.name(), where), where);
                placed.add(parameter.name());
            }
        }
        tensors.keySet().stream().filter(name -> !placed.contains(name) && !isIgnorable(name, model.config())).findFirst()
            .ifPresent(name -> {
            throw LeewayException.data("%s has %s, which the config (%s, %d layers) has no place for; config.json and weights do not "
                + "belong together",
                where, name, model.config().modelType(), model.config().numHiddenLayers());
        });
    }

    /** Loads an adapter's tensors: factors by their PEFT names, replaced weights by the base's. All must be there and nothing else. */
    public static void loadAdapter(Llama model, Map<String, StoredTensor> tensors, String where) {
        Set<String> left = new HashSet<>(tensors.keySet());
        for (var parameter : model.adapterParameters()) {
            load(model.device(), parameter, require(tensors, parameter.name(), where), where);
            left.remove(parameter.name());
        }
        left.stream().sorted().findFirst().ifPresent(name -> {
            throw LeewayException.data("%s has %s, which this base model has no place for; the adapter was trained on another model",
                where, name);
        });
    }

    /** Copies parameters to the host, as they are stored and in the order given; they live as long as the arena. */
    public static List<StoredTensor> export(Device device, List<Parameter> parameters, Arena arena) {
        var tensors = new ArrayList<StoredTensor>();
        for (var parameter : parameters) {
            var stored = parameter.stored();
            var data = arena.allocate(Math.max(1, stored.bytes()), 64).asSlice(0, stored.bytes());
            device.download(stored, data);
            var type = StoredType.named(stored.dtype().name()).orElseThrow();
            tensors.add(new StoredTensor(parameter.name(), type, Arrays.stream(stored.shape()).boxed().toList(), data));
        }
        return tensors;
    }

    private static boolean isIgnorable(String name, ModelConfig config) {
        return name.endsWith(".rotary_emb.inv_freq")
            || (name.equals("lm_head.weight") && (config.tieWordEmbeddings() || config.isClassifier()));
    }

    private static StoredTensor require(Map<String, StoredTensor> tensors, String name, String where) {
        var tensor = tensors.get(name);
        if (tensor == null) {
            throw LeewayException.data("%s has no %s, which the config asks for; config.json and weights do not belong together", where,
                name);
        }
        return tensor;
    }

    private static void load(Device device, Parameter parameter, StoredTensor stored, String where) {
        var expected = Arrays.stream(parameter.value().shape()).boxed().toList();
        if (!stored.shape().equals(expected)) {
            throw LeewayException.data("%s: %s has shape %s, the config asks for %s; config.json and weights do not belong together", where,
                parameter.name(), stored.shape(), expected);
        }
        if (!stored.type().isFloating()) {
            throw LeewayException.data("%s: %s is stored as %s; F32, BF16, F16 or F64 is expected", where, parameter.name(), stored.type());
        }
        try (var arena = Arena.ofConfined()) {
            var values = arena.allocate(parameter.value().count() * Float.BYTES, 64);
            stored.toFloats(values);
            requireFinite(values, parameter.name(), where);
            parameter.set(device, values);
        }
    }

    private static void requireFinite(MemorySegment values, String name, String where) {
        long bad = 0;
        for (long i = 0; i < values.byteSize() / Float.BYTES; i++) {
            bad += (values.getAtIndex(ValueLayout.JAVA_INT, i) & EXPONENT) == EXPONENT ? 1 : 0;
        }
        if (bad > 0) {
            throw LeewayException.numerics("%s: %s has %d elements that are NaN or infinite; the training that wrote it failed, or the "
                + "file is damaged: take an earlier checkpoint, or fetch it again", where, name, bad);
        }
    }
}
