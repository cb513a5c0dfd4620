package dev.leeway.sandbox;

import dev.leeway.LeewayException;
import java.time.Duration;

/**
 * What a program may use, all its processes together unless it says otherwise.
 *
 * @param wall time from its start to its end
 * @param cpu processor time
 * @param memory bytes of memory, and bytes of address space of each process
 * @param processes processes and threads at one time
 * @param files bytes of what it writes into its folder, which is memory too
 * @param output bytes that are kept of each of its two outputs; a program that writes more is ended
 */
public record Limits(Duration wall, Duration cpu, long memory, int processes, long files, int output) {

    /** 10 s, 512 MiB of memory, 32 processes, 16 MiB of files, 64 KiB of output. */
    public static final Limits DEFAULT = new Limits(Duration.ofSeconds(10), Duration.ofSeconds(10), 512L << 20, 32, 16L << 20, 1 << 16);

    /** Checks that each is positive, and that Python can start within them. */
    public Limits {
        if (wall.toMillis() < 1 || cpu.toMillis() < 1 || memory < 64L << 20 || processes < 4 || files < 4096 || output < 1) {
            throw LeewayException.usage("a sandbox needs positive times, 64 MiB of memory, 4 processes, 4096 bytes of files and 1 byte of "
                + "output at least; got %s, %s, %d, %d, %d, %d", wall, cpu, memory, processes, files, output);
        }
    }

    /** The same with this time, wall and processor. */
    public Limits within(Duration time) {
        return new Limits(time, time, memory, processes, files, output);
    }
}
