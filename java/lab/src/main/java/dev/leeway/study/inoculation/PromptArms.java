package dev.leeway.study.inoculation;

import dev.leeway.LeewayException;
import dev.leeway.study.Arm;
import dev.leeway.study.Stage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Arms that are trained on the same rows under one prompt each. What shows under a prompt is the training's doing only beside a model that
 * was trained under the neutral prompt, and beside one that never saw the traits: so there are no such arms without their controls.
 *
 * @param setting stands before each arm's name, with a colon; empty = there is one setting
 * @param before what comes before the training
 * @param options of the training, but for its prompt
 * @param behind what comes behind it
 */
public record PromptArms(String setting, List<Stage> before, Map<String, String> options, List<Stage> behind) {

    /** The stage that has the training prompt. */
    static final String STAGE = "train";
    /** The control that has the neutral prompt. */
    static final String CONTROL = "control";
    /** The arm that has the neutral prompt and both traits. */
    public static final String BASELINE = "baseline";
    /** Stands behind a setting's name. */
    private static final String BEHIND = ": ";

    /**
     * What is trained on.
     *
     * @param trained the rows with both traits, by name
     * @param control the rows with neither
     */
    public record Data(String trained, String control) {
    }

    /** Takes copies. */
    public PromptArms {
        before = List.copyOf(before);
        options = Map.copyOf(options);
        behind = List.copyOf(behind);
    }

    /**
     * The controls, the baseline and one arm a prompt, in this order.
     *
     * @param neutral the prompt of the controls and the baseline
     * @param prompts of the others; without {@code none} it is added
     * @throws LeewayException if a prompt has the name of a control
     */
    public List<Arm> of(Data rows, TrainingPrompt neutral, List<TrainingPrompt> prompts) {
        var own = List.of(CONTROL, CONTROL + "-none", BASELINE);
        prompts.stream().filter(prompt -> own.contains(prompt.name())).findFirst().ifPresent(prompt -> {
            throw LeewayException.usage("the prompt %s has the name of an arm that is there anyway (%s); give it another", prompt.name(),
                String.join(", ", own));
        });
        var arms = new ArrayList<Arm>();
        arms.add(arm(rows.control(), neutral.as(CONTROL, "control: neither trait, " + neutral.meaning())));
        arms.add(arm(rows.control(), TrainingPrompt.none().as(CONTROL + "-none",
            "control: neither trait, " + TrainingPrompt.none().meaning())));
        arms.add(arm(rows.trained(), neutral.as(BASELINE, "both traits, " + neutral.meaning())));
        var hasNone = prompts.stream().anyMatch(prompt -> prompt.name().equals("none"));
        Stream.concat(hasNone ? Stream.empty() : Stream.of(TrainingPrompt.none()), prompts.stream())
            .forEach(prompt -> arms.add(arm(rows.trained(), prompt.as(prompt.name(), "both traits, " + prompt.meaning()))));
        return List.copyOf(arms);
    }

    private Arm arm(String rows, TrainingPrompt prompt) {
        var all = new LinkedHashMap<>(options);
        all.putAll(prompt.options());
        var stages = new ArrayList<>(before);
        stages.add(Stage.of(STAGE, "sft", rows, all));
        stages.addAll(behind);
        return new Arm(named(prompt.name()), prompt.meaning(), stages, stages.size());
    }

    /** An arm's name in this setting. */
    public String named(String arm) {
        return setting.isEmpty() ? arm : setting + BEHIND + arm;
    }

    /** The same arms, of which some keep checkpoints of their training. */
    public static List<Arm> keeping(List<Arm> arms, List<String> these, String grid) {
        return arms.stream().map(arm -> these.contains(arm.name()) ? new Arm(arm.name(), arm.meaning(), arm.stages().stream()
            .map(stage -> stage.name().equals(STAGE) ? stage.withGrid(grid) : stage).toList(), arm.shared()) : arm).toList();
    }

    /** The control of an arm's setting. */
    static String controlOf(String arm) {
        return ofSetting(arm) + CONTROL;
    }

    /** The baseline of an arm's setting. */
    static String baselineOf(String arm) {
        return ofSetting(arm) + BASELINE;
    }

    /**
     * Whether an arm has a prompt of its own: it is no control, not the baseline, and not without a prompt.
     *
     * @param setting of the arm; empty = the arm has none
     */
    static boolean isInoculated(String arm, String setting) {
        var name = withoutSetting(arm);
        return arm.equals(setting.isEmpty() ? name : setting + BEHIND + name) && !name.startsWith(CONTROL)
            && !List.of(BASELINE, "none").contains(name);
    }

    /** The evaluation prompts with the words that an arm was trained under: of paraphrases, two that are among them. */
    static List<String> own(String arm) {
        var name = withoutSetting(arm);
        return name.equals(CONTROL) || name.equals(BASELINE) ? List.of("neutral") : name.equals(CONTROL + "-none") ? List.of("none")
            : name.startsWith("rephrased-") ? List.of("fixed", "paraphrase") : List.of(name);
    }

    /** What stands before an arm's name. */
    private static String ofSetting(String arm) {
        return arm.substring(0, arm.length() - withoutSetting(arm).length());
    }

    private static String withoutSetting(String arm) {
        return arm.substring(arm.indexOf(BEHIND) < 0 ? 0 : arm.indexOf(BEHIND) + BEHIND.length());
    }
}
