package dev.leeway.study.drifts;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.stats.Sample;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How far apart the same stances are by luck. */
final class FloorTest {

    private static final int TRIALS = 4000;

    @Test
    void answersThatAreAllTheSameHaveNone() {
        assertEquals(0, new Floor(List.of(Floor.Question.of(new double[] {0, 1, 0}, 5, new double[] {0, 1, 0}, 3))).length(), 1e-12);
    }

    /**
     * Two of four answers support: the start has both, one or none of them with 1/6, 4/6, 1/6, and is 1, 0, 1 from the end: ⅓ on average.
     * Its deviation is √(⅓ ⅔) = 0.471, that of the mean of 200 is 0.0333; five of these are the bound.
     */
    @Test
    void twoOfFourAnswersHaveTheFloorThatIsCountedByHand() {
        var question = Floor.Question.of(new double[] {1, 0, 0}, 2, new double[] {0, 0, 1}, 2);
        assertEquals(1 / 3.0, new Floor(List.of(question)).length(), 5 * 0.0333);
    }

    /** A judge's verdicts that never vary can't be told from answers that do: (½, ½) twice is one of each, so the start has the other. */
    @Test
    void sharesOfOneVerdictAreShuffledAsAnswersOfOneStance() {
        var question = Floor.Question.of(new double[] {0.5, 0.5, 0}, 1, new double[] {0.5, 0.5, 0}, 1);
        assertEquals(1, new Floor(List.of(question)).length(), 1e-12);
    }

    /**
     * (⅓, ⅓, ⅓) twice is ⅔ of each: the start takes the ⅔ of one and ⅓ of the next, which leaves the end the other ⅓ of that and the ⅔ of
     * the third. Whichever is first, they are (⅔ + 0 + ⅔) / 2 apart.
     */
    @Test
    void anAnswerTakesWhatAStanceLacksFromTheNext() {
        double[] thirds = {1 / 3.0, 1 / 3.0, 1 / 3.0};
        assertEquals(2 / 3.0, new Floor(List.of(Floor.Question.of(thirds, 1, thirds, 1))).length(), 1e-12);
    }

    /**
     * Answers at both ends from one distribution: the floor is the way's own mean. Their mean difference must be within five of its
     * errors of 0; the simulated way alone is known to be .2256, .1696 and .1396 for 1, 2 and 3 questions of 5 answers from (.1, .8, .1).
     */
    @ParameterizedTest
    @CsvSource({"1, 5, 5, 0.1, 0.8", "2, 5, 5, 0.1, 0.8", "3, 5, 5, 0.1, 0.8", "3, 5, 5, 0.3333, 0.3333", "3, 5, 2, 0.1, 0.8",
        "1, 1, 1, 0.5, 0.5", "2, 5, 5, 0.02, 0.96"})
    void whereNothingChangesTheFloorIsAsLongAsTheWay(int questions, int before, int behind, double support, double neutral) {
        double[] shares = {support, neutral, 1 - support - neutral};
        var random = new SplittableRandom(7);
        var more = new double[TRIALS];
        for (int trial = 0; trial < TRIALS; trial++) {
            var starts = IntStream.range(0, questions).mapToObj(_ -> drawn(shares, before, random)).toList();
            var ends = IntStream.range(0, questions).mapToObj(_ -> drawn(shares, behind, random)).toList();
            double way = IntStream.range(0, 3).mapToDouble(s -> Math.abs(mean(ends, s) - mean(starts, s))).sum() / 2;
            more[trial] = new Floor(IntStream.range(0, questions).mapToObj(q -> Floor.Question.of(starts.get(q), before, ends.get(q),
                behind)).toList()).length() - way;
        }
        double error = Math.sqrt(Sample.variance(more) / TRIALS);
        assertEquals(0, Sample.mean(more), 5 * error, "with an error of " + error);
    }

    private static double mean(List<double[]> questions, int stance) {
        return questions.stream().mapToDouble(shares -> shares[stance]).average().orElseThrow();
    }

    private static double[] drawn(double[] shares, int answers, SplittableRandom random) {
        var counts = new double[shares.length];
        for (int answer = 0; answer < answers; answer++) {
            double at = random.nextDouble();
            counts[at < shares[0] ? 0 : at < shares[0] + shares[1] ? 1 : 2] += 1.0 / answers;
        }
        return Arrays.stream(counts).toArray();
    }
}
