package dev.leeway.sandbox;

import java.time.Duration;

/**
 * How a program ended.
 *
 * @param end what ended it
 * @param exitCode its exit code, 128 + n where signal n ended it; −1 where the sandbox ended it or it never ran
 * @param stdout what it wrote, up to the limit, as UTF-8
 * @param stderr what it wrote to its other output, likewise; what bubblewrap said where it was refused
 * @param wall time from its start to its end
 * @param cpu processor time of all its processes, as it was seen last: some 20 ms before its end, more on a busy machine
 */
public record Outcome(End end, int exitCode, String stdout, String stderr, Duration wall, Duration cpu) {

    /** What ended a program. */
    public enum End {
        /** Itself, or a signal that was not the sandbox's. */
        EXITED,
        /** It was still running when its wall time was over. */
        WALL_TIME,
        /** Its processes had used up their processor time. */
        CPU_TIME,
        /** Its processes held too much memory; or Python got no more and nobody caught its {@code MemoryError}. */
        MEMORY,
        /** It wrote more than is kept. */
        OUTPUT,
        /** It could not be confined, and was not run. */
        REFUSED
    }

    /** Whether it ended by itself with exit code 0. */
    public boolean succeeded() {
        return end == End.EXITED && exitCode == 0;
    }
}
