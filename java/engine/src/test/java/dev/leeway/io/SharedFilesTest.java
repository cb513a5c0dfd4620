package dev.leeway.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files made by the reference libraries. */
@Tag("shared")
final class SharedFilesTest {

    @TempDir
    private Path directory;

    private static List<Path> shared(String ending) throws IOException {
        var root = Path.of(Objects.requireNonNull(System.getProperty("leeway.shared"), "leeway.shared must name a directory")).toRealPath();
        try (var files = Files.walk(root)) {
            var found = files.filter(file -> file.getFileName().toString().endsWith(ending)).sorted().toList();
            assertTrue(found.size() > 1, "no *" + ending + " under " + root);
            return found;
        }
    }

    @Test
    void everySafetensorsFileIsWrittenBackWithIdenticalBytes() throws IOException {
        for (var path : shared(".safetensors")) {
            var copy = directory.resolve("copy.safetensors");
            try (var original = Safetensors.open(path)) {
                SafetensorsWriter.write(copy, original.tensors(), original.metadata());
            }
            assertEquals(-1, Files.mismatch(path, copy), path::toString);
        }
    }

    @Test
    void everyAdapterDirectoryIsReadAndItsWeightsAreWrittenBackWithIdenticalBytes() throws IOException {
        for (var path : shared("adapter_config.json")) {
            try (var adapter = AdapterDirectory.open(path.getParent())) {
                AdapterDirectory.write(directory, adapter.config(), adapter.pairs().values(), adapter.saved().values());
                assertEquals(-1, Files.mismatch(path.resolveSibling("adapter_model.safetensors"),
                        directory.resolve("adapter_model.safetensors")), path::toString);
                assertEquals(adapter.config(), AdapterConfig.read(directory.resolve("adapter_config.json")), path::toString);
            }
        }
    }

    @Test
    void effectiveScalingIsThatOfTheReference() throws IOException {
        for (var path : shared("case.json")) {
            var reference = JsonFile.read(path);
            if (Files.exists(path.resolveSibling("adapter_config.json")) && reference.optionalDouble("scaling").isPresent()) {
                try (var adapter = AdapterDirectory.open(path.getParent())) {
                    var scalings = adapter.pairs().keySet().stream().mapToDouble(adapter.config().scale()::scaling).distinct().toArray();
                    assertArrayEquals(new double[] {reference.requireDouble("scaling")}, scalings, path::toString);
                }
            }
        }
    }
}
