package dev.leeway.study;

import dev.leeway.eval.Setting;
import dev.leeway.io.JsonFile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a trained model is asked.
 *
 * @param name of the exam
 * @param benchmark its id
 * @param items who makes its items, as {@link Materials} names it; empty = they are in the run's data folders
 * @param options of the benchmark, and of the generator under {@code items.NAME}
 * @param prompts evaluation prompts that each item is asked under
 * @param extent how much is asked
 */
public record Exam(String name, String benchmark, Optional<String> items, SequencedMap<String, String> options,
        List<Setting.EvaluationPrompt> prompts, Extent extent) {

    private static final String OF_ITEMS = "items.";

    /** Which models take it. */
    public enum When {
        /** The last model of each arm. */
        ARM_END,
        /** The last model of each stage. */
        STAGE_END,
        /** Every checkpoint that a stage's grid keeps. */
        CHECKPOINTS,
        /** Every checkpoint that the grid of each arm's last stage keeps: where models of other stages can't take it. */
        LAST_STAGE,
        /** The same of the last stage that trains: an adapter that is merged behind it is the same model. */
        LAST_TRAINING
    }

    /**
     * How much is asked.
     *
     * @param when which models take it
     * @param limit items at most; 0 = all
     * @param epochs how often each is asked; 0 = as the benchmark has it
     * @param arms whose models take it; none = those of all arms
     * @param isDrawn whether items are drawn where there is a limit, by the run's seed and their ids; if not, they are the first
     */
    public record Extent(When when, int limit, int epochs, List<String> arms, boolean isDrawn) {

        /** Takes a copy. */
        public Extent {
            arms = List.copyOf(arms);
        }

        /** Of the first items. */
        public Extent(When when, int limit, int epochs, List<String> arms) {
            this(when, limit, epochs, arms, false);
        }

        /** Of the models of all arms. */
        public Extent(When when, int limit, int epochs) {
            this(when, limit, epochs, List.of());
        }

        /** The same of these arms alone. */
        public Extent of(List<String> these) {
            return new Extent(when, limit, epochs, these, isDrawn);
        }

        /** The same of items that are drawn. */
        public Extent drawn() {
            return new Extent(when, limit, epochs, arms, true);
        }

        /** The same of so many items at most. */
        Extent limited(int items) {
            return new Extent(when, items, epochs, arms, isDrawn);
        }

        /** Which items, in words. */
        String items() {
            return limit == 0 ? "all" : isDrawn ? limit + " at most, drawn" : "the first " + limit;
        }

        /** Whether an arm's models take it. */
        public boolean isFor(String arm) {
            return arms.isEmpty() || arms.contains(arm);
        }

        /** Everything, of the last models. */
        public static final Extent OF_ARMS = new Extent(When.ARM_END, 0, 0);
    }

    /** Takes copies. */
    public Exam {
        options = new LinkedHashMap<>(options);
        prompts = List.copyOf(prompts);
    }

    /** The same with another extent. */
    Exam of(Extent other) {
        return new Exam(name, benchmark, items, options, prompts, other);
    }

    /** Options of the benchmark. */
    public Map<String, String> benchmarkOptions() {
        return options(false);
    }

    /** Settings of the generator of its items. */
    public Map<String, String> itemSettings() {
        return options(true);
    }

    private Map<String, String> options(boolean ofItems) {
        var found = new LinkedHashMap<String, String>();
        options.forEach((key, value) -> {
            if (key.startsWith(OF_ITEMS) == ofItems) {
                found.put(ofItems ? key.substring(OF_ITEMS.length()) : key, value);
            }
        });
        return found;
    }

    /** Which questions it has, however many of them are asked, and however. */
    String asked() {
        return benchmark + " " + items.orElse("") + " " + new TreeMap<>(options);
    }

    /** All that determines what it asks, but for files in data folders. */
    ObjectNode json() {
        var json = JsonFile.newObject().put("benchmark", benchmark).put("items", items.orElse("")).put("limit", extent.limit())
            .put("epochs", extent.epochs());
        if (extent.isDrawn() && extent.limit() > 0) {
            json.put("drawn", true);
        }
        var given = json.putObject("options");
        new TreeMap<>(options).forEach(given::put);
        var around = json.putArray("prompts");
        prompts.forEach(prompt -> {
            var one = around.addObject().put("name", prompt.name()).put("prefix", prompt.prefix()).put("suffix", prompt.suffix());
            prompt.system().ifPresent(system -> one.put("system", system));
        });
        return json;
    }
}
