package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.Crash;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real pairs and labels, and a real model of 260,000 parameters. */
@Tag("shared")
final class SharedPreferencesTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared", "/leeway.shared-is-not-set"));
    private static final Path MODEL = SHARED.resolve("models/stories260k");
    private static final Path DATA = SHARED.resolve("data/value-drifts");
    private static final int SIGKILL = 128 + 9;
    private static final int ROWS = 32;

    @TempDir
    private Path folder;
    private Path pairs;
    private Path labels;

    /** The demonstration sets as rows of text: turns joined by newlines, as the reference fixture {@code lora-dpo-demo} has them. */
    @BeforeEach
    void writeRows() throws IOException {
        var preferences = rows("dpo_en_demo.json").map(row -> {
            var prompt = row.optionalObjects("conversations").orElseThrow().stream().map(turn -> turn.requireString("value"));
            return JsonFile.newObject().put("prompt", prompt.collect(Collectors.joining("\n")) + "\n")
                .put("chosen", row.requireObject("chosen").requireString("value"))
                .put("rejected", row.requireObject("rejected").requireString("value")).toString();
        }).toList();
        pairs = Files.write(folder.resolve("pairs.jsonl"), preferences.subList(0, ROWS));
        var judged = rows("kto_en_demo.json").map(row -> {
            var turns = row.optionalObjects("messages").orElseThrow().stream().map(turn -> turn.requireString("content")).toList();
            return JsonFile.newObject().put("prompt", String.join("\n", turns.subList(0, turns.size() - 1)) + "\n")
                .put("completion", turns.getLast()).put("label", row.requireBoolean("label")).toString();
        }).toList();
        // The good ones stand before the bad ones.
        labels = Files.write(folder.resolve("labels.jsonl"), Stream.concat(judged.subList(0, ROWS / 2).stream(),
            judged.subList(judged.size() - ROWS / 2, judged.size()).stream()).toList());
    }

    private static Stream<JsonObject> rows(String name) throws IOException {
        var wrapped = "{\"rows\": " + Files.readString(DATA.resolve("preferences").resolve(name)) + "}";
        return JsonFile.parse(name, wrapped).optionalObjects("rows").orElseThrow().stream();
    }

    private Object[] command(String name, Path rows, String output, Object... more) {
        var arguments = new ArrayList<Object>(List.of(name, "--model_name_or_path", MODEL, "--dataset_name", rows, "--output_dir",
            folder.resolve(output), "--max_length", 128, "--max_prompt_length", 64, "--allow_truncation", "--per_device_train_batch_size",
            8, "--eval_dataset_name", rows));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }

    private List<JsonObject> evaluations(String output) throws IOException {
        return Cli.metrics(folder.resolve(output)).stream().filter(line -> line.has("eval_loss")).toList();
    }

    /** Ten epochs over the training rows themselves, which are also the rows of the evaluation. */
    @ParameterizedTest
    @ValueSource(strings = {"dpo", "ipo", "simpo", "orpo", "kto"})
    void trainingOnRealRowsLowersTheLossAndPrefersWhatWasPreferred(String command) throws IOException {
        Cli.succeed(command(command, command.equals("kto") ? labels : pairs, "out", "--num_train_epochs", 10, "--learning_rate", "3e-4"));
        var evaluations = evaluations("out");
        var first = evaluations.getFirst();
        var last = evaluations.getLast();
        System.out.printf("%s: eval_loss %.4f → %.4f, margin %.4f → %.4f%n", command, first.requireDouble("eval_loss"),
            last.requireDouble("eval_loss"), first.requireDouble("eval_rewards/margins"), last.requireDouble("eval_rewards/margins"));
        assertTrue(last.requireDouble("eval_loss") < first.requireDouble("eval_loss"), evaluations.toString());
        assertTrue(last.requireDouble("eval_rewards/margins") > first.requireDouble("eval_rewards/margins"), evaluations.toString());
        if (!command.equals("kto")) {
            System.out.printf("%s: accuracy %.3f → %.3f%n", command, first.requireDouble("eval_rewards/accuracies"),
                last.requireDouble("eval_rewards/accuracies"));
            assertTrue(last.requireDouble("eval_rewards/accuracies") > first.requireDouble("eval_rewards/accuracies"),
                evaluations.toString());
        }
    }

    @Test
    void aKilledRunOnRealPairsGoesOnBitForBit() throws IOException, InterruptedException {
        var more = new Object[] {"--max_steps", 12, "--learning_rate", "3e-4", "--save_steps", 4, "--use_peft", "--lora_r", 8};
        Cli.succeed(command("dpo", pairs, "whole", more));
        try (var child = Child.start(folder.resolve("log"), Optional.of(Crash.Point.AFTER_RENAME + ":2"),
            command("dpo", pairs, "killed", more))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        Cli.succeed(Stream.concat(Stream.of(command("dpo", pairs, "killed", more)), Stream.of("--resume_from_checkpoint")).toArray());
        for (var file : List.of("metrics.jsonl", "adapter_model.safetensors", "checkpoint-12/optimizer.safetensors")) {
            assertEquals(-1, Files.mismatch(folder.resolve("whole").resolve(file), folder.resolve("killed").resolve(file)), file);
        }
    }

    /** Dialogues whose prompt is what both have in common; a few are one the beginning of the other. */
    @Test
    void dialoguesAsTheyWerePublishedAreRead() throws IOException {
        var rows = DATA.resolve("hh-rlhf/harmless-base-test.jsonl");
        var run = Cli.succeed("dpo", "--model_name_or_path", MODEL, "--dataset_name", rows, "--output_dir", folder.resolve("out"),
            "--max_length", 256, "--max_prompt_length", 128, "--allow_truncation", "--max_steps", 8, "--learning_rate", "3e-4",
            "--use_peft");
        assertTrue(run.err().contains("data      2,3"), run.err());
        var steps = Cli.metrics(folder.resolve("out")).stream().filter(line -> line.has("loss")).toList();
        assertEquals(8, steps.size());
        assertEquals(Math.log(2), steps.getFirst().requireDouble("loss"), 8 * 0x1p-53);
        assertTrue(steps.stream().allMatch(step -> Double.isFinite(step.requireDouble("rewards/margins"))));
    }
}
