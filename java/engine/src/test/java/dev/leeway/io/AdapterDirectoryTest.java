package dev.leeway.io;

import static dev.leeway.io.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AdapterDirectoryTest {

    private static final String Q = "model.layers.0.self_attn.q_proj";
    private static final String V = "model.layers.0.self_attn.v_proj";
    private static final AdapterConfig CONFIG = AdapterConfig.of(LoraScale.of(1, 2), ModuleSelection.names("q_proj", "v_proj"));

    @TempDir
    private Path directory;

    @BeforeEach
    void writeAnAdapter() {
        AdapterDirectory.write(directory, CONFIG, List.of(pair(V), pair(Q)),
                List.of(StoredTensor.ofFloats("score.weight", List.of(1L, 2L), 5, 6)));
    }

    private static LoraPair pair(String module) {
        return new LoraPair(module,
                StoredTensor.ofFloats("a", List.of(1L, 3L), 1, 2, 3),
                StoredTensor.ofFloats("b", List.of(2L, 1L), 4, 5));
    }

    /** Writes the weights anew from the given tensors, under exactly their names. */
    private void weights(StoredTensor... tensors) {
        SafetensorsWriter.write(directory.resolve(AdapterDirectory.WEIGHTS), List.of(tensors), Map.of());
    }

    private static StoredTensor matrix(String name, long rows, long columns) {
        return StoredTensor.ofFloats("base_model.model." + name, List.of(rows, columns), new float[(int) (rows * columns)]);
    }

    @Test
    void anAdapterIsReadBackByModule() {
        try (var adapter = AdapterDirectory.open(directory)) {
            assertEquals(List.of(Q, V), List.copyOf(adapter.pairs().keySet()));
            assertArrayEquals(new float[] {4, 5}, adapter.pairs().get(Q).b().toFloats());
            assertArrayEquals(new float[] {5, 6}, adapter.saved().get("score.weight").toFloats());
            assertEquals(CONFIG, adapter.config());
        }
    }

    @Test
    void namesInTheFileAreThoseOfPeft() {
        try (var file = Safetensors.open(directory.resolve("adapter_model.safetensors"))) {
            assertEquals(List.of("base_model.model." + Q + ".lora_A.weight", "base_model.model." + Q + ".lora_B.weight",
                    "base_model.model." + V + ".lora_A.weight", "base_model.model." + V + ".lora_B.weight",
                    "base_model.model.score.weight"), List.copyOf(file.asMap().keySet()));
            assertEquals(Map.of("format", "pt"), file.metadata());
        }
    }

    @Test
    void saveLoadSaveGivesIdenticalBytesWhateverTheOrder() throws IOException {
        var weights = Files.readAllBytes(directory.resolve("adapter_model.safetensors"));
        var config = Files.readAllBytes(directory.resolve("adapter_config.json"));
        try (var adapter = AdapterDirectory.open(directory)) {
            AdapterDirectory.write(directory, adapter.config(), new ArrayList<>(adapter.pairs().values()).reversed(),
                    adapter.saved().values());
        }
        assertArrayEquals(weights, Files.readAllBytes(directory.resolve("adapter_model.safetensors")));
        assertArrayEquals(config, Files.readAllBytes(directory.resolve("adapter_config.json")));
    }

    @Test
    void halfAPairIsRefused() {
        weights(matrix(Q + ".lora_A.weight", 1, 3));
        assertRefused(() -> AdapterDirectory.open(directory), "module \"" + Q + "\" has lora_A but no lora_B");
        weights(matrix(Q + ".lora_B.weight", 3, 1));
        assertRefused(() -> AdapterDirectory.open(directory), "has lora_B but no lora_A");
    }

    @Test
    void ranksAndTargetsMustAgreeWithTheConfiguration() {
        weights(matrix(Q + ".lora_A.weight", 2, 3), matrix(Q + ".lora_B.weight", 5, 2));
        assertRefused(() -> AdapterDirectory.open(directory), "has rank 2, but", "adapter_config.json says 1");
        weights(matrix(Q + ".lora_A.weight", 1, 3), matrix(Q + ".lora_B.weight", 5, 2));
        assertRefused(() -> AdapterDirectory.open(directory), "adapter_model.safetensors", "the rows of A must equal the columns of B");
        weights(matrix("k_proj.lora_A.weight", 1, 3), matrix("k_proj.lora_B.weight", 5, 1));
        assertRefused(() -> AdapterDirectory.open(directory), "module \"k_proj\" has LoRA factors, but target_modules");
    }

    @Test
    void otherKindsOfAdapterTensorsAreRefused() {
        weights(matrix(Q + ".lora_magnitude_vector", 1, 1));
        assertRefused(() -> AdapterDirectory.open(directory), "lora_magnitude_vector", "not supported");
        weights(matrix("model.embed_tokens.lora_embedding_A", 1, 1));
        assertRefused(() -> AdapterDirectory.open(directory), "has lora_embedding_A but no lora_embedding_B");
        weights(matrix("score.weight", 1, 1));
        assertRefused(() -> AdapterDirectory.open(directory), "holds no LoRA factors");
        weights(StoredTensor.ofFloats("q.lora_A.weight", List.of(1L, 1L), 1));
        assertRefused(() -> AdapterDirectory.open(directory), "must begin with base_model.model.");
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        Files.delete(directory.resolve("adapter_model.safetensors"));
        assertRefused(() -> AdapterDirectory.open(directory), "has no adapter_model.safetensors");
        Files.writeString(directory.resolve("adapter_model.bin"), "");
        assertRefused(() -> AdapterDirectory.open(directory), "convert adapter_model.bin");
        Files.delete(directory.resolve("adapter_config.json"));
        assertRefused(() -> AdapterDirectory.open(directory), "has no adapter_config.json");
    }
}
