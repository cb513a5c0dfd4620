package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.Batching;
import dev.leeway.data.EpochBatches;
import dev.leeway.data.Example;
import dev.leeway.data.Report;
import dev.leeway.data.RowSet;
import dev.leeway.ffi.DType;
import dev.leeway.io.JsonFile;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A model of 10 million weights and rows of 1,024 tokens, on machines that are too small for it. */
final class RoomTest {

    private final Device device = Device.open("cpu", 1);

    @AfterEach
    void close() {
        device.close();
    }

    private static TrainingRun.Job job(int batch, int length) {
        var nothing = new Report.Count(0, Optional.empty());
        var report = new Report(16, 16L * length, 16L * length, nothing, nothing, nothing, nothing, List.of());
        var rows = EncodedRows.of(new RowSet<>(Collections.nCopies(16, new Example(new int[length], new boolean[length], 0)), report),
            Batching.PLAIN, 0);
        var recipe = new Recipe(new EpochBatches.Steps(batch, 1, 1, 1), new Recipe.Rate(1e-4, Schedule.Kind.CONSTANT, 0, 0, 0),
            AdamW.Settings.standard(), 0);
        return new TrainingRun.Job("a model", JsonFile.parse("config.json", MeasuredConfiguration.named("small").json()),
            Optional.empty(), Task.nextToken(), TrainingRun.Rows.without(rows), recipe);
    }

    private String refusal(TrainingRun.Job job, TrainingRun.Extras extras, long free) {
        var refused = assertThrows(LeewayException.class, () -> new Room(job, extras, device, free).require());
        assertEquals(LeewayException.Kind.RESOURCES, refused.kind());
        return refused.getMessage();
    }

    private long needs(TrainingRun.Job job) {
        return new Room(job, TrainingRun.Extras.FINE_TUNING, device, 0).footprint().totalBytes();
    }

    @Test
    void whatFitsIsLetThroughAndAByteLessIsNot() {
        var job = job(8, 1024);
        assertDoesNotThrow(() -> new Room(job, TrainingRun.Extras.FINE_TUNING, device, needs(job)).require());
        refusal(job, TrainingRun.Extras.FINE_TUNING, needs(job) - 1);
    }

    @Test
    void everyOptionAloneIsOfferedByItsSmallestChangeThatFits() {
        // Halving the batch is just enough by construction: the limit is what a run of 4 rows needs.
        long limit = needs(job(4, 1024));
        var message = refusal(job(8, 1024), TrainingRun.Extras.FINE_TUNING, limit);
        assertTrue(message.matches("needs \\S+ GB, device has \\S+ GB: weights \\S+ MB, gradients .*, host copies .*; gradient_.*"),
            message);
        assertTrue(message.contains("gradient_checkpointing: true gives "), message);
        assertTrue(message.contains("per_device_train_batch_size: 4 with gradient_accumulation_steps: 2 gives "), message);
        assertTrue(message.contains("max_length: 512 gives "), message);
        assertTrue(!message.contains("batch_size: 2") && !message.contains("max_length: 256"), message);
    }

    @Test
    void anAdapterIsOfferedWhereTheCommandTrainsAdapters() {
        // Without gradients, moments and copies of 10 million weights, but with all activations of a row.
        long limit = needs(job(1, 64)) / 2;
        var message = refusal(job(1, 64), TrainingRun.Extras.FINE_TUNING, limit);
        assertTrue(message.contains("; use_peft with lora_r: 16 gives "), message);
        var pretraining = refusal(job(1, 64), TrainingRun.Extras.PRETRAINING, limit);
        assertTrue(pretraining.contains("; even gradient_checkpointing: true and max_length: 32 would need "), pretraining);
    }

    @Test
    void whereNoOptionAloneIsEnoughTheyAreCombined() {
        // 284 MB of weights, gradients, moments and copies are too much for rows of any length; activations of 16 rows are for an adapter.
        long limit = 150_000_000;
        var message = refusal(job(16, 1024), TrainingRun.Extras.FINE_TUNING, limit);
        assertTrue(message.contains("; gradient_checkpointing: true and per_device_train_batch_size: 1 with "
            + "gradient_accumulation_steps: 16 and use_peft with lora_r: 16 gives "), message);
    }

    @Test
    void layersAreComputedAgainOnlyWhereTheRunDoesNotFitOtherwise() {
        var job = job(8, 1024);
        var passes = new Recipe.Passes(false, true, DType.F32);
        var recipe = job.recipe();
        var open = job.withRecipe(new Recipe(recipe.steps(), recipe.rate(), recipe.adam(), 0, passes, 0));
        var fits = new Room(open, TrainingRun.Extras.FINE_TUNING, device, needs(job)).settled();
        assertFalse(fits.job().recipe().passes().gradientCheckpointing());
        assertDoesNotThrow(fits::require);
        long less = needs(job.withRecipe(recipe.withGradientCheckpointing()));
        var tight = new Room(open, TrainingRun.Extras.FINE_TUNING, device, less).settled();
        assertTrue(tight.job().recipe().passes().gradientCheckpointing());
        assertDoesNotThrow(tight::require);
        assertEquals(less, tight.footprint().totalBytes());
        var never = new Room(job, TrainingRun.Extras.FINE_TUNING, device, less).settled();
        assertFalse(never.job().recipe().passes().gradientCheckpointing());
        assertTrue(refusal(open, TrainingRun.Extras.FINE_TUNING, less - 1).contains("needs "));
    }
}
