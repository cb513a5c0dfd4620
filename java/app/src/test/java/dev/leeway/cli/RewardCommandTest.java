package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.Crash;
import dev.leeway.io.JsonFile;
import dev.leeway.model.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** reward from the command line to its result, and what score makes of it. */
final class RewardCommandTest {

    private static final int SIGKILL = 128 + 9;
    private static final Set<String> OF_PAIRS = Set.of("accuracy", "margin", "mean_reward", "min_reward", "max_reward");

    @TempDir
    private Path folder;

    @BeforeEach
    void makeModel() throws IOException {
        TinyModel.model(folder);
        TinyRewardModel.pairs(folder);
    }

    /** Nine steps of two accumulated micro-batches of two rows, more than one epoch; options given replace these. */
    private Object[] command(String output, Object... more) {
        var options = new LinkedHashMap<Object, Object>(Map.of("--model_name_or_path", folder.resolve("model"), "--dataset_name",
            folder.resolve("pairs.jsonl"), "--output_dir", folder.resolve(output), "--per_device_train_batch_size", 2,
            "--gradient_accumulation_steps", 2, "--max_steps", 9, "--learning_rate", "1e-2", "--save_steps", 2));
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        return Stream.concat(Stream.of("reward"), options.entrySet().stream().flatMap(one -> Stream.of(one.getKey(), one.getValue())))
            .toArray();
    }

    private void requireSame(String file, String one, String other) throws IOException {
        assertEquals(-1, Files.mismatch(folder.resolve(one).resolve(file), folder.resolve(other).resolve(file)), file);
    }

    private double loss(String run, int step) throws IOException {
        return Cli.metrics(folder.resolve(run)).stream().filter(line -> line.has("loss") && line.requireInt("step") == step).findFirst()
            .orElseThrow().requireDouble("loss");
    }

    private void refused(String sentence, Object... more) {
        var result = Cli.run(command("refused", more));
        assertEquals(2, result.code(), result.err());
        assertTrue(result.err().contains(sentence), result.err());
    }

    private void killedRunGoesOn(String weights, Object... more) throws IOException, InterruptedException {
        Cli.succeed(command("whole", more));
        try (var child = Child.start(folder.resolve("log"), Optional.of(Crash.Point.AFTER_RENAME + ":2"), command("killed", more))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        assertFalse(Files.exists(folder.resolve("killed").resolve(weights)), "only a run that came to its end leaves a result");
        var resumed = Cli.succeed(Stream.concat(Stream.of(command("killed", more)), Stream.of("--resume_from_checkpoint")).toArray());
        assertTrue(resumed.err().contains("going on behind step 2") || resumed.err().contains("going on behind step 4"), resumed.err());
        for (var file : List.of("metrics.jsonl", weights, "checkpoint-9/optimizer.safetensors", "train_results.json")) {
            requireSame(file, "whole", "killed");
        }
    }

    @Test
    void aKilledRunGoesOnBitForBit() throws IOException, InterruptedException {
        killedRunGoesOn("model.safetensors", "--eval_split", 0.34, "--eval_steps", 3, "--center_rewards_coefficient", 0.01);
    }

    @Test
    void aKilledRunOfAnAdapterGoesOnBitForBit() throws IOException, InterruptedException {
        killedRunGoesOn("adapter_model.safetensors", "--use_peft", true, "--lora_r", 4, "--lora_dropout", 0.1, "--disable_dropout", false);
    }

    @Test
    void theMetricsAreThoseOfTrlAndTheModelLearnsItsPairs() throws IOException {
        var result = Cli.succeed(command("out", "--max_steps", 40, "--eval_dataset_name", folder.resolve("pairs.jsonl")));
        var lines = Cli.metrics(folder.resolve("out"));
        var expected = new TreeSet<>(Set.of("step", "epoch", "loss", "learning_rate", "grad_norm", "num_tokens", "num_trained_tokens"));
        expected.addAll(OF_PAIRS);
        assertEquals(expected, new TreeSet<>(lines.get(1).names()));
        var evaluated = new TreeSet<>(Set.of("step", "epoch", "eval_loss"));
        OF_PAIRS.forEach(name -> evaluated.add("eval_" + name));
        assertEquals(evaluated, new TreeSet<>(lines.getFirst().names()));
        var last = lines.getLast();
        assertEquals(1, last.requireDouble("eval_accuracy"), "seven pairs are learned by heart");
        assertTrue(last.requireDouble("eval_min_reward") <= last.requireDouble("eval_mean_reward")
            && last.requireDouble("eval_mean_reward") <= last.requireDouble("eval_max_reward"));
        assertTrue(last.requireDouble("eval_margin") > 0);
        assertTrue(result.out().contains("  acc 1.000  margin "), result.out());
        assertTrue(result.err().contains("a fresh head: normal with standard deviation 0.02 (initializer_range)"), result.err());
    }

    @Test
    void theResultIsAClassifiersDirectoryThatScoresAsItWasEvaluated() throws IOException {
        Cli.succeed(command("out", "--eval_dataset_name", folder.resolve("pairs.jsonl")));
        var directory = ModelDirectory.open(folder.resolve("out"));
        assertEquals(List.of("LlamaForSequenceClassification"), directory.json().requireStrings("architectures"));
        assertTrue(directory.json().has("pad_token_id"), "transformers takes no batches without it");
        assertEquals(-1, Files.mismatch(folder.resolve("model/tokenizer.json"), folder.resolve("out/tokenizer.json")));
        var scores = TinyRewardModel.scores(folder.resolve("out"), folder.resolve("pairs.jsonl"));
        double margin = 0;
        for (int i = 0; i < scores.length; i += 2) {
            margin += (scores[i] - scores[i + 1]) / (scores.length / 2);
        }
        // Fourteen additions in double.
        assertEquals(Cli.metrics(folder.resolve("out")).getLast().requireDouble("eval_margin"), margin, Math.abs(margin) * 1e-13);
        var scored = Cli.succeed("score", "--model_name_or_path", folder.resolve("out"), "--dataset_name", folder.resolve("pairs.jsonl"));
        var accuracy = 100 * Cli.metrics(folder.resolve("out")).getLast().requireDouble("eval_accuracy");
        assertTrue(scored.err().contains(String.format(java.util.Locale.ROOT, "7 pairs, accuracy %.1f %%", accuracy)), scored.err());
    }

    @Test
    void anAdapterBringsItsHead() throws IOException {
        Cli.succeed(command("out", "--use_peft", true, "--lora_r", 4, "--eval_dataset_name", folder.resolve("pairs.jsonl")));
        var config = JsonFile.read(folder.resolve("out/adapter_config.json"));
        assertEquals("SEQ_CLS", config.requireString("task_type"));
        assertEquals(List.of("score"), config.requireStrings("modules_to_save"));
        assertFalse(Files.exists(folder.resolve("out/config.json")));
        var scored = Cli.succeed("score", "--model_name_or_path", folder.resolve("out"), "--dataset_name", folder.resolve("pairs.jsonl"));
        var accuracy = 100 * Cli.metrics(folder.resolve("out")).getLast().requireDouble("eval_accuracy");
        assertTrue(scored.err().contains(String.format(java.util.Locale.ROOT, "7 pairs, accuracy %.1f %%", accuracy)), scored.err());
        var generate = Cli.run("generate", "--model_name_or_path", folder.resolve("out"), "--prompt", "a");
        assertEquals(2, generate.code());
        assertTrue(generate.err().contains("reward model's (task_type SEQ_CLS)"), generate.err());
    }

    @Test
    void trainingGoesOnWithARewardModel() throws IOException {
        Cli.succeed(command("first"));
        var more = Cli.succeed(command("second", "--model_name_or_path", folder.resolve("first"), "--max_steps", 1));
        assertFalse(more.err().contains("fresh head"), more.err());
        assertTrue(loss("second", 1) < loss("first", 1), "it starts where the first run ended");
    }

    /** A pair's scores do not depend on its batch; the sum of a few losses runs in another order. */
    @Test
    void accumulationIsALargerBatch() throws IOException {
        Cli.succeed(command("split", "--max_steps", 3));
        Cli.succeed(command("whole", "--max_steps", 3, "--per_device_train_batch_size", 4, "--gradient_accumulation_steps", 1));
        assertEquals(loss("whole", 1), loss("split", 1), 4 * 0x1p-53);
        // An error δ of a gradient moves AdamW's update of its weight by lr δ / |g|, and so the loss by lr δ. ‖δ‖ ≤ 6 · 2⁻²⁴ √100 tokens
        // (see BatchingTest) of a norm clipped to 1; two updates with lr = 1e-2 of 10⁵ weights: from 2 lr ‖δ‖ = 7e-8, if the signs of δ are
        // random, to 2 lr √10⁵ ‖δ‖ = 2.3e-5, if all errors are alike and add up.
        assertEquals(loss("whole", 3), loss("split", 3), 1e-5, "gradients of F32 that were added in another order");
    }

    @Test
    void layersThatAreComputedAgainChangeNoBit() throws IOException {
        for (var adapter : List.of(false, true)) {
            for (var recompute : List.of(false, true)) {
                Cli.succeed(command("out-" + recompute, "--gradient_checkpointing", recompute, "--use_peft", adapter, "--bf16", true,
                    "--max_steps", 3, "--overwrite_output_dir", true));
            }
            requireSame("metrics.jsonl", "out-false", "out-true");
            requireSame(adapter ? "adapter_model.safetensors" : "model.safetensors", "out-false", "out-true");
        }
    }

    @Test
    void aMarginIsAskedOfTheDifference() throws IOException {
        var lines = Files.readAllLines(folder.resolve("pairs.jsonl"));
        Files.write(folder.resolve("margins.jsonl"), lines.stream().map(line -> line.replace("}", ", \"margin\": 2}")).toList());
        Cli.succeed(command("plain", "--max_steps", 1));
        Cli.succeed(command("margins", "--max_steps", 1, "--dataset_name", folder.resolve("margins.jsonl")));
        var line = Cli.metrics(folder.resolve("plain")).getFirst();
        // Both runs begin with the same differences d, of mean m and |d| ≤ R. −ln σ is convex with a second derivative of at most ¼, so the
        // mean of −ln σ(d − margin) is between −ln σ(m − margin) and R²/8 above it.
        double mean = line.requireDouble("margin");
        double above = Math.pow(line.requireDouble("max_reward") - line.requireDouble("min_reward"), 2) / 8;
        assertTrue(above < 0.1, "a head of standard deviation 0.02: " + above);
        for (int margin : new int[] {0, 2}) {
            double least = Math.log1p(Math.exp(margin - mean));
            assertEquals(least + above / 2, loss(margin == 0 ? "plain" : "margins", 1), above / 2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--center_rewards_coefficient", "--label_smoothing"})
    void optionsOfTheLossChangeIt(String option) throws IOException {
        Cli.succeed(command("plain", "--max_steps", 2));
        Cli.succeed(command("other", "--max_steps", 2, option, 0.2));
        assertNotEquals(loss("plain", 2), loss("other", 2));
        var refused = Cli.run(Stream.concat(Stream.of(command("plain", "--max_steps", 2, option, 0.2)),
            Stream.of("--resume_from_checkpoint")).toArray());
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains(option.substring(2) + " was 0.0, now 0.2"), refused.err());
    }

    @Test
    void rowsThatAreTooLongAreLeftOutAndCounted() throws IOException {
        var run = Cli.succeed(command("out", "--max_length", 10, "--max_steps", 1, "--dataset_cache_dir", folder.resolve("cache")));
        assertTrue(run.err().contains("left out because they are longer than the maximum length"), run.err());
        var plan = Cli.succeed("plan", "reward", "--model_name_or_path", folder.resolve("model"), "--dataset_name",
            folder.resolve("pairs.jsonl"), "--max_length", 10, "--dataset_cache_dir", "none");
        assertTrue(plan.out().contains("left out as too long"), plan.out());
        assertTrue(Cli.succeed("plan", "reward", "--model_name_or_path", folder.resolve("model"), "--use_peft").out().contains("memory"));
    }

    @Test
    void whatWouldDoNothingIsRefused() {
        refused("--packing has no effect here", "--packing", true);
        refused("--allow_truncation has no effect here", "--allow_truncation", true);
        refused("have no effect here: a text is judged as a whole", "--completion_only_loss", true);
        refused("--lora_dropout 0.1 would be switched off", "--use_peft", true, "--lora_dropout", 0.1);
        refused("--lora_target_modules: lm_head is no part of a reward model", "--use_peft", true, "--lora_target_modules", "lm_head");
        refused("modules_to_save names lm_head, which this model lacks: a reward model has no lm_head", "--use_peft", true,
            "--modules_to_save", "lm_head");
        Cli.succeed(command("tied", "--use_peft", true, "--modules_to_save", "embed_tokens", "--max_steps", 1));
        refused("--lora_target_modules: score is trained as a whole", "--use_peft", true, "--lora_target_modules", "score");
        refused("--center_rewards_coefficient must be at least 0; got -1", "--center_rewards_coefficient", -1);
        refused("--label_smoothing must be at least 0 and below 0.5; got 0.5", "--label_smoothing", 0.5);
    }

    @Test
    void aRewardModelIsNotTrainedToSpeak() throws IOException {
        Cli.succeed(command("out", "--max_steps", 1));
        var refused = Cli.run("sft", "--model_name_or_path", folder.resolve("out"), "--dataset_name", folder.resolve("rows.jsonl"),
            "--output_dir", folder.resolve("sft"));
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("is a sequence classifier and has no language-model head"), refused.err());
    }
}
