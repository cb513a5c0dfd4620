package dev.leeway.study;

import java.util.ArrayList;
import java.util.List;

/**
 * One way to train. Arms whose first stages are the same share them.
 *
 * @param name of the arm
 * @param meaning what it stands for, in half a sentence
 * @param stages one behind the other, each begins with the model that the one before left
 * @param shared how many of its first stages draw the random numbers that all arms draw; those behind draw the arm's own, so that an arm
 *     which is identical to another is another draw of the same, as an A/A study wants it
 */
public record Arm(String name, String meaning, List<Stage> stages, int shared) {

    /** Takes a copy. */
    public Arm {
        stages = List.copyOf(stages);
    }

    /** An arm that shares random numbers with those that are trained alike. */
    public static Arm of(String name, String meaning, Stage... stages) {
        return new Arm(name, meaning, List.of(stages), stages.length);
    }

    /** The same with random numbers of its own behind its first stages. */
    public Arm drawingItsOwnBehind(int first) {
        return new Arm(name, meaning, stages, first);
    }

    /** These stages and more behind them. */
    public Arm then(String newName, String newMeaning, Stage... more) {
        var all = new ArrayList<>(stages);
        all.addAll(List.of(more));
        return new Arm(newName, newMeaning, all, all.size());
    }
}
