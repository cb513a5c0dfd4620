package dev.leeway.learning;

import dev.leeway.data.Batching;
import dev.leeway.data.Preference;
import dev.leeway.data.Truncation;
import dev.leeway.data.Unit;
import dev.leeway.objective.BradleyTerry;
import dev.leeway.objective.ContrastivePreference;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.KahnemanTversky;
import dev.leeway.objective.Objective;
import dev.leeway.objective.OddsRatioPreference;
import dev.leeway.objective.PairLoss;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

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

    /** All methods with their usual settings, but for steps and learning rate, which suit a model of this size. */
    static List<Lesson> all() {
        return List.of(
                new Lesson("Bradley-Terry", new BradleyTerry(0), Judge.REWARD, Batching.PLAIN, 400, 1e-3),
                new Lesson("DPO", new DirectPreference(PairLoss.SIGMOID, DirectPreference.Settings.of(0.1)), Judge.IMPLICIT_REWARD,
                        Batching.PLAIN, 150, 3e-3),
                new Lesson("IPO", new DirectPreference(PairLoss.IPO, DirectPreference.Settings.of(0.1)), Judge.IMPLICIT_REWARD,
                        Batching.PLAIN, 150, 3e-3),
                new Lesson("SimPO", new ContrastivePreference(ContrastivePreference.Settings.simpo(2, 1)), Judge.LIKELIHOOD, Batching.PLAIN,
                        150, 3e-3),
                new Lesson("ORPO", new OddsRatioPreference(0.1), Judge.LIKELIHOOD, Batching.CHOSEN_PROMPTS, 150, 3e-3),
                new Lesson("KTO", kahnemanTversky(), Judge.IMPLICIT_REWARD, Batching.mismatched(ToyBase.LENGTH, Truncation.KEEP_START),
                        200, 1.5e-3));
    }

    /**
     * Good answers weigh 4/3, the most that the paper recommends for as many good answers as bad ones. They differ in a number alone, so
     * with equal weights what they have in common cancels, and nothing keeps the model from making all of them less probable. All are then
     * far below the baseline, which is never negative, and there the sigmoid is flat: good answers had lost 37 nats in a seed that learned
     * nothing.
     */
    private static Objective kahnemanTversky() {
        return new KahnemanTversky(KahnemanTversky.Loss.KTO, 0.1, 4.0 / 3, 1);
    }

    /** The rows as the method takes them: pairs, or for KTO single answers in an order that the seed decides. */
    List<? extends Unit> encode(ToyBase base, List<Preference> rows, long seed) {
        if (!(objective instanceof KahnemanTversky)) {
            return base.encode(rows);
        }
        var answers = new ArrayList<>(ToyPreferences.labelled(rows));
        Collections.shuffle(answers, new Random(seed));
        return base.encodeLabelled(answers);
    }

    @Override
    public String toString() {
        return name;
    }
}
