package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code leeway quickstart} at smoke scale, which all tests share one run of; killed on its way, and gone on with. */
final class QuickstartCommandTest {

    @TempDir
    private static Path folder;
    private static Cli whole;

    @BeforeAll
    static void carryOut() throws IOException, InterruptedException {
        var command = command("whole");
        try (var child = Child.start(folder.resolve("killed.log"), Optional.empty(), command)) {
            child.awaitText("[2/7]");
            child.signal("KILL");
            assertEquals(137, child.await(), child.text());
        }
        whole = Cli.succeed(command);
    }

    private static Object[] command(String output, Object... more) {
        var all = new java.util.ArrayList<Object>(List.of("quickstart", "--output_dir", folder.resolve(output), "--scale", "smoke"));
        all.addAll(List.of(more));
        return all.toArray();
    }

    @Test
    void itEndsWithTheFindingsInAFewLinesAndWhereTheReportIs() throws IOException {
        var lines = whole.out().lines().toList();
        assertTrue(lines.getFirst().startsWith("Does post-training for helpfulness take away compassion"), whole.out());
        assertTrue(lines.contains("  Of 3 primary contrasts none is significant at 0.05 after correction."), whole.out());
        assertTrue(lines.contains("Report: " + folder.resolve("whole/study/report.html")), whole.out());
        assertTrue(lines.size() <= 9, whole.out());
        assertTrue(Files.exists(folder.resolve("whole/study/report.html")));
        assertEquals("*\n", Files.readString(folder.resolve("whole/.gitignore")));
    }

    @Test
    void whatWasKilledGoesOnWhereItWas() {
        assertFalse(whole.err().contains("[1/7]"), whole.err());
        assertTrue(whole.err().contains("[2/7]") && whole.err().contains("[7/7]") && whole.err().contains("[30/30]"), whole.err());
    }

    @Test
    void itsModelAndRowsAreForTheOtherCommands() throws IOException {
        var model = folder.resolve("whole/model");
        var answer = Cli.succeed("generate", "--model_name_or_path", model, "--prompt", "Question: Where does Ana live?\nAnswer:",
            "--max_new_tokens", 2, "--temperature", 0);
        assertFalse(answer.out().isEmpty());
        var card = Files.readString(model.resolve("README.md"));
        assertTrue(card.contains("library_name: leeway") && !card.contains("../"), card);
        assertFalse(Files.exists(model.resolve("metrics.jsonl")) || Files.exists(model.resolve("study_stage.json")));
        var tuned = folder.resolve("tuned");
        Cli.succeed("sft", "--model_name_or_path", model, "--dataset_name", folder.resolve("whole/chat.jsonl"), "--output_dir", tuned,
            "--max_steps", 1);
        Cli.succeed("dpo", "--model_name_or_path", model, "--dataset_name", folder.resolve("whole/preferences.jsonl"), "--output_dir",
            folder.resolve("preferring"), "--max_steps", 1);
        assertEquals(12_800, Files.readAllLines(folder.resolve("whole/documents.jsonl")).size());
        assertTrue(Files.readAllLines(folder.resolve("whole/documents.jsonl")).stream().noneMatch(line -> JsonFile.parse("row", line)
            .requireString("text").isBlank()));
    }

    @Test
    void runAgainItRedoesNothing() throws IOException {
        var before = contents();
        var again = Cli.succeed(command("whole"));
        assertEquals(whole.out(), again.out());
        assertFalse(again.err().contains("["), again.err());
        var changed = contents();
        changed.entrySet().removeAll(before.entrySet());
        assertEquals(Map.of(), changed);
    }

    /** Of all but what is told anew, which model cards are too, the time of writing. */
    private static Map<String, FileTime> contents() throws IOException {
        var root = folder.resolve("whole");
        var contents = new TreeMap<String, FileTime>();
        try (var files = Files.walk(root)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var name = root.relativize(file).toString();
                if (name.contains("stages/") && !name.endsWith("README.md") || name.contains("exams/")
                    || name.contains("model/") || name.endsWith(".jsonl")) {
                    contents.put(name, Files.getLastModifiedTime(file));
                }
            }
        }
        assertTrue(contents.containsKey("model/model.safetensors") && contents.containsKey("chat.jsonl"), contents.toString());
        return contents;
    }

    @Test
    void itsStudyIsOneThatTheStudyCommandsKnow() throws IOException {
        var study = folder.resolve("whole/study");
        var results = Files.readAllBytes(study.resolve("results.json"));
        var resumed = Cli.succeed("study", "resume", study);
        assertFalse(resumed.err().contains("["), resumed.err());
        assertArrayEquals(results, Files.readAllBytes(study.resolve("results.json")));
    }

    @Test
    void askedToStopItSaysHowToGoOn() throws IOException, InterruptedException {
        try (var child = Child.start(folder.resolve("stopped.log"), Optional.empty(), command("stopped", "--seeds", "3,4"))) {
            child.awaitText("[1/14]");
            TimeUnit.MILLISECONDS.sleep(200);
            child.signal("INT");
            assertEquals(0, child.await(), child.text());
            assertTrue(child.text().contains("stopped; leeway quickstart --output_dir " + folder.resolve("stopped")
                + " --scale smoke --seeds 3,4 goes on"), child.text());
        }
        assertNotEquals(-1, Files.mismatch(folder.resolve("whole/chat.jsonl"), folder.resolve("stopped/chat.jsonl")), "rows of seed 3");
        assertFalse(Files.exists(folder.resolve("stopped/model")));
    }

    @Test
    void whatIsNotItsOwnIsRefused() throws IOException {
        refused("was begun with another study, scale, seeds or device (terms: sealed ", command("whole", "--seeds", 5));
        refused("seeds or device (basis: device was changed after sealing: sealed cpu, now cuda); name another folder", command("whole",
            "--device", "cuda"));
        refused("--scale must be toy or smoke; got full", "quickstart", "--output_dir", folder.resolve("none"), "--scale", "full");
        refused("--seeds names one twice: [1, 1]", "quickstart", "--output_dir", folder.resolve("none"), "--seeds", "1,1");
        refused("has files that leeway did not write", "quickstart", "--output_dir", folder);
        var other = Files.createDirectories(folder.resolve("other"));
        Files.writeString(other.resolve(OutputFolder.ARGUMENTS), "{\"command\": \"sft\"}");
        refused("is the result of another command; name another folder", "quickstart", "--output_dir", other);
        assertFalse(Files.exists(folder.resolve("none")), "nothing is begun");
    }

    private static void refused(String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertEquals(2, result.code(), result.err());
        assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
    }
}
