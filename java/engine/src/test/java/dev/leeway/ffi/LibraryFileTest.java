package dev.leeway.ffi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is loaded is what the jar holds, whoever else unpacks it and whatever happened to the copy. */
final class LibraryFileTest {

    private static final String NAME = "libleeway_cpu.so";
    private static final Instant NOW = Instant.parse("2026-05-01T00:00:00Z");

    @TempDir
    private Path cache;

    private static byte[] content(long seed) {
        var bytes = new byte[100_000];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Path place(long seed, Instant now) throws IOException {
        return LibraryFile.place(content(seed), cache, NAME, now);
    }

    private List<Path> files() throws IOException {
        try (var files = Files.walk(cache)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void aSecondStartFindsTheFileInPlace() throws IOException {
        var file = place(1, NOW);
        var key = Files.readAttributes(file, "unix:ino").get("ino");
        assertEquals(file, place(1, NOW));
        assertEquals(key, Files.readAttributes(file, "unix:ino").get("ino"), "the same file, not a new one");
        assertEquals(List.of(file), files());
    }

    @Test
    void aTornOrAlteredCopyIsReplaced() throws IOException {
        var file = place(1, NOW);
        for (byte[] wrong : new byte[][] {new byte[0], new byte[100_000], content(2)}) {
            Files.write(file, wrong);
            assertEquals(file, place(1, NOW));
            assertArrayEquals(content(1), Files.readAllBytes(file));
        }
        assertEquals(List.of(file), files());
    }

    @Test
    void versionsDoNotMeet() throws IOException {
        assertFalse(place(1, NOW).equals(place(2, NOW)));
        assertEquals(2, files().size());
    }

    @Test
    void manyThatUnpackAtOnceAllGetTheWholeFile() throws Exception {
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (int round = 0; round < 20; round++) {
                long seed = round;
                Callable<byte[]> unpack = () -> Files.readAllBytes(place(seed, NOW));
                for (var found : threads.invokeAll(java.util.Collections.nCopies(8, unpack))) {
                    assertArrayEquals(content(seed), found.get());
                }
            }
        }
        assertEquals(20, files().size(), "and nothing is left behind");
    }

    @Test
    void whatNobodyStartedForAMonthIsRemovedAndNothingElse() throws IOException {
        var old = place(1, NOW.minus(Duration.ofDays(40)));
        var used = place(2, NOW.minus(Duration.ofDays(40)));
        place(2, NOW.minus(Duration.ofDays(20)));
        var foreign = Files.writeString(Files.createDirectory(cache.resolve("notes")).resolve("mine.txt"), "mine");
        Files.setLastModifiedTime(foreign.getParent(), java.nio.file.attribute.FileTime.from(NOW.minus(Duration.ofDays(400))));
        var fresh = place(3, NOW);
        assertFalse(Files.exists(old.getParent()));
        var left = new ArrayList<>(files());
        assertTrue(left.removeAll(List.of(used, foreign, fresh)));
        assertEquals(List.of(), left);
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoSilentFailure() throws IOException {
        var file = Files.writeString(cache.resolve("file"), "not a folder");
        assertThrows(IOException.class, () -> LibraryFile.place(content(1), file, NAME, NOW));
    }
}
