package dev.leeway.io;

import static dev.leeway.io.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafetensorsWriterTest {

    @TempDir
    private Path directory;

    private static StoredTensor bytes(String name, int... values) {
        var bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return new StoredTensor(name, StoredType.U8, List.of((long) values.length), MemorySegment.ofArray(bytes));
    }

    @Test
    void theFileIsExactlyLengthHeaderSpacesAndBuffer() throws IOException {
        var path = directory.resolve("a.safetensors");
        SafetensorsWriter.write(path, List.of(bytes("é", 1, 2), StoredTensor.ofFloats("w", List.of(1L), 1f)), Map.of("format", "pt"));
        var header = "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"é\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[4,6]}}";
        int length = header.getBytes(StandardCharsets.UTF_8).length;
        int padded = (length + 7) / 8 * 8;
        var expected = RawSafetensors.bytes(header + " ".repeat(padded - length), 6);
        System.arraycopy(new byte[] {0, 0, (byte) 0x80, 0x3f, 1, 2}, 0, expected, 8 + padded, 6);
        assertArrayEquals(expected, Files.readAllBytes(path));
    }

    @Test
    void orderIsAsGivenButWiderTypesComeFirst() {
        var path = directory.resolve("a.safetensors");
        SafetensorsWriter.write(path, List.of(bytes("z", 1), StoredTensor.ofFloats("y", List.of(1L), 1f), bytes("b", 3),
                StoredTensor.ofFloats("a", List.of(1L), 1f)), Map.of());
        try (var opened = Safetensors.open(path)) {
            assertEquals(List.of("y", "a", "z", "b"), List.copyOf(opened.asMap().keySet()));
        }
    }

    @Test
    void saveLoadSaveGivesIdenticalBytesEvenOverTheMappedFile() throws IOException {
        var path = directory.resolve("a.safetensors");
        SafetensorsWriter.write(path, List.of(bytes("z", 1, 2, 3), StoredTensor.ofFloats("y", List.of(3L, 1L), 1, 2, 3),
                StoredTensor.ofFloats("scalar", List.of(), 4), bytes("none")), Map.of("z", "1", "a", "2"));
        var first = Files.readAllBytes(path);
        try (var opened = Safetensors.open(path)) {
            SafetensorsWriter.write(path, opened.tensors(), opened.metadata());
            assertArrayEquals(first, Files.readAllBytes(path));
            assertArrayEquals(new float[] {1, 2, 3}, opened.require("y").toFloats());
        }
    }

    @Test
    void namesThatOccurTwiceOrAreReservedAreRefused() {
        var path = directory.resolve("a.safetensors");
        assertRefused(() -> SafetensorsWriter.write(path, List.of(bytes("x", 1), bytes("x", 2)), Map.of()), "two tensors are named \"x\"");
        assertRefused(() -> SafetensorsWriter.write(path, List.of(bytes("__metadata__", 1)), Map.of()), "reserves");
        assertTrue(Files.notExists(path));
    }

    @Test
    void aFailedWriteSaysWhatItNeededAndLeavesNothing() throws IOException {
        var path = Files.createDirectories(directory.resolve("taken"));
        Files.writeString(path.resolve("inside"), "");
        var failure = assertThrows(LeewayException.class, () -> SafetensorsWriter.write(path, List.of(bytes("x", 1)), Map.of()));
        assertEquals(LeewayException.Kind.RESOURCES, failure.kind());
        assertTrue(failure.getMessage().contains("needs 65 bytes"), failure.getMessage());
        try (var files = Files.list(directory)) {
            assertEquals(List.of(path), files.toList());
        }
    }
}
