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
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reward models on real pairs, from a real language model of 260,000 parameters. */
@Tag("shared")
final class SharedRewardTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared", "/leeway.shared-is-not-set"));
    private static final Path MODEL = SHARED.resolve("models/stories260k");
    private static final Path DATA = SHARED.resolve("data/value-drifts");
    private static final int SIGKILL = 128 + 9;

    @TempDir
    private Path folder;

    private Object[] command(Path rows, String output, Object... more) {
        return Stream.concat(Stream.of("reward", "--model_name_or_path", MODEL, "--dataset_name", rows, "--output_dir",
            folder.resolve(output), "--per_device_train_batch_size", 8, "--learning_rate", "1e-3", "--dataset_cache_dir", "none"),
            Stream.of(more)).toArray();
    }

    /** A demonstration set, whose rows have conversations and two answers, as rows of text. */
    private Path demonstrations(int count) throws IOException {
        var wrapped = "{\"rows\": " + Files.readString(DATA.resolve("preferences/dpo_en_demo.json")) + "}";
        var lines = new ArrayList<String>();
        for (var row : JsonFile.parse("demo", wrapped).optionalObjects("rows").orElseThrow().subList(0, count)) {
            var turns = row.optionalObjects("conversations").orElseThrow().stream().map(turn -> turn.requireString("value")).toList();
            lines.add(JsonFile.newObject().put("prompt", String.join("\n", turns) + "\n")
                .put("chosen", row.requireObject("chosen").requireString("value"))
                .put("rejected", row.requireObject("rejected").requireString("value")).toString());
        }
        return Files.write(folder.resolve("pairs.jsonl"), lines);
    }

    private List<JsonObject> evaluations(String output) throws IOException {
        return Cli.metrics(folder.resolve(output)).stream().filter(line -> line.has("eval_loss")).toList();
    }

    /** Ten epochs over the rows that are evaluated: what is asked is whether the loss of real rows falls, not whether it generalises. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRewardModelLearnsRealPairsByHeart(boolean adapter) throws IOException {
        var rows = demonstrations(150);
        Cli.succeed(command(rows, "out", "--max_length", 512, "--num_train_epochs", 10, "--eval_dataset_name", rows,
            "--use_peft", adapter));
        var first = evaluations("out").getFirst();
        var last = evaluations("out").getLast();
        System.out.printf(Locale.ROOT, "adapter %s: eval_loss %.4f → %.4f, accuracy %.3f → %.3f, margin %.3f → %.3f%n", adapter,
            first.requireDouble("eval_loss"), last.requireDouble("eval_loss"), first.requireDouble("eval_accuracy"),
            last.requireDouble("eval_accuracy"), first.requireDouble("eval_margin"), last.requireDouble("eval_margin"));
        assertTrue(last.requireDouble("eval_loss") < first.requireDouble("eval_loss"));
        assertTrue(last.requireDouble("eval_accuracy") > first.requireDouble("eval_accuracy"));
    }

    /** Whole dialogues as they were published, without a prompt column; about half are too long for the model and are left out. */
    @Test
    void aKilledRunOnPublishedDialoguesGoesOnBitForBitAndScoresThem() throws IOException, InterruptedException {
        var rows = DATA.resolve("hh-rlhf/harmless-base-test.jsonl");
        var more = new Object[] {"--max_length", 256, "--max_steps", 12, "--save_steps", 4, "--eval_split", 0.2};
        var whole = Cli.succeed(command(rows, "whole", more));
        assertTrue(whole.err().contains("left out because they are longer than the maximum length"), whole.err());
        try (var child = Child.start(folder.resolve("log"), Optional.of(Crash.Point.AFTER_RENAME + ":2"), command(rows, "killed", more))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        Cli.succeed(Stream.concat(Stream.of(command(rows, "killed", more)), Stream.of("--resume_from_checkpoint")).toArray());
        for (var file : List.of("metrics.jsonl", "model.safetensors", "checkpoint-12/optimizer.safetensors")) {
            assertEquals(-1, Files.mismatch(folder.resolve("whole").resolve(file), folder.resolve("killed").resolve(file)), file);
        }
        var scored = Cli.succeed("score", "--model_name_or_path", folder.resolve("whole"), "--dataset_name", rows, "--max_length", 256);
        assertEquals(2312, scored.out().lines().count());
        assertTrue(scored.err().contains(" pairs, accuracy "), scored.err());
    }
}
