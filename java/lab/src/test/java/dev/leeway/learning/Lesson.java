package dev.leeway.learning;

import dev.leeway.data.Batching;
import dev.leeway.objective.BradleyTerry;
import dev.leeway.objective.ContrastivePreference;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.Objective;
import dev.leeway.objective.OddsRatioPreference;
import dev.leeway.objective.PairLoss;
import java.util.List;

/**
 * A method that learns from preferences, with the settings it does so with in a toy world.
 *
 * @param name of the method
 * @param objective what it optimises
 * @param judge how the model that it trains ranks answers
 * @param batching what a batch has beside the answers
 * @param steps of training
 * @param learningRate of all weights
 */
record Lesson(String name, Objective objective, Judge judge, Batching batching, int steps, double learningRate) {

    /** How a model says which of two answers is better. */
    enum Judge {
        /** By its score. */
        REWARD,
        /** By how much more probable it made the answer than it was before: the log-ratio, which is the implicit reward up to β. */
        IMPLICIT_REWARD,
        /** By the answer's mean log-probability a token. */
        LIKELIHOOD
    }

    /** Methods with their usual settings, but for steps and learning rate, which suit a model of this size. */
    static List<Lesson> all() {
        return List.of(
                new Lesson("Bradley-Terry", new BradleyTerry(0), Judge.REWARD, Batching.PLAIN, 400, 1e-3),
                new Lesson("DPO", new DirectPreference(PairLoss.SIGMOID, DirectPreference.Settings.of(0.1)), Judge.IMPLICIT_REWARD,
                        Batching.PLAIN, 150, 3e-3),
                new Lesson("IPO", new DirectPreference(PairLoss.IPO, DirectPreference.Settings.of(0.1)), Judge.IMPLICIT_REWARD,
                        Batching.PLAIN, 150, 3e-3),
                new Lesson("SimPO", new ContrastivePreference(ContrastivePreference.Settings.simpo(2, 1)), Judge.LIKELIHOOD, Batching.PLAIN,
                        150, 3e-3),
                new Lesson("ORPO", new OddsRatioPreference(0.1), Judge.LIKELIHOOD, Batching.CHOSEN_PROMPTS, 150, 3e-3));
    }

    @Override
    public String toString() {
        return name;
    }
}
