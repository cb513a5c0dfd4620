package dev.leeway.study.drifts;

import dev.leeway.study.Arm;
import dev.leeway.study.Exam;
import dev.leeway.study.Rows;
import dev.leeway.study.Stage;
import dev.leeway.study.Study;
import dev.leeway.study.drifts.DriftArms.Pairs;
import dev.leeway.study.toy.ToyStudy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * {@code value-drifts} with the paper's own models and data. The paper says models, data sets, epochs, probes and which ablations there
 * are; no learning rate, batch, β, γ, length, reward model, and not whether all weights are trained. In their place stand: Alpaca's recipe
 * for fine-tuning (all weights, batch 128, 2e-5, 3 % warm-up, cosine), SimPO's for DPO and SimPO on a fine-tuned Llama 3 (batch 128, one
 * epoch, 10 % warm-up; its β and γ), RLHFlow's for the reward model (2e-6, one epoch) but for its length, and for PPO TRL's (3e-6, falling
 * linearly, four epochs a rollout, KL 0.05) but for its batch, which is that of DPO, one pass over the prompts, 256 new tokens, and rewards
 * less 1 for answers without an end. Chats and prompts that are too long are cut, a reward model's pairs left out. A study has
 * one base model: it is run for each of the four.
 */
final class ValueDriftsFull {

    static final List<String> NEEDS = List.of("--model_name_or_path: one of Llama-3.2-3B, Meta-Llama-3-8B, Qwen3-4B-Base, Qwen3-8B-Base, "
            + "with a chat template",
        "--data: wildchat.jsonl and alpaca.jsonl (rows with messages); ultrafeedback.jsonl, hh-rlhf.jsonl, synthetic-support.jsonl and "
            + "synthetic-oppose.jsonl (rows with chosen and rejected; the last two are answers of Qwen2.5-72B, one for and one "
            + "against); prompts.jsonl and hh-rlhf-prompts.jsonl (rows with prompt or messages: those of ultrafeedback and of hh-rlhf); "
            + "prism/prism_opening_prompts_subset.jsonl (rows with prompt and topic: V-PRISM's 550, of which three topics must be called "
            + "as PRISM's clusters are: " + String.join("; ", ValueDriftsContrasts.TOPICS) + "); mmlu/ as leeway eval reads it",
        "--judge_model: GPT-4o at its endpoint, for it gives log-probs");

    /** SimPO's margin, but for the ablation. */
    static final String GAMMA = "1";
    private static final String PROMPTS = "prompts";
    private static final String CUTS = "allow_truncation";
    private static final Pairs STANDARD = new Pairs("standard", "ultrafeedback");
    private static final Pairs HH_RLHF = new Pairs("hh-rlhf", "hh-rlhf");
    private static final List<Pairs> PAIRS = List.of(STANDARD, HH_RLHF, new Pairs("support", "synthetic-support"),
        new Pairs("oppose", "synthetic-oppose"));
    /** As many as the paper generates. */
    private static final int GENERATIONS = 5;

    private ValueDriftsFull() {
    }

    static Study study(Study.Title title, Path data) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ValueDrifts.NEUTRAL, given(data, "wildchat"));
        rows.put(ValueDrifts.SUPPORTING, given(data, "alpaca"));
        PAIRS.forEach(pairs -> rows.put(pairs.rows(), given(data, pairs.rows())));
        List.of(prompts(STANDARD), prompts(HH_RLHF)).forEach(prompts -> rows.put(prompts, given(data, prompts)));
        var arms = arms();
        var taking = ValueDrifts.answering(arms);
        var mmlu = ToyStudy.exam("MMLU", "mmlu");
        var exams = List.of(ValueDrifts.probe("prism", Map.of(), GENERATIONS, taking), new Exam(mmlu.name(), mmlu.benchmark(), mmlu.items(),
            new LinkedHashMap<>(), mmlu.prompts(), mmlu.extent().of(taking)));
        return new Study(title, rows, arms, exams, ValueDriftsContrasts.full(), new Study.Terms(List.of(0L), 0.05, "holm"));
    }

    private static Rows given(Path data, String name) {
        return new Rows.Given(data.resolve(name + ".jsonl"));
    }

    private static List<Arm> arms() {
        var neutral = Arm.of(ValueDrifts.NEUTRAL, "fine-tuned on WildChat, chats of real users",
            finetune(ValueDrifts.NEUTRAL, "every:0.125e"));
        var supporting = Arm.of(ValueDrifts.SUPPORTING, "fine-tuned on Alpaca, instructions that a model answered",
            finetune(ValueDrifts.SUPPORTING, "every:0.25e"));
        var arms = new ArrayList<>(List.of(neutral, supporting));
        arms.addAll(DriftArms.of(neutral, supporting, PAIRS, new Stages()));
        return arms;
    }

    /** Those that a policy answers whose answers a reward model of these pairs judges. */
    private static String prompts(Pairs pairs) {
        return pairs.equals(HH_RLHF) ? "hh-rlhf-" + PROMPTS : PROMPTS;
    }

    /** A grid of quarters or eighths of an epoch ends where the training does, and has the paper's 500 and 100 steps, nearly. */
    private static Stage finetune(String rows, String grid) {
        var options = new LinkedHashMap<>(batches("2e-5", "0.03"));
        options.putAll(Map.of("num_train_epochs", "3", "max_length", "2048", CUTS, "true")); // chats may be longer
        return Stage.of("sft", "sft", rows, options).withGrid(grid);
    }

    private static Map<String, String> batches(String rate, String warmup) {
        return Map.of("learning_rate", rate, "warmup_ratio", warmup, "lr_scheduler_type", "cosine", "per_device_train_batch_size", "4",
            "gradient_accumulation_steps", "32", "gradient_checkpointing", "true", "bf16", "true");
    }

    /** Of the fallbacks that the class names. */
    private record Stages() implements DriftArms.Stages {

        private static Stage stage(String command, Pairs pairs, Map<String, String> own) {
            var options = new LinkedHashMap<>(batches("6e-7", "0.1"));
            options.putAll(Map.of("num_train_epochs", "1", "max_length", "2048"));
            options.putAll(own);
            return Stage.of(command, command, pairs.rows(), options);
        }

        @Override
        public Stage judge(Pairs pairs) {
            return stage("reward", pairs, Map.of("learning_rate", "2e-6", "num_train_epochs", "1", "warmup_ratio", "0.03",
                "weight_decay", "0.001"));
        }

        @Override
        public Stage dpo(Pairs pairs, String beta) {
            return stage("dpo", pairs, Map.of("beta", beta, "max_prompt_length", "1800", CUTS, "true")).withGrid("every:0.125e");
        }

        @Override
        public Stage simpo(Pairs pairs, String gamma) {
            return stage("simpo", pairs, Map.of("beta", "2", "simpo_gamma", gamma, "max_prompt_length", "1800", CUTS, "true"))
                .withGrid("every:0.125e");
        }

        @Override
        public String gamma() {
            return GAMMA;
        }

        @Override
        public Stage ppo(Pairs pairs, String kl) {
            var model = Stage.ARM + DriftArms.JUDGE + pairs.label();
            var options = new LinkedHashMap<>(batches("3e-6", "0"));
            options.putAll(Map.of("lr_scheduler_type", "linear", CUTS, "true"));
            options.putAll(Map.of("num_train_epochs", "1", "response_length", "256", "max_prompt_length", "512", "missing_eos_penalty",
                "1", "kl_coef", kl, "reward_funcs", "model:" + model, "value_model", model));
            return Stage.of("ppo", "ppo", prompts(pairs), options).withGrid("every:0.125e");
        }
    }
}
