package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.PromptCompletion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a project gets that knows Leeway by its coordinates alone. */
final class FineTuneTest {

    private static final Path MODEL = Path.of(System.getProperty("model"));

    @Test
    void whatIsTaughtBecomesProbableAndIsSaid(@TempDir Path folder) {
        assertTrue(Files.exists(MODEL.resolve("config.json")), () -> MODEL + " has no model: ./leeway quickstart writes one");
        var result = FineTune.run(MODEL, folder.resolve("adapter"));
        double first = result.losses().getFirst();
        double last = result.losses().getLast();
        assertTrue(last < first / 10, "loss " + first + " -> " + last);
        IntStream.range(0, FineTune.ROWS.size()).forEach(i -> assertTrue(result.after().get(i) > result.before().get(i) + 1,
            FineTune.ROWS.get(i) + ": ln p " + result.before().get(i) + " -> " + result.after().get(i)));
        assertEquals(FineTune.ROWS.stream().map(PromptCompletion::completion).toList(), result.answers());
        assertTrue(Files.exists(folder.resolve("adapter/adapter_model.safetensors")));
    }

    @Test
    void optionalAndTestDependenciesStayOutOfTheClassPath() {
        for (var name : new String[] {"org.duckdb.DuckDBDriver", "com.tngtech.archunit.core.domain.JavaClasses", "com.sun.jna.Native"}) {
            assertThrows(ClassNotFoundException.class, () -> Class.forName(name), name);
        }
    }
}
