package dev.leeway.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A command in a process of its own, to be killed. */
record Child(Process process, Path log) implements AutoCloseable {

    /** Starts it; {@code crash} names the point where it kills itself. */
    static Child start(Path log, Optional<String> crash, Object... arguments) throws IOException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        crash.ifPresent(point -> command.add("-Dleeway.crash=" + point));
        command.add(Main.class.getName());
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        return new Child(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start(), log);
    }

    /** Waits until it says something. */
    void awaitText(String text) throws IOException, InterruptedException {
        for (int i = 0; i < 3000 && process.isAlive(); i++) {
            if (text().contains(text)) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        throw new IllegalStateException("the child never said " + text + " but:\n" + text());
    }

    /** Sends signals, one at once after the other. */
    void signal(String... names) throws IOException, InterruptedException {
        for (var name : names) {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
        }
    }

    /** Its exit status; 128 + n where signal n ended it. */
    int await() throws InterruptedException {
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            throw new IllegalStateException("the child does not end");
        }
        return process.exitValue();
    }

    String text() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
