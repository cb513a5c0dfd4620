package dev.leeway.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What this process holds of the machine's memory, as Linux tells it. */
final class Resident {

    private static final Path STATUS = Path.of("/proc/self/status");

    private Resident() {
    }

    /** Bytes now (VmRSS); empty where the system does not tell. */
    static Optional<Long> now() {
        return read("VmRSS:");
    }

    /** The most it ever held (VmHWM); empty where the system does not tell. */
    static Optional<Long> peak() {
        return read("VmHWM:");
    }

    private static Optional<Long> read(String name) {
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(name)).findFirst()
                .map(line -> Long.parseLong(line.substring(name.length()).replace("kB", "").strip()) * 1024);
        } catch (IOException untold) {
            return Optional.empty();
        }
    }
}
