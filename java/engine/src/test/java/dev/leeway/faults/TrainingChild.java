package dev.leeway.faults;

import dev.leeway.faults.CheckpointedRun.Kind;
import dev.leeway.faults.CheckpointedRun.Saving;
import dev.leeway.train.CheckpointEvent;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A run in a process of its own, to be killed. It saves behind every step and says {@code ready} when training begins and {@code saved N}
 * for each checkpoint that it knows is on disk. The checkpoint that it continues is written once more, so that replacing is killed too.
 */
public final class TrainingChild implements AutoCloseable {

    /** A child that is still alive then was not killed, and its regular end tells so. */
    private static final int MOST_STEPS = 2000;

    private final Process process;
    private final BufferedReader lines;
    private int acknowledged = -1;

    private TrainingChild(Process process) {
        this.process = process;
        lines = process.inputReader();
    }

    /** Starts a child that trains until it is killed; {@code point} is where it kills itself. */
    public static TrainingChild start(Path folder, Kind kind, Optional<String> point) throws IOException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC", "-Xmx256m", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        Optional.ofNullable(System.getProperty("leeway.native.path")).ifPresent(path -> command.add("-Dleeway.native.path=" + path));
        point.ifPresent(name -> command.add("-Dleeway.crash=" + name));
        command.addAll(List.of(TrainingChild.class.getName(), folder.toString(), kind.name()));
        return new TrainingChild(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** Waits until it trains; a child that says anything else has failed. */
    public void awaitReady() throws IOException {
        var line = lines.readLine();
        if (!"ready".equals(line)) {
            throw failed("the child could not continue: " + line);
        }
    }

    /** SIGKILL; what it said before can still be read, which {@link Process#destroyForcibly} would not allow. */
    public void kill() {
        process.toHandle().destroyForcibly();
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** Waits for its end and returns the newest step that it knew to be on disk; −1 for none. A child that ended by itself has failed. */
    public int awaitDeath() throws IOException, InterruptedException {
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            if (!line.matches("saved \\d+")) {
                throw failed("the child failed: " + line);
            }
            acknowledged = Integer.parseInt(line.substring("saved ".length()));
        }
        int status = process.waitFor();
        if (status != 128 + 9) {
            throw new IllegalStateException("the child ended with " + status + " and not by SIGKILL");
        }
        return acknowledged;
    }

    private IllegalStateException failed(String sentence) {
        return new IllegalStateException(sentence + "\n" + String.join("\n", lines.lines().limit(20).toList()));
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** The child's side. */
    public static void main(String[] args) {
        try (var run = CheckpointedRun.open(Path.of(args[0]), Kind.valueOf(args[1]), Saving.every(1), 1, TrainingChild::tell)) {
            System.out.println("ready");
            run.checkpointer().save(run.done());
            run.train(run.done() + MOST_STEPS);
        }
    }

    private static void tell(CheckpointEvent event) {
        if (event instanceof CheckpointEvent.Saved saved) {
            System.out.println("saved " + saved.step());
            System.out.flush();
        }
    }
}
