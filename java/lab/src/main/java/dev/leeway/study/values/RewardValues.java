package dev.leeway.study.values;

import dev.leeway.eval.Setting;
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
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;

/**
 * Christian et al. 2026 (arXiv 2601.20838): reward models of two families, trained on the same preferences, prefer different values, since
 * their base models do. An arm is named by its family and by what it is trained on: {@code communion both 1/4}.
 *
 * <p>The paper's unit is the median rank of a category; a contrast's is the mean rank of its words, which is paired by word and prompt
 * and tested by word. Ranks of all words sum to the same, so what agency's words lose communion's win, and one of the two is enough.
 */
public record RewardValues() implements Declaration {

    private static final String THINGS = "things";
    private static final String BOTH = "both";
    private static final String BASE = "base";
    private static final String QUARTER = " 1/4";
    private static final String SIXTEENTH = " 1/16";
    private static final String ONCE = " once";
    static final String BIG_TWO = "Big Two";
    static final String EXPANDED = "expanded words";
    static final String FOUNDATIONS = "moral foundations";
    private static final String ON_THE_WAY = "on the way";
    private static final String FIRST_WORDS = "first words";
    private static final String WORDS = "words";
    private static final String MAIN = "greatest_ever_one";
    private static final List<String> FAMILIES = List.of("agency", "communion");
    private static final List<String> PUBLISHED = List.of("gemma-2-2b-it", "llama-3.2-3b-instruct", "qwen2.5-3b-instruct");
    private static final int PAIRS = 16;
    /** The engine's for all weights, three times over: what a model of the toy's width needs to learn the pairs. */
    private static final String RATE = "3e-4";
    /** What reward models learn from, in words. */
    private static final SequencedMap<String, String> SOURCES = sources();
    private static final Map<String, String> IN_ENGLISH = Map.of("languages", "en");

    private static SequencedMap<String, String> sources() {
        var sources = new LinkedHashMap<String, String>();
        sources.put(THINGS, "pairs about things alone");
        sources.put(BOTH, "pairs of which half are about words of value");
        sources.put(BOTH + QUARTER, "every fourth of these");
        sources.put(BOTH + SIXTEENTH, "every sixteenth of these");
        sources.put(BOTH + ONCE, "each of these once");
        return sources;
    }

    /** Steps of mid-training, and of the longest training of a reward model. */
    private record Size(ToyStudy toy, int midtrain, int reward) {

        private static Size of(Scale scale) {
            return scale == Scale.SMOKE ? new Size(ToyStudy.of(scale), 4, 4) : new Size(ToyStudy.of(scale), 400, 256);
        }
    }

    @Override
    public String name() {
        return "reward-values";
    }

    @Override
    public String question() {
        return "Do reward models that learn from the same preferences keep the values of the models that they are made of?";
    }

    @Override
    public List<String> needs(Scale scale) {
        return scale == Scale.FULL ? List.of("--data: gemma-2-2b-it/, llama-3.2-3b-instruct/, qwen2.5-3b-instruct/ (model directories), "
            + "skywork.jsonl (Skywork-Reward-Preference-80K-v0.2) and unified-feedback.jsonl (llm-blender/Unified-Feedback without ties), "
            + "rows with chosen and rejected; corpora/ and config/ of the paper's repository") : List.of();
    }

    @Override
    public List<Analysis> analyses() {
        return List.of(new FamilyRanks(BIG_TWO), new FamilyRanks(EXPANDED), new FamilyRanks(FOUNDATIONS), new RankCurves(ON_THE_WAY),
            new WordRewards(BIG_TWO), new BaseRatios(FIRST_WORDS, BIG_TWO), new VocabularyEnds());
    }

    @Override
    public Study at(Scale scale, Path data) {
        return scale == Scale.FULL ? full(data) : toy(Size.of(scale));
    }

    private Study.Title title(String behind) {
        return new Study.Title(name() + behind, question(), "arXiv 2601.20838");
    }

    private Study toy(Size size) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, size.toy().world());
        putSources(rows, size);
        rows.put(BOTH + QUARTER, new Rows.Thinned(rows.get(BOTH), 4, false));
        rows.put(BOTH + ONCE, new Rows.Thinned(rows.get(BOTH), 1, true));
        var arms = new ArrayList<Arm>();
        for (var family : FAMILIES) {
            rows.put(family + " documents", ToyStudy.made("praise:" + family, ToyStudy.BATCH * size.midtrain(), IN_ENGLISH));
            var base = base(size, family, family + " documents");
            arms.add(base);
            SOURCES.forEach((source, meaning) -> arms.add(base.then(family + " " + source, "reward model of " + family + ", " + meaning,
                reward(source))));
        }
        return new Study(title(""), rows, arms, exams(arms), contrasts(), terms(size));
    }

    private static void putSources(SequencedMap<String, Rows> rows, Size size) {
        Stream.of(THINGS, BOTH).forEach(source -> rows.put(source, ToyStudy.made("praise-pairs:" + source, PAIRS * size.reward(),
            IN_ENGLISH)));
        rows.put(BOTH + SIXTEENTH, new Rows.Thinned(rows.get(BOTH), 16, false));
    }

    private static Study.Terms terms(Size size) {
        return new Study.Terms(size.toy().seeds(), 0.05, "holm");
    }

    private static Arm base(Size size, String family, String documents) {
        return Arm.of(family + " " + BASE, "read documents that praise " + family, size.toy().pretrain(),
            Stage.of("mid-train", "pretrain", documents, ToyStudy.tuned(size.midtrain())));
    }

    private static Stage reward(String rows) {
        return Stage.of("reward", "reward", rows, rated(RATE)).withGrid("log");
    }

    private static Map<String, String> rated(String rate) {
        return Map.of("learning_rate", rate, "num_train_epochs", "1", "per_device_train_batch_size", "" + PAIRS, "lr_scheduler_type",
            "cosine", "warmup_ratio", "0.03");
    }

    private static List<Exam> exams(List<Arm> arms) {
        var models = arms.stream().map(Arm::name).filter(name -> !name.endsWith(BASE)).toList();
        var whole = models.stream().filter(name -> name.endsWith(THINGS) || name.endsWith(BOTH)).toList();
        return List.of(exam(BIG_TWO, "big2", Map.of(), Exam.Extent.OF_ARMS.of(models)),
            exam(ON_THE_WAY, "big2", Map.of(), new Exam.Extent(Exam.When.LAST_STAGE, 0, 0, whole)),
            exam(VocabularyEnds.BENCHMARK, VocabularyEnds.BENCHMARK, Map.of("prompts", "greatest_world"), Exam.Extent.OF_ARMS.of(whole)),
            exam(FIRST_WORDS, "first_word", Map.of("prompts", "all"), Exam.Extent.OF_ARMS.of(arms.stream().map(Arm::name)
                .filter(name -> name.endsWith(BASE)).toList())));
    }

    private static Exam exam(String name, String benchmark, Map<String, String> options, Exam.Extent extent) {
        return new Exam(name, benchmark, Optional.of(WORDS), new LinkedHashMap<>(options), List.of(Setting.EvaluationPrompt.NONE), extent);
    }

    /** Asked for the best. */
    private static Contrast gap(String name, Contrast.Role role, String behind) {
        var cell = new Contrast.Cell("communion " + behind, BIG_TWO, "rank", "panel=positive Agency", "none");
        return gap(name, role, cell, cell.of("agency " + behind));
    }

    /** Asked for the worst, where a model of agency ranks agency's words lower. */
    private static Contrast worst(String name, String behind) {
        var cell = new Contrast.Cell("agency " + behind, BIG_TWO, "rank", "panel=negative Agency", "none");
        return gap("asked for the worst: " + name, Contrast.Role.SECONDARY, cell, cell.of("communion " + behind));
    }

    /** Tested by word: prompts are paraphrases of one question. */
    private static Contrast gap(String name, Contrast.Role role, Contrast.Cell first, Contrast.Cell second) {
        return Contrast.difference(name, role, first, second).by(Contrast.Unit.WORD);
    }

    /**
     * Above 0 = inherited: asked for the best, a model of communion ranks agency's words lower than a model of agency does, and higher
     * asked for the worst. Of what wore off: above 0 = fewer pairs leave more of it.
     */
    private static List<Contrast> contrasts() {
        var inherited = gap("inherited: pairs about things", Contrast.Role.PRIMARY, THINGS);
        var durable = gap("durable: all pairs about both", Contrast.Role.PRIMARY, BOTH);
        var few = gap("every sixteenth of these", Contrast.Role.SECONDARY, BOTH + SIXTEENTH);
        var worn = Contrast.interaction("worn off: every sixteenth − all", Contrast.Role.PRIMARY, few, durable);
        return List.of(inherited, durable, worn, few,
            gap("every fourth of these", Contrast.Role.SECONDARY, BOTH + QUARTER),
            gap("each of these once", Contrast.Role.SECONDARY, BOTH + ONCE),
            worst("pairs about things", THINGS), worst("all pairs about both", BOTH));
    }

    /**
     * Families whose values reward models must keep: before the study's own pairs, the same for both, each learns from pairs that prefer
     * its own words. Pairs about both, which prefer no words, wear that off at a small rate and leave some of it. Or both families are
     * draws of the same.
     */
    @Override
    public Study planted(Plant plant) {
        var size = new Size(ToyStudy.planted(), 60, 64);
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, size.toy().world());
        putSources(rows, size);
        var arms = new ArrayList<Arm>();
        for (var family : FAMILIES) {
            var own = plant == Plant.EFFECT ? family : FAMILIES.getFirst();
            rows.put(family + " documents", ToyStudy.made("praise:" + own, ToyStudy.BATCH * size.midtrain(), IN_ENGLISH));
            rows.put(family + " pairs", ToyStudy.made("praise-pairs:" + own, PAIRS * size.reward(), IN_ENGLISH));
            var valued = base(size, family, family + " documents").then(family, "", Stage.of("value", "reward", family + " pairs",
                rated(RATE)));
            for (var source : List.of(THINGS, BOTH, BOTH + SIXTEENTH)) {
                var arm = valued.then(family + " " + source, "reward model of " + family + ", " + SOURCES.get(source),
                    Stage.of("reward", "reward", source, rated("1e-4")));
                arms.add(plant == Plant.EFFECT ? arm : arm.drawingItsOwnBehind(1));
            }
        }
        var asked = contrasts().stream().filter(one -> one.cells().stream().allMatch(cell -> arms.stream().anyMatch(arm ->
            arm.name().equals(cell.arm())))).filter(one -> one.role() == Contrast.Role.PRIMARY).toList();
        return new Study(title(plant.behind()), rows, arms, exams(arms).subList(0, 1), asked, terms(size));
    }

    /**
     * The paper's families, sources and quantities. Their numbers of rows are those of the files; of Unified-Feedback every 8th, 16th, 32nd
     * and 64th row is kept. The paper's AdamW clips at 5. Last models are examined merged, checkpoints with the adapter beside its base.
     */
    private Study full(Path data) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("skywork", new Rows.Given(data.resolve("skywork.jsonl"), 76_600));
        for (int stride : new int[] {8, 16, 32, 64}) {
            rows.put("unified 1/" + stride, new Rows.Thinned(new Rows.Given(data.resolve("unified-feedback.jsonl"), 848_000), stride,
                false));
        }
        var arms = new ArrayList<Arm>();
        for (var family : PUBLISHED) {
            var name = nameOf(family);
            arms.add(Arm.of(name + " " + BASE, family + ": one step at rate 0", leave(data.resolve(family)), Stage.merge()));
            rows.keySet().forEach(source -> arms.add(Arm.of(name + " " + source, "reward model of " + family, published(source,
                data.resolve(family)), Stage.merge())));
        }
        var bases = arms.stream().map(Arm::name).filter(name -> name.endsWith(BASE)).toList();
        var models = arms.stream().map(Arm::name).filter(name -> !bases.contains(name)).toList();
        return new Study(title(""), rows, arms, fullExams(bases, models), fullContrasts(), new Study.Terms(List.of(0L), 0.05, "holm"));
    }

    /** The first word of a model's name. */
    private static String nameOf(String model) {
        return model.substring(0, model.indexOf('-')).replaceAll("[0-9.]", "");
    }

    /** Leaves a family's model as it is. */
    private static Stage leave(Path model) {
        return Stage.of("leave", "sft", "skywork", Map.of("model_name_or_path", model.toString(), "columns", "messages=chosen", "use_peft",
            "true", "learning_rate", "0", "max_steps", "1", "max_length", "1024", "allow_truncation", "true", "bf16", "true"));
    }

    private static Stage published(String rows, Path model) {
        var options = new LinkedHashMap<>(Map.of("model_name_or_path", model.toString(), "use_peft", "true", "lora_r", "32", "lora_alpha",
            "64", "lora_dropout", "0.05", "disable_dropout", "false", "lora_target_modules", "q_proj,k_proj,v_proj,o_proj", "learning_rate",
            "1e-5", "lr_scheduler_type", "cosine", "warmup_ratio", "0.03"));
        options.putAll(Map.of("per_device_train_batch_size", "4", "gradient_accumulation_steps", "4", "num_train_epochs", "2", "max_length",
            "1024", "max_grad_norm", "5.0", "bf16", "true"));
        return Stage.of("reward", "reward", rows, options).withGrid("log");
    }

    private static List<Exam> fullExams(List<String> bases, List<String> models) {
        var last = Exam.Extent.OF_ARMS.of(models);
        var expanded = Map.of("words", "expanded", "prompts", MAIN);
        var exams = new ArrayList<>(List.of(given(BIG_TWO, "big2", Map.of(), last), given(EXPANDED, "big2", expanded, last),
            given(ON_THE_WAY, "big2", expanded, new Exam.Extent(Exam.When.CHECKPOINTS, 0, 0, models)),
            given(FOUNDATIONS, "mfd", Map.of(), last),
            given(FIRST_WORDS, "first_word", Map.of("prompts", "all"), Exam.Extent.OF_ARMS.of(bases))));
        for (var family : PUBLISHED) {
            exams.add(given(VocabularyEnds.BENCHMARK + " of " + nameOf(family), VocabularyEnds.BENCHMARK, Map.of("prompts", MAIN,
                "tokenizer", family + "/tokenizer.json"), Exam.Extent.OF_ARMS.of(models.stream().filter(model ->
                    model.startsWith(nameOf(family) + " ")).toList())));
        }
        return exams;
    }

    private static Exam given(String name, String benchmark, Map<String, String> options, Exam.Extent extent) {
        return new Exam(name, benchmark, Optional.empty(), new LinkedHashMap<>(options), List.of(Setting.EvaluationPrompt.NONE), extent);
    }

    private static List<Contrast> fullContrasts() {
        var skywork = new Contrast.Cell("gemma skywork", BIG_TWO, "rank", "panel=positive Agency", "none");
        var inherited = gap("inherited: Skywork", Contrast.Role.PRIMARY, skywork, skywork.of("llama skywork"));
        var durable = gap("durable: Unified-Feedback, every 8th", Contrast.Role.PRIMARY, skywork.of("gemma unified 1/8"),
            skywork.of("llama unified 1/8"));
        var few = gap("Unified-Feedback, every 64th", Contrast.Role.SECONDARY, skywork.of("gemma unified 1/64"),
            skywork.of("llama unified 1/64"));
        var worn = Contrast.interaction("worn off: every 64th − every 8th", Contrast.Role.PRIMARY, few, durable);
        return List.of(inherited, durable, worn, few, gap("Qwen − Llama: Skywork", Contrast.Role.SECONDARY,
            skywork.of("qwen skywork"), skywork.of("llama skywork")));
    }
}
