package dev.leeway.learning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.Preference;
import dev.leeway.learning.Lesson.Judge;
import dev.leeway.learning.Pupil.Answers;
import dev.leeway.learning.Pupil.Course;
import dev.leeway.learning.ToyPreferences.Split;
import dev.leeway.tensor.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Methods that learn from preferences do, from one language model without a taste. Targets, settings and seeds were committed before the
 * one run with these seeds; settings were tried with others: those of KTO with seeds 21 to 26, all others with 0 to 3.
 *
 * <p>Accuracy is the share of held-out pairs that the model ranks as they should be, ½ where it ranks neither answer higher: as an implicit
 * reward does before training. At most a half can be gained.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PreferenceLearningTest {

    private static final int FIRST_SEED = 31;
    private static final int SEEDS = 3;
    private static final int HELD_OUT = 500;
    private static final int ROWS = 4800;
    /** The least gain in accuracy that counts as learned. */
    private static final double LEAST_GAIN = 0.15;
    /** The least accuracy of a reward model. */
    private static final double REWARD_ACCURACY = 0.9;
    /** What all seeds of a control may gain in the mean by chance. */
    private static final double MOST_BY_CHANCE = 0.05;
    private static final int CONTROLS = 6;

    private final Device device = Device.cpu();
    private Pupil pupil;

    @BeforeAll
    void learnTheBase(@TempDir Path folder) {
        var base = ToyBase.learn(folder, 1, device);
        pupil = new Pupil(base, device);
    }

    @AfterAll
    void closeTheDevice() {
        device.close();
    }

    static Stream<Lesson> lessons() {
        return Lesson.all().stream();
    }

    /** What becomes of the labels of rows. */
    private interface Labels {
        List<Preference> of(long seed, List<Preference> rows);
    }

    /** Each seed has a split of its own. */
    private static Course course(long seed, Labels labels) {
        var split = new Split(seed);
        return new Course(seed, labels.of(seed, split.training(seed, ROWS)), split.heldOut(seed, HELD_OUT));
    }

    private List<Answers> answers(Lesson lesson, Labels labels) {
        return IntStream.range(FIRST_SEED, FIRST_SEED + SEEDS)
                .mapToObj(seed -> pupil.take(lesson, course(seed, labels))).toList();
    }

    private static List<PairedChange> gains(List<Answers> answers, TestReporter reporter) {
        var gains = answers.stream().map(Answers::change).toList();
        reporter.publishEntry("gain of each seed", gains.toString());
        reporter.publishEntry("gain over the seeds", PairedChange.overSeeds(gains).toString());
        return gains;
    }

    /** In each seed the gain reaches the target; its 95 % interval over held-out pairs is above 0, and so is that over the seeds. */
    @ParameterizedTest
    @MethodSource("lessons")
    void preferencesAreLearned(Lesson lesson, TestReporter reporter) {
        var answers = answers(lesson, (_, rows) -> rows);
        var gains = gains(answers, reporter);
        assertTrue(gains.stream().allMatch(gain -> gain.mean() >= LEAST_GAIN && gain.lower() > 0), gains.toString());
        assertTrue(PairedChange.overSeeds(gains).lower() > 0, gains.toString());
        if (lesson.judge() == Judge.REWARD) {
            assertTrue(answers.stream().allMatch(all -> all.accuracy() >= REWARD_ACCURACY), gains.toString());
        }
    }

    /**
     * Labels and splits are what is drawn by chance, so that a seed counts as one. Six controls whose 95 % intervals each lie above 0 by
     * chance with 2.5 % make a false alarm in 1 − 0.975⁶ = 14 % of all choices of seeds; six intervals that hold together make one in at
     * most 2.5 %. Three seeds make such an interval wide: a small and steady gain is bounded by {@link #MOST_BY_CHANCE}. A judge that looks
     * at the numbers alone, in the same way in each seed, is right in more than half of the pairs of a split or in fewer, with a standard
     * deviation of about ½/√500 = 0.022: that is chance too, because each seed is asked about pairs of its own split.
     */
    @ParameterizedTest
    @MethodSource("lessons")
    void shuffledLabelsTeachNothing(Lesson lesson, TestReporter reporter) {
        assertEquals(CONTROLS, lessons().count(), "the interval is that of so many controls");
        var gains = gains(answers(lesson, ToyPreferences::withShuffledLabels), reporter);
        var gain = PairedChange.overSeedsOneOfSix(gains);
        reporter.publishEntry("gain over the seeds, one of six", gain.toString());
        assertTrue(gain.lower() <= 0 && gain.mean() < MOST_BY_CHANCE, gain + " over the seeds " + gains);
    }

    /** DPO with −β is DPO with β on exchanged answers, and no β below 0 is taken. */
    @Test
    void aWrongSignOfBetaFailsTheTarget() {
        var dpo = lessons().filter(lesson -> lesson.name().equals("DPO")).findFirst().orElseThrow();
        Labels exchanged = (_, rows) -> rows.stream().map(row -> new Preference(row.rejected(), row.chosen())).toList();
        PairedChange gain = pupil.take(dpo, course(FIRST_SEED, exchanged)).change();
        assertTrue(gain.mean() < LEAST_GAIN && gain.upper() < 0, gain.toString());
    }
}
