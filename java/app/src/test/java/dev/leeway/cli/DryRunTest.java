package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code leeway study run --dry_run} at smoke scale. */
final class DryRunTest {

    @TempDir
    private Path folder;

    @Test
    void everyStageHasTwoStepsAndTheFolderIsOfNoRealStudy() throws IOException {
        var dry = folder.resolve("dry");
        var said = Cli.succeed("study", "run", "helpfulness-hurts", "--scale", "smoke", "--dry_run", "--output_dir", dry);
        assertTrue(said.out().contains("so no figure means anything"), said.out());
        var results = JsonFile.read(dry.resolve("results.json"));
        assertEquals("helpfulness-hurts, dry run", results.requireString("study"));
        assertEquals(6, results.requireObjects("arms").size());
        assertTrue(Files.readString(dry.resolve("report.html")).contains("--scale smoke --dry_run"), "how to repeat it");
        try (var stages = Files.list(dry.resolve("stages"))) {
            for (var stage : stages.filter(Files::isDirectory).toList()) {
                assertEquals(2, Cli.metrics(stage).stream().filter(line -> line.has("learning_rate")).count(), stage::toString);
            }
        }
        var real = Cli.run("study", "run", "helpfulness-hurts", "--scale", "smoke", "--output_dir", dry);
        assertEquals(2, real.code());
        assertTrue(real.err().contains("seals the study helpfulness-hurts, dry run, not helpfulness-hurts"), real.err());
    }
}
