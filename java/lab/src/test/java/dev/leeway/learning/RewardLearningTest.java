package dev.leeway.learning;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.Example;
import dev.leeway.data.Preference;
import dev.leeway.data.PreferenceExample;
import dev.leeway.data.ToyPreferences;
import dev.leeway.model.Batch;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.BradleyTerry;
import dev.leeway.rollout.RewardScorer;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.BatchSource;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bradley–Terry from a language model without a taste. Targets, written before the run that they judge: in each of 3 seeds at least 90 % of
 * 1,000 held-out pairs are ranked as they should be, and over all seeds the 95 % interval of the paired change from the fresh head lies
 * above +0.35; with shuffled labels its upper end stays below +0.05, a tenth of what can be learned.
 */
final class RewardLearningTest {

    private static final int SEEDS = 3;
    private static final int HELD_OUT = 1000;
    private static final int STEPS = 300;
    private static final int PAIRS = 32;
    private static final double TARGET = 0.9;
    private static final double LEAST_CHANGE = 0.35;
    private static final double MOST_CHANGE_BY_CHANCE = 0.05;

    @TempDir
    private Path folder;

    private final Device device = Device.cpu();
    private ToyBase base;
    private List<PreferenceExample> heldOut;

    @BeforeEach
    void learnTheBase() {
        base = ToyBase.learn(folder, 1, device);
        heldOut = base.encode(ToyPreferences.heldOut(1, HELD_OUT));
    }

    @AfterEach
    void closeTheDevice() {
        device.close();
    }

    /** Which held-out pairs are ranked right, before and after. */
    private record Run(boolean[] before, boolean[] after) {

        double accuracy() {
            return (double) IntStream.range(0, after.length).filter(i -> after[i]).count() / after.length;
        }
    }

    private Run train(long seed, List<Preference> rows) {
        var pairs = base.encode(rows);
        ModelDirectory start = base.directory().asRewardModel(OptionalInt.empty());
        var settings = new TrainingSession.Settings(Optional.empty(), ToyBase.LENGTH, 2 * PAIRS * ToyBase.LENGTH, 2 * PAIRS,
                AdamW.Settings.standard(), 0);
        try (var session = TrainingSession.open(start.config(), settings, device)) {
            start.loadInto(session.model());
            new Initializer(seed, 0.02).fillScore(session.model());
            boolean[] before = ranked(session);
            session.trainer(new BradleyTerry(0), new Schedule(Schedule.Kind.LINEAR, STEPS / 20, STEPS, 0), 1e-3)
                    .train(batches(pairs), STEPS, _ -> { });
            return new Run(before, ranked(session));
        }
    }

    private static BatchSource batches(List<PreferenceExample> pairs) {
        return new BatchSource() {
            @Override
            public List<Batch> step(int step) {
                return List.of(Batch.of(IntStream.range(step * PAIRS, (step + 1) * PAIRS).mapToObj(i -> pairs.get(i % pairs.size()))
                        .flatMap(pair -> pair.sequences().stream())
                        .map(text -> new Batch.Sequence(text.tokens(), text.mask(), text.unitId())).toList()));
            }

            @Override
            public double epochs(int steps) {
                return (double) steps * PAIRS / pairs.size();
            }
        };
    }

    private boolean[] ranked(TrainingSession session) {
        var texts = heldOut.stream().flatMap(pair -> pair.sequences().stream()).map(Example::tokens).toList();
        var scores = new RewardScorer(session.model(), 2 * PAIRS * ToyBase.LENGTH, 2 * PAIRS).score(texts);
        boolean[] right = new boolean[heldOut.size()];
        for (int i = 0; i < right.length; i++) {
            right[i] = scores[2 * i] > scores[2 * i + 1];
        }
        return right;
    }

    private static PairedChange change(List<Run> runs) {
        return PairedChange.between(joined(runs.stream().map(Run::before).toList()), joined(runs.stream().map(Run::after).toList()));
    }

    private static boolean[] joined(List<boolean[]> parts) {
        boolean[] all = new boolean[parts.stream().mapToInt(part -> part.length).sum()];
        int next = 0;
        for (boolean[] part : parts) {
            System.arraycopy(part, 0, all, next, part.length);
            next += part.length;
        }
        return all;
    }

    @Test
    void aRewardModelLearnsWhoWantsManyAndShuffledLabelsTeachNothing() {
        var learned = IntStream.range(0, SEEDS).mapToObj(seed -> train(seed, ToyPreferences.training(seed, STEPS * PAIRS / 2))).toList();
        var accuracies = learned.stream().mapToDouble(Run::accuracy).toArray();
        assertTrue(Arrays.stream(accuracies).allMatch(accuracy -> accuracy >= TARGET), Arrays.toString(accuracies));
        assertTrue(change(learned).lower() > LEAST_CHANGE, change(learned).toString());

        var control = IntStream.range(0, SEEDS).mapToObj(seed -> train(seed,
                ToyPreferences.withShuffledLabels(seed, ToyPreferences.training(seed, STEPS * PAIRS / 2)))).toList();
        assertTrue(change(control).upper() < MOST_CHANGE_BY_CHANCE, change(control).toString());
    }
}
