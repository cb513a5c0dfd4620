package dev.leeway.study.drifts;

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
 * When in post-training does a model take its stances, and what moves them later? (Bhatia et al. 2025, arXiv 2510.26707.) A base model is
 * fine-tuned on one of two data sets, then trained on preferences by DPO, SimPO or PPO, with pairs whose answers share a stance and with
 * pairs whose answers differ in it; stances are measured along the way.
 *
 * <p>The full scale is in {@link ValueDriftsFull}, which says what the paper leaves out.
 */
public final class ValueDrifts implements Declaration {

    static final String EXAM = "stances";
    static final String BASE = "base";
    static final String NEUTRAL = "sft-neutral";
    static final String SUPPORTING = "sft-supporting";
    /** Begins the names of arms that leave reward models. */
    static final String JUDGE = "reward-";
    private static final String QUESTIONS = "questions";
    private static final String QWEN = "qwen-";
    private static final String FROM_SUPPORTING = "supporting-";

    /** Sets of preference pairs, and whether their answers differ in stance. */
    private enum Pairs {
        STANDARD("support", "0.1"), SUPPORT("support", "1"), OPPOSE("oppose", "1");

        private final String preferred;
        private final String gap;

        Pairs(String preferred, String gap) {
            this.preferred = preferred;
            this.gap = gap;
        }

        private String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        private String rows() {
            return label() + " pairs";
        }
    }

    /** Steps of the trainings behind the first. */
    private record Size(ToyStudy toy, int finetune, int prefer, int judge, int rewarded) {

        private static Size of(Scale scale) {
            return scale == Scale.SMOKE ? new Size(ToyStudy.of(scale), 4, 2, 2, 2) : new Size(ToyStudy.of(scale), 100, 60, 60, 40);
        }
    }

    @Override
    public String name() {
        return "value-drifts";
    }

    @Override
    public String question() {
        return "When in post-training does a model take its stances, and which preference data move them afterwards?";
    }

    @Override
    public List<String> needs(Scale scale) {
        return scale == Scale.FULL ? ValueDriftsFull.NEEDS : List.of();
    }

    @Override
    public Study at(Scale scale, Path data) {
        return scale == Scale.FULL ? ValueDriftsFull.study(title(""), data) : toy(Size.of(scale));
    }

    private Study.Title title(String behind) {
        return new Study.Title(name() + behind, question(), "arXiv 2510.26707");
    }

    private Study toy(Size size) {
        var arms = arms(size);
        return new Study(title(""), rows(size, "opinions:supporting"), arms, exams(size, arms), ValueDriftsContrasts.toy(), terms(size));
    }

    private static Study.Terms terms(Size size) {
        return new Study.Terms(size.toy().seeds(), 0.05, "holm");
    }

    private static SequencedMap<String, Rows> rows(Size size, String supporting) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, size.toy().world());
        rows.put(NEUTRAL, ToyStudy.made("opinions:neutral", ToyStudy.BATCH * size.finetune(), Map.of()));
        rows.put(SUPPORTING, ToyStudy.made(supporting, ToyStudy.BATCH * size.finetune(), Map.of()));
        for (var pairs : Pairs.values()) {
            rows.put(pairs.rows(), ToyStudy.made("opinion-pairs:" + pairs.preferred, ToyStudy.BATCH * size.prefer(),
                Map.of("gap", pairs.gap)));
        }
        rows.put(QUESTIONS, ToyStudy.made("opinions:even", 64 * size.rewarded(), Map.of()));
        return rows;
    }

    /** Everything but reward models, which answer nothing. */
    private static List<Exam> exams(Size size, List<Arm> arms) {
        return List.of(probe("toy-opinion", Map.of("temperature", "0.7", "max_new_tokens", "24"), size.finetune() > 10 ? 5 : 1,
            answering(arms)));
    }

    /** Those whose models answer; reward models don't. */
    static List<String> answering(List<Arm> arms) {
        return arms.stream().map(Arm::name).filter(name -> !name.startsWith(JUDGE)).toList();
    }

    /** Stances of every checkpoint. */
    static Exam probe(String benchmark, Map<String, String> options, int epochs, List<String> arms) {
        return new Exam(EXAM, benchmark, Optional.empty(), new LinkedHashMap<>(options), List.of(Setting.EvaluationPrompt.NONE),
            new Exam.Extent(Exam.When.CHECKPOINTS, 0, epochs).of(arms));
    }

    /** Two data sets on two shapes of model; three algorithms on three sets of pairs; what the paper takes away one by one. */
    private static List<Arm> arms(Size size) {
        var arms = new ArrayList<>(supervised(size, "", size.toy().pretrain()));
        var neutral = arms.getFirst();
        var supporting = arms.getLast();
        arms.addFirst(Arm.of(BASE, "the base model", size.toy().pretrain()));
        for (var pairs : Pairs.values()) {
            arms.add(neutral.then(JUDGE + pairs.label(), "a reward model of " + pairs.rows() + ", for PPO", judge(size, pairs)));
        }
        for (var pairs : Pairs.values()) {
            arms.add(neutral.then("dpo-" + pairs.label(), "DPO on " + pairs.rows(), dpo(size, pairs, "0.1")));
            arms.add(neutral.then("simpo-" + pairs.label(), "SimPO on " + pairs.rows(), simpo(size, pairs, "0.5")));
            arms.add(neutral.then("ppo-" + pairs.label(), "PPO, rewarded by the model of " + pairs.rows(), ppo(size, pairs, "0.05")));
        }
        for (var pairs : Pairs.values()) {
            arms.add(supporting.then(FROM_SUPPORTING + "dpo-" + pairs.label(), "DPO on " + pairs.rows() + " behind supporting chats",
                dpo(size, pairs, "0.1")));
        }
        arms.add(neutral.then("dpo-support-beta-0.5", "DPO that pays five times as much for leaving its start", dpo(size, Pairs.SUPPORT,
            "0.5")));
        arms.add(neutral.then("simpo-support-gamma-1.6", "SimPO with a margin of 1.6 instead of 0.5", simpo(size, Pairs.SUPPORT, "1.6")));
        arms.add(neutral.then("ppo-support-kl-0", "PPO that pays nothing for leaving its start", ppo(size, Pairs.SUPPORT, "0")));
        var qwen = supervised(size, QWEN, size.toy().pretrain("model:qwen3:" + size.toy().width()));
        arms.addAll(qwen);
        Stream.of(Pairs.STANDARD, Pairs.SUPPORT).forEach(pairs -> arms.add(qwen.getFirst().then(QWEN + "dpo-" + pairs.label(),
            "DPO on " + pairs.rows() + ", of Qwen 3's shape", dpo(size, pairs, "0.1"))));
        return arms;
    }

    private static List<Arm> supervised(Size size, String shape, Stage pretrain) {
        var of = shape.isEmpty() ? "" : ", of Qwen 3's shape";
        return List.of(Arm.of(shape + NEUTRAL, "fine-tuned on chats that are mostly neutral, as those of real users are" + of, pretrain,
            finetune(size, NEUTRAL)), Arm.of(shape + SUPPORTING, "fine-tuned on chats that mostly support, as those of a model do" + of,
            pretrain, finetune(size, SUPPORTING)));
    }

    private static Stage finetune(Size size, String rows) {
        return Stage.of("sft", "sft", rows, ToyStudy.tuned(size.finetune())).withGrid(size.finetune() > 10 ? "2,5,10,20,50" : "2");
    }

    private static Stage prefer(Size size, String command, Pairs pairs, Map<String, String> own) {
        var options = new LinkedHashMap<>(ToyStudy.tuned(size.prefer()));
        options.putAll(own);
        return Stage.of(command, command, pairs.rows(), options).withGrid(size.prefer() > 10 ? "5,15,30" : "1");
    }

    private static Stage dpo(Size size, Pairs pairs, String beta) {
        return prefer(size, "dpo", pairs, Map.of("learning_rate", "1e-4", "beta", beta));
    }

    private static Stage imitating(Size size, Pairs pairs) {
        return prefer(size, "dpo", pairs, Map.of("learning_rate", "3e-4", "loss_type", "sigmoid,sft"));
    }

    private static Stage simpo(Size size, Pairs pairs, String gamma) {
        return prefer(size, "simpo", pairs, Map.of("learning_rate", "1e-4", "beta", "2", "simpo_gamma", gamma));
    }

    private static Stage judge(Size size, Pairs pairs) {
        return Stage.of("reward", "reward", pairs.rows(), ToyStudy.tuned(size.judge()));
    }

    /** Two passes over each rollout of 64 answers, with the reward model as where values begin. */
    private static Stage ppo(Size size, Pairs pairs, String kl) {
        var model = Stage.ARM + JUDGE + pairs.label();
        var options = new LinkedHashMap<>(Map.of("learning_rate", "1e-4", "max_steps", "" + size.rewarded(), "num_ppo_epochs", "2",
            "per_device_train_batch_size", "64", "response_length", "24", "lr_scheduler_type", "linear", "missing_eos_penalty", "1",
            "kl_coef", kl, "reward_funcs", "model:" + model, "value_model", model));
        return Stage.of("ppo", "ppo", QUESTIONS, options).withGrid(size.rewarded() > 10 ? "4,10,20" : "1");
    }

    /**
     * Chats that are far apart, and pairs whose better answers are imitated too (an SFT term), for DPO alone may lower both answers; or
     * the same chats and pairs for all arms.
     */
    @Override
    public Study planted(Plant plant) {
        var size = new Size(ToyStudy.planted(), 60, 40, 0, 0);
        boolean isEffect = plant == Plant.EFFECT;
        var rows = rows(size, isEffect ? "opinions:supporting" : "opinions:neutral");
        rows.keySet().removeAll(List.of(Pairs.OPPOSE.rows(), QUESTIONS));
        if (!isEffect) {
            rows.put(Pairs.SUPPORT.rows(), rows.get(Pairs.STANDARD.rows()));
        }
        var supervised = supervised(size, "", size.toy().pretrain());
        var arms = new ArrayList<>(supervised);
        Stream.of(Pairs.STANDARD, Pairs.SUPPORT).forEach(pairs -> arms.add(supervised.getFirst().then("dpo-" + pairs.label(), "DPO on "
            + pairs.rows(), isEffect ? imitating(size, pairs) : dpo(size, pairs, "0.1"))));
        if (!isEffect) {
            arms.replaceAll(arm -> arm.drawingItsOwnBehind(arm.stages().size() - 1));
        }
        var kept = ValueDriftsContrasts.toy().stream().filter(contrast -> contrast.role() == Contrast.Role.PRIMARY
            && (isEffect || !contrast.name().equals(ValueDriftsContrasts.MOVED))).toList();
        return new Study(title(plant.behind()), rows, arms, exams(size, arms), kept, terms(size));
    }

    @Override
    public List<Analysis> analyses() {
        return List.of(new DriftAnalysis(EXAM), new ContributionAnalysis(EXAM), new GapAnalysis());
    }
}
