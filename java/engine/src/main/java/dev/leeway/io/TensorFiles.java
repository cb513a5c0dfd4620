package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tensors of a Hugging Face model directory as one collection: {@code model.safetensors}, or else the shards that
 * {@code model.safetensors.index.json} lists. Written by {@link ShardedWriter}.
 */
public final class TensorFiles implements AutoCloseable {

    /** The file of a model that isn't split. */
    public static final String SINGLE = "model.safetensors";
    /** Which shard holds which tensor. */
    public static final String INDEX = "model.safetensors.index.json";

    private final Path directory;
    private final List<Safetensors> files;
    private final SequencedMap<String, StoredTensor> tensors;

    private TensorFiles(Path directory, List<Safetensors> files, SequencedMap<String, StoredTensor> tensors) {
        this.directory = directory;
        this.files = files;
        this.tensors = tensors;
    }

    /** Opens and checks every file of {@code directory}'s model. Where both a single file and an index exist, the single file counts. */
    public static TensorFiles open(Path directory) {
        if (Files.exists(directory.resolve(SINGLE))) {
            var file = Safetensors.open(directory.resolve(SINGLE));
            return new TensorFiles(directory, List.of(file), file.asMap());
        }
        if (Files.exists(directory.resolve(INDEX))) {
            return openShards(directory);
        }
        if (!Files.isDirectory(directory)) {
            throw LeewayException.data("%s is not a directory; a Hugging Face model directory is expected", directory);
        }
        boolean pickled = Files.exists(directory.resolve("pytorch_model.bin"));
        throw LeewayException.data("%s holds neither %s nor %s%s", directory, SINGLE, INDEX,
                pickled ? "; pickled weights are never read, convert them to safetensors" : "");
    }

    private static TensorFiles openShards(Path directory) {
        var index = directory.resolve(INDEX);
        var shardOf = shardOf(index);
        var opened = new ArrayList<Safetensors>();
        try {
            var tensors = new LinkedHashMap<String, StoredTensor>();
            for (var shard : new TreeSet<>(shardOf.values())) {
                var path = directory.resolve(shard);
                if (!Files.exists(path)) {
                    throw LeewayException.data("%s is missing, but %s lists it; fetch it again", path, INDEX);
                }
                var file = Safetensors.open(path);
                opened.add(file);
                collect(index, shardOf, file, tensors);
            }
            requireAll(index, directory, shardOf, tensors.keySet());
            return new TensorFiles(directory, List.copyOf(opened), Collections.unmodifiableSequencedMap(tensors));
        } catch (Throwable failure) {
            opened.forEach(Safetensors::close);
            throw failure;
        }
    }

    /** Reads the weight map: tensor name → plain file name beside the index. */
    private static Map<String, String> shardOf(Path index) {
        var weightMap = JsonFile.read(index).requireObject("weight_map");
        var shardOf = new LinkedHashMap<String, String>();
        for (var name : weightMap.names()) {
            var shard = weightMap.requireString(name);
            if (!shard.endsWith(".safetensors") || shard.contains("/") || shard.contains("\\") || shard.indexOf('\0') >= 0) {
                throw LeewayException.data("%s: the shard of %s must be a *.safetensors file beside the index, found %s",
                        index, quote(name), quote(shard));
            }
            shardOf.put(name, shard);
        }
        if (shardOf.isEmpty()) {
            throw LeewayException.data("%s: weight_map is empty; at least one tensor is expected", index);
        }
        return shardOf;
    }

    private static void collect(Path index, Map<String, String> shardOf, Safetensors file, Map<String, StoredTensor> tensors) {
        var shard = file.file().getFileName().toString();
        for (var tensor : file.tensors()) {
            var listed = Optional.ofNullable(shardOf.get(tensor.name()));
            if (tensors.putIfAbsent(tensor.name(), tensor) != null) {
                throw LeewayException.data("%s: tensor %s is also in an earlier shard; %s lists it in %s",
                        file.file(), quote(tensor.name()), INDEX, quote(listed.orElse("none")));
            }
            if (listed.isEmpty()) {
                throw LeewayException.data("%s: tensor %s is in %s but not in weight_map", index, quote(tensor.name()), shard);
            }
        }
    }

    private static void requireAll(Path index, Path directory, Map<String, String> shardOf, Set<String> found) {
        var absent = new HashSet<>(shardOf.keySet());
        absent.removeAll(found);
        shardOf.forEach((name, shard) -> {
            if (absent.contains(name)) {
                throw LeewayException.data("%s lists tensor %s in %s, which doesn't hold it", index, quote(name), directory.resolve(shard));
            }
        });
    }

    /** The model directory. */
    public Path directory() {
        return directory;
    }

    /** The files, in name order. */
    public List<Path> files() {
        return files.stream().map(Safetensors::file).toList();
    }

    /** Name → tensor, in the order of the files and of their bytes. */
    public SequencedMap<String, StoredTensor> asMap() {
        return tensors;
    }

    /** All tensors, in the order of the files and of their bytes. */
    public SequencedCollection<StoredTensor> tensors() {
        return tensors.sequencedValues();
    }

    /** The tensor of that name, if the model has it. */
    public Optional<StoredTensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /** The tensor of that name; a failure tells the nearest name that exists. */
    public StoredTensor require(String name) {
        return find(name).orElseThrow(() -> LeewayException.data("%s has no tensor %s%s",
                directory, quote(name), Nearest.hint(name, tensors.keySet())));
    }

    /** Unmaps all files; data of their tensors can't be read afterwards. */
    @Override
    public void close() {
        files.forEach(Safetensors::close);
    }
}
