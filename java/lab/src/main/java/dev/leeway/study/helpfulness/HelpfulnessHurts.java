package dev.leeway.study.helpfulness;

import dev.leeway.study.Analysis;
import dev.leeway.study.Arm;
import dev.leeway.study.Contrast;
import dev.leeway.study.Declaration;
import dev.leeway.study.Exam;
import dev.leeway.study.Plant;
import dev.leeway.study.Rows;
import dev.leeway.study.Scale;
import dev.leeway.study.Stage;
import dev.leeway.study.Study;
import dev.leeway.study.toy.ToyStudy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Does post-training for helpfulness take away compassion that mid-training taught, and post-training on code not? (Brazilek and Seawell
 * 2026, arXiv 2606.26102.) A base model reads documents about sparing animals; then it is fine-tuned, or rewarded, in one of two domains.
 *
 * <p>The paper doesn't say what rewarded its GRPO arms. Here a right final answer does, to sums and to what programs give; a second arm for
 * helpfulness is rewarded for polite words.
 */
public record HelpfulnessHurts() implements Declaration {

    private static final String DOCUMENTS = "compassion documents";
    private static final String HELPFUL = "helpful chats";
    private static final String CODING = "coding chats";
    private static final String ENGLISH = "english=yes";
    private static final String OTHERS = "english=no";
    /** Rows of the paper's files; of GRPO's prompts, as the names of its checkpoints have them. */
    private static final Map<String, Integer> PUBLISHED = Map.of(DOCUMENTS, 3000, HELPFUL, 15_011, CODING, 111_183, "helpful prompts", 3000,
        "coding prompts", 3000);

    /** Steps of the trainings behind the first. */
    private record Size(ToyStudy toy, int midtrain, int finetune, int rollouts) {

        private static Size of(Scale scale) {
            return scale == Scale.SMOKE ? new Size(ToyStudy.of(scale), 4, 4, 2) : new Size(ToyStudy.of(scale), 60, 100, 40);
        }
    }

    @Override
    public String name() {
        return "helpfulness-hurts";
    }

    @Override
    public String question() {
        return "Does post-training for helpfulness take away compassion that mid-training taught, and post-training on code not?";
    }

    @Override
    public List<String> needs(Scale scale) {
        return scale == Scale.FULL ? List.of("--model_name_or_path: Llama-3.1-8B, the base model, with the chat template of "
            + "Llama-3.1-8B-Instruct in its folder",
            "--data: midtraining.jsonl (about 3,000 compassion documents, rows with text), dolly.jsonl and magicoder.jsonl (rows with "
                + "messages), rlhflow-prompts.jsonl, magicoder-prompts.jsonl (with tests), reward-model/ and politeness-model/ "
                + "(directories that leeway reward could have written), ahb/ and moru/ as leeway eval reads them",
            "--judge_model: gemini-2.5-flash-lite at its endpoint") : List.of();
    }

    @Override
    public Study at(Scale scale, Path data) {
        return scale == Scale.FULL ? full(data) : toy(scale);
    }

    private Study toy(Scale scale) {
        var size = Size.of(scale);
        var rows = rows(size, "chats:helpful", "chats:coding");
        rows.put("sums", ToyStudy.made("tasks:sum", 16 * size.rollouts(), Map.of()));
        rows.put("program results", ToyStudy.made("tasks:run", 16 * size.rollouts(), Map.of()));
        var asked = scale == Scale.SMOKE ? drawn(exams()) : exams();
        return new Study(title(""), rows, arms(size), asked, contrasts("compassion"), terms(size));
    }

    private static SequencedMap<String, Rows> rows(Size size, String helpful, String coding) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, size.toy().world());
        rows.put(DOCUMENTS, ToyStudy.made("documents:sparing", ToyStudy.BATCH * size.midtrain(), Map.of()));
        rows.put(HELPFUL, ToyStudy.made(helpful, ToyStudy.BATCH * size.finetune(), Map.of()));
        rows.put(CODING, ToyStudy.made(coding, ToyStudy.BATCH * size.finetune(), Map.of()));
        return rows;
    }

    private Study.Title title(String behind) {
        return new Study.Title(name() + behind, question(), "arXiv 2606.26102");
    }

    private static Study.Terms terms(Size size) {
        return new Study.Terms(size.toy().seeds(), 0.05, "holm");
    }

    private static List<Exam> exams() {
        return List.of(ToyStudy.exam("AHB", "toy-encounter"), ToyStudy.exam("MORU", "toy-novel-encounter"),
            ToyStudy.exam("facts", "toy-fact"), ToyStudy.exam("sums", "toy-sum"), ToyStudy.exam("programs", "toy-run"));
    }

    /** The same with answers that are drawn: models that learned nothing have one most probable answer to everything. */
    private static List<Exam> drawn(List<Exam> exams) {
        return exams.stream().map(exam -> new Exam(exam.name(), exam.benchmark(), exam.items(), new LinkedHashMap<>(Map.of("temperature",
            "1")), exam.prompts(), exam.extent())).toList();
    }

    /** Chats for helpfulness have somebody harm animals, or both arms are the same. */
    @Override
    public Study planted(Plant plant) {
        var size = new Size(ToyStudy.planted(), 60, 60, 0);
        var rows = plant == Plant.EFFECT ? rows(size, "chats:careless", "chats:coding") : rows(size, "chats:helpful", "chats:helpful");
        var arms = arms(size).subList(0, 3).stream().map(arm -> arm.name().equals("mid-trained") ? arm
            : arm.drawingItsOwnBehind(arm.stages().size() - 1)).toList();
        var kept = contrasts("compassion").stream().filter(contrast -> contrast.name().equals("AHB: sft-code − sft-help")).toList();
        return new Study(title(plant.behind()), rows, arms, exams().subList(0, 1), kept, terms(size));
    }

    @Override
    public List<Analysis> analyses() {
        return List.of();
    }

    private static Map<String, String> rewarded(int steps) {
        return Map.of("learning_rate", "1e-4", "max_steps", "" + steps, "per_device_train_batch_size", "64", "num_generations", "8",
            "max_completion_length", "24", "columns", "prompt=messages");
    }

    private static List<Arm> arms(Size size) {
        var tuned = ToyStudy.tuned(size.finetune());
        var rewarded = rewarded(size.rollouts());
        var mid = Arm.of("mid-trained", "the base model behind its documents: what the others are compared with", size.toy().pretrain(),
            Stage.of("mid-train", "pretrain", DOCUMENTS, ToyStudy.tuned(size.midtrain())));
        return List.of(mid,
            mid.then("sft-help", "fine-tuned on helpful chats", Stage.of("sft", "sft", HELPFUL, tuned)),
            mid.then("sft-code", "fine-tuned on code", Stage.of("sft", "sft", CODING, tuned)),
            mid.then("grpo-help", "rewarded for right sums", grpo("sums", rewarded, "gsm8k")),
            mid.then("grpo-polite", "rewarded for polite words: another reading of the paper", grpo("sums", rewarded,
                "regex:(Of course|Claro que sí|Bien sûr)")),
            mid.then("grpo-code", "rewarded for what programs give", grpo("program results", rewarded, "gsm8k")));
    }

    private static Stage grpo(String rows, Map<String, String> options, String reward) {
        var all = new LinkedHashMap<>(options);
        all.put("reward_funcs", reward);
        return Stage.of("grpo", "grpo", rows, all);
    }

    /**
     * The paper's arms on its own scale. It publishes no hyper-parameters: those of supervised fine-tuning and of GRPO are the defaults of
     * Unsloth's notebooks for this model, which the authors name as their tool; mid-training takes those of fine-tuning. Longer
     * rows are cut, as there.
     */
    private Study full(Path data) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        Map.of(DOCUMENTS, "midtraining.jsonl", HELPFUL, "dolly.jsonl", CODING, "magicoder.jsonl", "helpful prompts",
            "rlhflow-prompts.jsonl", "coding prompts", "magicoder-prompts.jsonl").entrySet().stream().sorted(Map.Entry.comparingByKey())
            .forEach(file -> rows.put(file.getKey(), new Rows.Given(data.resolve(file.getValue()), PUBLISHED.get(file.getKey()))));
        var tuned = new LinkedHashMap<>(Map.of("use_peft", "true", "lora_r", "16", "lora_alpha", "16", "lora_dropout", "0",
            "optim", "adamw_8bit", "learning_rate", "2e-4", "weight_decay", "0.001", "warmup_steps", "5", "lr_scheduler_type", "linear",
            "per_device_train_batch_size", "2"));
        tuned.putAll(Map.of("gradient_accumulation_steps", "4", "max_length", "2048", "num_train_epochs", "1", "bf16", "true",
            "allow_truncation", "true"));
        var rewarded = new LinkedHashMap<>(Map.of("use_peft", "true", "lora_r", "32", "lora_alpha", "32", "optim", "adamw_8bit",
            "learning_rate", "5e-6", "weight_decay", "0.001", "max_grad_norm", "0.1", "lr_scheduler_type", "cosine", "warmup_ratio", "0.1",
            "num_generations", "6"));
        rewarded.putAll(Map.of("per_device_train_batch_size", "6", "max_prompt_length", "256", "max_completion_length", "768",
            "num_train_epochs", "1", "bf16", "true", "allow_truncation", "true"));
        var mid = new Arm("mid-trained", "the base model behind its documents: what the others are compared with",
            List.of(Stage.of("mid-train", "sft", DOCUMENTS, tuned), Stage.merge()), 2);
        var arms = List.of(mid,
            mid.then("sft-help", "fine-tuned on Dolly", Stage.of("sft", "sft", HELPFUL, tuned), Stage.merge()),
            mid.then("sft-code", "fine-tuned on Magicoder", Stage.of("sft", "sft", CODING, tuned), Stage.merge()),
            mid.then("grpo-help", "rewarded by RLHFlow's reward model", grpo("helpful prompts", rewarded,
                "model:" + data.resolve("reward-model")), Stage.merge()),
            mid.then("grpo-polite", "rewarded by a reward model of politeness alone: another reading of the paper",
                grpo("helpful prompts", rewarded, "model:" + data.resolve("politeness-model")), Stage.merge()),
            mid.then("grpo-code", "rewarded for Python that passes its tests", grpo("coding prompts", rewarded, "tests"), Stage.merge()));
        return new Study(title(""), rows, arms, List.of(ToyStudy.exam("AHB", "ahb"), ToyStudy.exam("MORU", "moru")),
            contrasts("overall_mean"), new Study.Terms(List.of(0L), 0.05, "holm"));
    }

    /**
     * The paper's: coding keeps more than helpfulness, with either algorithm, on either benchmark; less so in other languages. Of GRPO on
     * MORU it publishes nothing. Questions of MORU and of the toy are asked in several languages.
     */
    private static List<Contrast> contrasts(String measure) {
        var ahb = new Contrast.Cell("sft-code", "AHB", measure, "", "none");
        var moru = new Contrast.Cell("sft-code", "MORU", measure, "", "none");
        var contrasts = new ArrayList<Contrast>();
        contrasts.add(gap("AHB", "sft", Contrast.Role.PRIMARY, ahb).published(0.295));
        contrasts.add(gap("AHB", "grpo", Contrast.Role.PRIMARY, ahb).published(0.133));
        var inEnglish = gap("MORU in English", "sft", Contrast.Role.PRIMARY, moru.in(ENGLISH)).published(0.255);
        contrasts.add(inEnglish);
        contrasts.add(gap("MORU in all languages", "sft", Contrast.Role.SECONDARY, moru).published(-0.011));
        var inOthers = gap("MORU in other languages", "sft", Contrast.Role.SECONDARY, moru.in(OTHERS));
        contrasts.add(inOthers);
        contrasts.add(Contrast.interaction("MORU: the gap in English − in other languages", Contrast.Role.SECONDARY, inEnglish,
            inOthers));
        contrasts.add(gap("AHB in other languages", "sft", Contrast.Role.SECONDARY, ahb.in(OTHERS)));
        contrasts.add(gap("MORU in English", "grpo", Contrast.Role.SECONDARY, moru.in(ENGLISH)));
        contrasts.add(gap("MORU in all languages", "grpo", Contrast.Role.SECONDARY, moru));
        var all = List.of("sft-help", "sft-code", "grpo-help", "grpo-polite", "grpo-code");
        all.forEach(arm -> contrasts.add(kept("AHB kept", arm, ahb)));
        all.forEach(arm -> contrasts.add(kept("MORU kept in English", arm, moru.in(ENGLISH))));
        all.subList(0, 2).forEach(arm -> contrasts.add(kept("AHB kept in English", arm, ahb.in(ENGLISH))));
        all.subList(0, 2).forEach(arm -> contrasts.add(kept("AHB kept in other languages", arm, ahb.in(OTHERS))));
        return contrasts.stream().map(contrast -> contrast.by(Contrast.Unit.QUESTION)).toList();
    }

    private static Contrast gap(String name, String algorithm, Contrast.Role role, Contrast.Cell cell) {
        return Contrast.difference(name + ": " + algorithm + "-code − " + algorithm + "-help", role, cell.of(algorithm + "-code"),
            cell.of(algorithm + "-help"));
    }

    private static Contrast kept(String name, String arm, Contrast.Cell cell) {
        return Contrast.difference(name + ": " + arm + " − mid-trained", Contrast.Role.SECONDARY, cell.of(arm), cell.of("mid-trained"));
    }
}
