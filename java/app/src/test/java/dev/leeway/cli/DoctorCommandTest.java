package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.Native;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DoctorCommandTest {

    private static final String CACHE = "leeway.cache";

    @TempDir
    private Path folder;

    @Test
    void aMachineThatRunsTheTestsIsFoundWell() {
        var result = Cli.succeed("doctor");
        var lines = result.out().lines().toList();
        for (var name : List.of("Java", "library cache", "tokenizer cache", "CPU library", "instruction set", "threads", "memory",
            "tokenizers")) {
            assertTrue(lines.stream().anyMatch(line -> line.matches("ok +" + name + "  .*")), name + " in\n" + result.out());
        }
        assertTrue(result.out().contains("ABI version " + Native.ABI_VERSION), result.out());
        assertTrue(lines.getLast().matches("(ok|missing) +CUDA library  .+"), "a machine without a GPU is well too: " + lines.getLast());
        assertEquals("", result.err());
    }

    @Test
    void aFolderThatCannotBeWrittenIsBadAndNamed() throws IOException {
        // A folder below a file: not even root can make it.
        var impossible = Files.createFile(folder.resolve("file")).resolve("cache");
        var before = System.getProperty(CACHE);
        System.setProperty(CACHE, impossible.toString());
        try {
            var result = Cli.run("doctor");
            assertEquals(5, result.code());
            assertTrue(result.out().lines().anyMatch(line -> line.startsWith("bad ") && line.contains("library cache")
                && line.contains(impossible.toString()) && line.contains("-Dleeway.cache=DIR")), result.out());
        } finally {
            if (before == null) {
                System.clearProperty(CACHE);
            } else {
                System.setProperty(CACHE, before);
            }
        }
    }
}
