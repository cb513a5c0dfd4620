package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.ffi.Emulator;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.Initializer;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The host waits for the device once for each micro-batch, for the columns from which the objective computes its loss, and once at the end
 * of a step, for the norm of the gradients and what was not finite. Clipping and the look for NaN hold up nothing.
 */
@Tag("emulator")
final class SynchronisationTest {

    private final Emulator emulator = new Emulator();

    /** Waits of the later steps; the first one looks at weights and moments too. */
    private List<Long> waitsOfSteps(int micros, SupervisedFineTuning objective) {
        var batches = IntStream.range(0, micros).mapToObj(micro -> Batch.of(Small.ofLength(Family.VOCABULARY, 2, 5 + micro))).toList();
        var settings = new TrainingSession.Settings(Optional.empty(), 16, 32, 4, AdamW.Settings.standard(), 0);
        var waits = new ArrayList<Long>();
        try (var device = Device.open("emu", 0); var session = TrainingSession.open(Family.LLAMA.config(), settings, device)) {
            new Initializer(1, 0.1).fillBase(session.model());
            session.trainer(objective, new Schedule(Schedule.Kind.CONSTANT, 0, 4, 0), 1e-3)
                .train(Small.repeating(batches), report -> waits.add(emulator.waits()));
        }
        return IntStream.range(1, waits.size()).mapToObj(step -> waits.get(step) - waits.get(step - 1)).toList();
    }

    @Test
    void aStepWaitsOnceForEachMicroBatchAndOnceAtItsEnd() {
        assertEquals(List.of(2L, 2L, 2L), waitsOfSteps(1, new SupervisedFineTuning()));
        assertEquals(List.of(4L, 4L, 4L), waitsOfSteps(3, new SupervisedFineTuning()));
    }

    /** Smoothing and z-loss want three columns. */
    @Test
    void manyColumnsOfAMicroBatchAreOneWait() {
        assertEquals(List.of(3L, 3L, 3L), waitsOfSteps(2, new SupervisedFineTuning(0.1, 1e-4)));
    }
}
