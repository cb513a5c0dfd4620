package dev.leeway.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.faults.CheckpointedRun.Kind;
import dev.leeway.faults.CheckpointedRun.Saving;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Manifest;
import dev.leeway.io.StoredCheckpoint;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage to a checkpoint on disk is refused and named, wherever it is. */
final class BitRotTest {

    private static final int FLIPS = 1000;

    @TempDir
    private Path folder;

    private Path checkpoint;
    private Manifest manifest;

    @BeforeEach
    void writeTwoCheckpoints() {
        try (var run = CheckpointedRun.open(folder, Kind.FULL, Saving.every(1))) {
            run.train(2);
        }
        checkpoint = folder.resolve("checkpoint-2");
        manifest = StoredCheckpoint.open(checkpoint).manifest();
    }

    @Test
    void oneFlippedBitAnywhereIsRefusedNamingFileAndTensor() throws IOException {
        var random = new Random(5);
        var files = files();
        var tensors = new HashSet<String>();
        for (int i = 0; i < FLIPS; i++) {
            // half of the flips by bytes, which are mostly weights and moments; half by files, which reaches headers, state and manifest
            var file = i % 2 == 0 ? byBytes(random, files) : files.get(random.nextInt(files.size()));
            long at = random.nextLong(Files.size(file));
            int bit = 1 << random.nextInt(8);
            flip(file, at, bit);
            var part = partOf(file, at);
            Refusal.assertRefused(LeewayException.Kind.DATA, () -> StoredCheckpoint.open(checkpoint), file.toString(), part,
                "checkpoint-1 can be used");
            flip(file, at, bit);
            if (part.startsWith("tensor")) {
                tensors.add(part);
            }
        }
        StoredCheckpoint.open(checkpoint);
        assertTrue(tensors.size() > 30, "tensors hit: " + tensors.size());
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(checkpoint)) {
            return files.sorted().toList();
        }
    }

    private static Path byBytes(Random random, List<Path> files) throws IOException {
        long total = 0;
        for (var file : files) {
            total += Files.size(file);
        }
        long at = random.nextLong(total);
        for (var file : files) {
            at -= Files.size(file);
            if (at < 0) {
                return file;
            }
        }
        throw new AssertionError();
    }

    /** What the sentence must name, worked out from the files' own headers. */
    private String partOf(Path file, long at) throws IOException {
        var name = file.getFileName().toString();
        if (name.endsWith(".safetensors")) {
            return manifest.find(name).orElseThrow().tensors().stream().filter(slice -> at >= slice.begin() && at < slice.end())
                .map(slice -> "tensor \"" + slice.name() + "\"").findFirst().orElse("header");
        }
        return name;
    }

    private static void flip(Path file, long at, int bit) throws IOException {
        try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int old = bytes.read();
            bytes.seek(at);
            bytes.write(old ^ bit);
        }
    }

    @Test
    void theManifestsSlicesAreWhereTheFilesHeadersSayTheTensorsAre() {
        for (var name : List.of("model.safetensors", "optimizer.safetensors")) {
            var slices = manifest.find(name).orElseThrow().tensors();
            try (var file = StoredCheckpoint.open(checkpoint).tensors(name)) {
                assertEquals(file.tensors().stream().map(tensor -> tensor.name() + " " + tensor.data().byteSize()).toList(),
                    slices.stream().map(slice -> slice.name() + " " + (slice.end() - slice.begin())).toList());
            }
        }
    }

    @Test
    void aFileThatEndsEarlyIsRefusedAndIsNoLongerTheLatest() throws IOException {
        var random = new Random(6);
        for (var file : files()) {
            var content = Files.readAllBytes(file);
            for (int i = 0; i < 10; i++) {
                int length = random.nextInt(content.length);
                Files.write(file, Arrays.copyOf(content, length));
                Refusal.assertRefused(LeewayException.Kind.DATA, () -> StoredCheckpoint.open(checkpoint), file.toString(), "torn");
                assertTrue(CheckpointStore.latest(folder).orElseThrow().endsWith("checkpoint-1"));
            }
            Files.write(file, content);
        }
        StoredCheckpoint.open(checkpoint);
    }

    /** Version 1, whose SHA-256 is of whole files. */
    private static String first(String text, Path checkpoint, Manifest manifest) {
        var old = text.replace("\"version\": 2", "\"version\": 1");
        for (var file : manifest.files()) {
            old = old.replaceFirst("\"sha256\": \"[0-9a-f]{64}\",\\s*\"sha256_bytes\": \\d+", "\"sha256\": \""
                + Seal.sha256(bytes(checkpoint.resolve(file.name()))) + "\"");
        }
        return old;
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Test
    void aCheckpointOfTheFirstVersionIsReadAndItsDamageNamed() throws IOException {
        Seal.again(checkpoint, text -> first(text, checkpoint, manifest));
        assertTrue(StoredCheckpoint.open(checkpoint).manifest().files().stream().allMatch(file -> file.sha256Bytes() == file.bytes()));
        var weights = checkpoint.resolve("model.safetensors");
        long at = manifest.find("model.safetensors").orElseThrow().tensors().getLast().begin();
        for (long place : new long[] {at, 9}) {
            flip(weights, place, 4);
            Refusal.assertRefused(LeewayException.Kind.DATA, () -> StoredCheckpoint.open(checkpoint), partOf(weights, place));
            flip(weights, place, 4);
        }
    }

    @Test
    void aManifestThatLeavesBytesWithoutAChecksumIsRefused() throws IOException {
        var slice = manifest.find("model.safetensors").orElseThrow().tensors().getFirst();
        Seal.again(checkpoint, text -> text.replaceFirst("\"end\": " + slice.end() + ",", "\"end\": " + (slice.end() - 4) + ","));
        Refusal.assertRefused(LeewayException.Kind.DATA, () -> StoredCheckpoint.open(checkpoint), "sha256_bytes", "model.safetensors",
            "checkpoint-1 can be used");
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        for (var file : files()) {
            var content = Files.readAllBytes(file);
            Files.delete(file);
            Refusal.assertRefused(LeewayException.Kind.DATA, () -> StoredCheckpoint.open(checkpoint), file.toString());
            Files.write(file, content);
        }
    }

    @Test
    void theManifestDecidesAndNotTheName() throws IOException {
        Files.move(checkpoint, folder.resolve("the-good-one"));
        Files.createDirectories(folder.resolve("checkpoint-900"));
        assertEquals(folder.resolve("the-good-one"), CheckpointStore.latest(folder).orElseThrow());
        assertEquals(2, StoredCheckpoint.open(folder.resolve("the-good-one")).step());
    }
}
