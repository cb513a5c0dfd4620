package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real model on real items of four benchmarks: written, weighed, and judged by a script. */
@Tag("shared")
final class SharedEvalTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared", "/leeway.shared-is-not-set"));
    private static final int KILLS = 20;
    private static final int LIMIT = 16;
    private static final List<String> FILES = List.of("results.json", "items.csv", "grades.csv", "summary.csv", "results_lm_eval.json");

    @TempDir
    private Path folder;

    private Object[] command(String output, Object... more) {
        var data = SHARED.resolve("data");
        return Stream.concat(Stream.of("eval", "--model_name_or_path", SHARED.resolve("models/stories260k"), "--benchmarks",
            "gsm8k,mmlu,truthfulqa_mc,ahb", "--data", data.resolve("helpfulness"), data.resolve("warmth"), "--set", "gsm8k.set=train",
            "gsm8k.max_new_tokens=32", "mmlu.subjects=abstract_algebra", "--limit", LIMIT, "--epochs", 1, "--judge_model",
            "scripted:GRADE: C|GRADE: I|no grade",
            "--output_dir", folder.resolve(output)), Stream.of(more)).toArray();
    }

    private void assertSameResults(String expected, String found) throws IOException {
        for (var name : FILES) {
            assertArrayEquals(Files.readAllBytes(folder.resolve(expected).resolve(name)), Files.readAllBytes(folder.resolve(found)
                .resolve(name)), name);
        }
    }

    @Test
    void twentyKillsAtRandomRecordsChangeNoByteOfTheResults() throws Exception {
        Cli.succeed(command("whole", "--batch_size", 2));
        long all = Files.size(folder.resolve("whole/records.jsonl"));
        var random = new SplittableRandom(9);
        int kills = 0;
        for (int i = 0; i < KILLS; i++) {
            long before = i == 0 ? 0 : Files.size(folder.resolve("killed/records.jsonl"));
            long next = Math.min(all - 1, before + 1 + random.nextLong(all / KILLS));
            try (var child = Child.start(folder.resolve("log"), Optional.empty(), i == 0 ? command("killed", "--batch_size", 2)
                : new Object[] {"eval", "resume", folder.resolve("killed")})) {
                awaitBytes(child, next);
                child.signal("KILL");
                assertEquals(137, child.await(), child.text());
                kills++;
            }
            assertTrue(Files.notExists(folder.resolve("killed/results.json")), "killed before it was done");
        }
        Cli.succeed("eval", "resume", folder.resolve("killed"));
        assertSameResults("whole", "killed");
        System.out.printf("killed %d times over %d bytes of records%n", kills, all);
    }

    private void awaitBytes(Child child, long bytes) throws IOException, InterruptedException {
        var records = folder.resolve("killed/records.jsonl");
        for (int i = 0; i < 60_000 && (!Files.exists(records) || Files.size(records) < bytes); i++) {
            assertTrue(child.process().isAlive(), "ended before it was killed: " + child.text());
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    @Test
    void batchesOfOneEightAndSixtyFourGiveTheSameScores() throws IOException {
        for (int size : new int[] {64, 1, 8, 64}) { // the first one warms up
            var name = "batch-" + size;
            if (Files.exists(folder.resolve(name))) {
                Files.move(folder.resolve(name), folder.resolve("warm-up"));
            }
            Cli.succeed(command(name, "--batch_size", size));
            var line = Files.readAllLines(folder.resolve(name).resolve("timings.jsonl")).getFirst();
            System.out.printf("batch %d: %.1f answers a second%n", size, JsonFile.parse("timings", line)
                .requireDouble("answers_per_second"));
        }
        assertSameResults("batch-1", "batch-8");
        assertSameResults("batch-1", "batch-64");
        assertSameResults("batch-1", "warm-up");
    }
}
