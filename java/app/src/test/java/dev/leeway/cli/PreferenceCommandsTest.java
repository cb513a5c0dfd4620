package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.Crash;
import dev.leeway.io.JsonFile;
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

/** dpo, ipo, simpo, orpo and kto from the command line to their result. */
final class PreferenceCommandsTest {

    private static final int SIGKILL = 128 + 9;
    /** Fewer tokens than any row has, more than any prompt. */
    private static final int LENGTH = 6;
    /** What every step has, and what pairs add. */
    private static final Set<String> OF_A_STEP = Set.of("step", "epoch", "loss", "learning_rate", "grad_norm", "num_tokens",
        "num_trained_tokens", "rewards/chosen", "rewards/rejected", "rewards/margins", "logps/chosen", "logps/rejected");
    private static final Map<String, Set<String>> OF_A_COMMAND = Map.of("dpo", Set.of("rewards/accuracies"), "ipo",
        Set.of("rewards/accuracies"), "simpo", Set.of("rewards/accuracies", "nll_loss"), "orpo",
        Set.of("rewards/accuracies", "nll_loss", "log_odds_ratio", "log_odds_chosen"), "kto", Set.of("kl"));

    @TempDir
    private Path folder;

    @BeforeEach
    void makeModel() throws IOException {
        TinyModel.model(folder);
        TinyModel.pairs(folder);
        TinyModel.labels(folder);
    }

    /** Nine steps of two accumulated micro-batches of two rows, more than one epoch; options given replace these. */
    private Object[] command(String name, String output, Object... more) {
        var options = new LinkedHashMap<Object, Object>(Map.of("--model_name_or_path", folder.resolve("model"), "--dataset_name",
            folder.resolve(name.equals("kto") ? "labels.jsonl" : "pairs.jsonl"), "--output_dir", folder.resolve(output),
            "--per_device_train_batch_size", 2, "--gradient_accumulation_steps", 2, "--max_steps", 9, "--learning_rate", "1e-2",
            "--save_steps", 2));
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        return Stream.concat(Stream.of(name), options.entrySet().stream().flatMap(one -> Stream.of(one.getKey(), one.getValue())))
            .toArray();
    }

    private void requireSame(String file, String one, String other) throws IOException {
        assertEquals(-1, Files.mismatch(folder.resolve(one).resolve(file), folder.resolve(other).resolve(file)), file);
    }

    private void killedRunGoesOn(String command, String weights, Object... more) throws IOException, InterruptedException {
        Cli.succeed(command(command, "whole", more));
        try (var child = Child.start(folder.resolve("log"), Optional.of(Crash.Point.AFTER_RENAME + ":2"),
            command(command, "killed", more))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        assertFalse(Files.exists(folder.resolve("killed").resolve(weights)), "only a run that came to its end leaves a result");
        var again = Stream.concat(Stream.of(command(command, "killed", more)), Stream.of("--resume_from_checkpoint")).toArray();
        var resumed = Cli.succeed(again);
        assertTrue(resumed.err().contains("going on behind step 2") || resumed.err().contains("going on behind step 4"), resumed.err());
        for (var file : List.of("metrics.jsonl", weights, "checkpoint-9/optimizer.safetensors", "train_results.json")) {
            requireSame(file, "whole", "killed");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dpo", "ipo", "simpo", "orpo", "kto"})
    void aKilledRunGoesOnBitForBit(String command) throws IOException, InterruptedException {
        killedRunGoesOn(command, "model.safetensors", "--eval_split", 0.34, "--eval_steps", 3);
    }

    @Test
    void aKilledRunOfAnAdapterGoesOnBitForBit() throws IOException, InterruptedException {
        killedRunGoesOn("dpo", "adapter_model.safetensors", "--use_peft", true, "--lora_r", 4);
    }

    @Test
    void aKilledRunWhoseReferenceWasAskedBeforeGoesOnBitForBit() throws IOException, InterruptedException {
        killedRunGoesOn("kto", "model.safetensors", "--precompute_ref_log_probs", true);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dpo", "ipo", "simpo", "orpo", "kto"})
    void theMetricsAreThoseOfTrlAndTheLossFalls(String command) throws IOException {
        var result = Cli.succeed(command(command, "out", "--max_steps", 30, "--logging_steps", 1, "--eval_split", 0.34, "--save_steps",
            30));
        var lines = Cli.metrics(folder.resolve("out"));
        var expected = new TreeSet<>(OF_A_STEP);
        expected.addAll(OF_A_COMMAND.get(command));
        assertEquals(expected, new TreeSet<>(lines.get(1).names()));
        var evaluated = new TreeSet<>(Set.of("step", "epoch", "eval_loss"));
        expected.stream().filter(name -> name.contains("/") || OF_A_COMMAND.get(command).contains(name)).map("eval_"::concat)
            .forEach(evaluated::add);
        assertEquals(evaluated, new TreeSet<>(lines.getFirst().names()));
        double first = lines.get(1).requireDouble("loss");
        double last = lines.get(lines.size() - 2).requireDouble("loss");
        assertTrue(last < first, first + " → " + last);
        assertTrue(lines.get(lines.size() - 2).requireDouble("rewards/margins") > 0, lines.toString());
        assertTrue(result.out().contains("  margin "), result.out());
        assertEquals(!command.equals("kto"), result.out().contains("  acc "), result.out());
        assertEquals(command.equals("kto"), result.err().contains("  labels    ") && result.err().contains(" good, "), result.err());
        assertEquals(command, JsonFile.read(folder.resolve("out/training_args.json")).requireString("command"));
    }

    /** Before the first step the policy is its reference: every log-ratio is 0, so DPO's loss is ln 2 and KTO's ½, exactly. */
    @Test
    void trainingStartsAtItsReference() throws IOException {
        for (var more : new Object[][] {{}, {"--use_peft", true}, {"--use_peft", true, "--precompute_ref_log_probs", true},
            {"--precompute_ref_log_probs", true}, {"--bf16", true}, {"--ref_model", folder.resolve("model")}}) {
            for (var command : List.of("dpo", "kto")) {
                var options = Stream.concat(Stream.of("--max_steps", 1, "--overwrite_output_dir", true), Stream.of(more)).toArray();
                Cli.succeed(command(command, "out", options));
                double loss = Cli.metrics(folder.resolve("out")).getFirst().requireDouble("loss");
                assertEquals(command.equals("dpo") ? Math.log(2) : 0.5, loss, 4 * 0x1p-53, command + List.of(more));
            }
        }
    }

    @Test
    void whereTheReferenceComesFromChangesNoBit() throws IOException {
        Cli.succeed(command("dpo", "other", "--max_steps", 3));
        var reference = folder.resolve("other");
        for (var command : List.of("dpo", "kto")) {
            for (var adapter : List.of(false, true)) {
                for (var precomputed : List.of(false, true)) {
                    Cli.succeed(command(command, "out-" + precomputed, "--precompute_ref_log_probs", precomputed, "--use_peft", adapter,
                        "--ref_model", reference, "--overwrite_output_dir", true, "--eval_split", 0.34));
                }
                requireSame("metrics.jsonl", "out-false", "out-true");
                requireSame(adapter ? "adapter_model.safetensors" : "model.safetensors", "out-false", "out-true");
                assertTrue(Cli.metrics(folder.resolve("out-true")).getFirst().requireDouble("eval_rewards/chosen") != 0,
                    "the reference is not what training starts from");
            }
        }
    }

    /** With modules_to_save the adapter switched off is not the base any more. */
    @Test
    void anAdapterThatReplacesWeightsIsComparedWithACopyOfItsBase() throws IOException {
        Cli.succeed("pretrain", "--dataset_name", folder.resolve("rows.jsonl"), "--vocab_size", 300, "--hidden_size", 32,
            "--num_hidden_layers", 1, "--max_length", 64, "--tie_word_embeddings", false, "--output_dir", folder.resolve("untied"),
            "--max_steps", 1);
        for (var precomputed : List.of(false, true)) {
            var run = Cli.succeed(command("dpo", "out-" + precomputed, "--model_name_or_path", folder.resolve("untied"), "--use_peft", true,
                "--modules_to_save", "lm_head", "--precompute_ref_log_probs", precomputed));
            assertEquals(!precomputed, run.err().contains(", reference "), run.err());
            assertEquals(Math.log(2), Cli.metrics(folder.resolve("out-" + precomputed)).getFirst().requireDouble("loss"), 4 * 0x1p-53);
        }
        requireSame("metrics.jsonl", "out-false", "out-true");
        requireSame("adapter_model.safetensors", "out-false", "out-true");
    }

    @Test
    void aReferenceOfAnotherArchitectureIsRefused() {
        Cli.succeed("pretrain", "--dataset_name", folder.resolve("rows.jsonl"), "--vocab_size", 300, "--hidden_size", 32,
            "--num_hidden_layers", 1, "--max_length", 64, "--output_dir", folder.resolve("small"), "--max_steps", 1);
        var refused = Cli.run(command("dpo", "out", "--ref_model", folder.resolve("small")));
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("is another model than"), refused.err());
    }

    @Test
    void aFolderGoesOnOnlyWithItsOwnCommandAndReference() throws IOException {
        Cli.succeed(command("dpo", "out", "--max_steps", 4));
        for (var other : List.of("ipo", "orpo")) {
            var refused = Cli.run(Stream.concat(Stream.of(command(other, "out", "--max_steps", 4)), Stream.of("--resume_from_checkpoint"))
                .toArray());
            assertEquals(2, refused.code());
            assertTrue(refused.err().contains("command was \"dpo\", now \"" + other + '"'), refused.err());
        }
        Cli.succeed(command("dpo", "other", "--max_steps", 2));
        var refused = Cli.run(command("dpo", "out", "--max_steps", 4, "--beta", 0.2, "--ref_model", folder.resolve("other"),
            "--resume_from_checkpoint", "latest"));
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("beta was 0.1, now 0.2") && refused.err().contains("ref_model was "), refused.err());
    }

    @Test
    void aTornFileOfTheReferenceIsComputedAnewWithASentence() throws IOException {
        Cli.succeed(command("dpo", "out", "--precompute_ref_log_probs", true));
        var file = folder.resolve("out/reference_log_probs.safetensors");
        var whole = Files.readAllBytes(file);
        var torn = whole.clone();
        torn[torn.length - 1] ^= 1;
        Files.write(file, torn);
        var again = Cli.succeed(command("dpo", "out", "--precompute_ref_log_probs", true, "--overwrite_output_dir", true));
        assertTrue(again.err().contains("is not used: its checksum is wrong"), again.err());
        assertEquals(-1, Files.mismatch(file, Files.write(folder.resolve("expected"), whole)));
    }

    @Test
    void aRefusedResumeLeavesTheReferencesAnswers() throws IOException {
        var more = new Object[] {"--max_steps", 2, "--precompute_ref_log_probs", true};
        Cli.succeed(command("dpo", "out", more));
        Cli.succeed(command("dpo", "other", "--max_steps", 2));
        var file = folder.resolve("out/reference_log_probs.safetensors");
        var before = Files.readAllBytes(file);
        for (var wrong : new Object[][] {{"--ref_model", folder.resolve("other")}, {"--max_prompt_length", 3}}) {
            var other = command("dpo", "out", Stream.concat(Stream.of(more), Stream.of(wrong)).toArray());
            var refused = Cli.run(Stream.concat(Stream.of(other), Stream.of("--resume_from_checkpoint")).toArray());
            assertEquals(2, refused.code(), refused.err());
            assertTrue(refused.err().contains("can't be continued under another configuration"), refused.err());
            assertFalse(refused.err().contains("is not used"), refused.err());
            assertArrayEquals(before, Files.readAllBytes(file));
        }
    }

    @Test
    void rowsOfAnotherKindAreRefusedWithTheColumnsThatAreRead() {
        var refused = Cli.run(command("dpo", "out", "--dataset_name", folder.resolve("labels.jsonl")));
        assertEquals(3, refused.code());
        assertTrue(refused.err().contains("labels.jsonl:1 has prompt + completion, rows for supervised training; here the columns chosen + "
            + "rejected are read"), refused.err());
        var unlabelled = Cli.run(command("kto", "out", "--dataset_name", folder.resolve("rows.jsonl")));
        assertEquals(3, unlabelled.code());
        assertTrue(unlabelled.err().contains("has no column 'label'"), unlabelled.err());
    }

    /** A prompt of more tokens than --max_prompt_length keeps its last ones; a row whose answer vanishes is dropped and counted. */
    @Test
    void longPairsAreCutAsTheOptionsSay() {
        var kept = Cli.succeed(command("dpo", "short", "--max_prompt_length", 3, "--max_steps", 1));
        assertTrue(kept.err().contains("6 truncated to the maximum length"), kept.err());
        var refused = Cli.run(command("dpo", "refused", "--max_length", LENGTH, "--max_steps", 1));
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("are longer than max_length " + LENGTH), refused.err());
        for (var mode : List.of("keep_start", "keep_end")) {
            var cut = Cli.succeed(command("dpo", mode, "--max_length", LENGTH, "--allow_truncation", true, "--truncation_mode", mode,
                "--max_steps", 1));
            assertTrue(cut.err().contains("6 truncated to the maximum length"), cut.err());
        }
        var dropped = Cli.succeed(command("dpo", "dropped", "--max_length", LENGTH - 1, "--allow_truncation", true, "--max_steps", 1));
        assertTrue(dropped.err().contains("1 dropped because no trained token was left"), dropped.err());
    }
}
