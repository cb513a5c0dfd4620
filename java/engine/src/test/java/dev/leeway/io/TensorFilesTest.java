package dev.leeway.io;

import static dev.leeway.io.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TensorFilesTest {

    @TempDir
    private Path directory;

    /** Tensors t0, t1, … of two floats (8 bytes) each. */
    private static List<StoredTensor> tensors(int count) {
        var tensors = new ArrayList<StoredTensor>();
        for (int i = 0; i < count; i++) {
            tensors.add(StoredTensor.ofFloats("t" + i, List.of(2L), i, i + 0.5f));
        }
        return tensors;
    }

    private Map<String, byte[]> contents() throws IOException {
        var contents = new TreeMap<String, byte[]>();
        try (var files = Files.list(directory)) {
            for (var file : files.toList()) {
                contents.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private void rewriteIndex(String from, String to) throws IOException {
        var index = directory.resolve(TensorFiles.INDEX);
        Files.writeString(index, Files.readString(index).replace(from, to));
    }

    @Test
    void aSmallModelIsOneFileThatSaysItsFormat() throws IOException {
        ShardedWriter.write(directory, tensors(3), 24);
        assertEquals(List.of("model.safetensors"), List.copyOf(contents().keySet()));
        try (var files = TensorFiles.open(directory); var single = Safetensors.open(directory.resolve("model.safetensors"))) {
            assertArrayEquals(new float[] {2, 2.5f}, files.require("t2").toFloats());
            assertEquals(Map.of("format", "pt"), single.metadata());
        }
    }

    @Test
    void aLargeModelIsSplitByItsIndexAndReadAsOne() throws IOException {
        ShardedWriter.write(directory, tensors(5), 16);
        assertEquals(List.of("model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors",
                "model.safetensors.index.json"), List.copyOf(contents().keySet()));
        var index = JsonFile.read(directory.resolve(TensorFiles.INDEX));
        assertEquals(40, index.requireObject("metadata").requireLong("total_size"));
        assertEquals("model-00002-of-00003.safetensors", index.requireObject("weight_map").requireString("t3"));
        try (var files = TensorFiles.open(directory)) {
            assertEquals(List.of("t0", "t1", "t2", "t3", "t4"), List.copyOf(files.asMap().keySet()));
            assertArrayEquals(new float[] {4, 4.5f}, files.require("t4").toFloats());
            assertRefused(() -> files.require("t9"), directory + " has no tensor \"t9\"", "did you mean");
        }
    }

    @Test
    void tensorsLargerThanAShardGetTheirOwn() throws IOException {
        ShardedWriter.write(directory, tensors(2), 1);
        assertEquals(3, contents().size());
    }

    @Test
    void saveLoadSaveOfShardsGivesIdenticalBytes() throws IOException {
        ShardedWriter.write(directory, tensors(5), 16);
        var first = contents();
        try (var files = TensorFiles.open(directory)) {
            ShardedWriter.write(directory, files.tensors(), 16);
        }
        var second = contents();
        assertEquals(first.keySet(), second.keySet());
        first.forEach((name, bytes) -> assertArrayEquals(bytes, second.get(name), name));
    }

    @Test
    void leftOversOfAnEarlierSaveGoAndForeignFilesStay() throws IOException {
        Files.writeString(directory.resolve("config.json"), "{}");
        ShardedWriter.write(directory, tensors(5), 16);
        ShardedWriter.write(directory, tensors(2), 16);
        assertEquals(List.of("config.json", "model.safetensors"), List.copyOf(contents().keySet()));
        ShardedWriter.write(directory, tensors(3), 16);
        assertEquals(List.of("config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                "model.safetensors.index.json"), List.copyOf(contents().keySet()));
    }

    @Test
    void aMissingShardIsNamed() throws IOException {
        ShardedWriter.write(directory, tensors(5), 16);
        var shard = directory.resolve("model-00002-of-00003.safetensors");
        Files.delete(shard);
        assertRefused(() -> TensorFiles.open(directory), shard + " is missing");
    }

    @Test
    void aListedTensorThatItsShardLacksIsNamed() throws IOException {
        ShardedWriter.write(directory, tensors(4), 16);
        rewriteIndex("\"t3\":", "\"lm_head.weight\": \"model-00002-of-00002.safetensors\",\n    \"t3\":");
        assertRefused(() -> TensorFiles.open(directory), "index.json lists tensor \"lm_head.weight\" in",
                "model-00002-of-00002.safetensors, which doesn't hold it");
    }

    @Test
    void anUnlistedTensorIsNamed() throws IOException {
        ShardedWriter.write(directory, tensors(4), 16);
        rewriteIndex("    \"t2\": \"model-00002-of-00002.safetensors\",\n", "");
        assertRefused(() -> TensorFiles.open(directory), "tensor \"t2\" is in model-00002-of-00002.safetensors but not in weight_map");
    }

    @Test
    void aTensorInTwoShardsIsNamed() throws IOException {
        ShardedWriter.write(directory, tensors(4), 16);
        var second = directory.resolve("model-00002-of-00002.safetensors");
        SafetensorsWriter.write(second, tensors(4), Map.of());
        assertRefused(() -> TensorFiles.open(directory), second + ": tensor \"t0\" is also in an earlier shard");
    }

    @Test
    void aShardOutsideTheDirectoryIsRefused() throws IOException {
        ShardedWriter.write(directory, tensors(2), 8);
        rewriteIndex("\"t0\": \"model", "\"t0\": \"../model");
        assertRefused(() -> TensorFiles.open(directory), "the shard of \"t0\" must be a *.safetensors file beside the index");
    }

    @Test
    void emptyMalformedAndMissingModelsAreRefused() throws IOException {
        assertRefused(() -> TensorFiles.open(directory), "holds neither model.safetensors nor model.safetensors.index.json");
        Files.writeString(directory.resolve("pytorch_model.bin"), "");
        assertRefused(() -> TensorFiles.open(directory), "convert them to safetensors");
        assertRefused(() -> TensorFiles.open(directory.resolve("none")), "is not a directory");
        var index = directory.resolve(TensorFiles.INDEX);
        Files.writeString(index, "{\"weight_map\": {}}");
        assertRefused(() -> TensorFiles.open(directory), "weight_map is empty");
        Files.writeString(index, "{\"weight_map\": {\"a\": 3}}");
        assertRefused(() -> TensorFiles.open(directory), "weight_map.a must be a string, found 3");
        Files.writeString(index, "{\"weight_map\":");
        assertRefused(() -> TensorFiles.open(directory), index + ":1:");
        assertTrue(Files.exists(index));
    }
}
