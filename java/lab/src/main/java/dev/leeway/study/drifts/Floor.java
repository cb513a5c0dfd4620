package dev.leeway.study.drifts;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How long a way of stances is by luck alone: the mean total variation between the two ends of a training where each question's answers are
 * shuffled over both. If nothing changed, every such shuffle is as likely as the answers that there are, so on average over trainings the
 * floor is the very length that luck gives, for any number of questions and answers. Where something did change, it is that of the
 * mixture of both ends.
 *
 * <p>A judge's verdict may be shared between stances; its shares are added up and shuffled as if each answer had one stance, which varies
 * more: the floor of such answers is above luck.
 *
 * @param questions of a topic
 */
record Floor(List<Question> questions) {

    private static final int DRAWS = 200;
    private static final int STANCES = Phase.STANCES.size();

    /** Takes a copy. */
    Floor {
        questions = List.copyOf(questions);
    }

    /**
     * A question's answers with a stance.
     *
     * @param counts of each stance, at both ends together
     * @param before answers at the start
     * @param behind answers at the end
     */
    record Question(double[] counts, int before, int behind) {

        /** Of shares of stances at both ends. */
        static Question of(double[] start, int before, double[] end, int behind) {
            return new Question(IntStream.range(0, STANCES).mapToDouble(s -> start[s] * before + end[s] * behind).toArray(), before,
                behind);
        }

        /** What the start has more than the end of each stance, in shares, where its answers are any of them. */
        private double[] shuffled(SplittableRandom random) {
            var left = counts.clone();
            for (int answer = 0; answer < before; answer++) {
                take(left, random);
            }
            return IntStream.range(0, STANCES).mapToDouble(s -> (counts[s] - left[s]) / before - left[s] / behind).toArray();
        }

        /** Takes one answer away; of fractions what there is, and the rest from the next. */
        private static void take(double[] left, SplittableRandom random) {
            double at = random.nextDouble() * Arrays.stream(left).sum();
            int stance = 0;
            while (stance < STANCES - 1 && at >= left[stance]) {
                at -= left[stance++];
            }
            double open = 1;
            for (int s = 0; s < STANCES && open > 0; s++) {
                double taken = Math.min(open, left[(stance + s) % STANCES]);
                left[(stance + s) % STANCES] -= taken;
                open -= taken;
            }
        }
    }

    /** Of the prompts of a topic that have stances at both ends. */
    static Floor of(Phase phase, String topic) {
        return new Floor(phase.ends(topic).stream().map(item -> {
            var start = phase.stances().getFirst().get(item);
            var end = phase.stances().getLast().get(item);
            return Question.of(Phase.shares(start), Phase.answers(start, phase.epochs()), Phase.shares(end),
                Phase.answers(end, phase.epochs()));
        }).toList());
    }

    /** The mean of 200 shuffles; the same questions give the same. */
    double length() {
        var random = new SplittableRandom(0);
        return IntStream.range(0, DRAWS).mapToDouble(_ -> {
            var sums = new double[STANCES];
            questions.forEach(question -> {
                var apart = question.shuffled(random);
                Arrays.setAll(sums, s -> sums[s] + apart[s] / questions.size());
            });
            return Arrays.stream(sums).map(Math::abs).sum() / 2;
        }).average().orElseThrow();
    }
}
