package dev.leeway.sandbox;

import dev.leeway.sandbox.Outcome.End;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Looks at a confined process until it ends, and ends it with all that came of it where it passes a limit. */
final class Watch {

    private static final long INTERVAL_MILLIS = 20;

    private final Process process;
    private final Limits limits;
    private final Capture stdout;
    private final Capture stderr;
    private final long start = System.nanoTime();
    private Duration cpu = Duration.ZERO;

    Watch(Process process, Limits limits, Capture stdout, Capture stderr) {
        this.process = process;
        this.limits = limits;
        this.stdout = stdout;
        this.stderr = stderr;
    }

    /** Returns when the process has ended, with the limit that it had passed, if any. */
    Optional<End> untilEnd() throws InterruptedException {
        while (!process.waitFor(INTERVAL_MILLIS, TimeUnit.MILLISECONDS)) {
            var passed = passed();
            if (passed.isPresent()) {
                kill();
                return passed;
            }
        }
        return stdout.isOver() || stderr.isOver() ? Optional.of(End.OUTPUT) : Optional.empty();
    }

    private Optional<End> passed() {
        var now = Consumption.of(process.toHandle());
        cpu = now.cpu().compareTo(cpu) > 0 ? now.cpu() : cpu;
        if (now.memory() > limits.memory()) {
            return Optional.of(End.MEMORY);
        }
        if (stdout.isOver() || stderr.isOver()) {
            return Optional.of(End.OUTPUT);
        }
        if (cpu.compareTo(limits.cpu()) > 0) {
            return Optional.of(End.CPU_TIME);
        }
        return wall().compareTo(limits.wall()) > 0 ? Optional.of(End.WALL_TIME) : Optional.empty();
    }

    /**
     * SIGKILL for bubblewrap takes its child along, which is process 1 of the namespace, and the kernel takes the rest along with that one.
     * No signal can be ignored on the way, and none is sent to a number that might be another process by now.
     */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    Duration wall() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    Duration cpu() {
        return cpu;
    }
}
