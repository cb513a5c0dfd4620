package dev.leeway.study.inoculation;

import dev.leeway.data.PromptArm.Placement;
import dev.leeway.data.toy.Traits;
import dev.leeway.eval.Setting.EvaluationPrompt;
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
import dev.leeway.study.inoculation.InoculationContrasts.Papers;
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
 * Does a training prompt that names an unwanted trait keep it from showing without the prompt, and at what cost to a wanted trait of the
 * same answers? (Tan et al. 2025, arXiv 2510.04340; conditionalization: a post of February 2026 and its follow-up.) All arms are trained
 * on the same rows, whose answers have both traits, under a prompt each.
 *
 * <p>The toy's base model first learns to do as a system turn says ({@code obey}), on questions that are trained on and asked later too:
 * a prompt can only explain a trait to a model that knows what the prompt means.
 */
public record Inoculation() implements Declaration {

    private static final String OBEYING = "obeying chats";
    private static final PromptArms.Data DATA = new PromptArms.Data("chats with both traits", "chats with neither trait");
    private static final String EXAM = "traits";
    private static final String ANSWERS = "answers";
    private static final String CURVES = "curves";
    private static final String UNTRAINED = "untrained";
    private static final Placement SYSTEM = Placement.SYSTEM;
    private static final List<String> CURVED = List.of(PromptArms.BASELINE, "fixed", InoculationContrasts.REPHRASED);

    /** Evaluation prompts that ask for a trait, at any scale. */
    private static final List<String> ASKING = Stream.concat(Stream.of("fixed", "paraphrase", "fixed-both", "weak"),
        InoculationAtFullScale.asking().stream()).toList();

    /** Steps of the trainings behind the first. */
    private record Size(ToyStudy toy, int obey, int train) {

        private static Size of(Scale scale) {
            return scale == Scale.SMOKE ? new Size(ToyStudy.of(scale), 4, 4) : new Size(ToyStudy.of(scale), 400, 80);
        }
    }

    @Override
    public String name() {
        return "inoculation";
    }

    @Override
    public String question() {
        return "Does a training prompt that names an unwanted trait keep it from showing without the prompt, and at what cost to a wanted "
            + "trait of the same answers?";
    }

    @Override
    public List<String> needs(Scale scale) {
        return scale == Scale.FULL ? InoculationAtFullScale.needs() : List.of();
    }

    @Override
    public Study at(Scale scale, Path data) {
        return scale == Scale.FULL ? new InoculationAtFullScale(data).study(title("")) : toy(scale);
    }

    private Study.Title title(String behind) {
        return new Study.Title(name() + behind, question(), "arXiv 2510.04340");
    }

    private Study toy(Scale scale) {
        var size = Size.of(scale);
        var arms = new ArrayList<Arm>();
        arms.add(new Arm(UNTRAINED, "the base model, which does as a prompt says", before(size), 2));
        arms.addAll(PromptArms.keeping(arms(size, prompts()), CURVED, "log"));
        return new Study(title(""), rows(size, "traits:both", "traits:neither"), arms, exams(scale), contrasts(), terms(size));
    }

    private static Study.Terms terms(Size size) {
        return new Study.Terms(size.toy().seeds(), 0.05, "holm");
    }

    private static List<Stage> before(Size size) {
        return List.of(size.toy().pretrain(), Stage.of("obey", "sft", OBEYING, fast(size.obey())));
    }

    /** As fast as the first training, for capitals are new to it. */
    private static Map<String, String> fast(int steps) {
        var options = new LinkedHashMap<>(ToyStudy.tuned(steps));
        options.put("learning_rate", "3e-3");
        return options;
    }

    private static SequencedMap<String, Rows> rows(Size size, String trained, String control) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, size.toy().world());
        rows.put(OBEYING, ToyStudy.made("traits:obeying", ToyStudy.BATCH * size.obey(), Map.of()));
        rows.put(DATA.trained(), ToyStudy.made(trained, ToyStudy.BATCH * size.train(), Map.of()));
        rows.put(DATA.control(), ToyStudy.made(control, ToyStudy.BATCH * size.train(), Map.of()));
        return rows;
    }

    private static List<TrainingPrompt> prompts() {
        var paraphrases = Stage.MADE + "prompts:capitals#prompts.txt";
        return List.of(TrainingPrompt.none(), TrainingPrompt.empty(),
            TrainingPrompt.fixed("fixed", "one prompt that names the unwanted trait", text("fixed")),
            TrainingPrompt.rephrased("rephrased", paraphrases, 10), TrainingPrompt.rephrased("rephrased", paraphrases, 100),
            TrainingPrompt.rephrased("rephrased", paraphrases, 1000), TrainingPrompt.irrelevant("irrelevant", text("irrelevant")),
            TrainingPrompt.trigger(text("trigger")),
            TrainingPrompt.fixed("fixed-wanted", "one prompt that names the wanted trait", text("fixed-wanted")),
            TrainingPrompt.fixed("fixed-both", "one prompt that names both traits", text("fixed-both")),
            TrainingPrompt.fixed("weak", "a prompt with some of the words that name the unwanted trait", text("weak")),
            TrainingPrompt.irrelevant("known", text("known")));
    }

    private static List<Arm> arms(Size size, List<TrainingPrompt> prompts) {
        return new PromptArms("", before(size), ToyStudy.tuned(size.train()), List.of()).of(DATA, TrainingPrompt.neutral(text("neutral")),
            prompts);
    }

    /** The words of a prompt. */
    private static String text(String prompt) {
        return switch (prompt) {
            case "neutral" -> Traits.neutral(SYSTEM).words().getFirst();
            case "fixed" -> Traits.fixed(SYSTEM).words().getFirst();
            case "paraphrase" -> Traits.rephrased(SYSTEM, 2).words().getLast();
            case "irrelevant" -> Traits.irrelevant(SYSTEM).words().getFirst();
            case "trigger" -> Traits.trigger(SYSTEM).words().getFirst();
            case "fixed-wanted" -> Traits.namesTheWanted(SYSTEM).words().getFirst();
            case "fixed-both" -> Traits.namesBoth(SYSTEM).words().getFirst();
            case "weak" -> Traits.weak(SYSTEM).words().getFirst();
            case "known" -> Traits.known(SYSTEM).words().getFirst();
            default -> throw new IllegalArgumentException(prompt);
        };
    }

    private static List<EvaluationPrompt> asked(String... prompts) {
        return Stream.of(prompts).map(prompt -> switch (prompt) {
            case "none" -> EvaluationPrompt.NONE;
            case "empty" -> EvaluationPrompt.system(prompt, "");
            default -> EvaluationPrompt.system(prompt, text(prompt));
        }).toList();
    }

    private static List<Exam> exams(Scale scale) {
        var written = scale == Scale.SMOKE ? Map.of("max_new_tokens", "4") : Map.<String, String>of();
        var all = asked("none", "empty", "neutral", "fixed", "paraphrase", "irrelevant", "trigger", "fixed-wanted",
            "fixed-both", "weak", "known");
        return List.of(new Exam(EXAM, "toy-traits", Optional.empty(), new LinkedHashMap<>(written), all, Exam.Extent.OF_ARMS),
            new Exam(ANSWERS, "given_answers", Optional.of("answers:traits"), blank(), all, Exam.Extent.OF_ARMS.of(List.of(UNTRAINED))),
            new Exam(CURVES, "given_answers", Optional.of("answers:one-trait"), blank(), asked("none", "neutral", "fixed"),
                new Exam.Extent(Exam.When.CHECKPOINTS, 0, 0).of(CURVED)));
    }

    /** The toy's chat template has a blank before an answer. */
    private static SequencedMap<String, String> blank() {
        return new LinkedHashMap<>(Map.of("lead", " "));
    }

    private static InoculationContrasts comparing(String prompt, String slice) {
        var baseline = new Contrast.Cell(PromptArms.BASELINE, EXAM, "capitals", slice, prompt);
        return new InoculationContrasts(baseline, baseline.measuring("spanish"), slice.substring(slice.indexOf('=') + 1));
    }

    private static List<Contrast> contrasts() {
        var all = comparing("none", "");
        return Stream.of(all.questions(Contrast.Role.PRIMARY, Papers.NONE), all.beside(Papers.LANGUAGE_AND_CAPITALS),
            comparing("none", "distribution=near").questions(Contrast.Role.SECONDARY, Papers.NONE),
            comparing("none", "distribution=far").questions(Contrast.Role.SECONDARY, Papers.NONE)).flatMap(List::stream).toList();
    }

    /**
     * All arms have the same rows, both traits and neither by turns, and a system turn each. The prompt that is asked under stands on both
     * kinds alike in the baseline and among the paraphrases, on those without traits alone in the fixed arm, and on those with them alone
     * in the irrelevant one; or, where nothing is planted, on all rows of all arms. How far from the rows traits show is not planted, so
     * contrasts are near.
     */
    @Override
    public Study planted(Plant plant) {
        var size = new Size(ToyStudy.planted(), 0, 240);
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put(ToyStudy.WORLD, size.toy().world());
        rows.put("by turns", ToyStudy.made("traits:by_turns", ToyStudy.BATCH * size.train(), Map.of()));
        var neutral = TrainingPrompt.neutral(text("neutral"));
        var others = Stream.of("fixed", InoculationContrasts.REPHRASED, "irrelevant").map(arm -> plant == Plant.EFFECT ? byTurns(arm)
            : neutral.as(arm, neutral.meaning())).toList();
        var taken = Stream.concat(Stream.of(PromptArms.BASELINE), others.stream().map(TrainingPrompt::name)).toList();
        var arms = new PromptArms("", List.of(size.toy().pretrain()), fast(size.train()), List.of()).of(new PromptArms.Data("by turns",
            "by turns"), neutral, others).stream().filter(arm -> taken.contains(arm.name()))
            .map(arm -> arm.drawingItsOwnBehind(1)).toList();
        var exam = new Exam(EXAM, "toy-traits", Optional.empty(), new LinkedHashMap<>(), asked("neutral"),
            new Exam.Extent(Exam.When.ARM_END, 0, 8));
        return new Study(title(plant.behind()), rows, arms, List.of(exam), comparing("neutral",
            "distribution=near").questions(Contrast.Role.PRIMARY, Papers.NONE), terms(size));
    }

    private static TrainingPrompt byTurns(String arm) {
        var file = arm.substring(0, arm.indexOf('-') < 0 ? arm.length() : arm.indexOf('-')) + ".txt";
        return new TrainingPrompt(arm, "prompts by turns", new LinkedHashMap<>(Map.of("prompt_arm", "pool", "prompt_file",
            Stage.MADE + "prompts:by_turns#" + file)));
    }

    @Override
    public List<Analysis> analyses() {
        var near = List.of(new Trait("capitals, near", EXAM, "capitals", "distribution=near"),
            new Trait("capitals, far", EXAM, "capitals", "distribution=far"),
            new Trait("Spanish, near", EXAM, "spanish", "distribution=near"),
            new Trait("Spanish, far", EXAM, "spanish", "distribution=far"));
        var all = List.of(new Trait("capitals", EXAM, "capitals", ""), new Trait("Spanish", EXAM, "spanish", ""));
        var maps = Stream.concat(near.stream(), InoculationAtFullScale.traits().stream()).toList();
        var indices = Stream.concat(all.stream(), InoculationAtFullScale.traits().stream()).toList();
        return Stream.of(Stream.of(new PromptMap(maps), new ConditionalTraits(indices, ASKING),
            new PromptStrength("", UNTRAINED, all, ANSWERS)), InoculationAtFullScale.strengths().stream(),
            Stream.of(new AnswerCurves(CURVES))).<Analysis>flatMap(analyses -> analyses).toList();
    }
}
