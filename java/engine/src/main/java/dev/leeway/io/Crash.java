package dev.leeway.io;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Named places where a test may kill the process, so that every gap between two writes is hit on purpose and not by luck. The system
 * property {@code leeway.crash} = {@code POINT} or {@code POINT:n} kills it with SIGKILL when the point is passed for the n-th time.
 * Without the property {@link #at} is a branch on a constant and costs nothing.
 *
 * <p>The points are part of the engine that ships, so that what is killed in tests is what runs: whoever can set system properties of a
 * process can end it anyway, and a checkpoint survives it. Nothing else arms them, neither an option of the command line nor a file.
 */
public final class Crash {

    /** The places, in the order in which a checkpoint passes them. */
    public enum Point {
        /** Weights and moments are copied to the host; nothing is on disk. */
        AFTER_SNAPSHOT,
        /** The empty temporary folder exists. */
        AFTER_FOLDER,
        /** A part of a file (its header, or a tensor) is written. */
        INSIDE_FILE,
        /** A file is written as a whole but not forced to disk. */
        BEFORE_FSYNC,
        /** A file is on disk. */
        AFTER_FSYNC,
        /** All files but the manifest are on disk. */
        BEFORE_MANIFEST,
        /** The manifest is on disk. */
        AFTER_MANIFEST,
        /** The temporary folder's entries are on disk. */
        AFTER_FOLDER_FSYNC,
        /** An older checkpoint of this step was moved aside. */
        AFTER_MOVE_ASIDE,
        /** The checkpoint has its name. */
        AFTER_RENAME,
        /** The name is on disk. */
        AFTER_PARENT_FSYNC,
        /** An old checkpoint has lost its name. */
        AFTER_PRUNE_RENAME,
        /** A file of an old checkpoint is deleted. */
        INSIDE_PRUNE,
        /** Old checkpoints are gone. */
        AFTER_PRUNE
    }

    private static final Optional<Fuse> FUSE = Optional.ofNullable(System.getProperty("leeway.crash")).map(Fuse::parse);
    private static final boolean ARMED = FUSE.isPresent();

    private Crash() {
    }

    /** Passes a place. */
    public static void at(Point point) {
        if (ARMED) {
            FUSE.orElseThrow().pass(point);
        }
    }

    private record Fuse(Point point, AtomicInteger left) {

        static Fuse parse(String text) {
            var parts = text.split(":", 2);
            var point = Arrays.stream(Point.values()).filter(one -> one.name().equals(parts[0])).findFirst().orElseThrow(
                () -> new IllegalArgumentException("leeway.crash names no point: " + text));
            return new Fuse(point, new AtomicInteger(parts.length == 1 ? 1 : Integer.parseInt(parts[1])));
        }

        void pass(Point passed) {
            if (passed == point && left.decrementAndGet() == 0) {
                kill();
            }
        }
    }

    /** SIGKILL and not a halt of the virtual machine: what a real kill leaves open stays open. The calling thread goes no further. */
    private static void kill() {
        try {
            new ProcessBuilder("kill", "-KILL", Long.toString(ProcessHandle.current().pid())).start();
            new CountDownLatch(1).await();
        } catch (IOException | InterruptedException failure) {
            throw new IllegalStateException("leeway.crash can't kill the process", failure);
        }
    }
}
