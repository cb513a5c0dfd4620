package dev.leeway.io;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Writes a model's tensors into a Hugging Face directory, split where they pass {@code max_shard_size}.
 * <p>
 * Each file appears whole or not at all, and the index last. Over an earlier model: its index goes first and its left-over shards last,
 * so a save that is cut off leaves the earlier single file, or a directory that {@link TensorFiles} refuses, never a mixture.
 */
public final class ShardedWriter {

    /** {@code max_shard_size} of Hugging Face's {@code save_pretrained}: 5 GB. */
    public static final long DEFAULT_MAX_SHARD_SIZE = 5_000_000_000L;

    /** Other libraries refuse to load a model without it. */
    private static final Map<String, String> METADATA = Map.of("format", "pt");
    private static final Pattern MODEL_FILE =
            Pattern.compile("model(-\\d{5}-of-\\d{5})?\\.safetensors|model\\.safetensors\\.index\\.json");

    private ShardedWriter() {
    }

    /**
     * Writes {@code tensors}, in the order given, as {@code model.safetensors}, or as {@code model-00001-of-0000N.safetensors} … with
     * an index where they have more than {@code maxShardSize} bytes. A tensor larger than that gets a shard of its own.
     */
    public static void write(Path directory, Collection<StoredTensor> tensors, long maxShardSize) {
        if (maxShardSize < 1) {
            throw LeewayException.usage("max_shard_size must be at least 1 byte, found %d", maxShardSize);
        }
        SafetensorsWriter.requireNames(directory, tensors);
        var shards = shards(tensors, maxShardSize);
        try {
            var written = new HashSet<String>();
            if (shards.size() == 1) {
                SafetensorsWriter.write(directory.resolve(TensorFiles.SINGLE), shards.getFirst(), METADATA);
                written.add(TensorFiles.SINGLE);
            } else {
                Files.deleteIfExists(directory.resolve(TensorFiles.INDEX));
                written.addAll(writeShards(directory, shards));
            }
            removeOthers(directory, written);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s: the model's files can't be replaced: %s", directory, failure.getMessage());
        }
    }

    private static List<List<StoredTensor>> shards(Collection<StoredTensor> tensors, long maxShardSize) {
        var shards = new ArrayList<List<StoredTensor>>();
        long room = 0;
        for (var tensor : tensors) {
            long bytes = tensor.data().byteSize();
            if (shards.isEmpty() || bytes > room && !shards.getLast().isEmpty()) {
                shards.add(new ArrayList<>());
                room = maxShardSize;
            }
            shards.getLast().add(tensor);
            room -= bytes;
        }
        return shards.isEmpty() ? List.of(List.of()) : shards;
    }

    /** Returns the names of the files it wrote. */
    private static Set<String> writeShards(Path directory, List<List<StoredTensor>> shards) {
        var shardOf = new TreeMap<String, String>();
        long totalSize = 0;
        for (int i = 0; i < shards.size(); i++) {
            var name = String.format("model-%05d-of-%05d.safetensors", i + 1, shards.size());
            for (var tensor : shards.get(i)) {
                shardOf.put(tensor.name(), name);
                totalSize += tensor.data().byteSize();
            }
            SafetensorsWriter.write(directory.resolve(name), shards.get(i), METADATA);
        }
        var index = JsonFile.newObject();
        index.putObject("metadata").put("total_size", totalSize);
        var weightMap = index.putObject("weight_map");
        shardOf.forEach(weightMap::put);
        JsonFile.write(directory.resolve(TensorFiles.INDEX), index);
        var written = new HashSet<>(shardOf.values());
        written.add(TensorFiles.INDEX);
        return written;
    }

    private static void removeOthers(Path directory, Set<String> written) throws IOException {
        try (var files = Files.list(directory)) {
            for (var file : files.sorted().toList()) {
                var name = file.getFileName().toString();
                if (MODEL_FILE.matcher(name).matches() && !written.contains(name)) {
                    Files.delete(file);
                }
            }
        }
        AtomicFile.sync(directory);
    }
}
