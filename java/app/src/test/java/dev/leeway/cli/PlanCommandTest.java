package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.model.Batch;
import dev.leeway.model.ConfigReader;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.TrainingSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlanCommandTest {

    @TempDir
    private Path folder;
    private Path model;

    @BeforeEach
    void makeModel() throws IOException {
        model = TinyModel.model(folder);
    }

    private Object[] sft(String command, Object... more) {
        var arguments = new java.util.ArrayList<Object>(java.util.List.of(command, "--model_name_or_path", model, "--dataset_name",
            folder.resolve("rows.jsonl"), "--output_dir", folder.resolve("out"), "--max_steps", 2, "--per_device_train_batch_size", 2));
        arguments.addAll(java.util.List.of(more));
        return arguments.toArray();
    }

    private static String group(String pattern, String text) {
        var matcher = Pattern.compile(pattern).matcher(text);
        assertTrue(matcher.find(), pattern + " in\n" + text);
        return matcher.group(1);
    }

    @Test
    void memoryAndParametersAreThoseOfTheRunItself() {
        for (var more : new Object[][] {{}, {"--use_peft", "--lora_r", 4, "--eval_split", 0.4, "--per_device_eval_batch_size", 3},
            {"--bf16"}, {"--bf16", "--use_peft", "--gradient_checkpointing"}}) {
            var plan = Cli.succeed(sft("plan", more)).out();
            assertFalse(Files.exists(folder.resolve("out")), "a plan writes nothing");
            var run = Cli.succeed(sft("sft", more)).err();
            assertEquals(group("memory +(.+)\n", run), group("memory +(.+) = ", plan));
            assertEquals(group("trained +([\\d,]+) of", run), group("of which ([\\d,]+) are", plan));
            assertEquals(group("trained +[\\d,]+ of ([\\d,]+) ", run), group("parameters +([\\d,]+), ", plan));
            assertEquals(group("steps +(.+)\n", run), group("steps +(.+)\n", plan));
            deleteOut();
        }
    }

    private void deleteOut() {
        try (var files = Files.walk(folder.resolve("out"))) {
            files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }

    @Test
    void trainedTokensStandInBrackets() {
        var out = Cli.succeed(sft("plan")).out();
        // The completion and the end-of-sequence token behind it are trained, the prompt isn't.
        assertTrue(Pattern.compile("number (\\d) is\\[ followed by \\d\\.[^\\[\\]]*\\]\n").matcher(out).find(), out);
        assertTrue(out.contains("First micro-batch: 2 rows"), out);
        assertTrue(out.matches("(?s).*FLOPs +\\S+ in the first step: matrices .*"), out);
        assertTrue(out.contains("truncated   0 rows, 0 dropped"), out);
    }

    @Test
    void theWorkOfAStepIsThatOfTheFormula() {
        // By hand, for one layer with 2 heads of 4 (1 kv head), C 6, F 10, V 20, and sequences of 2 and 3 tokens, 1 and 2 of them trained:
        // P = q 6·8 + k 6·4 + v 6·4 + o 8·6 + gate, up, down 3·6·10 = 324; pairs 1+2 + 1+2+3 = 9.
        var config = ConfigReader.read(JsonFile.parse("config.json", """
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 20, "hidden_size": 6, "intermediate_size": 10,
             "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 4, "max_position_embeddings": 8,
             "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "hidden_act": "silu"}"""));
        var batch = Batch.of(List.of(Batch.Sequence.allTrained(new int[] {1, 2}, 0), Batch.Sequence.allTrained(new int[] {3, 4, 5}, 1)));
        try (var device = Device.cpu()) {
            var settings = new TrainingSession.Settings(Optional.empty(), 3, 5, 2, AdamW.Settings.standard(), 0);
            var parameters = TrainingSession.footprint(config, settings, device).parameters();
            var expected = new StepFlops(5 * 324 * 6, 0, 12 * 8 * 9, 3 * 20 * 6 * 8);
            assertEquals(expected, StepFlops.of(config, parameters, Task.nextToken(), List.of(batch)));
            var compared = new StepFlops(5 * 324 * (6 + 2), 0, (12 + 4) * 8 * 9, 3 * 20 * 6 * (8 + 2));
            assertEquals(compared, StepFlops.of(config, parameters, new DpoOptions().task(8), List.of(batch)), "a pass of the reference");
            var other = Batch.of(List.of(Batch.Sequence.allTrained(new int[] {1, 2, 3}, 0).withReward(0)));
            var labelled = Batch.of(List.of(Batch.Sequence.allTrained(new int[] {1, 2, 3}, 0).withReward(1)));
            assertEquals(new StepFlops(3 * 324 * (2 + 2 + 6 + 2), 0, (4 + 4 + 12 + 4) * 8 * 6, 2 * 20 * 6 * (2 + 2 + 8 + 2)),
                StepFlops.of(config, parameters, new KtoOptions().task(8), List.of(labelled, other)), "an answer that only measures");
        }
    }

    @Test
    void conversationsAreCountedByRole() throws IOException {
        Files.writeString(model.resolve("chat_template.jinja"), "{% for m in messages %}{{ m['role'] }}: {% generation %}{{ m['content'] }}"
            + "{% endgeneration %}\n{% endfor %}");
        Files.writeString(folder.resolve("rows.jsonl"), "{\"messages\": [{\"role\": \"user\", \"content\": \"one\"}, "
            + "{\"role\": \"assistant\", \"content\": \"two\"}]}\n");
        var out = Cli.succeed(sft("plan")).out();
        assertTrue(out.contains("turns       1 of assistant, 3 tokens\nturns       1 of user, 3 tokens\n"), out);
        assertTrue(out.contains("turns       17 tokens are the template's\n"), out);
    }

    @Test
    void aRunThatDoesNotFitIsPrintedAndRefused() throws IOException {
        var config = JsonFile.read(model.resolve("config.json")).node();
        // 2^42 weights for each matrix of the MLP: no machine has that, and a plan doesn't need it.
        config.put("intermediate_size", 1 << 28).put("hidden_size", 1 << 14);
        JsonFile.write(model.resolve("config.json"), config);
        var result = Cli.run(sft("plan"));
        assertEquals(5, result.code(), result.err());
        assertTrue(result.err().contains("needs 739022.5 GB, device has ") && result.err().contains("weights "), result.err());
        assertTrue(result.out().contains("First micro-batch"), "the plan is printed all the same");
    }

    @Test
    void aConfigurationAloneIsEnoughToPlanAndNothingIsAllocated() throws IOException {
        var directory = Files.createDirectories(folder.resolve("large"));
        Files.writeString(directory.resolve("config.json"), """
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 128256, "hidden_size": 4096,
             "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
             "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": false,
             "hidden_act": "silu"}""");
        long before = Resident.now().orElseThrow();
        var result = Cli.run("plan", "--model_name_or_path", directory, "--per_device_train_batch_size", 1);
        long grown = Resident.now().orElseThrow() - before;
        // 2·V·C + L·(2·C² + 2·C·1024 + 3·C·F + 2·C) + C, the parameters of Llama 3 8B.
        assertEquals("8,030,261,248", group("parameters +([\\d,]+), ", result.out()));
        assertEquals("8,030,261,248", group("of which ([\\d,]+) are", result.out()));
        assertTrue(result.out().contains("none given: micro-batches of 1 rows of 1,024 tokens are assumed"), result.out());
        assertTrue(result.out().contains("not known without --dataset_name"), result.out());
        assertTrue(grown < 100_000_000, "grown by " + grown);
        assertEquals(result.err().isEmpty() ? 0 : 5, result.code(), result.err());
    }

    @Test
    void aStepThatNoMemoryHoldsIsRefusedInASentence() {
        var huge = Cli.run("plan", "--model_name_or_path", model, "--per_device_train_batch_size", 2_000_000_000,
            "--gradient_accumulation_steps", 8);
        assertEquals(2, huge.code(), huge.err());
        assertTrue(huge.err().contains("a step has 2000000000 × 8 rows; a plan without --dataset_name takes at most 1048576; lower"),
            huge.err());
    }
}
