package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.Capacity;
import dev.leeway.model.Family;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelPlan;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepReport;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Computing layers again on the way back changes no bit and takes less memory. */
final class RecomputationTest {

    private static final int ROWS = 80;

    private static Optional<AdapterConfig> lora() {
        var modules = new ModuleSelection.Regex(".*_proj|lm_head|.*embed_tokens");
        return Optional.of(new AdapterConfig(LoraScale.of(4, 8), modules, 0.1, List.of(), Optional.empty(), ""));
    }

    /** Losses and gradient norms of three steps, the last gradients, and the weights after them. */
    private record Outcome(List<String> reports, List<float[]> gradients, int weights) {
    }

    private static Outcome train(Family family, TrainingSession.Settings settings) {
        try (var device = Device.open("cpu", 2); var session = TrainingSession.open(family.config(), settings, device)) {
            TinyModel.randomize(session.model(), 1);
            var reports = new ArrayList<StepReport>();
            var micros = List.of(Batch.of(TinyModel.sequences(Family.VOCABULARY, 1, 40, 1, 30)),
                Batch.of(TinyModel.sequences(Family.VOCABULARY, 2, 19)));
            session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.CONSTANT, 0, 3, 0), 1e-3, 5)
                .train(Small.repeating(micros), reports::add);
            return new Outcome(reports.stream().map(report -> report.loss() + " " + report.gradientNorm()).toList(),
                Small.gradients(session.model()), Small.hash(session.model()));
        }
    }

    private static void requireSame(Family family, Optional<AdapterConfig> adapter) {
        requireSame(family, new TrainingSession.Settings(adapter, 64, ROWS, 3, AdamW.Settings.standard(), 0));
    }

    private static void requireSame(Family family, TrainingSession.Settings settings) {
        var kept = train(family, settings);
        var recomputed = train(family, settings.withGradientCheckpointing());
        assertEquals(kept.reports(), recomputed.reports());
        for (int i = 0; i < kept.gradients().size(); i++) {
            assertArrayEquals(kept.gradients().get(i), recomputed.gradients().get(i));
        }
        assertEquals(kept.weights(), recomputed.weights());
    }

    @ParameterizedTest
    @EnumSource
    void trainingOfAllWeightsEndsInTheSameBits(Family family) {
        requireSame(family, Optional.empty());
    }

    @ParameterizedTest
    @EnumSource
    void trainingOfAnAdapterWithDropoutEndsInTheSameBits(Family family) {
        requireSame(family, lora());
    }

    @ParameterizedTest
    @EnumSource
    void trainingInBfloat16EndsInTheSameBits(Family family) {
        for (var adapter : List.of(Optional.<AdapterConfig>empty(), lora())) {
            requireSame(family, new TrainingSession.Settings(adapter, 64, ROWS, 3, AdamW.Settings.standard(), 0).withDtype(DType.BF16));
        }
    }

    private static long activations(Family family, Capacity capacity, Optional<AdapterConfig> adapter) {
        try (var device = Device.open("cpu", 1)) {
            var memory = new MemoryPlan();
            var trained = adapter.isPresent() ? ModelPlan.Trained.ADAPTER : ModelPlan.Trained.BASE;
            new Llama(family.config(), 64, device, new ModelPlan(memory, capacity, trained, adapter));
            return memory.bytesByPurpose().get(Purpose.ACTIVATIONS);
        }
    }

    @Test
    void memoryOfALayerShrinksToItsStream() {
        for (var adapter : List.of(Optional.<AdapterConfig>empty(), lora())) {
            var capacity = Capacity.training(64, 4);
            long kept = activations(Family.LLAMA, capacity, adapter);
            long recomputed = activations(Family.LLAMA, capacity.withGradientCheckpointing(), adapter);
            // per row of the second layer: two norms (C y, C sum, 1 rstd), q, k, v, attention, o, lse, gate, up, activated, down
            int widths = 2 * (32 + 32 + 1) + 32 + 16 + 16 + 32 + 32 + 4 + 3 * 48 + 32 + adapter.map(lora -> 7 * 4).orElse(0);
            int absent = 4; // statistics of norms that a Llama lacks still take an alignment of 256 B each
            int stream = 32;
            assertEquals((widths + absent - stream) * 64 * Float.BYTES, kept - recomputed);
            assertTrue(recomputed < kept);
        }
    }
}
