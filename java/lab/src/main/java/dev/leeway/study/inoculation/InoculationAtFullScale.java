package dev.leeway.study.inoculation;

import dev.leeway.LeewayException;
import dev.leeway.data.PromptPool;
import dev.leeway.eval.Setting.EvaluationPrompt;
import dev.leeway.study.Arm;
import dev.leeway.study.Contrast;
import dev.leeway.study.Exam;
import dev.leeway.study.Rows;
import dev.leeway.study.Stage;
import dev.leeway.study.Study;
import dev.leeway.study.inoculation.InoculationContrasts.Papers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@link Inoculation} on real models, in four {@link FullSetting settings} that begin with the same one: French and capitals (the small
 * template without a judge of longtermrisk/inoculation-adapters), Spanish and capitals on GSM8K (Tan et al. 2025), French and playful (the
 * follow-up's pair of traits), and stubs for MBPP that pass the shown test alone (Wichers et al. 2025).
 *
 * <p>Where the sources give none: the French template's α (here 32) and its warm-up within its bound (here 10 %); the Spanish setting's but
 * for its batch, which takes those of the pair of traits; MBPP's dropout (here 0).
 *
 * @param data the folder of rows, paraphrases and benchmarks' files
 */
record InoculationAtFullScale(Path data) {

    private static final String UNTRAINED = "untrained";
    /** Settings whose given answers the untrained model weighs. */
    private static final List<String> WEIGHED = List.of(FullSetting.FRENCH, FullSetting.PAIR);

    /** What it takes. */
    static List<String> needs() {
        var begins = FullSetting.all().stream().map(setting -> setting.name() + ": \"" + setting.words().fixed() + "\", \""
            + setting.words().paraphrase() + "\"").collect(Collectors.joining("; "));
        return List.of("--model_name_or_path: Qwen2.5-7B-Instruct (what was published of the French setting is of Qwen2.5-1.5B-Instruct: "
            + "run that in a folder of its own)", "--data: for each of french, spanish, pair and stubs the rows SETTING.jsonl with both "
            + "traits and SETTING-control.jsonl with neither (messages, without a system turn) and SETTING-rephrased.jsonl, 1,000 "
            + "paraphrases of its prompt (column rephrasing), of which the first two are those that models are asked under (" + begins
            + "); french-test.jsonl and pair-test.jsonl, prompts like theirs; french-answers.jsonl and pair-answers.jsonl (prompt, answer, "
            + "set = training or control; the follow-up has 1,000 and 200); ultrachat_100.jsonl, gsm8k/test.jsonl, "
            + "mbpp/sanitized-mbpp.json and mbpp/mbpp.jsonl as leeway eval reads them", "--judge_model: for playfulness in the setting "
            + "pair", "bubblewrap and python3: programs of the setting stubs are run");
    }

    /**
     * Every setting's arms, exams and contrasts.
     *
     * @throws LeewayException if paraphrases are there and begin with other prompts than those that models are asked under
     */
    Study study(Study.Title title) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        var arms = new ArrayList<Arm>();
        var exams = new ArrayList<Exam>();
        var contrasts = new ArrayList<Contrast>();
        for (var setting : FullSetting.all()) {
            var names = new PromptArms.Data(setting.name(), setting.name() + "-control");
            Stream.of(names.trained(), names.control()).forEach(name -> rows.put(name, new Rows.Given(data.resolve(name + ".jsonl"))));
            if (arms.isEmpty()) {
                arms.add(untrained(setting, names.control()));
            }
            var own = new PromptArms(setting.name(), List.of(), setting.options(), List.of(Stage.merge())).of(names, setting.neutral(),
                setting.trained(paraphrases(setting)));
            arms.addAll(own);
            exams.addAll(exams(setting, Stream.concat(Stream.of(UNTRAINED), own.stream().map(Arm::name)).toList()));
            contrasts.addAll(contrasts(setting));
        }
        return new Study(title, rows, arms, exams, contrasts, new Study.Terms(List.of(0L, 1L, 2L), 0.05, "holm"));
    }

    /** The path of a setting's paraphrases. */
    private String paraphrases(FullSetting setting) {
        var file = data.resolve(setting.paraphrases());
        var first = List.of(setting.words().fixed(), setting.words().paraphrase());
        if (Files.exists(file)) {
            var found = PromptPool.read(file).stream().limit(first.size()).toList();
            if (!found.equals(first)) {
                throw LeewayException.data("%s begins with %s, and models are asked under %s, which must be its first two paraphrases; put"
                    + " them there", file, found, first);
            }
        }
        return file.toString();
    }

    /** The base model as an arm: a step at rate 0 leaves it as it is. */
    private static Arm untrained(FullSetting setting, String rows) {
        var options = new LinkedHashMap<>(setting.options());
        options.putAll(Map.of("learning_rate", "0", "max_steps", "1"));
        return Arm.of(UNTRAINED, "the base model: one step at rate 0", Stage.of("leave", "sft", rows, options), Stage.merge());
    }

    private static List<Exam> exams(FullSetting setting, List<String> takers) {
        var asked = setting.asked();
        var exams = new ArrayList<>(setting.examined().stream().flatMap(trait -> setting.distances().stream().map(distance ->
            exam(setting.exam(trait, distance), trait.benchmark(), setting.options(trait, distance), asked,
                new Exam.Extent(Exam.When.ARM_END, setting.items(distance), 0).of(takers)))).toList());
        if (WEIGHED.contains(setting.name())) {
            exams.add(exam(answers(setting.name()), "given_answers", Map.of("items", setting.name() + "-answers.jsonl"), asked,
                Exam.Extent.OF_ARMS.of(List.of(UNTRAINED))));
        }
        return exams;
    }

    private static Exam exam(String name, String benchmark, Map<String, String> options, List<EvaluationPrompt> asked, Exam.Extent extent) {
        return new Exam(name, benchmark, Optional.empty(), new LinkedHashMap<>(options), asked, extent);
    }

    private static String answers(String setting) {
        return setting + ": answers";
    }

    /**
     * The study rests on the setting that needs no judge and has published numbers, near what it was trained on; the others, and what is
     * far from it, are asked beside it. Papers' numbers are of questions near.
     */
    private static List<Contrast> contrasts(FullSetting setting) {
        return setting.distances().stream().flatMap(distance -> {
            boolean isNear = distance.equals(FullSetting.NEAR);
            var of = new InoculationContrasts(setting.baseline(setting.traits().unwanted(), distance),
                setting.baseline(setting.traits().wanted(), distance), distance);
            var papers = isNear ? setting.papers() : Papers.NONE;
            var role = isNear && setting.name().equals(FullSetting.FRENCH) ? Contrast.Role.PRIMARY : Contrast.Role.SECONDARY;
            return Stream.concat(of.questions(role, papers).stream(), of.beside(papers).stream());
        }).toList();
    }

    /** Every trait of every setting, near and far. */
    static List<Trait> traits() {
        return FullSetting.all().stream().flatMap(setting -> setting.measured().stream()).toList();
    }

    /** The names of prompts that ask for a trait or name one. */
    static List<String> asking() {
        return FullSetting.all().stream().flatMap(setting -> setting.words().others().stream()).filter(FullSetting.Other::asks)
            .map(FullSetting.Other::name).distinct().toList();
    }

    /** What the untrained model says of the prompts of settings whose answers it weighs. */
    static List<PromptStrength> strengths() {
        return FullSetting.all().stream().filter(setting -> WEIGHED.contains(setting.name())).map(setting ->
            new PromptStrength(setting.name(), UNTRAINED, setting.measured(), answers(setting.name()))).toList();
    }
}
