package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.Crash;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** grpo, rloo and ppo from the command line to their results. */
final class RolloutCommandsTest {

    private static final int SIGKILL = 128 + 9;
    private static final Set<String> OF_A_STEP = Set.of("step", "epoch", "loss", "learning_rate", "grad_norm", "num_tokens",
        "num_trained_tokens");
    private static final Set<String> OF_A_ROLLOUT = Set.of("reward", "reward_std", "completions/mean_length",
        "completions/min_length", "completions/max_length", "completions/mean_terminated_length", "completions/min_terminated_length",
        "completions/max_terminated_length", "completions/clipped_ratio");

    @TempDir
    private Path folder;

    @BeforeEach
    void makeModel() throws IOException {
        TinyModel.model(folder);
        prompts();
    }

    /** Five prompts with an answer and one without. */
    private Path prompts() throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < TinyModel.ROWS; i++) {
            text.append("{\"question\": \"number ").append(i).append(" is\"").append(i == 3 ? "" : ", \"answer\": \"#### " + (i + 1) + "\"")
                .append("}\n");
        }
        return Files.writeString(folder.resolve("prompts.jsonl"), text);
    }

    /** Three steps of two prompts; options given replace these. */
    private Object[] command(String name, String output, Object... more) {
        var options = new LinkedHashMap<Object, Object>(Map.of("--model_name_or_path", folder.resolve("model"), "--dataset_name",
            folder.resolve("prompts.jsonl"), "--columns", "prompt=question", "--output_dir", folder.resolve(output),
            "--per_device_train_batch_size", 4, "--max_steps", 3, "--learning_rate", "1e-3", "--max_completion_length", 8));
        options.put("--reward_funcs", "gsm8k,length:4,capitals");
        options.put("--reward_weights", "1,0.5,2");
        options.put("--warmup_ratio", 0);
        if (!name.equals("ppo")) {
            options.put("--num_generations", 2);
        }
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        return Stream.concat(Stream.of(name), options.entrySet().stream().flatMap(one -> Stream.of(one.getKey(), one.getValue())))
            .toArray();
    }

    private List<JsonObject> completions(String output) throws IOException {
        return Files.readAllLines(folder.resolve(output).resolve("completions.jsonl")).stream()
            .map(line -> JsonFile.parse("completions.jsonl", line)).toList();
    }

    private void requireSame(String file, String one, String other) throws IOException {
        assertEquals(-1, Files.mismatch(folder.resolve(one).resolve(file), folder.resolve(other).resolve(file)), file);
    }

    private void refused(String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertEquals(2, result.code(), result.err());
        assertTrue(result.err().contains(sentence), result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpo", "rloo", "ppo"})
    void aRunLeavesMetricsCompletionsAndAModel(String name) throws IOException {
        var run = Cli.succeed(command(name, "out", "--log_completions", true, "--num_completions_to_print", 3, "--logging_steps", 2));
        var lines = Cli.metrics(folder.resolve("out"));
        assertEquals(3, lines.size());
        var names = new TreeSet<>(lines.getFirst().names());
        assertTrue(names.containsAll(OF_A_STEP) && names.containsAll(OF_A_ROLLOUT), names.toString());
        assertEquals(!name.equals("ppo"), names.contains("frac_reward_zero_std"), "PPO compares no groups");
        for (var reward : List.of("gsm8k", "length:4", "capitals")) {
            assertTrue(names.containsAll(List.of("rewards/" + reward + "/mean", "rewards/" + reward + "/std")), names.toString());
        }
        var completions = completions("out");
        assertTrue(completions.size() >= 4, completions.toString());
        for (var one : completions) {
            var rewards = one.requireObject("rewards");
            assertEquals(one.requireInt("row") == 3, !rewards.has("gsm8k"), "row 3 has no answer: " + one.node());
            assertTrue(one.requireInt("tokens") >= 1 && one.requireInt("tokens") <= 8, one.node().toString());
            assertEquals("number " + one.requireInt("row") + " is", one.requireString("prompt"));
        }
        assertTrue(run.out().contains("completions of step 1\n"), run.out());
        assertTrue(run.out().contains("gsm8k  length:4  capitals  advantage"), run.out());
        var timings = JsonFile.parse("timings.jsonl", Files.readAllLines(folder.resolve("out/timings.jsonl")).getFirst());
        assertTrue(timings.requireDouble("profiling/drawn_tokens_per_second") > 0, timings.node().toString());
        assertTrue(timings.requireDouble("profiling/draw_seconds") > 0);
        Cli.succeed("generate", "--model_name_or_path", folder.resolve("out"), "--prompt", "number", "--max_new_tokens", 2);
    }

    @Test
    void theMeansOfRewardsAreThoseOfTheCompletions() throws IOException {
        Cli.succeed(command("grpo", "out", "--max_steps", 1, "--per_device_train_batch_size", 12));
        var line = Cli.metrics(folder.resolve("out")).getFirst();
        double capitals = 0;
        double right = 0;
        int asked = 0;
        var completions = completions("out");
        for (var one : completions) {
            var rewards = one.requireObject("rewards");
            capitals += rewards.requireDouble("capitals");
            right += rewards.optionalDouble("gsm8k").orElse(0);
            asked += rewards.has("gsm8k") ? 1 : 0;
        }
        assertEquals(12, completions.size());
        assertEquals(10, asked, "six prompts, one of them without an answer");
        // A sum of twelve numbers of at most 1 in another order.
        assertEquals(capitals / 12, line.requireDouble("rewards/capitals/mean"), 12 * 0x1p-53);
        assertEquals(right / asked, line.requireDouble("rewards/gsm8k/mean"), 12 * 0x1p-53);
        assertEquals(2, line.requireDouble("rewards/gsm8k/missing"));
    }

    @ParameterizedTest
    @CsvSource({"grpo, --num_iterations, 1", "grpo, --num_iterations, 3", "rloo, --num_iterations, 2", "ppo, --num_ppo_epochs, 2"})
    void aKilledRunGoesOnBitForBit(String name, String option, int value) throws IOException, InterruptedException {
        var more = new Object[] {option, value, "--max_steps", 7, "--save_steps", 2};
        Cli.succeed(command(name, "whole", more));
        try (var child = Child.start(folder.resolve("log"), Optional.of(Crash.Point.AFTER_RENAME + ":2"), command(name, "killed", more))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        assertFalse(Files.exists(folder.resolve("killed/model.safetensors")), "only a run that came to its end leaves a result");
        var resumed = Cli.succeed(Stream.concat(Stream.of(command(name, "killed", more)), Stream.of("--resume_from_checkpoint")).toArray());
        assertTrue(resumed.err().contains("going on behind step "), resumed.err());
        for (var file : List.of("metrics.jsonl", "completions.jsonl", "model.safetensors", "checkpoint-7/optimizer.safetensors",
            "train_results.json")) {
            requireSame(file, "whole", "killed");
        }
    }

    @Test
    void aKilledRunOfAnAdapterGoesOnBitForBit() throws IOException, InterruptedException {
        var more = new Object[] {"--use_peft", true, "--lora_r", 4, "--beta", 0.1, "--max_steps", 5, "--save_steps", 2};
        Cli.succeed(command("grpo", "whole", more));
        try (var child = Child.start(folder.resolve("log"), Optional.of(Crash.Point.AFTER_RENAME + ":2"), command("grpo", "killed",
            more))) {
            assertEquals(SIGKILL, child.await(), child.text());
        }
        Cli.succeed(Stream.concat(Stream.of(command("grpo", "killed", more)), Stream.of("--resume_from_checkpoint")).toArray());
        for (var file : List.of("metrics.jsonl", "completions.jsonl", "adapter_model.safetensors")) {
            requireSame(file, "whole", "killed");
        }
        assertTrue(Cli.metrics(folder.resolve("whole")).getFirst().has("kl"));
    }

    @Test
    void controlCSavesAndTheRunGoesOn() throws IOException, InterruptedException {
        try (var child = Child.start(folder.resolve("log"), Optional.empty(), command("grpo", "stopped", "--max_steps", 1_000_000,
            "--logging_steps", 1))) {
            child.awaitText("step 2/");
            child.signal("INT");
            assertEquals(0, child.await(), child.text());
            assertTrue(child.text().contains("go on with --resume_from_checkpoint latest"), child.text());
        }
        int last = Cli.metrics(folder.resolve("stopped")).getLast().requireInt("step");
        assertTrue(Files.exists(folder.resolve("stopped/checkpoint-" + last)), "the last step was saved");
        assertEquals(4L * last, completions("stopped").size());
    }

    @Test
    void completionsThatAreLostEndARunThatWouldGoOn() throws IOException {
        Cli.succeed(command("grpo", "out", "--max_steps", 2, "--save_steps", 1));
        Files.write(folder.resolve("out/completions.jsonl"), Files.readAllLines(folder.resolve("out/completions.jsonl")).subList(0, 5));
        var result = Cli.run(Stream.concat(Stream.of(command("grpo", "out", "--max_steps", 2, "--save_steps", 1)),
            Stream.of("--resume_from_checkpoint")).toArray());
        assertEquals(3, result.code(), result.err());
        assertTrue(result.err().contains("has 5 completions of the first 2 steps, which were trained on 8"), result.err());
    }

    @Test
    void howManyAreDrawnAtOnceAndHowAStepIsSplitChangesNoCompletion() throws IOException {
        Cli.succeed(command("grpo", "one", "--max_num_seqs", 1));
        Cli.succeed(command("grpo", "many", "--max_num_seqs", 8));
        for (var file : List.of("metrics.jsonl", "completions.jsonl", "model.safetensors")) {
            requireSame(file, "one", "many");
        }
        Cli.succeed(command("grpo", "split", "--per_device_train_batch_size", 2, "--gradient_accumulation_steps", 2, "--max_steps", 1));
        var whole = completions("one").subList(0, 4).stream().map(one -> one.requireString("completion")).toList();
        assertEquals(whole, completions("split").stream().map(one -> one.requireString("completion")).toList());
    }

    @Test
    void aReferenceChangesWhatIsLearned() throws IOException {
        Cli.succeed(command("rloo", "free", "--beta", 0));
        Cli.succeed(command("rloo", "held", "--beta", 5));
        assertNotEquals(Cli.metrics(folder.resolve("free")).getLast().requireDouble("loss"),
            Cli.metrics(folder.resolve("held")).getLast().requireDouble("loss"));
    }

    @Test
    void aRewardModelsScoreIsThatOfTheWholeText() throws IOException {
        var model = TinyRewardModel.model(Files.createDirectories(folder.resolve("other")));
        Cli.succeed(command("grpo", "out", "--reward_funcs", "model:" + model, "--reward_weights", 1, "--max_steps", 2));
        var spoken = completions("out").stream().filter(one -> !one.requireString("completion").isEmpty()).toList();
        assertTrue(spoken.size() > 1, spoken.toString());
        var pairs = new StringBuilder();
        for (var one : spoken) {
            pairs.append(JsonFile.newObject().put("prompt", one.requireString("prompt")).put("chosen", one.requireString("completion"))
                .put("rejected", one.requireString("completion"))).append('\n');
        }
        var scores = TinyRewardModel.scores(model, Files.writeString(folder.resolve("said.jsonl"), pairs));
        for (int i = 0; i < spoken.size(); i++) {
            assertEquals(scores[2 * i], spoken.get(i).requireObject("rewards").requireDouble("model:reward"));
        }
    }

    @Test
    void messagesGoThroughTheChatTemplate() throws IOException {
        Files.writeString(folder.resolve("model/chat_template.jinja"), TinyModel.CHAT_TEMPLATE
            + "{% if add_generation_prompt %}<s>assistant: {% endif %}");
        Files.writeString(folder.resolve("chat.jsonl"), "{\"prompt\": [{\"role\": \"user\", \"content\": \"number\"}]}\n");
        Cli.succeed(command("grpo", "out", "--dataset_name", folder.resolve("chat.jsonl"), "--columns", "prompt=prompt", "--reward_funcs",
            "capitals", "--reward_weights", 1));
        assertEquals("<s>user: number</s><s>assistant: ", completions("out").getFirst().requireString("prompt"));
    }

    @Test
    void aConfigurationFileSaysTheSame() throws IOException {
        var text = "reward_funcs: [gsm8k, \"length:4\", capitals]\nreward_weights: [1, 0.5, 2]\nmax_completion_length: 8\n"
            + "num_generations: 2\nper_device_train_batch_size: 4\nmax_steps: 1\nlearning_rate: 1e-3\nwarmup_ratio: 0\ncolumns: "
            + "{prompt: question}\n";
        Cli.succeed("grpo", "--config", Files.writeString(folder.resolve("grpo.yaml"), text), "--model_name_or_path",
            folder.resolve("model"),
            "--dataset_name", folder.resolve("prompts.jsonl"), "--output_dir", folder.resolve("file"));
        Cli.succeed(command("grpo", "line", "--max_steps", 1));
        requireSame("completions.jsonl", "file", "line");
        refused("unknown key reward_fucns (line 1); did you mean reward_funcs?", "grpo", "--config",
            Files.writeString(folder.resolve("bad.yaml"), "reward_fucns: gsm8k\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpo", "rloo", "ppo"})
    void planSaysWhatItWouldBe(String name) {
        var arguments = Stream.concat(Stream.of("plan"), Stream.of(command(name, "none"))).toArray();
        var plan = Cli.succeed(arguments);
        assertTrue(plan.out().contains("gsm8k reads 'answer': 5 of 6 rows have it"), plan.out());
        assertTrue(plan.out().contains("data        6 prompts"), plan.out());
        assertTrue(plan.out().contains("3 of 4 × 1 completions; a rollout of "), plan.out());
        assertFalse(Files.exists(folder.resolve("none")));
        var without = Cli.succeed("plan", name, "--model_name_or_path", folder.resolve("model"), "--reward_funcs", "gsm8k",
            "--max_prompt_length", 20, "--max_completion_length", 20);
        assertTrue(without.out().contains("none given: prompts of 20 tokens are assumed"), without.out());
    }

    @Test
    void whatDoesNotGoTogetherIsRefusedAtOnce() {
        var result = Cli.run("grpo", "--num_generations", 1, "--reward_funcs", "gsm9k", "--epsilon", -1, "--loss_type", "grpa");
        assertEquals(2, result.code());
        for (var sentence : List.of("--model_name_or_path is missing", "--dataset_name is missing", "--output_dir is missing",
            "reward_funcs: 'gsm9k' is not known", "--num_generations must be at least 2",
            "loss_type grpa is not known; grpo, bnpo, dr_grpo")) {
            assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
        }
        refused("--reward_weights has 1 weights for 3 rewards", command("grpo", "out", "--reward_weights", 1));
        refused("are no whole groups of --num_generations 3", command("grpo", "out", "--num_generations", 3));
        refused("--steps_per_generation 3 is no multiple of --gradient_accumulation_steps 2", command("grpo", "out",
            "--steps_per_generation", 3, "--gradient_accumulation_steps", 2));
        refused("--steps_per_generation and --generation_batch_size say the same", command("grpo", "out", "--steps_per_generation", 2,
            "--generation_batch_size", 8));
        refused("temperature must be above 0", command("grpo", "out", "--temperature", 0));
        refused("more than the model's max_position_embeddings 64", command("grpo", "out", "--max_completion_length", 64));
        refused("prompts are longer than max_prompt_length 2", command("grpo", "out", "--max_prompt_length", 2));
        refused("add --batch_invariant false", command("grpo", "out", "--use_peft", true, "--lora_dropout", 0.1));
        refused("--num_completions_to_print has no effect without --log_completions", command("grpo", "out", "--num_completions_to_print",
            2));
        refused("--use_bias_correction_kl has no effect at --beta 0", command("grpo", "out", "--use_bias_correction_kl", true));
        refused("--soft_punish_cache must be from 1 to --max_completion_length 8; got 9", command("grpo", "out", "--soft_punish_cache", 9));
        refused("reward_clip_range must be two numbers", command("rloo", "out", "--reward_clip_range", "1"));
        refused("the smaller first", command("rloo", "out", "--reward_clip_range", "1,0"));
        refused("--response_length and --max_completion_length say the same", command("ppo", "out", "--response_length", 5));
        refused("--max_redraws compares the completions of a prompt", command("ppo", "out", "--max_redraws", 1));
        refused("gives no value", command("ppo", "out", "--value_model", folder.resolve("model")));
        refused("is a language model and gives no score", command("grpo", "out", "--reward_funcs", "model:" + folder.resolve("model"),
            "--reward_weights", 1));
    }

    @Test
    void aColumnThatNoRowHasIsRefused() {
        var result = Cli.run(command("grpo", "out", "--columns", "prompt=question,answer=solution"));
        assertEquals(3, result.code(), result.err());
        assertTrue(result.err().contains("no row has a column 'solution', which gsm8k reads; name yours with --columns answer=NAME"),
            result.err());
    }

    @Test
    void dropoutIsTrainedWhereTheDifferenceIsMeasured() throws IOException {
        Cli.succeed(command("grpo", "out", "--use_peft", true, "--lora_dropout", 0.5, "--batch_invariant", false));
        assertTrue(Cli.metrics(folder.resolve("out")).getFirst().has("sampling/importance_sampling_ratio/mean"));
    }
}
