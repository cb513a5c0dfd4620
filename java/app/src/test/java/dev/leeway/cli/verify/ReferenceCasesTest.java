package dev.leeway.cli.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.Safetensors;
import dev.leeway.io.SafetensorsWriter;
import dev.leeway.io.StoredTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The reference cases that this version promises, and that a small mistake in one would be seen. */
@Tag("shared")
final class ReferenceCasesTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared"));

    @ParameterizedTest
    @CsvSource({"fixtures/models, 22", "fixtures/lora, 4", "fixtures/optim, 4", "fixtures/misc, 2", "fixtures/tokenizer, 4",
        "fixtures/objectives, 32", "fixtures/e2e, 5", "fixtures/reward, 1", "fixtures/training, 3", "tokenizers, 4",
        "models/stories260k, 2",
        "fixtures/chat_template, 3"})
    void everyCaseOfAFolderPasses(String folder, int cases) {
        assertEquals("0: " + cases + " passed, 0 failed, 0 not checked", VerifyCommandTest.run(SHARED.resolve(folder).toString()));
    }

    @ParameterizedTest
    @CsvSource({"grad.model.embed_tokens.weight, 777", "grad.model.layers.1.mlp.down_proj.weight, 0", "grad.model.norm.weight, 63"})
    void aGradientElementOffByAThousandthOfItsRmsFails(String tensor, int element, @TempDir Path folder) throws IOException {
        var source = SHARED.resolve("fixtures/models/llama-gqa");
        for (var name : new String[] {"config.json", "model.safetensors", "inputs.json"}) {
            Files.copy(source.resolve(name), folder.resolve(name));
        }
        copyExpected(source, folder, tensor, -1);
        assertEquals("0: 1 passed, 0 failed, 0 not checked", VerifyCommandTest.run(folder.toString()));
        copyExpected(source, folder, tensor, element);
        assertEquals("1: 0 passed, 1 failed, 0 not checked", VerifyCommandTest.run(folder.toString()));
    }

    @Test
    void aCaseWithoutAnExpectedGradientFails(@TempDir Path folder) throws IOException {
        var source = SHARED.resolve("fixtures/models/llama-gqa");
        for (var name : new String[] {"config.json", "model.safetensors", "inputs.json"}) {
            Files.copy(source.resolve(name), folder.resolve(name));
        }
        try (var stored = Safetensors.open(source.resolve("expected.safetensors"))) {
            SafetensorsWriter.write(folder.resolve("expected.safetensors"),
                stored.tensors().stream().filter(tensor -> !tensor.name().equals("grad.model.norm.weight")).toList(), stored.metadata());
        }
        assertEquals("1: 0 passed, 1 failed, 0 not checked", VerifyCommandTest.run(folder.toString()));
    }

    /**
     * Copies the expectations, with one element of a tensor moved by a thousandth of the tensor's RMS; element −1 leaves them as they are.
     */
    private static void copyExpected(Path source, Path folder, String name, int element) {
        try (var stored = Safetensors.open(source.resolve("expected.safetensors")); var arena = Arena.ofConfined()) {
            var tensors = new ArrayList<StoredTensor>();
            for (var tensor : stored.tensors()) {
                tensors.add(tensor.name().equals(name) && element >= 0 ? moved(tensor, element, arena) : tensor);
            }
            SafetensorsWriter.write(folder.resolve("expected.safetensors"), tensors, stored.metadata());
        }
    }

    private static StoredTensor moved(StoredTensor tensor, int element, Arena arena) {
        var values = tensor.toDoubles();
        double squares = 0;
        for (double value : values) {
            squares += value * value;
        }
        assertTrue(squares > 0);
        values[element] += 1e-3 * Math.sqrt(squares / values.length);
        MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_DOUBLE, values);
        return new StoredTensor(tensor.name(), tensor.type(), tensor.shape(), data);
    }
}
