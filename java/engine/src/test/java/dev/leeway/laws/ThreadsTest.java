package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.leeway.ffi.DType;
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

    /** The hash of all weights after twenty steps over sequences of at most 96 tokens, as many in all as the settings have rows. */
    private static int trained(TrainingSession.Settings settings, int threads) {
        int tokens = settings.rows();
        try (var device = Device.open("cpu", threads); var session = TrainingSession.open(Small.CONFIG, settings, device)) {
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

    @ParameterizedTest(name = "rank {0} (0 = all weights), {1} tokens, {2}")
    @CsvSource({"0, 300, F32", "0, 2048, F32", "0, 2049, F32", "4, 300, F32", "4, 2048, F32", "4, 2049, F32", "8, 300, F32", "8, 2048, F32",
        "8, 2049, F32", "16, 300, F32", "16, 2048, F32", "16, 2049, F32", "0, 300, BF16", "0, 2049, BF16", "8, 300, BF16",
        "16, 2049, BF16"})
    void twentyStepsEndInTheSameBitsForAnyNumberOfThreadsAndAgain(int rank, int tokens, DType dtype) {
        var adapter = rank == 0 ? Optional.<AdapterConfig>empty() : Small.lora(rank);
        var settings = Small.settings(adapter, tokens).withDtype(dtype);
        int expected = trained(settings, 1);
        for (int threads : new int[] {2, 3, 4, 2}) {
            assertEquals(expected, trained(settings, threads), threads + " threads");
        }
    }
}
