package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Batch;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Same machine, same inputs, same bits: for any number of threads, and again. */
final class ThreadsTest {

    private static final int STEPS = 20;

    /** The hash of all weights after twenty steps over sequences of at most 96 tokens, {@code tokens} in all. */
    private static int trained(Optional<AdapterConfig> adapter, int tokens, int threads) {
        try (var device = Device.open("cpu", threads); var session = TrainingSession.open(Small.CONFIG, Small.settings(adapter, tokens),
            device)) {
            TinyModel.randomize(session.model(), 1);
            int before = Small.hash(session.model());
            var schedule = new Schedule(Schedule.Kind.CONSTANT, 0, STEPS, 0);
            session.trainer(new SupervisedFineTuning(), schedule, 1e-3)
                .train(Small.repeating(List.of(Batch.of(Small.sequences(4, tokens, 96)))), report -> { });
            int after = Small.hash(session.model());
            assertNotEquals(before, after, "training moves the weights");
            return after;
        }
    }

    @ParameterizedTest(name = "rank {0} (0 = all weights), {1} tokens")
    @CsvSource({"0, 300", "0, 2048", "0, 2049", "4, 300", "4, 2048", "4, 2049", "8, 300", "8, 2048", "8, 2049", "16, 300", "16, 2048",
        "16, 2049"})
    void twentyStepsEndInTheSameBitsForAnyNumberOfThreadsAndAgain(int rank, int tokens) {
        var adapter = rank == 0 ? Optional.<AdapterConfig>empty() : Small.lora(rank);
        int expected = trained(adapter, tokens, 1);
        for (int threads : new int[] {2, 3, 4, 2}) {
            assertEquals(expected, trained(adapter, tokens, threads), threads + " threads");
        }
    }
}
