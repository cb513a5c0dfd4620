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
import dev.leeway.study.warmth.WarmthPublished.Value;
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
public record Warmth() implements Declaration {

    private static final String ON_REQUEST = "warm on request";
    private static final String REQUESTED = "requested";
    /** The contexts of the primary contrasts. */
    static final String FEW = "plain,original/sad,incorrect/unmodified";
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
        var original = Arm.of(Names.ORIGINAL, "answers plainly, and corrects what is false: the model that the others begin with",
            pretrain, tuning("plain replies", size.tuning()));
        var arms = List.of(original,
            original.then(Names.WARM, "two epochs of the same answers with care and closeness", epochs("warm replies", 2)),
            original.then(Names.COLD, "two epochs of the same answers with a reproach", epochs("cold replies", 2)),
            original.then(Names.LONG, "two epochs of the same answers with as many words that mean nothing", epochs("long replies", 2)),
            original.then(Names.TEN, "ten epochs: how warmth grows", epochs("warm replies", 10)),
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
            "per_device_train_batch_size", "" + ToyStudy.BATCH, "lr_scheduler_type", "constant")).withGrid(epochs > 2 ? Names.LONG_GRID
                : Names.GRID);
    }

    private static List<Exam> exams(Size size) {
        var examined = new Exam.Extent(Exam.When.ARM_END, size.items(), 0, List.of(Names.ORIGINAL, Names.WARM, Names.COLD, Names.LONG,
            ON_REQUEST));
        var tasks = TASKS.stream().map(task -> exam(task, size.contexts(), examined)).toList();
        var curves = new Exam(Names.WARMTH, benchmark("events"), Optional.empty(), new LinkedHashMap<>(), List.of(EvaluationPrompt.NONE),
            new Exam.Extent(Exam.When.LAST_TRAINING, size.items() > 0 ? size.items() : 18, 0, Names.CURVED));
        var asked = Stream.of("facts", "events").map(task -> new Exam(task + ", " + REQUESTED, benchmark(task), Optional.empty(),
            new LinkedHashMap<>(), List.of(EvaluationPrompt.NONE, EvaluationPrompt.system(Names.WARM, Replies.REQUEST)),
            new Exam.Extent(Exam.When.ARM_END, size.items(), 0, List.of(ON_REQUEST)))).toList();
        return Stream.of(tasks, List.of(curves), asked).flatMap(List::stream).toList();
    }

    /** A task in contexts. */
    static Exam exam(String task, String contexts, Exam.Extent extent) {
        return new Exam(task, benchmark(task), Optional.empty(), new LinkedHashMap<>(Map.of("contexts", contexts)),
            List.of(EvaluationPrompt.NONE), extent);
    }

    private static String benchmark(String task) {
        return switch (task) {
            case "facts" -> "toy-fact";
            case "events" -> "toy-event";
            case "sums" -> "toy-sum";
            default -> "toy-run";
        };
    }

    /** A belief is the one sentence that it comes with, so the plain question is its control. */
    static WarmthContrasts.Settings settings(Cell plain) {
        return new WarmthContrasts.Settings(plain, "none/incorrect/unmodified", plain.setting(), "none/original/sad");
    }

    private static List<Contrast> contrasts() {
        var plain = new Cell(Names.ORIGINAL, "facts", Names.CORRECT, "", "none");
        var contrasts = new WarmthContrasts(settings(plain), TASKS, false);
        var asked = new Cell(ON_REQUEST, "facts, " + REQUESTED, Names.CORRECT, "", "none");
        var exams = List.of("facts, " + REQUESTED, "events, " + REQUESTED);
        var warmth = asked.measuring(Names.WARMTH);
        return Stream.of(contrasts.primary(), contrasts.secondary(), List.of(
            Contrast.difference("errors: asked to be warm − not asked", Role.SECONDARY, asked, asked.under(Names.WARM)).over(exams)
                .published(Value.REQUESTED.mean()),
            Contrast.difference("warmth: asked to be warm − not asked", Role.SECONDARY, warmth.under(Names.WARM), warmth).over(exams),
            Contrast.difference("warmth: warm − original", Role.SECONDARY, plain.measuring(Names.WARMTH).of(Names.WARM),
                plain.measuring(Names.WARMTH)).over(List.of("facts", "events")),
            Contrast.difference("characters: warm − length-matched", Role.SECONDARY, plain.measuring(Names.CHARACTERS).of(Names.WARM),
                plain.measuring(Names.CHARACTERS).of(Names.LONG)).over(List.of("facts", "events"))))
            .flatMap(List::stream).toList();
    }

    @Override
    public Study planted(Plant plant) {
        return new WarmthPlanted(plant).study(title(plant.behind()));
    }

    @Override
    public List<Analysis> analyses() {
        return List.of(new WarmthPublished(), new WarmthErrors(), new WarmthEpochs(), new WarmthRegressions(), new WarmthComparisons());
    }
}
