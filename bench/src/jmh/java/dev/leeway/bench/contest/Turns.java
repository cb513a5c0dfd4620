package dev.leeway.bench.contest;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/** The contestant's side of a contest: waits for its turn, and tells what the turn took. */
public final class Turns {

    private final BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private final OperatingSystemMXBean process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private final ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    private long began;
    private long used;
    private long allocated;

    /** Blocks until the turn comes. */
    public void await() {
        try {
            if (input.readLine() == null) {
                throw new IllegalStateException("the contest ended before this contestant had taken all its turns");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        allocated = threads.getCurrentThreadAllocatedBytes();
        used = process.getProcessCpuTime();
        began = System.nanoTime();
    }

    /** Ends the turn; {@code more} makes JSON such as {@code "loss": 8.3}, which is not part of it. */
    public void done(Supplier<String> more) {
        double seconds = (System.nanoTime() - began) * 1e-9;
        double cpu = (process.getProcessCpuTime() - used) * 1e-9;
        long garbage = threads.getCurrentThreadAllocatedBytes() - allocated;
        System.out.printf(Locale.ROOT, "{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"allocated_bytes\": %d, %s}%n", seconds, cpu, garbage,
            more.get());
        System.out.flush();
    }

    /** The last word: what the process needed at its widest, and its version. */
    public static void finish(String version) throws IOException {
        long peak;
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            peak = lines.filter(line -> line.startsWith("VmHWM:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum();
        }
        System.out.printf(Locale.ROOT, "{\"peak_bytes\": %d, \"version\": \"%s\"}%n", peak * 1024, version);
    }
}
