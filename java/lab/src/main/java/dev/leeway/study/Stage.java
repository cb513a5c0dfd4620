package dev.leeway.study;

import dev.leeway.io.JsonFile;
import java.util.LinkedHashMap;
import java.util.List;
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
 * @param grid after which steps a checkpoint stays
 */
public record Stage(String name, String command, Optional<String> rows, SequencedMap<String, String> options, Grid grid) {

    /** Takes a copy. */
    public Stage {
        options = new LinkedHashMap<>(options);
    }

    /** A stage that leaves its last model alone. */
    public static Stage of(String name, String command, String rows, Map<String, String> options) {
        return new Stage(name, command, Optional.of(rows), new LinkedHashMap<>(new TreeMap<>(options)), Grid.END);
    }

    /** The same with checkpoints that stay. */
    public Stage withGrid(Grid kept) {
        return new Stage(name, command, rows, options, kept);
    }

    /** All that determines what it makes of a model, but for its rows and its random numbers. */
    ObjectNode json() {
        var json = JsonFile.newObject().put("command", command).put("checkpoints", grid.text());
        var given = json.putObject("options");
        options.forEach(given::put);
        return json;
    }

    /**
     * After which steps of a stage a checkpoint stays, the last one always among them.
     *
     * @param kind how the steps are laid
     * @param number the distance of a fixed grid in steps, or of an epoch's fractions; 0 where the kind needs none
     * @param steps of {@link Kind#LISTED}
     */
    public record Grid(Kind kind, double number, List<Integer> steps) {

        /** The last step. */
        public static final Grid END = new Grid(Kind.END, 0, List.of());
        /** 0, 1, 2, 4, 8, …: values move most in the beginning. */
        public static final Grid LOG = new Grid(Kind.LOG, 0, List.of());

        /** How the steps of a grid are laid. */
        public enum Kind { END, LOG, FIXED, EPOCHS, LISTED }

        /** Takes a copy. */
        public Grid {
            steps = List.copyOf(steps);
        }

        /** 0 and every so many steps. */
        public static Grid every(int steps) {
            return new Grid(Kind.FIXED, steps, List.of());
        }

        /** 0 and every such part of an epoch. */
        public static Grid epochs(double part) {
            return new Grid(Kind.EPOCHS, part, List.of());
        }

        /** These. */
        public static Grid at(Integer... steps) {
            return new Grid(Kind.LISTED, 0, List.of(steps));
        }

        /** As {@code --save_at} of a command has it. */
        public String text() {
            return switch (kind) {
                case END -> "end";
                case LOG -> "log";
                case FIXED -> "every:" + (int) number;
                case EPOCHS -> "epochs:" + number;
                case LISTED -> String.join(",", steps.stream().map(String::valueOf).toList());
            };
        }
    }
}
