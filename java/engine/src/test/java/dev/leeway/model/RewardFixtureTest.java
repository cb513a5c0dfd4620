package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.TensorFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reward models that transformers wrote, read and written back. */
@Tag("shared")
final class RewardFixtureTest {

    @TempDir
    private Path folder;

    private static List<Path> rewardModels() throws IOException {
        var root = Path.of(Objects.requireNonNull(System.getProperty("leeway.shared"), "leeway.shared must name a directory"))
            .resolve("fixtures/reward");
        try (var files = Files.list(root)) {
            var found = files.filter(Files::isDirectory).sorted().toList();
            assertTrue(!found.isEmpty(), "no reward models in " + root);
            return found;
        }
    }

    @Test
    void whatTransformersWroteIsWrittenBackTensorByTensor() throws IOException {
        for (var original : rewardModels()) {
            var once = folder.resolve(original.getFileName() + "-once");
            var twice = folder.resolve(original.getFileName() + "-twice");
            copy(original, once);
            copy(once, twice);
            assertSameTensors(original, once);
            assertEquals(JsonFile.read(original.resolve("config.json")).node(), JsonFile.read(once.resolve("config.json")).node());
            for (var name : List.of("config.json", "model.safetensors")) {
                assertEquals(-1, Files.mismatch(once.resolve(name), twice.resolve(name)), name);
            }
        }
    }

    private static void copy(Path from, Path to) {
        var directory = ModelDirectory.open(from);
        assertTrue(directory.config().isClassifier());
        try (var tiny = TinyModel.inference(directory.config(), Optional.empty(), 8, 1)) {
            directory.loadInto(tiny.model());
            directory.save(tiny.model(), to);
        }
    }

    private static void assertSameTensors(Path expected, Path actual) {
        try (var originals = TensorFiles.open(expected); var copies = TensorFiles.open(actual)) {
            assertEquals(new TreeSet<>(originals.asMap().keySet()), new TreeSet<>(copies.asMap().keySet()));
            for (var tensor : originals.tensors()) {
                assertEquals(tensor.shape(), copies.require(tensor.name()).shape());
                assertArrayEquals(tensor.toDoubles(), copies.require(tensor.name()).toDoubles(), tensor.name());
            }
        }
    }
}
