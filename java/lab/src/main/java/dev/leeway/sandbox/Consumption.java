package dev.leeway.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * What a process and all that came of it use at a moment, from /proc. Pages that several of them share are counted once for each.
 *
 * <p>A process chooses its own name, which stands in these files: bytes that need be no text, carriage returns and brackets among them.
 *
 * @param cpu processor time, that of children who ended included
 * @param memory bytes that are in memory
 */
record Consumption(Duration cpu, long memory) {

    private static final Consumption NONE = new Consumption(Duration.ZERO, 0);
    private static final int TICKS_A_SECOND = 100; // USER_HZ, the unit of /proc on every architecture

    static Consumption of(ProcessHandle process) {
        return Stream.concat(Stream.of(process), process.descendants()).map(one -> ofOne(one.pid())).reduce(NONE, Consumption::plus);
    }

    private static Consumption ofOne(long pid) {
        var folder = Path.of("/proc", Long.toString(pid));
        try {
            var stat = Files.readString(folder.resolve("stat"), StandardCharsets.ISO_8859_1);
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" "); // from the third on; names may hold spaces
            long ticks = 0;
            for (int f = 14; f <= 17; f++) { // utime, stime, and those of children that were waited for
                ticks += Long.parseLong(fields[f - 3]);
            }
            return new Consumption(Duration.ofMillis(ticks * 1000 / TICKS_A_SECOND), memory(folder));
        } catch (IOException ended) {
            return NONE; // what it used is in its parent's sum by now
        }
    }

    /** That of the thread that has most: all have the same, but one that ended before the others has none. */
    private static long memory(Path process) throws IOException {
        long most = resident(process);
        if (most == 0) {
            try (var threads = Files.newDirectoryStream(process.resolve("task"))) {
                for (var thread : threads) {
                    most = Math.max(most, resident(thread));
                }
            } catch (DirectoryIteratorException ended) {
                throw ended.getCause();
            }
        }
        return most;
    }

    private static long resident(Path task) {
        try {
            var lines = Files.readString(task.resolve("status"), StandardCharsets.ISO_8859_1).split("\n");
            return Arrays.stream(lines).filter(line -> line.startsWith("VmRSS:")).findFirst()
                .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10).orElse(0L);
        } catch (IOException ended) {
            return 0;
        }
    }

    private Consumption plus(Consumption other) {
        return new Consumption(cpu.plus(other.cpu), memory + other.memory);
    }
}
