package dev.leeway.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * What a process and all that came of it use at a moment, from /proc. Pages that several of them share are counted once for each.
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
            var stat = Files.readString(folder.resolve("stat"));
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" "); // from the third on; names may hold spaces
            long ticks = 0;
            for (int f = 14; f <= 17; f++) { // utime, stime, and those of children that were waited for
                ticks += Long.parseLong(fields[f - 3]);
            }
            try (var lines = Files.lines(folder.resolve("status"))) {
                long kilobytes = lines.filter(line -> line.startsWith("VmRSS:")).findFirst()
                    .map(line -> Long.parseLong(line.replaceAll("[^0-9]", ""))).orElse(0L);
                return new Consumption(Duration.ofMillis(ticks * 1000 / TICKS_A_SECOND), kilobytes << 10);
            }
        } catch (IOException | UncheckedIOException ended) {
            return NONE; // what it used is in its parent's sum by now
        }
    }

    private Consumption plus(Consumption other) {
        return new Consumption(cpu.plus(other.cpu), memory + other.memory);
    }
}
