package dev.leeway.learning;

import dev.leeway.data.EpochBatches;
import dev.leeway.data.Example;
import dev.leeway.data.Order;
import dev.leeway.data.Preference;
import dev.leeway.data.PreferenceExample;
import dev.leeway.learning.Lesson.Judge;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Objective;
import dev.leeway.rollout.Scorer;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.Method;
import dev.leeway.train.Reference;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A model that learns a lesson from the base, all weights of it.
 *
 * @param base what it knows before
 * @param device it lives on
 */
record Pupil(ToyBase base, Device device) {

    static final int PAIRS = 32;
    /** For the head of a reward model. */
    private static final double RANGE = 0.02;

    /**
     * How the held-out pairs are ranked: 1 = right, 0 = wrong, ½ = both answers are worth the same.
     *
     * @param before the lesson
     * @param after it
     */
    record Answers(double[] before, double[] after) {

        double accuracy() {
            return Arrays.stream(after).average().orElseThrow();
        }

        PairedChange change() {
            return PairedChange.between(before, after);
        }

        private static Answers of(double[] before, double[] after) {
            return new Answers(ranked(before), ranked(after));
        }

        private static double[] ranked(double[] worth) {
            return IntStream.range(0, worth.length / 2).mapToDouble(i -> (1 + Math.signum(worth[2 * i] - worth[2 * i + 1])) / 2).toArray();
        }
    }

    /**
     * What is learned from, and what is asked.
     *
     * @param seed of the head of a reward model
     * @param rows to learn from, in their order
     * @param heldOut the pairs to rank, before and after
     */
    record Course(long seed, List<Preference> rows, List<Preference> heldOut) {}

    /** Takes a lesson. */
    Answers take(Lesson lesson, Course course) {
        var heldOut = base.encode(course.heldOut());
        boolean scalar = lesson.judge() == Judge.REWARD;
        ModelDirectory start = scalar ? base.directory().asRewardModel(OptionalInt.empty()) : base.directory();
        try (var session = TrainingSession.open(start.config(), settings(lesson.objective()), device)) {
            start.loadInto(session.model());
            if (scalar) {
                new Initializer(course.seed(), RANGE).fillScore(session.model());
            }
            double[] before = worth(session, heldOut, lesson.judge());
            var units = lesson.encode(base, course.rows(), course.seed());
            var steps = new EpochBatches.Steps(units.size() * PAIRS / course.rows().size(), 1, 1, -1);
            var batches = new EpochBatches(units, Order.sequential(units.size()), steps).with(lesson.batching());
            var schedule = new Schedule(Schedule.Kind.LINEAR, lesson.steps() / 20, lesson.steps(), 0);
            var noise = new TrainingNoise(course.seed(), 0);
            session.trainer(method(session, start, lesson.objective()), schedule, lesson.learningRate(), noise).train(batches, _ -> { });
            double[] after = worth(session, heldOut, lesson.judge());
            return lesson.judge() == Judge.IMPLICIT_REWARD ? Answers.of(minus(before, before), minus(after, before))
                    : Answers.of(before, after);
        }
    }

    private static TrainingSession.Settings settings(Objective objective) {
        var settings = new TrainingSession.Settings(Optional.empty(), ToyBase.LENGTH, 2 * PAIRS * ToyBase.LENGTH, 2 * PAIRS,
                AdamW.Settings.standard(), 0);
        return objective.needsReference() ? settings.withReferenceModel() : settings;
    }

    private static Method method(TrainingSession session, ModelDirectory start, Objective objective) {
        if (!objective.needsReference()) {
            return Method.of(objective);
        }
        start.loadInto(session.referenceModel());
        return Method.of(objective).withReference(Reference.frozen(session.referenceModel()));
    }

    /** What each held-out answer is worth to the model, chosen and rejected ones by turns. */
    private static double[] worth(TrainingSession session, List<PreferenceExample> heldOut, Judge judge) {
        if (judge == Judge.REWARD) {
            return session.rewardScorer().score(heldOut.stream().flatMap(pair -> pair.sequences().stream()).map(Example::tokens).toList());
        }
        var scores = session.scorer().score(heldOut.stream().flatMap(pair -> pair.sequences().stream().map(whole -> item(pair, whole)))
                .toList());
        return scores.stream().mapToDouble(judge == Judge.LIKELIHOOD ? Scorer.Score::mean : Scorer.Score::logProb).toArray();
    }

    private static Scorer.Item item(PreferenceExample pair, Example whole) {
        int[] prompt = pair.prompt();
        return new Scorer.Item(prompt, Arrays.copyOfRange(whole.tokens(), prompt.length, whole.tokens().length));
    }

    private static double[] minus(double[] values, double[] others) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i] - others[i]).toArray();
    }
}
