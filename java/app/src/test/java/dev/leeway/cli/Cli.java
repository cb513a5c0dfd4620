package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A command as a user runs it: its exit code and what it printed. */
record Cli(int code, String out, String err) {

    static Cli run(Object... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        var words = java.util.Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
        int code = Main.run(words, new PrintWriter(out), new PrintWriter(err));
        return new Cli(code, out.toString(), err.toString());
    }

    /** The same, where nothing may go wrong. */
    static Cli succeed(Object... arguments) {
        var result = run(arguments);
        assertEquals(0, result.code, result.err);
        return result;
    }

    /** The steps in the {@code metrics.jsonl} of a run. */
    static List<JsonObject> metrics(Path folder) throws IOException {
        return Files.readAllLines(folder.resolve("metrics.jsonl")).stream().map(line -> JsonFile.parse("metrics.jsonl", line)).toList();
    }
}
