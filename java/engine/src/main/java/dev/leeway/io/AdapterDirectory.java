package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import dev.leeway.io.LoraPair.Layer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * A PEFT adapter directory: {@code adapter_config.json} and {@code adapter_model.safetensors}.
 * <p>
 * Names in the file are {@code base_model.model.MODULE.lora_A.weight} and {@code ….lora_B.weight} for the factors of a linear layer,
 * {@code ….lora_embedding_A} and {@code ….lora_embedding_B} for those of an embedding, and {@code base_model.model.NAME} for tensors that
 * replace one of the base model as a whole ({@code modules_to_save}). Beside the factors of embeddings and heads PEFT also writes a copy of
 * the base model's weight, {@code ….base_layer.weight}; it is read, and never written.
 */
public final class AdapterDirectory implements AutoCloseable {

    /** The file of the configuration. */
    public static final String CONFIG = "adapter_config.json";
    /** The file of the tensors. */
    public static final String WEIGHTS = "adapter_model.safetensors";
    /** What stands before every name of the base model in that file. */
    public static final String PREFIX = "base_model.model.";

    private static final String COPY = ".base_layer.weight";

    private final Path directory;
    private final AdapterConfig config;
    private final Safetensors file;
    private final SequencedMap<String, LoraPair> pairs;
    private final SequencedMap<String, StoredTensor> saved;
    private final SequencedMap<String, StoredTensor> copies;

    private AdapterDirectory(Path directory, AdapterConfig config, Safetensors file) {
        this.directory = directory;
        this.config = config;
        this.file = file;
        var named = new TreeMap<String, StoredTensor>();
        for (var tensor : file.tensors()) {
            named.put(inBase(tensor), tensor);
        }
        this.pairs = Collections.unmodifiableSequencedMap(pairs(named));
        this.copies = Collections.unmodifiableSequencedMap(copies(named));
        this.saved = Collections.unmodifiableSequencedMap(whole(named));
    }

    /** Opens an adapter and checks that configuration and tensors agree. */
    public static AdapterDirectory open(Path directory) {
        if (!Files.exists(directory.resolve(CONFIG))) {
            throw LeewayException.data("%s has no %s; a PEFT adapter directory is expected", directory, CONFIG);
        }
        var config = AdapterConfig.read(directory.resolve(CONFIG));
        if (!Files.exists(directory.resolve(WEIGHTS))) {
            throw LeewayException.data("%s has no %s%s", directory, WEIGHTS, Files.exists(directory.resolve("adapter_model.bin"))
                    ? "; pickled weights are never read, convert adapter_model.bin to safetensors" : "");
        }
        var file = Safetensors.open(directory.resolve(WEIGHTS));
        try {
            return new AdapterDirectory(directory, config, file);
        } catch (Throwable failure) {
            file.close();
            throw failure;
        }
    }

    private String inBase(StoredTensor tensor) {
        if (!tensor.name().startsWith(PREFIX)) {
            throw LeewayException.data("%s: the name of tensor %s must begin with %s", file.file(), quote(tensor.name()), PREFIX);
        }
        return tensor.name().substring(PREFIX.length());
    }

    /** Takes the factors out of what is left to read. */
    private SequencedMap<String, LoraPair> pairs(Map<String, StoredTensor> left) {
        var pairs = new TreeMap<String, LoraPair>();
        for (var layer : Layer.values()) {
            var factorsA = take(layer.a(), left);
            var factorsB = take(layer.b(), left);
            factorsA.forEach((module, a) -> {
                if (!factorsB.containsKey(module)) {
                    throw halved(module, layer.a(), layer.b());
                }
                var pair = pair(module, layer, a, factorsB.get(module));
                requireAgrees(pair);
                if (pairs.put(module, pair) != null) {
                    throw LeewayException.data("%s: module %s has the factors of a linear layer and of an embedding", file.file(),
                            quote(module));
                }
            });
            factorsB.keySet().stream().filter(module -> !factorsA.containsKey(module)).findFirst().ifPresent(module -> {
                throw halved(module, layer.b(), layer.a());
            });
        }
        requireNoOtherKind(left);
        if (pairs.isEmpty()) {
            throw LeewayException.data("%s holds no LoRA factors; names like %sMODULE%s are expected", file.file(), PREFIX,
                    Layer.LINEAR.a());
        }
        return pairs;
    }

    /** Takes the tensors whose names end so; module → tensor. */
    private static SequencedMap<String, StoredTensor> take(String ending, Map<String, StoredTensor> left) {
        var taken = new TreeMap<String, StoredTensor>();
        left.forEach((name, tensor) -> {
            if (name.endsWith(ending)) {
                taken.put(name.substring(0, name.length() - ending.length()), tensor);
            }
        });
        taken.keySet().forEach(module -> left.remove(module + ending));
        return taken;
    }

    private LeewayException halved(String module, String has, String lacks) {
        return LeewayException.data("%s: module %s has %s but no %s", file.file(), quote(module), factor(has), factor(lacks));
    }

    /** {@code lora_A} of {@code .lora_A.weight}. */
    private static String factor(String ending) {
        return ending.split("\\.")[1];
    }

    private void requireNoOtherKind(Map<String, StoredTensor> left) {
        left.keySet().stream().filter(name -> name.contains(".lora_")).findFirst().ifPresent(name -> {
            throw LeewayException.data("%s: tensor %s is neither …%s nor …%s; this kind of adapter is not supported",
                    file.file(), quote(left.get(name).name()), Layer.LINEAR.a(), Layer.LINEAR.b());
        });
    }

    /** Takes the copies of weights whose modules have factors; name of the weight → its copy. */
    private SequencedMap<String, StoredTensor> copies(Map<String, StoredTensor> left) {
        var copies = new TreeMap<String, StoredTensor>();
        take(COPY, left).forEach((module, tensor) -> {
            if (!pairs.containsKey(module)) {
                throw LeewayException.data("%s: tensor %s is the weight below an adapter of %s, which has no factors", file.file(),
                        quote(tensor.name()), quote(module));
            }
            copies.put(module + ".weight", tensor.renamed(module + ".weight"));
        });
        return copies;
    }

    private static SequencedMap<String, StoredTensor> whole(Map<String, StoredTensor> left) {
        var whole = new TreeMap<String, StoredTensor>();
        left.forEach((name, tensor) -> whole.put(name, tensor.renamed(name)));
        return whole;
    }

    private LoraPair pair(String module, Layer layer, StoredTensor a, StoredTensor b) {
        try {
            return new LoraPair(module, layer, a, b);
        } catch (LeewayException wrong) {
            throw LeewayException.data(wrong, "%s: %s", file.file(), wrong.getMessage());
        }
    }

    private void requireAgrees(LoraPair pair) {
        int rank = config.scale().rank(pair.module());
        if (pair.rank() != rank) {
            throw LeewayException.data("%s: module %s has rank %d, but %s says %d",
                    file.file(), quote(pair.module()), pair.rank(), directory.resolve(CONFIG), rank);
        }
        if (!config.targetModules().selects(pair.module())) {
            throw LeewayException.data("%s: module %s has LoRA factors, but target_modules of %s does not select it",
                    file.file(), quote(pair.module()), directory.resolve(CONFIG));
        }
    }

    /**
     * Writes an adapter that PEFT loads. Modules and names are those of the base model; the file's names are made from them. Tensors
     * are written in the order of their names, so the same adapter always gives the same bytes. The configuration is written last.
     */
    public static void write(Path directory, AdapterConfig config, Collection<LoraPair> pairs, Collection<StoredTensor> saved) {
        var tensors = new ArrayList<StoredTensor>();
        for (var pair : pairs) {
            tensors.add(pair.a().renamed(PREFIX + pair.module() + pair.layer().a()));
            tensors.add(pair.b().renamed(PREFIX + pair.module() + pair.layer().b()));
        }
        saved.forEach(tensor -> tensors.add(tensor.renamed(PREFIX + tensor.name())));
        tensors.sort(Comparator.comparing(StoredTensor::name));
        SafetensorsWriter.write(directory.resolve(WEIGHTS), tensors, Map.of("format", "pt"));
        JsonFile.write(directory.resolve(CONFIG), config.toJson());
    }

    /** The adapter's directory. */
    public Path directory() {
        return directory;
    }

    /** The configuration. */
    public AdapterConfig config() {
        return config;
    }

    /** Module → its factors, in the order of the modules' names. Each rank is the configuration's. */
    public SequencedMap<String, LoraPair> pairs() {
        return pairs;
    }

    /** Name in the base model → tensor that replaces it, in the order of the names. */
    public SequencedMap<String, StoredTensor> saved() {
        return saved;
    }

    /** Name in the base model → the copy of its tensor that PEFT kept below the factors, in the order of the names. */
    public SequencedMap<String, StoredTensor> copies() {
        return copies;
    }

    /** Unmaps the file; data of its tensors can't be read afterwards. */
    @Override
    public void close() {
        file.close();
    }
}
