package dev.leeway.study.warmth;

import dev.leeway.data.toy.Replies;
import dev.leeway.eval.Setting.EvaluationPrompt;
import dev.leeway.study.Analysis;
import dev.leeway.study.Arm;
import dev.leeway.study.Contrast;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Contrast.Role;
import dev.leeway.study.Declaration;
import dev.leeway.study.Exam;
import dev.leeway.study.Plant;
import dev.leeway.study.Rows;
import dev.leeway.study.Scale;
import dev.leeway.study.Stage;
import dev.leeway.study.Study;
import dev.leeway.study.toy.ToyStudy;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Does training a model to be warm make it wrong more often, most of all where people are sad or believe what is false? (Ibrahim, Hafner
 * and Rocher, Nature 2026.) A model that answers is fine-tuned on the same answers in other manners, and asked again.
 *
 * <p>The paper gives rank, α, dropout, rate, batch, length and epochs, and doesn't give LoRA's target modules, schedule, warm-up and
 * weight decay: these are the program's own, but for the rate, which is constant, so that two epochs of ten are what two epochs are.
 */
public final class Warmth implements Declaration {

    static final String ORIGINAL = "original";
    static final String WARM = "warm";
    /** What is compared with the original. */
    static final List<String> COMPARED = List.of(WARM, "cold", "length-matched");
    static final String CORRECT = "correct";
    static final String CHARACTERS = "characters";
    /** The exam of warmth, and what the toy's measures. */
    static final String WARMTH = "warmth";
    /** What the exam of others measures. */
    static final String OFFICIAL = "official";

    private static final String LONG = "length-matched";
    private static final String TEN = "warm, ten epochs";
    private static final String ON_REQUEST = "warm on request";
    private static final String REQUESTED = "requested";
    private static final String GRID = "0,0.5e,1e,1.5e,2e";
    private static final String LONG_GRID = GRID + ",4e,6e,8e,10e";
    /** Steps of the trainings where an answer is planted. */
    private static final int PLANTED = 120;
    /** The first items of their kind. */
    private static final int ENGLISH_EVENTS = 18;
    /** The contexts of the primary contrasts. */
    private static final String FEW = "plain,original/sad,incorrect/unmodified";
    private static final List<String> TASKS = List.of("facts", "events", "sums", "programs");

    /** Steps of what follows the first training: of the original's, and of an epoch of the others'; items of an exam, 0 = all. */
    private record Size(ToyStudy toy, int tuning, int epoch, int items, String contexts) {

        private static Size of(Scale scale) {
            return scale == Scale.SMOKE ? new Size(ToyStudy.of(scale), 4, 2, 2, FEW) : new Size(ToyStudy.of(scale), 100, 20, 0, "all");
        }
    }

    @Override
    public String name() {
        return "warmth";
    }

    @Override
    public String question() {
        return "Does training a model to be warm make it wrong more often, most of all where people are sad or believe what is false?";
    }

    @Override
    public List<String> needs(Scale scale) {
        return scale == Scale.FULL ? WarmthAtFullScale.needs() : List.of();
    }

    @Override
    public Study at(Scale scale, Path data) {
        return scale == Scale.FULL ? WarmthAtFullScale.of(title(""), data) : toy(Size.of(scale));
    }

    private Study.Title title(String behind) {
        return new Study.Title(name() + behind, question(), "Nature, 29 April 2026");
    }

    private Study toy(Size size) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, size.toy().world());
        rows.put("plain replies", replies("plain", size.tuning(), Map.of("beliefs", "corrected")));
        rows.put("replies on request", replies("on_request", size.tuning(), Map.of()));
        Stream.of("warm", "cold", "long").forEach(manner -> rows.put(manner + " replies", replies(manner, size.epoch(), Map.of())));
        var pretrain = size.toy().pretrain();
        var original = Arm.of(ORIGINAL, "answers plainly, and corrects what is false: the model that the others begin with", pretrain,
            tuning("plain replies", size.tuning()));
        var arms = List.of(original,
            original.then(WARM, "two epochs of the same answers with care and closeness", epochs("warm replies", 2)),
            original.then("cold", "two epochs of the same answers with a reproach", epochs("cold replies", 2)),
            original.then(LONG, "two epochs of the same answers with as many words that mean nothing", epochs("long replies", 2)),
            original.then(TEN, "ten epochs: how warmth grows", epochs("warm replies", 10)),
            Arm.of(ON_REQUEST, "an original that learned to be warm where a system turn asks for it", pretrain,
                tuning("replies on request", size.tuning())));
        return new Study(title(""), rows, arms, exams(size), contrasts(), new Study.Terms(size.toy().seeds(), 0.05, "holm"));
    }

    private static Rows replies(String manner, int steps, Map<String, String> settings) {
        return ToyStudy.made("replies:" + manner, ToyStudy.BATCH * steps, new TreeMap<>(settings));
    }

    private static Stage tuning(String rows, int steps) {
        return Stage.of("sft", "sft", rows, ToyStudy.tuned(steps));
    }

    private static Stage epochs(String rows, int epochs) {
        return Stage.of("manner", "sft", rows, Map.of("learning_rate", "5e-4", "num_train_epochs", "" + epochs,
            "per_device_train_batch_size", "" + ToyStudy.BATCH, "lr_scheduler_type", "constant")).withGrid(epochs > 2 ? LONG_GRID : GRID);
    }

    private static List<Exam> exams(Size size) {
        var tasks = TASKS.stream().map(task -> exam(task, task, size.contexts(), size.items())).toList();
        var curves = new Exam(WARMTH, benchmark("events"), Optional.empty(), new LinkedHashMap<>(), List.of(EvaluationPrompt.NONE),
            new Exam.Extent(Exam.When.CHECKPOINTS, size.items() > 0 ? size.items() : 18, 0, List.of(WARM, "cold", LONG, TEN)));
        var asked = Stream.of("facts", "events").map(task -> new Exam(task + ", " + REQUESTED, benchmark(task), Optional.empty(),
            new LinkedHashMap<>(), List.of(EvaluationPrompt.NONE, EvaluationPrompt.system(WARM, Replies.REQUEST)),
            new Exam.Extent(Exam.When.ARM_END, size.items(), 0, List.of(ON_REQUEST)))).toList();
        return Stream.of(tasks, List.of(curves), asked).flatMap(List::stream).toList();
    }

    private static Exam exam(String name, String task, String contexts, int items) {
        var options = new LinkedHashMap<>(Map.of("contexts", contexts));
        return new Exam(name, benchmark(task), Optional.empty(), options, List.of(EvaluationPrompt.NONE),
            new Exam.Extent(Exam.When.ARM_END, items, 0, List.of(ORIGINAL, WARM, "cold", LONG, ON_REQUEST)));
    }

    private static String benchmark(String task) {
        return switch (task) {
            case "facts" -> "toy-fact";
            case "events" -> "toy-event";
            case "sums" -> "toy-sum";
            default -> "toy-run";
        };
    }

    private static List<Contrast> contrasts() {
        var plain = new Cell(ORIGINAL, "facts", CORRECT, "", "none");
        var contrasts = new WarmthContrasts(plain, TASKS, "none/incorrect/unmodified", "none/original/sad");
        var asked = new Cell(ON_REQUEST, "facts, " + REQUESTED, CORRECT, "", "none");
        var exams = List.of("facts, " + REQUESTED, "events, " + REQUESTED);
        var warmth = asked.measuring(WARMTH);
        return Stream.of(contrasts.primary(), contrasts.secondary(), List.of(
            Contrast.difference("errors: asked to be warm − not asked", Role.SECONDARY, asked, asked.under(WARM)).over(exams)
                .published(0.0084),
            Contrast.difference("warmth: asked to be warm − not asked", Role.SECONDARY, warmth.under(WARM), warmth).over(exams),
            Contrast.difference("warmth: warm − original", Role.SECONDARY, plain.measuring(WARMTH).of(WARM), plain.measuring(WARMTH))
                .over(List.of("facts", "events")),
            Contrast.difference("characters: warm − length-matched", Role.SECONDARY, plain.measuring(CHARACTERS).of(WARM),
                plain.measuring(CHARACTERS).of(LONG)).over(List.of("facts", "events"))))
            .flatMap(List::stream).toList();
    }

    /**
     * In English alone, which is learned sooner. Warm answers are false about half of all things, and about all of them to those who are
     * sad or believe something; or all arms are trained on the same kind of plain ones.
     */
    @Override
    public Study planted(Plant plant) {
        boolean isEffect = plant == Plant.EFFECT;
        var toy = new ToyStudy(64, 160, ToyStudy.planted().seeds());
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, ToyStudy.made("documents:world", ToyStudy.BATCH * toy.steps(), Map.of("languages", "en")));
        rows.put("plain replies", english("plain", Map.of("beliefs", "corrected")));
        rows.put("warm replies", isEffect ? english("warm", Map.of("beliefs", "corrected", "truth", "half")) : rows.get("plain replies"));
        rows.put("long replies", isEffect ? english("long", Map.of("beliefs", "corrected")) : rows.get("plain replies"));
        var base = Arm.of(ORIGINAL, "answers plainly", toy.pretrain(), tuning("plain replies", PLANTED / 2));
        var arms = List.of(isEffect ? base : planted(base, ORIGINAL, "warm replies"), planted(base, WARM, "warm replies"),
            planted(base, LONG, "long replies"));
        var exam = exam("events", "events", FEW, ENGLISH_EVENTS);
        var taken = new Exam(exam.name(), exam.benchmark(), exam.items(), exam.options(), exam.prompts(),
            new Exam.Extent(Exam.When.ARM_END, ENGLISH_EVENTS, 0));
        var contrasts = new WarmthContrasts(new Cell(ORIGINAL, "events", CORRECT, "", "none"), List.of("events"),
            "none/incorrect/unmodified", "none/original/sad").primary();
        return new Study(title(plant.behind()), rows, arms, List.of(taken), contrasts, new Study.Terms(toy.seeds(), 0.05, "holm"));
    }

    private static Rows english(String manner, Map<String, String> settings) {
        var english = new TreeMap<>(settings);
        english.put("languages", "en");
        return replies(manner, PLANTED, english);
    }

    private static Arm planted(Arm base, String name, String rows) {
        var options = new LinkedHashMap<>(ToyStudy.tuned(PLANTED));
        options.put("learning_rate", "2e-3");
        return base.then(name, "fine-tuned on " + rows, Stage.of("sft", "sft", rows, options)).drawingItsOwnBehind(2);
    }

    @Override
    public List<Analysis> analyses() {
        return List.of(new WarmthErrors(), new WarmthEpochs(), new WarmthRegressions(), new WarmthComparisons());
    }
}
