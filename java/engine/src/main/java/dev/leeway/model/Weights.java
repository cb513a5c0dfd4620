package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.StoredType;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Transpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Moves parameters between safetensors and a device, checking names and shapes. */
public final class Weights {

    /** All bits of a float's exponent are set in NaN and infinity alone. */
    private static final int EXPONENT = 0x7f80_0000;

    /** Elements that are on their way at once. */
    private static final long PIECE = 1 << 20;

    private Weights() {
    }

    /**
     * Loads the base weights of a model. Every parameter must be there in the shape that the config gives; tensors that the config has no
     * place for are refused, except a stored head that is tied and the rotary buffers of old checkpoints.
     */
    public static void loadBase(Llama model, Map<String, StoredTensor> tensors, String where) {
        loadBase(model, tensors, where, parameter -> true);
    }

    /** The same for a reward model whose {@code score} head is in no file: it stays as it is. */
    static void loadDecoder(Llama model, Map<String, StoredTensor> tensors, String where) {
        loadBase(model, tensors, where, parameter -> !parameter.isScore());
    }

    private static void loadBase(Llama model, Map<String, StoredTensor> tensors, String where, Predicate<Parameter> wanted) {
        var placed = new HashSet<String>();
        for (var parameter : model.parameters()) {
            if (!parameter.isAdapter() && wanted.test(parameter)) {
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

    /** Loads copies of base weights that came with an adapter, by the base's names; they replace the base's own, as in PEFT. */
    static void loadCopies(Llama model, Map<String, StoredTensor> copies, String where) {
        copies.forEach((name, copy) -> {
            boolean isTied = name.equals("lm_head.weight") && model.config().tieWordEmbeddings();
            var wanted = isTied ? "model.embed_tokens.weight" : name;
            var parameter = model.parameters().stream().filter(base -> base.name().equals(wanted)).findFirst().orElseThrow(() ->
                LeewayException.data("%s has a copy of %s, which this base model lacks; the adapter was trained on another model", where,
                    name));
            load(model.device(), parameter, copy, where);
        });
    }

    /** Copies parameters to the host, as they are stored and in the order given; they live as long as the arena. */
    public static List<StoredTensor> export(Device device, List<Parameter> parameters, Arena arena) {
        var tensors = new ArrayList<StoredTensor>();
        for (var parameter : parameters) {
            var stored = parameter.stored();
            var data = arena.allocate(Math.max(1, stored.bytes()), 64).asSlice(0, stored.bytes());
            download(device, parameter, data);
            var type = StoredType.named(stored.dtype().name()).orElseThrow();
            tensors.add(new StoredTensor(parameter.name(), type, storedShape(parameter), data));
        }
        return tensors;
    }

    private static void download(Device device, Parameter parameter, MemorySegment data) {
        if (!parameter.isStoredTransposed()) {
            device.download(parameter.stored(), data);
            return;
        }
        try (var scratch = Arena.ofConfined()) {
            var values = scratch.allocate(parameter.value().bytes(), 64);
            device.download(parameter.value(), values);
            Transpose.floats(values, parameter.value().size(0), parameter.value().size(1), data);
        }
    }

    private static List<Long> storedShape(Parameter parameter) {
        var shape = Arrays.stream(parameter.value().shape()).boxed().toList();
        return parameter.isStoredTransposed() ? shape.reversed() : shape;
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
        var expected = storedShape(parameter);
        if (!stored.shape().equals(expected)) {
            throw LeewayException.data("%s: %s has shape %s, the config asks for %s; config.json and weights do not belong together", where,
                parameter.name(), stored.shape(), expected);
        }
        if (!stored.type().isFloating()) {
            throw LeewayException.data("%s: %s is stored as %s; F32, BF16, F16 or F64 is expected", where, parameter.name(), stored.type());
        }
        long bad = parameter.isStoredTransposed() ? uploadTransposed(device, parameter, stored) : upload(device, parameter, stored);
        if (bad > 0) {
            throw LeewayException.numerics("%s: %s has %d elements that are NaN or infinite; the training that wrote it failed, or the "
                + "file is damaged: take an earlier checkpoint, or fetch it again", where, parameter.name(), bad);
        }
    }

    /** Piece by piece, so that neither file nor copy of a large matrix stays in memory; returns how many elements are NaN or infinite. */
    private static long upload(Device device, Parameter parameter, StoredTensor stored) {
        long bad = 0;
        try (var arena = Arena.ofConfined()) {
            var room = arena.allocate(Math.min(PIECE, stored.elements()) * Float.BYTES, 64);
            for (long first = 0; first < stored.elements(); first += PIECE) {
                var part = stored.part(first, Math.min(PIECE, stored.elements() - first));
                var values = room.asSlice(0, part.elements() * Float.BYTES);
                part.toFloats(values);
                part.unload();
                bad += nonfinite(values);
                parameter.set(device, values, first);
            }
        }
        parameter.round(device);
        return bad;
    }

    /** The same for a factor of an adapter that is (R,V) in the file and (V,R) on the device: columns of the file at a time. */
    private static long uploadTransposed(Device device, Parameter parameter, StoredTensor stored) {
        long bad = 0;
        long rank = stored.shape().get(0);
        long all = stored.shape().get(1);
        long most = Math.clamp(PIECE / rank, 1, all);
        try (var arena = Arena.ofConfined()) {
            var room = arena.allocate(rank * most * Float.BYTES, 64);
            var turned = arena.allocate(room.byteSize(), 64);
            for (long first = 0; first < all; first += most) {
                long columns = Math.min(most, all - first);
                long row = columns * Float.BYTES;
                for (long r = 0; r < rank; r++) {
                    stored.part(r * all + first, columns).toFloats(room.asSlice(r * row, row));
                }
                var values = room.asSlice(0, rank * row);
                bad += nonfinite(values);
                Transpose.floats(values, rank, columns, turned.asSlice(0, rank * row));
                parameter.set(device, turned.asSlice(0, rank * row), first * rank);
            }
        }
        stored.unload();
        parameter.round(device);
        return bad;
    }

    private static long nonfinite(MemorySegment values) {
        long bad = 0;
        for (long i = 0; i < values.byteSize() / Float.BYTES; i++) {
            bad += (values.getAtIndex(ValueLayout.JAVA_INT, i) & EXPONENT) == EXPONENT ? 1 : 0;
        }
        return bad;
    }
}
