package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.study.Analysis;
import dev.leeway.study.Declaration;
import dev.leeway.study.Studies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every study at smoke scale: to its report, and to the same results where it was killed on the way. */
final class SmokeStudiesTest {

    private static final int SIGKILL = 128 + 9;

    @TempDir
    private static Path folder;

    static Stream<String> studies() {
        return Studies.all().stream().map(Declaration::name);
    }

    private static Object[] command(String study, Path output) {
        return new Object[] {"study", "run", study, "--scale", "smoke", "--output_dir", output};
    }

    @ParameterizedTest
    @MethodSource("studies")
    void aStudyRunsToItsReportAndEndsTheSameWhenItIsKilled(String study) throws IOException, InterruptedException {
        var whole = folder.resolve(study);
        Cli.succeed(command(study, whole));
        var results = JsonFile.read(whole.resolve("results.json"));
        var analyses = Studies.named(study).analyses().stream().map(Analysis::name).toList();
        var told = results.requireObject("analyses");
        assertEquals(analyses, List.copyOf(told.names()));
        assertFalse(results.requireObjects("means").isEmpty());
        var page = Files.readString(whole.resolve("report.html"));
        assertTrue(analyses.stream().filter(name -> !told.requireObject(name).names().isEmpty()).allMatch(page::contains),
            "a section each");
        assertFalse(page.contains("NaN") || page.contains("Infinity"), study);
        var killed = folder.resolve(study + "-killed");
        try (var child = Child.start(folder.resolve(study + ".log"), Optional.empty(), command(study, killed))) {
            child.awaitText("[3/");
            child.signal("KILL");
            assertEquals(SIGKILL, child.await(), child.text());
        }
        assertFalse(Files.exists(killed.resolve("results.json")), "killed too late");
        Cli.succeed("study", "resume", killed);
        assertArrayEquals(Files.readAllBytes(whole.resolve("results.json")), Files.readAllBytes(killed.resolve("results.json")));
    }
}
