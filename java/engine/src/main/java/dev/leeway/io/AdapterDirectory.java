package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
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
 * Names in the file are {@code base_model.model.MODULE.lora_A.weight} and {@code ….lora_B.weight} for the factors, and
 * {@code base_model.model.NAME} for tensors that replace one of the base model as a whole ({@code modules_to_save}).
 */
public final class AdapterDirectory implements AutoCloseable {

    /** The file of the configuration. */
    public static final String CONFIG = "adapter_config.json";
    /** The file of the tensors. */
    public static final String WEIGHTS = "adapter_model.safetensors";

    private static final String PREFIX = "base_model.model.";
    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";

    private final Path directory;
    private final AdapterConfig config;
    private final Safetensors file;
    private final SequencedMap<String, LoraPair> pairs;
    private final SequencedMap<String, StoredTensor> saved;

    private AdapterDirectory(Path directory, AdapterConfig config, Safetensors file) {
        this.directory = directory;
        this.config = config;
        this.file = file;
        var factorsA = new TreeMap<String, StoredTensor>();
        var factorsB = new TreeMap<String, StoredTensor>();
        var whole = new TreeMap<String, StoredTensor>();
        for (var tensor : file.tensors()) {
            sort(tensor, factorsA, factorsB, whole);
        }
        this.pairs = Collections.unmodifiableSequencedMap(pairs(factorsA, factorsB));
        this.saved = Collections.unmodifiableSequencedMap(whole);
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

    private void sort(StoredTensor tensor, Map<String, StoredTensor> a, Map<String, StoredTensor> b, Map<String, StoredTensor> whole) {
        if (!tensor.name().startsWith(PREFIX)) {
            throw LeewayException.data("%s: the name of tensor %s must begin with %s", file.file(), quote(tensor.name()), PREFIX);
        }
        var name = tensor.name().substring(PREFIX.length());
        if (name.endsWith(A)) {
            a.put(name.substring(0, name.length() - A.length()), tensor);
        } else if (name.endsWith(B)) {
            b.put(name.substring(0, name.length() - B.length()), tensor);
        } else if (name.contains(".lora_")) {
            throw LeewayException.data("%s: tensor %s is neither …%s nor …%s; this kind of adapter is not supported",
                    file.file(), quote(tensor.name()), A, B);
        } else {
            whole.put(name, tensor.renamed(name));
        }
    }

    private SequencedMap<String, LoraPair> pairs(Map<String, StoredTensor> factorsA, Map<String, StoredTensor> factorsB) {
        var pairs = new TreeMap<String, LoraPair>();
        for (var module : factorsA.keySet()) {
            if (!factorsB.containsKey(module)) {
                throw LeewayException.data("%s: module %s has lora_A but no lora_B", file.file(), quote(module));
            }
            var pair = pair(module, factorsA.get(module), factorsB.get(module));
            requireAgrees(pair);
            pairs.put(module, pair);
        }
        for (var module : factorsB.keySet()) {
            if (!factorsA.containsKey(module)) {
                throw LeewayException.data("%s: module %s has lora_B but no lora_A", file.file(), quote(module));
            }
        }
        if (pairs.isEmpty()) {
            throw LeewayException.data("%s holds no LoRA factors; names like %sMODULE%s are expected", file.file(), PREFIX, A);
        }
        return pairs;
    }

    private LoraPair pair(String module, StoredTensor a, StoredTensor b) {
        try {
            return new LoraPair(module, a, b);
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
            tensors.add(pair.a().renamed(PREFIX + pair.module() + A));
            tensors.add(pair.b().renamed(PREFIX + pair.module() + B));
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

    /** Unmaps the file; data of its tensors can't be read afterwards. */
    @Override
    public void close() {
        file.close();
    }
}
