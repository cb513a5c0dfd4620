package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** grpo, rloo and ppo from the command line to their results. */
final class RolloutCommandsTest {

    private static final Set<String> OF_A_STEP = Set.of("step", "epoch", "loss", "learning_rate", "grad_norm", "num_tokens",
        "num_trained_tokens");
    private static final Set<String> OF_A_ROLLOUT = Set.of("reward", "reward_std", "completions/mean_length",
        "completions/min_length", "completions/max_length", "completions/mean_terminated_length", "completions/min_terminated_length",
        "completions/max_terminated_length", "completions/clipped_ratio");

    @TempDir
    private Path folder;

    private TinyRollouts runs;

    @BeforeEach
    void makeModel() throws IOException {
        TinyModel.model(folder);
        runs = new TinyRollouts(folder);
        runs.prompts();
    }

    private void refused(String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertEquals(2, result.code(), result.err());
        assertTrue(result.err().contains(sentence), result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpo", "rloo", "ppo"})
    void aRunLeavesMetricsCompletionsAndAModel(String name) throws IOException {
        var run = Cli.succeed(runs.command(name, "out", "--log_completions", true, "--num_completions_to_print", 3, "--logging_steps", 2));
        var lines = Cli.metrics(folder.resolve("out"));
        assertEquals(3, lines.size());
        var names = new TreeSet<>(lines.getFirst().names());
        assertTrue(names.containsAll(OF_A_STEP) && names.containsAll(OF_A_ROLLOUT), names.toString());
        assertEquals(!name.equals("ppo"), names.contains("frac_reward_zero_std"), "PPO compares no groups");
        for (var reward : List.of("gsm8k", "length:4", "capitals")) {
            assertTrue(names.containsAll(List.of("rewards/" + reward + "/mean", "rewards/" + reward + "/std")), names.toString());
        }
        var completions = runs.completions("out");
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
        Cli.succeed(runs.command("grpo", "out", "--max_steps", 1, "--per_device_train_batch_size", 12));
        var line = Cli.metrics(folder.resolve("out")).getFirst();
        double capitals = 0;
        double right = 0;
        int asked = 0;
        var completions = runs.completions("out");
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

    @Test
    void howManyAreDrawnAtOnceAndHowAStepIsSplitChangesNoCompletion() throws IOException {
        Cli.succeed(runs.command("grpo", "one", "--max_num_seqs", 1));
        Cli.succeed(runs.command("grpo", "many", "--max_num_seqs", 8));
        for (var file : List.of("metrics.jsonl", "completions.jsonl", "model.safetensors")) {
            runs.requireSame(file, "one", "many");
        }
        Cli.succeed(runs.command("grpo", "split", "--per_device_train_batch_size", 2, "--gradient_accumulation_steps", 2,
            "--max_steps", 1));
        var whole = runs.completions("one").subList(0, 4).stream().map(one -> one.requireString("completion")).toList();
        assertEquals(whole, runs.completions("split").stream().map(one -> one.requireString("completion")).toList());
    }

    @Test
    void aReferenceChangesWhatIsLearned() throws IOException {
        Cli.succeed(runs.command("rloo", "free", "--beta", 0));
        Cli.succeed(runs.command("rloo", "held", "--beta", 5));
        assertNotEquals(Cli.metrics(folder.resolve("free")).getLast().requireDouble("loss"),
            Cli.metrics(folder.resolve("held")).getLast().requireDouble("loss"));
    }

    @Test
    void aRewardModelsScoreIsThatOfTheWholeText() throws IOException {
        var model = TinyRewardModel.model(Files.createDirectories(folder.resolve("other")));
        Cli.succeed(runs.command("grpo", "out", "--reward_funcs", "model:" + model, "--reward_weights", 1, "--max_steps", 2));
        var spoken = runs.completions("out").stream().filter(one -> !one.requireString("completion").isEmpty()).toList();
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
    void aScoreThatIsNoNumberEndsTheRun() throws IOException {
        var model = TinyRewardModel.overflowing(Files.createDirectories(folder.resolve("other")));
        var result = Cli.run(runs.command("grpo", "out", "--reward_funcs", "model:" + model, "--reward_weights", 1));
        assertEquals(4, result.code(), result.err());
        assertTrue(result.err().contains("model:reward gives the score "), result.err());
        assertFalse(Files.exists(folder.resolve("out/model.safetensors")));
    }

    @Test
    void moreLanesThanRowsOfAMicroBatchChangeNoCompletion() throws IOException {
        var more = new Object[] {"--per_device_train_batch_size", 1, "--gradient_accumulation_steps", 48, "--max_completion_length", 2,
            "--max_steps", 2};
        Cli.succeed(runs.command("grpo", "one", Stream.concat(Stream.of(more), Stream.of("--max_num_seqs", 1)).toArray()));
        Cli.succeed(runs.command("grpo", "many", Stream.concat(Stream.of(more), Stream.of("--max_num_seqs", 48)).toArray()));
        for (var file : List.of("metrics.jsonl", "completions.jsonl", "model.safetensors")) {
            runs.requireSame(file, "one", "many");
        }
    }

    @Test
    void truthValuesOfScaleRewardsAreTrls() throws IOException {
        for (var pair : List.of(List.of("true", "group"), List.of("false", "none"))) {
            for (var value : pair) {
                Cli.succeed(runs.command("grpo", value, "--scale_rewards", value, "--max_steps", 2));
            }
            runs.requireSame("completions.jsonl", pair.getFirst(), pair.getLast());
            runs.requireSame("model.safetensors", pair.getFirst(), pair.getLast());
        }
        assertNotEquals(runs.completions("group").getFirst().requireDouble("advantage"),
            runs.completions("none").getFirst().requireDouble("advantage"));
    }

    @ParameterizedTest
    @CsvSource({"cispo, --delta, 2, --delta has no effect with --loss_type cispo", "sapo, --epsilon, 0.1, which does not clip",
        "sapo, --delta, 2, --delta has no effect with --loss_type sapo", "vespo, --epsilon_high, 0.3, which does not clip",
        "vespo, --importance_sampling_level, sequence, takes the ratio of whole completions by itself"})
    void whatALossTypeDoesNotReadIsRefused(String loss, String option, String value, String sentence) {
        refused(sentence, runs.command("grpo", "out", "--loss_type", loss, option, value));
    }

    @Test
    void cispoReadsOneOfTheTwoEpsilons() throws IOException {
        refused("--epsilon has no effect with --loss_type cispo beside --epsilon_high", runs.command("grpo", "out", "--loss_type", "cispo",
            "--epsilon", 5, "--epsilon_high", 5));
        Cli.succeed(runs.command("grpo", "low", "--loss_type", "cispo", "--epsilon", 5, "--max_steps", 1));
        Cli.succeed(runs.command("grpo", "high", "--loss_type", "cispo", "--epsilon_high", 5, "--max_steps", 1));
        runs.requireSame("model.safetensors", "low", "high");
    }

    @Test
    void twoRewardModelsOfOneNameAreRefusedAtOnce() throws IOException {
        var one = TinyRewardModel.model(Files.createDirectories(folder.resolve("one")));
        var other = TinyRewardModel.model(Files.createDirectories(folder.resolve("other")));
        refused("--reward_funcs has two rewards that metrics would call model:reward", "plan", "grpo", "--model_name_or_path",
            folder.resolve("model"), "--reward_funcs", "model:" + one + ",model:" + other);
    }

    /** 4,096 × 64 tokens with 2¹⁸ inner values each are 2³⁶ float32, of which a layer holds several. */
    @Test
    void adviceForASmallerBatchKeepsStepsAndRollouts() throws IOException {
        var config = Files.createDirectory(folder.resolve("wide")).resolve("config.json");
        Files.writeString(config, Files.readString(folder.resolve("model/config.json"))
            .replaceFirst("(\"intermediate_size\"\\s*:\\s*)\\d+", "$1" + (1 << 18)));
        var command = new Object[] {"plan", "grpo", "--model_name_or_path", config.getParent(), "--reward_funcs", "length",
            "--max_prompt_length", 32, "--max_completion_length", 32, "--per_device_train_batch_size", 1 << 12,
            "--gradient_accumulation_steps", 2, "--max_steps", 1, "--max_num_seqs", 1};
        var free = adviceOf(command, "per_device_train_batch_size: (\\d+) with gradient_accumulation_steps: (\\d+) gives");
        assertEquals(2 << 12, free[0] * free[1]);
        var given = adviceOf(Stream.concat(Stream.of(command), Stream.of("--steps_per_generation", 6)).toArray(),
            "per_device_train_batch_size: (\\d+) with gradient_accumulation_steps: (\\d+) and steps_per_generation: (\\d+) gives");
        assertEquals(2 << 12, given[0] * given[1]);
        assertEquals(6 << 12, given[0] * given[2]);
    }

    private static long[] adviceOf(Object[] command, String pattern) {
        var result = Cli.run(command);
        assertEquals(5, result.code(), result.err());
        var matcher = Pattern.compile(pattern).matcher(result.err());
        assertTrue(matcher.find(), result.err());
        return IntStream.rangeClosed(1, matcher.groupCount()).mapToLong(i -> Long.parseLong(matcher.group(i))).toArray();
    }

    @Test
    void messagesGoThroughTheChatTemplate() throws IOException {
        Files.writeString(folder.resolve("model/chat_template.jinja"), TinyModel.CHAT_TEMPLATE
            + "{% if add_generation_prompt %}<s>assistant: {% endif %}");
        Files.writeString(folder.resolve("chat.jsonl"), "{\"prompt\": [{\"role\": \"user\", \"content\": \"number\"}]}\n");
        Cli.succeed(runs.command("grpo", "out", "--dataset_name", folder.resolve("chat.jsonl"), "--columns", "prompt=prompt",
            "--reward_funcs", "capitals", "--reward_weights", 1));
        assertEquals("<s>user: number</s><s>assistant: ", runs.completions("out").getFirst().requireString("prompt"));
    }

    @Test
    void aConfigurationFileSaysTheSame() throws IOException {
        var text = "reward_funcs: [gsm8k, \"length:4\", capitals]\nreward_weights: [1, 0.5, 2]\nmax_completion_length: 8\n"
            + "num_generations: 2\nper_device_train_batch_size: 4\nmax_steps: 1\nlearning_rate: 1e-3\nwarmup_ratio: 0\ncolumns: "
            + "{prompt: question}\n";
        Cli.succeed("grpo", "--config", Files.writeString(folder.resolve("grpo.yaml"), text), "--model_name_or_path",
            folder.resolve("model"),
            "--dataset_name", folder.resolve("prompts.jsonl"), "--output_dir", folder.resolve("file"));
        Cli.succeed(runs.command("grpo", "line", "--max_steps", 1));
        runs.requireSame("completions.jsonl", "file", "line");
        refused("unknown key reward_fucns (line 1); did you mean reward_funcs?", "grpo", "--config",
            Files.writeString(folder.resolve("bad.yaml"), "reward_fucns: gsm8k\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpo", "rloo", "ppo"})
    void planSaysWhatItWouldBe(String name) {
        var arguments = Stream.concat(Stream.of("plan"), Stream.of(runs.command(name, "none"))).toArray();
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
        refused("--reward_weights has 1 weights for 3 rewards", runs.command("grpo", "out", "--reward_weights", 1));
        refused("are no whole groups of --num_generations 3", runs.command("grpo", "out", "--num_generations", 3));
        refused("--steps_per_generation 3 is no multiple of --gradient_accumulation_steps 2", runs.command("grpo", "out",
            "--steps_per_generation", 3, "--gradient_accumulation_steps", 2));
        refused("--steps_per_generation and --generation_batch_size say the same", runs.command("grpo", "out", "--steps_per_generation", 2,
            "--generation_batch_size", 8));
        refused("temperature must be above 0", runs.command("grpo", "out", "--temperature", 0));
        refused("more than the model's max_position_embeddings 64", runs.command("grpo", "out", "--max_completion_length", 64));
        refused("prompts are longer than max_prompt_length 2", runs.command("grpo", "out", "--max_prompt_length", 2));
        refused("add --batch_invariant false", runs.command("grpo", "out", "--use_peft", true, "--lora_dropout", 0.1));
        refused("--num_completions_to_print has no effect without --log_completions", runs.command("grpo", "out",
            "--num_completions_to_print", 2));
        refused("--use_bias_correction_kl has no effect at --beta 0", runs.command("grpo", "out", "--use_bias_correction_kl", true));
        refused("--soft_punish_cache must be from 1 to --max_completion_length 8; got 9", runs.command("grpo", "out",
            "--soft_punish_cache", 9));
        refused("reward_clip_range must be two numbers", runs.command("rloo", "out", "--reward_clip_range", "1"));
        refused("the smaller first", runs.command("rloo", "out", "--reward_clip_range", "1,0"));
        refused("--response_length and --max_completion_length say the same", runs.command("ppo", "out", "--response_length", 5));
        refused("--max_redraws compares the completions of a prompt", runs.command("ppo", "out", "--max_redraws", 1));
        refused("gives no value", runs.command("ppo", "out", "--value_model", folder.resolve("model")));
        refused("is a language model and gives no score", runs.command("grpo", "out", "--reward_funcs", "model:" + folder.resolve("model"),
            "--reward_weights", 1));
    }

    @Test
    void aColumnThatNoRowHasIsRefused() {
        var result = Cli.run(runs.command("grpo", "out", "--columns", "prompt=question,answer=solution"));
        assertEquals(3, result.code(), result.err());
        assertTrue(result.err().contains("no row has a column 'solution', which gsm8k reads; name yours with --columns answer=NAME"),
            result.err());
    }

    @Test
    void dropoutIsTrainedWhereTheDifferenceIsMeasured() throws IOException {
        Cli.succeed(runs.command("grpo", "out", "--use_peft", true, "--lora_dropout", 0.5, "--batch_invariant", false));
        assertTrue(Cli.metrics(folder.resolve("out")).getFirst().has("sampling/importance_sampling_ratio/mean"));
    }
}
