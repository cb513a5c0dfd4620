package dev.leeway.sandbox;

import dev.leeway.sandbox.Outcome.End;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Looks at a confined process until it ends, and ends it with all that came of it where it passes a limit. */
final class Watch {

    private static final long INTERVAL_MILLIS = 20;
    private static final long PATIENCE_SECONDS = 5;

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
     * Returns when all processes are gone. SIGKILL goes to bubblewrap's child, which is process 1 of the namespace: the kernel ends the
     * rest with it and lets it go last, and bubblewrap follows. Where there is no child yet, or bubblewrap doesn't follow, it is killed
     * and takes its child along.
     */
    void kill() throws InterruptedException {
        process.children().forEach(ProcessHandle::destroyForcibly);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }

    Duration wall() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    Duration cpu() {
        return cpu;
    }
}
