package dev.leeway.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of a fuzzer's process, written anew for every input: the readers under test read files. */
final class FuzzFile {

    private final Path folder;

    FuzzFile() {
        try {
            folder = Files.createTempDirectory("leeway-fuzz");
            folder.toFile().deleteOnExit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path with(String name, byte[] content) {
        try {
            Path file = folder.resolve(name);
            file.toFile().deleteOnExit();
            return Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
