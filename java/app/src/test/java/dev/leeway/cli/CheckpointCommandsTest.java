package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Crash;
import dev.leeway.io.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointCommandsTest {

    private static final int SIGKILL = 128 + 9;
    private static final int SIGTERM = 128 + 15;

    @TempDir
    private Path folder;

    /** Nine steps of accumulated micro-batches over three epochs, saved behind every second; options given replace these. */
    private Object[] sft(String name, Object... more) {
        var options = new LinkedHashMap<Object, Object>(Map.of("--model_name_or_path", folder.resolve("model"), "--dataset_name",
            folder.resolve("rows.jsonl"), "--output_dir", folder.resolve(name), "--per_device_train_batch_size", 1,
            "--gradient_accumulation_steps", 2, "--num_train_epochs", 3, "--learning_rate", "1e-3", "--save_steps", 2));
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        return Stream.concat(Stream.of("sft"), options.entrySet().stream().flatMap(one -> Stream.of(one.getKey(), one.getValue())))
            .toArray();
    }

    private static Object[] with(Object[] arguments, Object... more) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(more));
        return all.toArray();
    }

    private void requireSame(String file, String one, String other) throws IOException {
        assertEquals(-1, Files.mismatch(folder.resolve(one).resolve(file), folder.resolve(other).resolve(file)), file);
    }

    private void killedRunGoesOn(String weights, Object... more) throws IOException, InterruptedException {
        TinyModel.model(folder);
        Cli.succeed(sft("whole", more));
        for (var point : new String[] {Crash.Point.AFTER_RENAME + ":2", Crash.Point.BEFORE_MANIFEST + ":1"}) {
            var again = Files.exists(folder.resolve("killed")) ? new Object[] {"--resume_from_checkpoint", "latest"} : new Object[0];
            try (var child = Child.start(folder.resolve("log"), Optional.of(point), with(sft("killed", more), again))) {
                assertEquals(SIGKILL, child.await(), child.text());
            }
        }
        assertTrue(Cli.metrics(folder.resolve("killed")).size() >= 4, "steps behind the checkpoint are in the log");
        assertFalse(Files.exists(folder.resolve("killed").resolve(weights)), "only a run that came to its end leaves a result");
        var resumed = Cli.succeed(with(sft("killed", more), "--resume_from_checkpoint", "true"));
        assertTrue(resumed.err().contains("going on behind step 4"), resumed.err());
        requireSame("metrics.jsonl", "whole", "killed");
        requireSame(weights, "whole", "killed");
        requireSame("checkpoint-9/optimizer.safetensors", "whole", "killed");
        requireSame("train_results.json", "whole", "killed");
    }

    @Test
    void aKilledRunOfAllWeightsGoesOnBitForBit() throws IOException, InterruptedException {
        killedRunGoesOn("model.safetensors");
    }

    @Test
    void aKilledRunOfAnAdapterGoesOnBitForBit() throws IOException, InterruptedException {
        killedRunGoesOn("adapter_model.safetensors", "--use_peft", true, "--lora_r", 4);
    }

    @Test
    void aKilledPretrainingWithATokenizerOfItsOwnGoesOnBitForBit() throws IOException, InterruptedException {
        TinyModel.rows(folder);
        var outputs = new String[] {"whole", "killed"};
        for (var output : outputs) {
            var arguments = new Object[] {"pretrain", "--dataset_name", folder.resolve("rows.jsonl"), "--vocab_size", 300,
                "--hidden_size", 32,
                "--num_hidden_layers", 1, "--max_length", 64, "--output_dir", folder.resolve(output), "--max_steps", 5, "--save_steps", 2};
            if (output.equals("killed")) {
                try (var child = Child.start(folder.resolve("log"), Optional.of("AFTER_PARENT_FSYNC:2"), arguments)) {
                    assertEquals(SIGKILL, child.await(), child.text());
                }
                Cli.succeed(with(arguments, "--resume_from_checkpoint"));
            } else {
                Cli.succeed(arguments);
            }
        }
        for (var file : new String[] {"metrics.jsonl", "model.safetensors", "tokenizer.json", "config.json"}) {
            requireSame(file, "whole", "killed");
        }
    }

    @Test
    void checkpointsOfAGridStayBesideTheNewestAndTheFirstIsWhereTheRunBegan() throws IOException {
        TinyModel.model(folder);
        var more = new Object[] {"--max_steps", 6, "--save_steps", 1, "--save_at", "0,1,3", "--save_total_limit", 2};
        Cli.succeed(sft("whole", more));
        assertEquals(List.of(0, 1, 3, 5, 6), CheckpointStore.complete(folder.resolve("whole")).stream()
            .map(found -> found.manifest().step()).toList());
        Cli.succeed(sft("again", more));
        for (int step : new int[] {1, 3, 5, 6}) {
            OutputFolder.remove(folder.resolve("again").resolve("checkpoint-" + step));
        }
        Files.delete(folder.resolve("again").resolve("model.safetensors"));
        Cli.succeed(with(sft("again", more), "--resume_from_checkpoint", folder.resolve("again").resolve("checkpoint-0"),
            "--overwrite_output_dir"));
        requireSame("model.safetensors", "whole", "again");
        requireSame("metrics.jsonl", "whole", "again");
    }

    @Test
    void aRunThatGoesOnKeepsTheGridThoughItIsNotToldOfIt() throws IOException {
        TinyModel.model(folder);
        Cli.succeed(sft("grid", "--max_steps", 4, "--save_steps", 1, "--save_at", "0,1", "--save_total_limit", 2));
        Files.delete(folder.resolve("grid").resolve("train_results.json"));
        OutputFolder.remove(folder.resolve("grid").resolve("checkpoint-4"));
        Cli.succeed(with(sft("grid", "--max_steps", 4, "--save_steps", 1, "--save_total_limit", 2), "--resume_from_checkpoint"));
        assertEquals(List.of(0, 1, 3, 4), CheckpointStore.complete(folder.resolve("grid")).stream()
            .map(found -> found.manifest().step()).toList());
    }

    @Test
    void controlCSavesAndEndsWithZero() throws IOException, InterruptedException {
        TinyModel.model(folder);
        try (var child = Child.start(folder.resolve("log"), Optional.empty(), sft("stopped", "--max_steps", 1_000_000,
            "--save_strategy", "steps", "--save_total_limit", 2))) {
            child.awaitText("step 10/");
            child.signal("INT");
            assertEquals(0, child.await(), child.text());
            assertTrue(child.text().contains("go on with --resume_from_checkpoint latest"), child.text());
        }
        var stopped = folder.resolve("stopped");
        int last = Cli.metrics(stopped).getLast().requireInt("step");
        assertTrue(Files.exists(stopped.resolve("checkpoint-" + last).resolve("model.safetensors")), "the last step was saved");
        assertFalse(Files.exists(stopped.resolve("model.safetensors")));
        Cli.succeed("generate", "--model_name_or_path", stopped.resolve("checkpoint-" + last), "--prompt", "number", "--max_new_tokens", 2);
        var anew = Cli.run(sft("stopped"));
        assertEquals(2, anew.code());
        assertTrue(anew.err().contains("checkpoint-" + last + " is of a run that is not finished"), anew.err());
    }

    @Test
    void aSecondSignalQuitsAtOnce() throws IOException, InterruptedException {
        TinyModel.model(folder);
        // One step over all of these rows takes far longer than the two signals.
        var rows = Files.writeString(folder.resolve("rows.jsonl"), Files.readString(folder.resolve("rows.jsonl")).repeat(4000));
        try (var child = Child.start(folder.resolve("log"), Optional.empty(), sft("stopped", "--dataset_name", rows,
            "--gradient_accumulation_steps", 24_000))) {
            child.awaitText("  seed ");
            child.signal("INT");
            child.awaitText("stopping:"); // two signals that wait together are taken in either order
            child.signal("TERM");
            assertEquals(SIGTERM, child.await(), child.text());
        }
        assertFalse(Files.exists(folder.resolve("stopped").resolve("checkpoint-1")));
    }

    @Test
    void aRunGoesOnOnlyAsItBegan() throws IOException {
        TinyModel.model(folder);
        Cli.succeed(sft("out"));
        var other = Cli.run(sft("out", "--resume_from_checkpoint", "latest", "--learning_rate", "2e-3", "--weight_decay", "0.1"));
        assertEquals(2, other.code());
        assertTrue(other.err().contains("learning_rate was 0.001, now 0.002; weight_decay was 0.0, now 0.1"), other.err());
        Files.writeString(folder.resolve("rows.jsonl"), Files.readString(folder.resolve("rows.jsonl")).replace("number 5", "number 7"));
        assertTrue(Cli.run(sft("out", "--resume_from_checkpoint", "latest")).err().contains("rows was"));
        var none = Cli.run(sft("new", "--resume_from_checkpoint", "latest"));
        assertEquals(3, none.code());
        assertTrue(none.err().contains("has no complete checkpoint to go on from"), none.err());
    }

    @Test
    void aNewRunReplacesAFinishedOneAndItsCheckpoints() throws IOException {
        TinyModel.model(folder);
        Cli.succeed(sft("out"));
        assertEquals(List.of("checkpoint-6", "checkpoint-8", "checkpoint-9"), checkpoints("out"), "the newest three");
        var refused = Cli.run(sft("out", "--max_steps", 3));
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("checkpoint-9 is of an earlier run"), refused.err());
        Cli.succeed(sft("out", "--max_steps", 3, "--overwrite_output_dir", "true"));
        assertEquals(List.of("checkpoint-2", "checkpoint-3"), checkpoints("out"));
        Cli.succeed("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", folder.resolve("rows.jsonl"),
            "--output_dir", folder.resolve("none"), "--max_steps", 2, "--save_strategy", "no");
        assertEquals(List.of(), checkpoints("none"));
    }

    private List<String> checkpoints(String name) throws IOException {
        try (var files = Files.list(folder.resolve(name))) {
            return files.map(file -> file.getFileName().toString()).filter(file -> file.startsWith("checkpoint-")).sorted().toList();
        }
    }

    @Test
    void aFolderThatAnotherRunWritesIsRefused() throws IOException {
        TinyModel.model(folder);
        try (var _ = FolderLock.acquire(folder.resolve("out"))) {
            var second = Cli.run(sft("out"));
            assertEquals(2, second.code());
            assertTrue(second.err().contains("is being written by"), second.err());
        }
        Cli.succeed(sft("out", "--max_steps", 1));
    }

    @Test
    void savingOptionsThatContradictAreReportedAtOnce() {
        var result = Cli.run("sft", "--save_strategy", "no", "--save_steps", 5, "--save_total_limit", 1, "--save_minutes", "-1");
        for (var sentence : new String[] {"have no effect with --save_strategy no", "--save_total_limit must be at least 2",
            "--save_minutes must be at least 0"}) {
            assertTrue(result.err().contains(sentence), result.err());
        }
    }
}
