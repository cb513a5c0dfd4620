package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.Crash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs of grpo, rloo and ppo that were stopped or killed, and go on. */
final class RolloutResumeTest {

    private static final int SIGKILL = 128 + 9;

    @TempDir
    private Path folder;

    private TinyRollouts runs;

    @BeforeEach
    void makeModel() throws IOException {
        TinyModel.model(folder);
        runs = new TinyRollouts(folder);
        runs.prompts();
    }

    /** Behind step 4 or 3, of which some are inside a rollout and some at its end. */
    @ParameterizedTest
    @CsvSource({"grpo, --num_iterations, 1, 2, 4", "grpo, --num_iterations, 3, 2, 4", "rloo, --num_iterations, 2, 3, 3",
        "rloo, --num_iterations, 2, 2, 4", "ppo, --num_ppo_epochs, 2, 3, 3"})
    void aKilledRunGoesOnBitForBit(String name, String option, int value, int every, int killed) throws IOException, InterruptedException {
        var more = new Object[] {option, value, "--max_steps", 7, "--save_steps", every};
        Cli.succeed(runs.command(name, "whole", more));
        var crash = Crash.Point.AFTER_RENAME + ":" + killed / every;
        try (var child = Child.start(folder.resolve("log"), Optional.of(crash), runs.command(name, "killed", more))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        assertFalse(Files.exists(folder.resolve("killed/model.safetensors")), "only a run that came to its end leaves a result");
        var resumed = Cli.succeed(runs.resumed(name, "killed", more));
        assertTrue(resumed.err().contains("going on behind step " + killed + "\n"), resumed.err());
        for (var file : List.of("metrics.jsonl", "completions.jsonl", "model.safetensors", "checkpoint-7/optimizer.safetensors",
            "train_results.json")) {
            runs.requireSame(file, "whole", "killed");
        }
    }

    @Test
    void aKilledRunOfAnAdapterGoesOnBitForBit() throws IOException, InterruptedException {
        var more = new Object[] {"--use_peft", true, "--lora_r", 4, "--beta", 0.1, "--max_steps", 5, "--save_steps", 2};
        Cli.succeed(runs.command("grpo", "whole", more));
        try (var child = Child.start(folder.resolve("log"), Optional.of(Crash.Point.AFTER_RENAME + ":2"), runs.command("grpo", "killed",
            more))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        Cli.succeed(runs.resumed("grpo", "killed", more));
        for (var file : List.of("metrics.jsonl", "completions.jsonl", "adapter_model.safetensors")) {
            runs.requireSame(file, "whole", "killed");
        }
        assertTrue(Cli.metrics(folder.resolve("whole")).getFirst().has("kl"));
    }

    @ParameterizedTest
    @CsvSource({"grpo, --num_iterations", "ppo, --num_ppo_epochs"})
    void controlCSavesAndTheRunGoesOnBitForBit(String name, String option) throws IOException, InterruptedException {
        var more = new Object[] {option, 3, "--max_steps", 300, "--logging_steps", 1};
        try (var child = Child.start(folder.resolve("log"), Optional.empty(), runs.command(name, "stopped", more))) {
            child.awaitText("step 2/");
            child.signal("INT");
            assertEquals(0, child.await(), child.text());
            assertTrue(child.text().contains("go on with --resume_from_checkpoint latest"), child.text());
        }
        int last = Cli.metrics(folder.resolve("stopped")).getLast().requireInt("step");
        assertTrue(Files.exists(folder.resolve("stopped/checkpoint-" + last)), "the last step was saved");
        assertEquals((last + 2) / 3 * 4, runs.completions("stopped").size(), "a rollout of 4 serves 3 steps");
        Cli.succeed(runs.resumed(name, "stopped", more));
        Cli.succeed(runs.command(name, "whole", more));
        for (var file : List.of("metrics.jsonl", "completions.jsonl", "model.safetensors", "train_results.json")) {
            runs.requireSame(file, "whole", "stopped");
        }
    }

    /** A run that is killed while it draws has written more than its last checkpoint knows of. */
    @Test
    void laterRolloutsAndATornLineAreDrawnAgain() throws IOException {
        var more = new Object[] {"--max_steps", 5, "--save_steps", 2};
        Cli.succeed(runs.command("grpo", "whole", more));
        Cli.succeed(runs.command("grpo", "torn", more));
        var file = folder.resolve("torn/completions.jsonl");
        var lines = Files.readAllLines(file);
        assertEquals(20, lines.size());
        Files.writeString(file, String.join("\n", lines.subList(0, 14)) + "\n" + lines.get(14).substring(0, lines.get(14).length() / 2));
        Cli.succeed(Stream.concat(Stream.of(runs.resumed("grpo", "torn", more)), Stream.of(folder.resolve("torn/checkpoint-2"))).toArray());
        for (var name : List.of("completions.jsonl", "metrics.jsonl", "model.safetensors")) {
            runs.requireSame(name, "whole", "torn");
        }
    }

    private void requireRefused(String difference, Object... arguments) {
        var result = Cli.run(arguments);
        assertEquals(2, result.code(), result.err());
        assertTrue(result.err().contains("can't be continued under another configuration: " + difference + " was "), result.err());
        assertFalse(result.err().contains("; rows"), result.err());
    }

    @Test
    void otherStopTokensOrAnotherTokenizerAreAnotherRun() throws IOException {
        var more = new Object[] {"--max_steps", 2, "--save_steps", 1};
        Cli.succeed(runs.command("grpo", "out", more));
        var stops = folder.resolve("model/generation_config.json");
        var before = Files.exists(stops) ? Optional.of(Files.readString(stops)) : Optional.<String>empty();
        Files.writeString(stops, "{\"eos_token_id\": [70, 71]}");
        requireRefused("stop_ids", runs.resumed("grpo", "out", more));
        Files.delete(stops);
        if (before.isPresent()) {
            Files.writeString(stops, before.get());
        }
        Files.writeString(folder.resolve("model/tokenizer.json"), "\n", StandardOpenOption.APPEND);
        requireRefused("tokenizer", runs.resumed("grpo", "out", more));
    }

    @Test
    void anotherTokenizerOfTheRewardModelIsAnotherRun() throws IOException {
        var model = TinyRewardModel.model(Files.createDirectories(folder.resolve("other")));
        var more = new Object[] {"--max_steps", 2, "--save_steps", 1, "--reward_funcs", "model:" + model, "--reward_weights", 1};
        Cli.succeed(runs.command("grpo", "out", more));
        Files.writeString(model.resolve("tokenizer.json"), "\n", StandardOpenOption.APPEND);
        requireRefused("model:" + model, runs.resumed("grpo", "out", more));
    }

    @Test
    void completionsThatAreLostEndARunThatWouldGoOn() throws IOException {
        Cli.succeed(runs.command("grpo", "out", "--max_steps", 2, "--save_steps", 1));
        Files.write(folder.resolve("out/completions.jsonl"), Files.readAllLines(folder.resolve("out/completions.jsonl")).subList(0, 5));
        var result = Cli.run(runs.resumed("grpo", "out", "--max_steps", 2, "--save_steps", 1));
        assertEquals(3, result.code(), result.err());
        assertTrue(result.err().contains("has 5 completions of the first 2 steps, which were trained on 8"), result.err());
    }
}
