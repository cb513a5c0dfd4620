package dev.leeway.train;

import java.util.List;

/**
 * A rollout as it is trained on.
 *
 * @param number from 0
 * @param drawn its completions, groups as neighbours
 * @param lessons what is learned from each
 */
record Rollout(int number, List<Drawn> drawn, List<Lesson> lessons) {

    /**
     * What is learned from a completion.
     *
     * @param trained whether anything is
     * @param advantages of each of its tokens
     * @param values what the value model said before each token, and behind the last where that state is valued; empty without one
     * @param valueAdvantages the advantages before whitening, one a value
     */
    record Lesson(boolean trained, double[] advantages, double[] values, double[] valueAdvantages) {

        static final double[] NONE = new double[0];

        /** A lesson without values. */
        Lesson(boolean trained, double[] advantages) {
            this(trained, advantages, NONE, NONE);
        }
    }

    /** The completion at a place, under an identity of its own in the run. */
    Experience experience(int place) {
        return experience(number, drawn, place);
    }

    /** The completion at a place of a rollout of which there are no lessons yet. */
    static Experience experience(int number, List<Drawn> drawn, int place) {
        var one = drawn.get(place);
        return Experience.of(one.prompt(), one.completion(), (long) number * drawn.size() + place);
    }
}
