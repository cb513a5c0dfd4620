package dev.leeway.sandbox;

import dev.leeway.LeewayException;
import dev.leeway.sandbox.Outcome.End;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;

/**
 * Runs Python programs in namespaces of their own under bubblewrap: no network, no home, the system's folders read-only, no environment,
 * a folder in memory to write to, a filter of system calls, and {@link Limits}. All processes of a program end with it, and it ends with
 * this one. Where that can't be had, opening a sandbox is refused; nothing ever runs unconfined.
 *
 * <p>What it does not hold off: a fault in the kernel itself, timing, and the reading of the system's own folders (/usr). Empty files take
 * kernel memory that is not counted, about a kilobyte each; processor time bounds them, and the kernel, by half the machine's pages.
 *
 * <p>Any number of threads may run programs at once.
 */
public final class Sandbox {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    /** bubblewrap writes it when what it started has ended; a sandbox that was never set up has none. */
    private static final Pattern EXIT_CODE = Pattern.compile("\"exit-code\"\\s*:\\s*(\\d+)");
    private static final int SIGXCPU_CODE = 128 + 24;
    private static final int SIGKILL_CODE = 128 + 9;
    private static final Limits PROBE = Limits.DEFAULT.within(Duration.ofSeconds(60));
    /** It forks, since older kernels count a user's processes outside towards the limit inside. */
    private static final String PROBE_SOURCE = """
        import os
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        print('confined')
        """;

    private final Cage cage;
    private final byte[] filter;

    private Sandbox(Cage cage, byte[] filter) {
        this.cage = cage;
        this.filter = filter;
    }

    /**
     * A sandbox on this machine, tried out with a program that only forks.
     *
     * @throws LeewayException if this machine can't confine programs, with what is missing
     */
    public static Sandbox open() {
        return open(Tools.FOLDERS);
    }

    static Sandbox open(List<Path> folders) {
        var architecture = System.getProperty("os.arch");
        var filter = SyscallFilter.of(architecture).orElseThrow(() -> LeewayException.resources(
            "running untrusted code needs a filter of system calls, and there is none for %s, only for amd64 and aarch64: nothing is run",
            architecture));
        var sandbox = new Sandbox(Cage.of(Tools.in(folders)), filter);
        var probe = sandbox.run(Script.of(PROBE_SOURCE), PROBE);
        if (!probe.succeeded() || !probe.stdout().equals("confined\n")) {
            throw LeewayException.resources("programs can't be confined on this machine, so untrusted code is not run: bubblewrap ended a "
                + "program that does nothing with %s, exit code %d: \"%s\"; allow user namespaces (sysctl user.max_user_namespaces, "
                + "kernel.unprivileged_userns_clone; in a container, its seccomp and AppArmor profiles), or, if it could not fork, let "
                + "the user (nobody in place of root) have fewer processes outside", probe.end(), probe.exitCode(),
                probe.stderr().strip());
        }
        return sandbox;
    }

    /** Runs a program to its end, which comes soon after its wall time at the latest. An interrupt ends it too. */
    public Outcome run(Script script, Limits limits) {
        var task = new FutureTask<>(() -> runHere(script, limits));
        // The kernel ends bubblewrap with the thread that started it, so that must be one that stays: no virtual thread's carrier.
        Thread.ofPlatform().name("sandbox").start(task);
        try {
            return task.get();
        } catch (InterruptedException interrupted) {
            task.cancel(true);
            Thread.currentThread().interrupt();
            throw LeewayException.resources(interrupted, "interrupted while a confined program ran; it was ended");
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof LeewayException known) {
                throw known;
            }
            throw LeewayException.resources(failure.getCause(), "a confined program could not be started or watched: %s",
                failure.getCause().getMessage());
        }
    }

    private Outcome runHere(Script script, Limits limits) throws IOException, InterruptedException {
        var place = new Cage.Place(Files.createTempDirectory("leeway-sandbox"));
        try {
            Files.write(place.filter(), filter);
            Files.writeString(place.script(), script.source());
            Files.write(place.input(), script.input());
            Files.createFile(place.status());
            return watch(place, limits);
        } finally {
            delete(place);
        }
    }

    private Outcome watch(Cage.Place place, Limits limits) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(cage.command(place, limits)).directory(Path.of("/").toFile())
            .redirectInput(place.input().toFile());
        builder.environment().clear();
        var process = builder.start();
        var stdout = Capture.of(process.getInputStream(), limits.output());
        var stderr = Capture.of(process.getErrorStream(), limits.output());
        var watch = new Watch(process, limits, stdout, stderr);
        try {
            var passed = watch.untilEnd();
            var wall = watch.wall();
            var errors = stderr.text(PATIENCE);
            var status = EXIT_CODE.matcher(Files.readString(place.status(), StandardCharsets.UTF_8));
            var exitCode = status.find() ? Optional.of(Integer.parseInt(status.group(1))) : Optional.<Integer>empty();
            var end = passed.orElseGet(() -> exitCode.map(code -> ended(code, errors, watch.cpu(), limits)).orElse(End.REFUSED));
            return new Outcome(end, passed.isPresent() ? -1 : exitCode.orElse(-1), stdout.text(PATIENCE), errors, wall, watch.cpu());
        } finally {
            watch.kill();
            process.getInputStream().close();
            process.getErrorStream().close();
        }
    }

    /** Of a program that ended before the watch saw it pass a limit. */
    private static End ended(int exitCode, String stderr, Duration cpu, Limits limits) {
        if (exitCode == SIGXCPU_CODE || exitCode == SIGKILL_CODE && cpu.plusSeconds(1).compareTo(limits.cpu()) >= 0) {
            return End.CPU_TIME;
        }
        var lastLine = stderr.stripTrailing().lines().reduce((_, second) -> second).orElse("");
        return exitCode == 1 && lastLine.startsWith("MemoryError") ? End.MEMORY : End.EXITED;
    }

    private static void delete(Cage.Place place) throws IOException {
        for (var file : List.of(place.filter(), place.script(), place.input(), place.status(), place.folder())) {
            Files.deleteIfExists(file);
        }
    }
}
