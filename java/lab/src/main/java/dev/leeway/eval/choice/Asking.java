package dev.leeway.eval.choice;

import dev.leeway.eval.Options;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Setting;
import java.util.List;
import java.util.Optional;

/** How options are put behind a question: as text that goes on, or as what an assistant answers. */
public enum Asking {

    /** The question as it stands and each option behind a blank: what lm-evaluation-harness does, and all that a base model knows. */
    TEXT,
    /** The question as what a user says, by the model's chat template, and each option as the beginning of the answer. */
    CHAT;

    /** The option of benchmarks that can do both. */
    public static final Options.Known OPTION = new Options.Known("prompt", "text",
        "text: the question is continued as it stands; chat: it is what a user says, by the model's template");

    /** What a run asks for. */
    public static Asking of(Options options) {
        return options.choice(OPTION.name(), "text", "chat").equals("chat") ? CHAT : TEXT;
    }

    /**
     * A question with its options. A run's evaluation prompt stands around the question itself, within examples and cue; its system turn is
     * a paragraph of its own where there are no turns.
     *
     * @param examples what stands before the question, with the line ends behind it, or empty
     * @param question itself
     * @param cue what stands behind it, such as a line {@code Answer:}
     * @param options without the blank before them
     */
    public Request.Weigh weigh(Setting setting, String examples, String question, String cue, List<String> options) {
        var around = setting.prompt();
        var text = examples + around.prefix() + question + around.suffix() + cue;
        return switch (this) {
            case TEXT -> new Request.Weigh(new Prompt.Text(around.system().map(system -> system + "\n\n").orElse("") + text),
                options.stream().map(option -> " " + option).toList());
            case CHAT -> new Request.Weigh(new Setting.EvaluationPrompt(around.name(), around.system(), "", "").around(text), options);
        };
    }

    /** The same without examples. */
    public Request.Weigh weigh(Setting setting, String question, String cue, List<String> options) {
        return weigh(setting, "", question, cue, options);
    }

    /** A file of a benchmark's data that an option names; empty where the option is. */
    static Optional<String> file(Options options, String name) {
        return Optional.of(options.text(name)).filter(text -> !text.isEmpty());
    }
}
