package dev.leeway.study;

import dev.leeway.io.JsonFile;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * One training: a command with its options, as {@code leeway COMMAND --config} has them.
 *
 * @param name of the stage, within its arm
 * @param command {@code pretrain}, {@code sft}, {@code dpo}, {@code grpo}, …
 * @param rows what it is trained on: a name of the study's rows; empty where the options say it
 * @param options by name, without dashes; neither seed nor folders, which are the study's to give
 * @param grid behind which steps a checkpoint stays, as {@code --save_at} has it; empty = the last model alone
 */
public record Stage(String name, String command, Optional<String> rows, SequencedMap<String, String> options, String grid) {

    /**
     * Begins an option's value that stands for a folder which {@link Materials#items} makes, or for a file of it: {@code made:GENERATOR},
     * {@code made:GENERATOR#FILE}.
     */
    public static final String MADE = "made:";
    /** Begins what stands for the folder of another arm's last model, of the same seed: {@code arm:NAME}, {@code model:arm:NAME}. */
    public static final String ARM = "arm:";

    private static final String MERGE = "merge";

    /** Takes a copy. */
    public Stage {
        options = new LinkedHashMap<>(options);
    }

    /** A stage that leaves its last model alone. */
    public static Stage of(String name, String command, String rows, Map<String, String> options) {
        return new Stage(name, command, Optional.of(rows), new LinkedHashMap<>(new TreeMap<>(options)), "");
    }

    /** Adds the adapter that the stage before it left into its base. */
    public static Stage merge() {
        return new Stage(MERGE, MERGE, Optional.empty(), new LinkedHashMap<>(), "");
    }

    /** Whether it has steps; an adapter is merged in none. */
    public boolean trains() {
        return !command.equals(MERGE);
    }

    /** When it ends before its last step; empty where it never does. */
    public Optional<String> stop() {
        return Optional.ofNullable(options.get("early_stopping_patience")).map(patience -> {
            var named = options.getOrDefault("metric_for_best_model", "eval_loss");
            var metric = named.startsWith("eval_") ? named : "eval_" + named;
            boolean greater = Optional.ofNullable(options.get("greater_is_better")).map(Boolean::parseBoolean)
                .orElse(!metric.endsWith("loss"));
            var least = Optional.ofNullable(options.get("early_stopping_threshold")).map(by -> " by more than " + by).orElse("");
            return "stops when %s got no %s%s in %s evaluations in a row, %s steps apart".formatted(metric, greater ? "higher" : "lower",
                least, patience, options.getOrDefault("eval_steps", "?"));
        });
    }

    /** For people: its name, and when it stops. */
    public String text() {
        return name + stop().map(rule -> ", which " + rule).orElse("");
    }

    /** The same with checkpoints that stay. */
    public Stage withGrid(String kept) {
        return new Stage(name, command, rows, options, kept);
    }

    /** The arm whose last model an option's value stands for. */
    static Optional<String> arm(String value) {
        int at = value.startsWith(ARM) ? 0 : value.indexOf(":" + ARM) + 1;
        return at > 0 || value.startsWith(ARM) ? Optional.of(value.substring(at + ARM.length())) : Optional.empty();
    }

    /** The value with a folder in the place of the arm that it names. */
    static String withArm(String value, String folder) {
        return value.substring(0, value.length() - ARM.length() - arm(value).orElseThrow().length()) + folder;
    }

    /** The arms whose models it takes beside the one that it begins with, by option. */
    SequencedMap<String, String> arms() {
        var arms = new LinkedHashMap<String, String>();
        options.forEach((name, value) -> arm(value).ifPresent(arm -> arms.put(name, arm)));
        return arms;
    }

    /** The generators of what options name as made, by option. */
    SequencedMap<String, String> made() {
        var made = new LinkedHashMap<String, String>();
        options.forEach((name, value) -> {
            if (value.startsWith(MADE)) {
                made.put(name, value.substring(MADE.length()).replaceFirst("#.*", ""));
            }
        });
        return made;
    }

    /** All that determines what it makes of a model, but for its rows and its random numbers. */
    ObjectNode json() {
        var json = JsonFile.newObject().put("command", command).put("checkpoints", grid);
        var given = json.putObject("options");
        new TreeMap<>(options).forEach(given::put);
        return json;
    }
}
