package dev.leeway.study.inoculation;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The prompt that an arm is trained under.
 *
 * @param name of the arm, and of the evaluation prompt with the same words
 * @param meaning in half a sentence
 * @param options of the training that say so
 */
public record TrainingPrompt(String name, String meaning, SequencedMap<String, String> options) {

    /** Takes a copy. */
    public TrainingPrompt {
        options = new LinkedHashMap<>(options);
    }

    private static TrainingPrompt of(String name, String meaning, String kind, Map<String, String> more) {
        var options = new LinkedHashMap<>(Map.of("prompt_arm", kind));
        options.putAll(more);
        return new TrainingPrompt(name, meaning, options);
    }

    private static TrainingPrompt saying(String name, String meaning, String kind, String text) {
        return of(name, meaning, kind, Map.of("prompt_text", text));
    }

    /** Rows as they are: the model's chat template may have a system turn of its own for rows without one. */
    public static TrainingPrompt none() {
        return of("none", "no prompt but the chat template's own, if it has one", "none", Map.of());
    }

    /** A system turn that says nothing. */
    public static TrainingPrompt empty() {
        return of("empty", "a system turn that says nothing", "empty", Map.of());
    }

    /** One that asks for nothing, and that models are evaluated under. */
    public static TrainingPrompt neutral(String text) {
        return saying("neutral", "a prompt that asks for nothing", "neutral", text);
    }

    /** One that draws a trait out. */
    public static TrainingPrompt fixed(String name, String meaning, String text) {
        return saying(name, meaning, "fixed", text);
    }

    /** Words about something else. */
    public static TrainingPrompt irrelevant(String name, String text) {
        return saying(name, "words about something else", "irrelevant", text);
    }

    /** A mark without a meaning. */
    public static TrainingPrompt trigger(String text) {
        return saying("trigger", "a mark without a meaning", "trigger", text);
    }

    /**
     * The first paraphrases of a file, in turn.
     *
     * @param name {@code rephrased}, or with what is rephrased behind it
     */
    public static TrainingPrompt rephrased(String name, String file, int paraphrases) {
        return of(name + "-" + paraphrases, "the unwanted trait's prompt in " + paraphrases + " ways", "pool", Map.of("prompt_file", file,
            "prompt_paraphrases", Integer.toString(paraphrases)));
    }

    /** The same with another name and meaning: another part to play. */
    TrainingPrompt as(String otherName, String otherMeaning) {
        return new TrainingPrompt(otherName, otherMeaning, options);
    }

    /** The same before or behind what the user says: {@code user_prefix}, {@code user_suffix}. */
    public TrainingPrompt placed(String placement) {
        var all = new LinkedHashMap<>(options);
        if (all.containsKey("prompt_text") || all.containsKey("prompt_file")) {
            all.put("prompt_placement", placement);
        }
        return new TrainingPrompt(name, meaning, all);
    }
}
