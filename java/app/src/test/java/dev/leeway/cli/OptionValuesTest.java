package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever number an option is given: it works, or a sentence says why not; it is never an internal error. */
final class OptionValuesTest {

    private static final List<String> WHOLE = List.of("0", "-1", "1", "2147483647", "-2147483648", "2147483648", "NaN");
    private static final List<String> REAL = List.of("0", "-1", "1", "NaN", "Infinity", "1e-60", "1e60", "1e-320", "1e308", "-1e308");

    @TempDir
    private Path folder;

    private void tryAll(List<String> values, List<Object> command, String... options) {
        for (var option : options) {
            for (var value : values) {
                var arguments = new ArrayList<>(command);
                int given = arguments.indexOf(option);
                if (given >= 0) {
                    arguments.set(given + 1, value);
                } else {
                    arguments.addAll(List.of(option, value));
                }
                var result = Cli.run(arguments.toArray());
                assertTrue(List.of(0, 2, 4, 5).contains(result.code()), arguments + " " + result.code() + " " + result.err());
                assertTrue(result.code() != 4 || values == REAL, "a whole number is no matter of numerics: " + arguments);
            }
        }
    }

    private List<Object> training(String command, Object... more) {
        return Stream.concat(Stream.of(command, "--dataset_name", folder.resolve("rows.jsonl"), "--output_dir", folder.resolve("out"),
            "--overwrite_output_dir", "--save_strategy", "no"), Stream.of(more)).toList();
    }

    private static void refused(String sentence, List<Object> command, Object... more) {
        var result = Cli.run(Stream.concat(command.stream(), Stream.of(more)).toArray());
        assertEquals(2, result.code(), result.err());
        assertTrue(result.err().contains(sentence), result.err());
    }

    @Test
    void numbersOfATuning() throws IOException {
        var model = TinyModel.model(folder);
        var sft = training("sft", "--model_name_or_path", model);
        var brief = training("sft", "--model_name_or_path", model, "--max_steps", 1);
        tryAll(WHOLE, brief, "--num_train_epochs", "--threads", "--per_device_train_batch_size",
            "--gradient_accumulation_steps", "--warmup_steps",
            "--logging_steps", "--seed", "--max_length", "--save_total_limit");
        tryAll(REAL, brief, "--learning_rate", "--warmup_ratio", "--weight_decay", "--adam_beta1", "--adam_beta2", "--adam_epsilon",
            "--max_grad_norm", "--eval_split", "--min_lr_rate", "--label_smoothing_factor", "--z_loss_coefficient", "--neftune_noise_alpha",
            "--dataset_weights");
        var saving = new ArrayList<>(brief);
        saving.set(saving.indexOf("no"), "steps");
        tryAll(REAL, saving, "--save_steps", "--save_minutes");
        tryAll(WHOLE, saving, "--save_steps");
        var streamed = training("sft", "--model_name_or_path", model, "--streaming", "--max_steps", 1);
        tryAll(WHOLE, streamed, "--shuffle_buffer_size");
        tryAll(List.of("0", "-1", "1", "-2147483648", "2147483648", "NaN"), streamed, "--max_steps");
        var adapter = training("sft", "--model_name_or_path", model, "--max_steps", 1, "--use_peft");
        tryAll(WHOLE, adapter, "--lora_r");
        tryAll(REAL, adapter, "--lora_alpha", "--lora_dropout");
        refused("--lora_r must be from 1 to 512; got 1024", adapter, "--lora_r", 1024);
        refused("--threads must be from 1 to 1024, or 0 for all; got 5000", brief, "--threads", 5000);
        refused("more steps than can be counted", sft, "--num_train_epochs", "1e300");
        var evaluated = new ArrayList<>(training("sft", "--model_name_or_path", model, "--max_steps", 1, "--eval_split", 0.5));
        tryAll(WHOLE, evaluated, "--eval_steps", "--per_device_eval_batch_size");
        evaluated.addAll(List.of("--eval_steps", 1, "--early_stopping_patience", 1));
        tryAll(WHOLE, evaluated, "--early_stopping_patience");
        var asked = new ArrayList<>(brief);
        asked.addAll(List.of("--eval_benchmarks", "toy-fact"));
        tryAll(WHOLE, asked, "--eval_benchmark_limit", "--eval_steps", "--per_device_eval_batch_size");
        tryAll(REAL, evaluated, "--early_stopping_threshold");
        var pool = Files.writeString(folder.resolve("pool.txt"), "a\nb\nc\nd\ne\nf\n");
        var arm = training("sft", "--model_name_or_path", model, "--max_steps", 1, "--prompt_arm", "pool", "--prompt_file", pool,
            "--prompt_placement", "user_prefix");
        tryAll(WHOLE, arm, "--prompt_paraphrases", "--prompt_max_reuse");
    }

    @Test
    void numbersOfPreferences() throws IOException {
        var model = TinyModel.model(folder);
        var dpo = preferences("dpo", model, TinyModel.pairs(folder));
        tryAll(REAL, dpo, "--beta", "--label_smoothing", "--ld_alpha", "--loss_weights");
        tryAll(WHOLE, dpo, "--max_prompt_length");
        var others = new ArrayList<>(dpo);
        others.addAll(List.of("--loss_type", "discopop", "--f_divergence_type", "alpha_divergence"));
        tryAll(REAL, others, "--discopop_tau", "--f_alpha_divergence_coef");
        var simpo = preferences("simpo", model, TinyModel.pairs(folder));
        tryAll(REAL, simpo, "--beta", "--simpo_gamma", "--gamma_beta_ratio", "--cpo_alpha", "--label_smoothing", "--alpha");
        for (var command : List.of("ipo", "orpo")) {
            refused("--beta must be positive; got -1.0", preferences(command, model, TinyModel.pairs(folder)), "--beta", -1);
        }
        tryAll(REAL, preferences("kto", model, TinyModel.labels(folder)), "--beta", "--desirable_weight", "--undesirable_weight");
    }

    @Test
    void numbersOfRewardModels() throws IOException {
        var model = TinyModel.model(folder);
        var pairs = TinyRewardModel.pairs(folder);
        tryAll(REAL, preferences("reward", model, pairs), "--center_rewards_coefficient", "--label_smoothing");
        var score = List.<Object>of("score", "--model_name_or_path", model, "--dataset_name", pairs);
        tryAll(WHOLE, score, "--max_length", "--per_device_eval_batch_size", "--threads");
    }

    @Test
    void numbersOfRollouts() throws IOException {
        var model = TinyModel.model(folder);
        var rows = Files.writeString(folder.resolve("prompts.jsonl"), "{\"prompt\": \"one\"}\n{\"prompt\": \"two\"}\n");
        var grpo = rollouts("grpo", model, rows);
        tryAll(WHOLE, grpo, "--num_generations", "--max_completion_length", "--max_prompt_length", "--num_iterations",
            "--steps_per_generation", "--generation_batch_size", "--num_completions_to_print", "--soft_punish_cache", "--max_redraws",
            "--top_k", "--max_num_seqs");
        tryAll(REAL, grpo, "--reward_weights", "--epsilon", "--epsilon_high", "--delta", "--entropy_coef", "--top_entropy_quantile",
            "--off_policy_mask_threshold", "--temperature", "--top_p", "--min_p", "--repetition_penalty");
        var sapo = new ArrayList<>(grpo);
        sapo.addAll(List.of("--loss_type", "sapo"));
        tryAll(REAL, sapo, "--sapo_temperature_pos", "--sapo_temperature_neg");
        tryAll(REAL, rollouts("rloo", model, rows), "--beta", "--reward_clip_range");
        var ppo = rollouts("ppo", model, rows);
        tryAll(WHOLE, ppo, "--num_ppo_epochs", "--num_mini_batches", "--response_length");
        tryAll(REAL, ppo, "--kl_coef", "--cliprange", "--cliprange_value", "--vf_coef", "--gamma", "--lam", "--missing_eos_penalty");
    }

    @Test
    void numbersOfJudges() throws IOException {
        var model = TinyModel.model(folder);
        var rows = Files.writeString(folder.resolve("prompts.jsonl"), "{\"prompt\": \"one\"}\n");
        var judged = new ArrayList<>(rollouts("grpo", model, rows));
        judged.set(judged.indexOf("length:4"), "judge");
        judged.addAll(List.of("--judge_model", model, "--judge_template", Files.writeString(folder.resolve("judge.txt"), "{completion}")));
        tryAll(WHOLE, judged, "--judge_max_tokens", "--judge_max_length", "--judge_budget_calls", "--judge_budget_tokens");
    }

    @Test
    void numbersOfEvaluations() throws IOException {
        var rows = Files.writeString(folder.resolve("letters.jsonl"), "{\"prompt\": \"one\", \"answer\": \"A\"}\n");
        var eval = List.<Object>of("eval", "--model_name_or_path", "baseline:empty", "--benchmarks", "exact", "--data", rows,
            "--output_dir");
        for (var option : List.of("--limit", "--epochs", "--batch_size", "--seed", "--max_length")) {
            for (var value : WHOLE) {
                var arguments = new ArrayList<>(eval);
                arguments.addAll(List.of(folder.resolve("eval" + option + value), option, value));
                var result = Cli.run(arguments.toArray());
                assertTrue(List.of(0, 2).contains(result.code()), arguments + " " + result.err());
            }
        }
    }

    @Test
    void numbersOfComparisons() throws IOException {
        var one = Files.createDirectories(folder.resolve("one"));
        for (var value : REAL.stream().filter(value -> !value.equals("1e-60") && !value.equals("1e-320")).toList()) {
            refused("--confidence_level must be between 0 and 1", List.of("compare", one, one), "--confidence_level", value);
        }
        for (var value : List.of("0", "-1", "99", "1000001", "2147483647", "-2147483648")) {
            refused("--bootstrap_resamples must be from 100 to 1000000; got " + value, List.of("compare", one, one),
                "--bootstrap_resamples", value);
        }
    }

    private List<Object> rollouts(String command, Path model, Path rows) {
        return List.of(command, "--dataset_name", rows, "--output_dir", folder.resolve("out"), "--overwrite_output_dir", "--save_strategy",
            "no", "--model_name_or_path", model, "--max_steps", 1, "--per_device_train_batch_size", 2, "--max_completion_length", 3,
            "--reward_funcs", "length:4", command.equals("ppo") ? "--gamma" : "--num_generations", command.equals("ppo") ? 1 : 2);
    }

    private List<Object> preferences(String command, Path model, Path rows) {
        return List.of(command, "--dataset_name", rows, "--output_dir", folder.resolve("out"), "--overwrite_output_dir", "--save_strategy",
            "no", "--model_name_or_path", model, "--max_steps", 1);
    }

    @Test
    void numbersOfANewModel() throws IOException {
        TinyModel.rows(folder);
        var pretrain = training("pretrain", "--vocab_size", 300, "--hidden_size", 32, "--num_hidden_layers", 1, "--max_length", 64,
            "--max_steps", 1);
        tryAll(WHOLE, pretrain, "--vocab_size", "--hidden_size", "--num_hidden_layers", "--num_attention_heads", "--num_key_value_heads",
            "--intermediate_size", "--max_position_embeddings", "--max_length");
        tryAll(REAL, pretrain, "--rope_theta", "--initializer_range");
    }

    @Test
    void numbersOfTheOtherCommands() throws IOException {
        var model = TinyModel.model(folder);
        var empty = Files.createDirectory(folder.resolve("empty"));
        for (var command : List.of(List.<Object>of("verify", empty), List.<Object>of("chat", "--model_name_or_path", model),
            List.<Object>of("merge", "--model_name_or_path", model, "--output_dir", folder.resolve("merged")),
            List.<Object>of("quickstart", "--output_dir", folder.resolve("qs")),
            List.<Object>of("plan", "--model_name_or_path", model, "--dataset_name", folder.resolve("rows.jsonl")))) {
            for (var threads : List.of(-1, 1025, 2147483647)) {
                refused("--threads must be from 1 to 1024, or 0 for all; got " + threads, command, "--threads", threads);
            }
            refused("--threads: '2147483648' is not an int", command, "--threads", "2147483648");
        }
        Files.writeString(model.resolve("chat_template.jinja"), TinyModel.CHAT_TEMPLATE);
        var chat = List.<Object>of("chat", "--model_name_or_path", model);
        for (var option : List.of("--max_new_tokens", "--max_length", "--top_k")) {
            refused(option.substring(2), chat, option, -1, "--temperature", 1);
        }
        for (var option : List.of("--temperature", "--top_p", "--min_p", "--repetition_penalty")) {
            refused(option.substring(2), chat, option, "NaN");
            refused(option.substring(2), chat, option, "-1");
        }
    }

    /** A number that no command line of a test has gone through is a number that nobody checked. */
    @Test
    void everyNumericOptionIsInTheTable() throws IOException {
        var table = Files.readString(Path.of("src/test/java/dev/leeway/cli/OptionValuesTest.java"));
        for (var command : Main.commands().getSubcommands().values()) {
            for (var option : command.getCommandSpec().options()) {
                var type = option.isMultiValue() || option.typeInfo().isOptional() ? option.auxiliaryTypes()[0] : option.type();
                boolean numeric = List.<Class<?>>of(int.class, long.class, double.class, Integer.class, Double.class).contains(type);
                assertTrue(!numeric || table.contains('"' + option.longestName() + '"'),
                    command.getCommandName() + " " + option.longestName());
            }
        }
    }

    @Test
    void wrongShapesOfANewModelAreUsageErrorsBeforeAnythingIsRead() throws IOException {
        TinyModel.rows(folder);
        var pretrain = training("pretrain");
        refused("num_key_value_heads", pretrain, "--num_key_value_heads", 3);
        refused("head_dim", pretrain, "--hidden_size", 1024, "--num_attention_heads", 1);
        refused("head_dim", pretrain, "--hidden_size", 8, "--num_attention_heads", 8);
        refused("intermediate_size", pretrain, "--intermediate_size", 2147483647);
        assertTrue(Files.notExists(folder.resolve("out")));
    }

    @Test
    void numbersOfAGeneration() throws IOException {
        var generate = List.<Object>of("generate", "--model_name_or_path", TinyModel.model(folder), "--prompt", "number",
            "--max_new_tokens", 1, "--temperature", 1);
        tryAll(WHOLE, generate, "--max_new_tokens", "--top_k", "--seed", "--threads");
        tryAll(REAL, generate, "--temperature", "--top_p", "--min_p", "--repetition_penalty");
        refused("temperature must be 0, or positive and within a float's range; got 1.0E60", generate.subList(0, 7), "--temperature",
            "1e60");
    }

    @Test
    void aTargetThatSelectsNothingGetsTheNearestName() throws IOException {
        var adapter = training("sft", "--model_name_or_path", TinyModel.model(folder), "--max_steps", 1, "--use_peft");
        refused("--lora_target_modules: q_prj selects no layer that takes an adapter; did you mean \"q_proj\"?", adapter,
            "--lora_target_modules", "v_proj,q_prj");
        refused("--lora_target_modules: nonsense selects no layer that takes an adapter", adapter,
            "--lora_target_modules", "q_proj,nonsense");
        var full = new ArrayList<>(adapter);
        full.addAll(List.of("--lora_target_modules", "q_proj,1.mlp.up_proj,embed_tokens,lm_head"));
        Cli.succeed(full.toArray());
    }

    @Test
    void aBatchLargerThanTheDataTakesNoMoreMemoryThanTheData() throws IOException {
        var command = training("sft", "--model_name_or_path", TinyModel.model(folder), "--max_steps", 1);
        var fitting = new ArrayList<>(command);
        fitting.addAll(List.of("--per_device_train_batch_size", TinyModel.ROWS));
        var huge = new ArrayList<>(command);
        huge.addAll(List.of("--per_device_train_batch_size", 1_000_000));
        assertEquals(memory(fitting), memory(huge));
    }

    private static String memory(List<Object> arguments) {
        return Cli.succeed(arguments.toArray()).err().lines().filter(line -> line.contains("memory")).findFirst().orElseThrow();
    }
}
