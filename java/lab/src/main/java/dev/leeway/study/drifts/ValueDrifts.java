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
import dev.leeway.study.drifts.DriftArms.Pairs;
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
public record ValueDrifts() implements Declaration {

    static final String EXAM = "stances";
    static final String BASE = "base";
    static final String NEUTRAL = "sft-neutral";
    static final String SUPPORTING = "sft-supporting";
    private static final String QUESTIONS = "questions";
    private static final String QWEN = "qwen-";

    /** Pairs whose answers share a stance in nine of ten, and pairs whose answers differ in it. */
    private static final Pairs STANDARD = pairs("standard");
    private static final Pairs SUPPORT = pairs("support");
    private static final Pairs OPPOSE = pairs("oppose");

    private static Pairs pairs(String label) {
        return new Pairs(label, label + " pairs");
    }

    /** Steps of the trainings behind the first. */
    private record Size(ToyStudy toy, int finetune, int prefer, int judge, int rewarded) implements DriftArms.Stages {

        private static Size of(Scale scale) {
            return scale == Scale.SMOKE ? new Size(ToyStudy.of(scale), 4, 2, 2, 2) : new Size(ToyStudy.of(scale), 100, 60, 60, 40);
        }

        private Stage finetune(String rows) {
            return Stage.of("sft", "sft", rows, ToyStudy.tuned(finetune)).withGrid(finetune > 10 ? "2,5,10,20,50" : "2");
        }

        private Stage prefer(String command, Pairs pairs, Map<String, String> own) {
            var options = new LinkedHashMap<>(ToyStudy.tuned(prefer));
            options.putAll(own);
            return Stage.of(command, command, pairs.rows(), options).withGrid(prefer > 10 ? "5,15,30" : "1");
        }

        @Override
        public Stage judge(Pairs pairs) {
            return Stage.of("reward", "reward", pairs.rows(), ToyStudy.tuned(judge));
        }

        @Override
        public Stage dpo(Pairs pairs, String beta) {
            return prefer("dpo", pairs, Map.of("learning_rate", "1e-4", "beta", beta));
        }

        @Override
        public Stage simpo(Pairs pairs, String gamma) {
            return prefer("simpo", pairs, Map.of("learning_rate", "1e-4", "beta", "2", "simpo_gamma", gamma));
        }

        @Override
        public String gamma() {
            return "0.5";
        }

        /** Two passes over each rollout of 64 answers, with the reward model as where values begin. */
        @Override
        public Stage ppo(Pairs pairs, String kl) {
            var model = Stage.ARM + DriftArms.JUDGE + pairs.label();
            var options = new LinkedHashMap<>(Map.of("learning_rate", "1e-4", "max_steps", "" + rewarded, "num_ppo_epochs", "2",
                "per_device_train_batch_size", "64", "response_length", "24", "lr_scheduler_type", "linear", "missing_eos_penalty", "1",
                "kl_coef", kl, "reward_funcs", "model:" + model, "value_model", model));
            return Stage.of("ppo", "ppo", QUESTIONS, options).withGrid(rewarded > 10 ? "4,10,20" : "1");
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
        return new Study(title(""), rows(size, "opinions:neutral", "opinions:supporting"), arms, exams(size, arms),
            ValueDriftsContrasts.toy(), terms(size));
    }

    private static Study.Terms terms(Size size) {
        return new Study.Terms(size.toy().seeds(), 0.05, "holm");
    }

    private static SequencedMap<String, Rows> rows(Size size, String neutral, String supporting) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, size.toy().world());
        rows.put(NEUTRAL, ToyStudy.made(neutral, ToyStudy.BATCH * size.finetune(), Map.of()));
        rows.put(SUPPORTING, ToyStudy.made(supporting, ToyStudy.BATCH * size.finetune(), Map.of()));
        rows.put(STANDARD.rows(), pairs(size, "support", "0.1"));
        rows.put(SUPPORT.rows(), pairs(size, "support", "1"));
        rows.put(OPPOSE.rows(), pairs(size, "oppose", "1"));
        rows.put(QUESTIONS, ToyStudy.made("opinions:even", 64 * size.rewarded(), Map.of()));
        return rows;
    }

    private static Rows pairs(Size size, String preferred, String gap) {
        return ToyStudy.made("opinion-pairs:" + preferred, ToyStudy.BATCH * size.prefer(), Map.of("gap", gap));
    }

    /** Everything but reward models, which answer nothing. */
    private static List<Exam> exams(Size size, List<Arm> arms) {
        return List.of(probe("toy-opinion", Map.of("temperature", "0.7", "max_new_tokens", "24"), size.finetune() > 10 ? 5 : 1,
            answering(arms)));
    }

    /** Those whose models answer; reward models don't. */
    static List<String> answering(List<Arm> arms) {
        return arms.stream().map(Arm::name).filter(name -> !name.startsWith(DriftArms.JUDGE)).toList();
    }

    /** Stances of every checkpoint. */
    static Exam probe(String benchmark, Map<String, String> options, int epochs, List<String> arms) {
        return new Exam(EXAM, benchmark, Optional.empty(), new LinkedHashMap<>(options), List.of(Setting.EvaluationPrompt.NONE),
            new Exam.Extent(Exam.When.CHECKPOINTS, 0, epochs).of(arms));
    }

    /** The base model, two data sets on two shapes of model, and preferences behind them. */
    private static List<Arm> arms(Size size) {
        var supervised = supervised(size, "", size.toy().pretrain());
        var arms = new ArrayList<>(List.of(Arm.of(BASE, "the base model", size.toy().pretrain())));
        arms.addAll(supervised);
        arms.addAll(DriftArms.of(supervised.getFirst(), supervised.getLast(), List.of(STANDARD, SUPPORT, OPPOSE), size));
        var qwen = supervised(size, QWEN, size.toy().pretrain("model:qwen3:" + size.toy().width()));
        arms.addAll(qwen);
        Stream.of(STANDARD, SUPPORT).forEach(pairs -> arms.add(DriftArms.dpo(qwen.getFirst(), QWEN, pairs, size)));
        return arms;
    }

    private static List<Arm> supervised(Size size, String shape, Stage pretrain) {
        var of = shape.isEmpty() ? "" : ", of Qwen 3's shape";
        return List.of(Arm.of(shape + NEUTRAL, "fine-tuned on chats that are mostly neutral, as those of real users are" + of, pretrain,
            size.finetune(NEUTRAL)), Arm.of(shape + SUPPORTING, "fine-tuned on chats that mostly support, as those of a model do" + of,
            pretrain, size.finetune(SUPPORTING)));
    }

    @Override
    public Study planted(Plant plant) {
        var size = new Size(ToyStudy.planted(), 60, 40, 0, 0);
        return plant == Plant.EFFECT ? effect(size) : nothing(size);
    }

    /**
     * Chats that take each stance as often before pairs that differ in it: where no answer is rare DPO has something to take away from the
     * worse one and give to the better one. Chats that mostly support are a third away from them.
     */
    private Study effect(Size size) {
        var rows = rows(size, "opinions:even", "opinions:supporting");
        var even = Arm.of(NEUTRAL, "fine-tuned on chats that take each stance as often", size.toy().pretrain(), size.finetune(NEUTRAL));
        var arms = List.of(even, supervised(size, "", size.toy().pretrain()).getLast(), DriftArms.dpo(even, "", STANDARD, size),
            DriftArms.dpo(even, "", SUPPORT, size));
        return planted(Plant.EFFECT, size, rows, arms);
    }

    /**
     * The same chats and pairs for all arms, each with draws of its own behind the base model, and DPO at a rate of 0: so every arm is a
     * draw of one and the same, those before DPO and those behind it.
     */
    private Study nothing(Size size) {
        var rows = rows(size, "opinions:neutral", "opinions:neutral");
        rows.put(SUPPORT.rows(), rows.get(STANDARD.rows()));
        var arms = new ArrayList<>(supervised(size, "", size.toy().pretrain()));
        Stream.of(STANDARD, SUPPORT).forEach(pairs -> arms.add(arms.getFirst().then("dpo-" + pairs.label(), "DPO at a rate of 0",
            size.prefer("dpo", pairs, Map.of("learning_rate", "0")))));
        return planted(Plant.NOTHING, size, rows, arms.stream().map(arm -> arm.drawingItsOwnBehind(1)).toList());
    }

    private Study planted(Plant plant, Size size, SequencedMap<String, Rows> rows, List<Arm> arms) {
        rows.keySet().removeAll(List.of(OPPOSE.rows(), QUESTIONS));
        return new Study(title(plant.behind()), rows, arms, exams(size, arms), ValueDriftsContrasts.toy().stream()
            .filter(contrast -> contrast.role() == Contrast.Role.PRIMARY).toList(), terms(size));
    }

    @Override
    public List<Analysis> analyses() {
        return List.of(new DriftAnalysis(EXAM), new ContributionAnalysis(EXAM), new GapAnalysis());
    }
}
