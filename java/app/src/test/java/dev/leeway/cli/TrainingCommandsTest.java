package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrainingCommandsTest {

    /**
     * A row's scores don't depend on its place in the batch, but the sum over rows runs in another order: at most n additions of positive
     * terms in double, n < 200 trained tokens, each with a relative error of 2⁻⁵³.
     */
    private static final double REORDERED = 200 * 0x1p-53 * 2;

    @TempDir
    private Path folder;

    private Path train(Path model, String name, int steps, Object... more) {
        var out = folder.resolve(name);
        var arguments = new java.util.ArrayList<Object>(java.util.List.of("sft", "--model_name_or_path", model, "--dataset_name",
            folder.resolve("rows.jsonl"), "--output_dir", out, "--max_steps", steps, "--per_device_train_batch_size", TinyModel.ROWS,
            "--lr_scheduler_type", "constant", "--learning_rate", "1e-3"));
        arguments.addAll(java.util.List.of(more));
        Cli.succeed(arguments.toArray());
        return out;
    }

    private static double lossOfStep(Path run, int step) throws IOException {
        return Cli.metrics(run).get(step - 1).requireDouble("loss");
    }

    private static void assertSameLoss(double expected, double actual) {
        assertEquals(expected, actual, expected * REORDERED);
    }

    @Test
    void aSavedModelHasTheLossThatTrainingHad() throws IOException {
        var model = TinyModel.model(folder);
        // The loss of step 5 is that of the weights behind step 4.
        double training = lossOfStep(train(model, "five", 5), 5);
        var saved = train(model, "four", 4);
        assertSameLoss(training, TinyModel.loss(saved, Optional.empty(), folder.resolve("rows.jsonl")));
        assertTrue(training < lossOfStep(saved, 1), "five steps on six rows lower the loss");
    }

    @Test
    void aSavedAdapterHasTheLossThatTrainingHad() throws IOException {
        var model = TinyModel.model(folder);
        double training = lossOfStep(train(model, "five", 5, "--use_peft", "--lora_r", 4, "--use_rslora"), 5);
        var saved = train(model, "four", 4, "--use_lora", "--lora_r", 4, "--use_rslora");
        assertSameLoss(training, TinyModel.loss(model, Optional.of(saved), folder.resolve("rows.jsonl")));
        assertFalse(Files.exists(saved.resolve("model.safetensors")), "an adapter directory has no model");
        assertTrue(training < lossOfStep(saved, 1), "five steps on six rows lower the loss");
    }

    @Test
    void threadsAndRepetitionChangeNoBit() throws IOException {
        var model = TinyModel.model(folder);
        var one = train(model, "one", 3, "--threads", 1);
        var three = train(model, "three", 3, "--threads", 3);
        assertEquals(-1, Files.mismatch(one.resolve("model.safetensors"), three.resolve("model.safetensors")));
        assertEquals(-1, Files.mismatch(one.resolve("metrics.jsonl"), three.resolve("metrics.jsonl")));
    }

    @Test
    void everyStepIsInTheMetricsAndEveryOptionInTheArguments() throws IOException {
        var out = train(TinyModel.model(folder), "out", 3);
        var steps = Cli.metrics(out);
        assertEquals(3, steps.size());
        assertEquals(3, steps.get(2).requireInt("step"));
        assertEquals(3.0, steps.get(2).requireDouble("epoch"));
        assertEquals(1e-3, steps.get(2).requireDouble("learning_rate"));
        for (var name : new String[] {"grad_norm", "num_tokens", "num_trained_tokens"}) {
            assertTrue(steps.get(2).requireDouble(name) > 0, name);
        }
        assertEquals(3, Files.readAllLines(out.resolve("timings.jsonl")).size());
        assertEquals(3, JsonFile.read(out.resolve("train_results.json")).requireInt("global_step"));
        var arguments = JsonFile.read(out.resolve("training_args.json"));
        assertEquals("sft", arguments.requireString("command"));
        assertEquals(TinyModel.ROWS, arguments.requireInt("per_device_train_batch_size"));
        assertEquals(1, arguments.requireInt("gradient_accumulation_steps"));
    }

    @Test
    void theProgressLineHasTheFieldsThatPeopleLookFor() throws IOException {
        TinyModel.model(folder);
        var result = Cli.succeed("sft", "--model_name_or_path", folder.resolve("model"), "--dataset_name", folder.resolve("rows.jsonl"),
            "--output_dir", folder.resolve("out"), "--per_device_train_batch_size", 2, "--num_train_epochs", 1, "--logging_steps", 2);
        var lines = result.out().strip().split("\n");
        assertEquals(3, lines.length, "steps 1, 2 and 3 of 3: the first, every second, the last");
        assertTrue(lines[2].matches("step 3/3  loss \\d\\.\\d{4}  lr \\S+  grad \\d+\\.\\d\\d  tok/s [\\d,]+  ETA 0:00"), lines[2]);
        assertTrue(result.err().contains("6 rows") && result.err().contains("memory"), result.err());
    }

    @Test
    void aResultOfTheOtherKindIsReplacedOnlyOnRequestAndDoesNotStayBesideTheNewOne() throws IOException {
        var model = TinyModel.model(folder);
        var out = train(model, "out", 1, "--save_strategy", "no");
        var refused = Cli.run("sft", "--model_name_or_path", model, "--dataset_name", folder.resolve("rows.jsonl"), "--output_dir", out,
            "--use_peft");
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains("config.json is of an earlier run; name another folder, or add --overwrite_output_dir"),
            refused.err());
        assertTrue(Files.exists(out.resolve("model.safetensors")));
        train(model, "out", 1, "--use_peft", "--overwrite_output_dir");
        assertFalse(Files.exists(out.resolve("model.safetensors")));
        assertFalse(Files.exists(out.resolve("config.json")));
        assertTrue(Files.exists(out.resolve("adapter_model.safetensors")));
    }

    @Test
    void pretrainingGoesOnWithAModelThatExists() throws IOException {
        var model = TinyModel.model(folder);
        var text = Files.writeString(folder.resolve("text.txt"), "one line\n\nanother line\nand a third one\n");
        var result = Cli.succeed("pretrain", "--model_name_or_path", model, "--dataset_name", text, "--output_dir", folder.resolve("more"),
            "--max_steps", 1);
        assertTrue(result.err().contains("3 rows"), result.err());
        assertTrue(Files.exists(folder.resolve("more").resolve("tokenizer.json")));
        var paragraphs = Cli.succeed("pretrain", "--model_name_or_path", model, "--dataset_name", text, "--output_dir",
            folder.resolve("paragraphs"), "--max_steps", 1, "--sample_by", "paragraph");
        assertTrue(paragraphs.err().contains("2 rows"), paragraphs.err());
    }

    @Test
    void aTokenizerFileOfAnEarlierRunIsReplacedAndNotWrittenThrough() throws IOException {
        var model = TinyModel.model(folder);
        var out = train(model, "out", 1);
        var tokenizer = out.resolve("tokenizer.json");
        var elsewhere = Files.writeString(folder.resolve("elsewhere.json"), "somebody else's");
        Files.delete(tokenizer);
        Files.createLink(tokenizer, elsewhere);
        train(model, "out", 1, "--overwrite_output_dir");
        assertEquals(-1, Files.mismatch(model.resolve("tokenizer.json"), tokenizer));
        assertEquals("somebody else's", Files.readString(elsewhere), "a name of the same file that the run knows nothing of");
        try (var files = Files.list(out)) {
            assertEquals(java.util.List.of(), files.filter(file -> file.toString().contains(".tmp")).toList());
        }
    }
}
