package dev.leeway.bench.contest;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A process that works by turns, seen from the harness. */
final class Contestant implements AutoCloseable {

    /** Seconds that it has to end. */
    private static final long PATIENCE = 10;

    private final String name;
    private final String command;
    private final Path log;
    private final Process process;
    private final BufferedWriter input;
    private final BufferedReader output;
    private final List<JsonObject> turns = new ArrayList<>();

    Contestant(String name, List<String> command, Map<String, String> environment, Path folder) throws IOException {
        this.name = name;
        this.command = portable(String.join(" ", command), folder);
        this.log = folder.resolve(name.replaceAll("[^A-Za-z0-9.]+", "-") + ".log");
        var builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
        input = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    String name() {
        return name;
    }

    /**
     * How it was started, as anyone can from the root of the repository: WORK stands for the folder of its inputs,
     * CLASSPATH for ours.
     */
    String command() {
        return command;
    }

    private static String portable(String command, Path folder) {
        return command.replace(System.getProperty("java.class.path"), "CLASSPATH")
            .replace(Processes.executable(), "java")
            .replace(folder.toString(), "WORK").replace(Path.of("").toAbsolutePath() + "/", "");
    }

    /** Lets it work once and keeps what it says. */
    void turn() throws IOException, InterruptedException {
        try {
            input.write("step\n");
            input.flush();
        } catch (IOException gone) {
            throw ended();
        }
        turns.add(read());
    }

    /** What it says when all turns are taken. */
    JsonObject last() throws IOException, InterruptedException {
        return read();
    }

    private JsonObject read() throws IOException, InterruptedException {
        while (true) {
            var line = output.readLine();
            if (line == null) {
                throw ended();
            }
            if (line.startsWith("{")) {
                return JsonFile.parse(name, line);
            }
        }
    }

    private IllegalStateException ended() throws IOException, InterruptedException {
        var lines = Files.readAllLines(log);
        return new IllegalStateException(name + " ended with status " + process.waitFor() + " before its turn was done: "
            + String.join(" | ", lines.subList(Math.max(0, lines.size() - 8), lines.size())));
    }

    /** One number of every turn from {@code first} on. */
    List<Double> figures(String key, int first) {
        return turns.subList(first, turns.size()).stream().map(turn -> turn.requireDouble(key)).toList();
    }

    /** Turns so far. */
    int taken() {
        return turns.size();
    }

    JsonObject turn(int index) {
        return turns.get(index);
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            process.onExit().get(PATIENCE, TimeUnit.SECONDS); // its memory must be free before others come
        } catch (TimeoutException | ExecutionException stubborn) {
            process.destroyForcibly().onExit().join();
        } catch (InterruptedException hurry) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        output.close();
    }
}
