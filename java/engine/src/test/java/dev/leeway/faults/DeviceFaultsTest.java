package dev.leeway.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.CheckpointedRun.Saving;
import dev.leeway.ffi.Emulator;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.BatchSource;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a GPU can do to a run: one sentence, and nothing saved is lost. */
@Tag("emulator")
final class DeviceFaultsTest {

    private final Emulator emulator = new Emulator();

    @TempDir
    private Path folder;

    @AfterEach
    void startAgain() {
        emulator.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "driver-none | no NVIDIA driver was found on this machine; install one, or choose --device cpu",
        "driver-old | the NVIDIA driver speaks CUDA 11.8 and this library needs 13.0; update the driver, or choose --device cpu",
        "no-device | the NVIDIA driver shows no GPU (is CUDA_VISIBLE_DEVICES set?); choose --device cpu",
        "old-chip | compute capability 7.5 and the kernels need 8.0 (Ampere) or later; choose --device cpu",
        "no-image | this library holds no code for emulator (compute capability 8.0); build it on this machine with LEEWAY_CUDA=1"})
    void aDeviceThatCannotBeUsedIsRefusedAndTheCpuIsNotTakenInstead(String fault, String sentence) {
        emulator.plant(fault, 0);
        Refusal.assertRefused(Kind.RESOURCES, () -> Device.open("emu", 0).close(), sentence);
    }

    @Test
    void vendorKernelsThatAreNotInstalledAreRefused() {
        Refusal.assertRefused(Kind.RESOURCES, () -> Device.openWithVendorKernels("emu").close(),
            "--kernels vendor needs NVIDIA's libcublasLt",
            "was not found", "name its file in LEEWAY_CUBLASLT");
    }

    private record OneStep(Batch batch) implements BatchSource {
        @Override
        public List<Batch> step(int step) {
            return List.of(batch);
        }

        @Override
        public double epochs(int steps) {
            return steps;
        }
    }

    /** Opens a device and a session and takes one step. */
    private static void trainOnce() {
        var settings = new TrainingSession.Settings(Optional.empty(), 16, 32, 4, AdamW.Settings.standard(), 2);
        try (var device = Device.open("emu", 0); var session = TrainingSession.open(Family.LLAMA.config(), settings, device)) {
            TinyModel.randomize(session.model(), 1);
            var batch = Batch.of(TinyModel.sequences(Family.VOCABULARY, 3, 16, 9));
            session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.CONSTANT, 0, 1, 0), 1e-3)
                .train(new OneStep(batch), report -> { });
        }
    }

    private static long freeBytes() {
        try (var device = Device.open("emu", 0)) {
            return device.info().freeBytes();
        }
    }

    @Test
    void anyAllocationMayFailWithOneSentenceAndLeavesNothingBehind() {
        long free = freeBytes();
        int failures = 0;
        while (!trainsWithAllocationFailing(failures)) {
            failures++;
            assertEquals(free, freeBytes(), "memory that is free after allocation " + failures + " failed");
        }
        assertTrue(failures >= 6, "a stream has five blocks of its own, a session at least one; " + failures + " failed");
    }

    private boolean trainsWithAllocationFailing(int index) {
        emulator.plant("allocation", index);
        try {
            trainOnce();
            return true;
        } catch (LeewayException failure) {
            assertEquals(Kind.RESOURCES, failure.kind());
            assertTrue(failure.getMessage().matches("[^\\n]*(the GPU has no (memory left|block)|the host has no \\d+ bytes)[^\\n]*"),
                failure.getMessage());
            return false;
        } finally {
            emulator.plant("none", 0);
        }
    }

    @Test
    void aFaultInsideAKernelEndsTheRunWithTheOpItsShapesAndTheNewestCheckpointFromWhichItGoesOn() {
        var uninterrupted = trained(folder.resolve("whole"));
        var broken = folder.resolve("broken");
        try (var run = CheckpointedRun.open(broken, CheckpointedRun.Kind.FULL, Saving.every(2))) {
            run.train(3);
            emulator.plant("kernel", 40);
            Refusal.assertRefused(Kind.RESOURCES, () -> run.train(6), "(", "an illegal memory access", "the GPU's state is lost",
                "the newest checkpoint is " + broken.toAbsolutePath().resolve("checkpoint-2"));
        }
        Refusal.assertRefused(Kind.RESOURCES, () -> Device.open("emu", 0).close(), "an illegal memory access");
        emulator.plant("none", 0);
        assertEquals(uninterrupted, trained(broken));
        assertEquals(CheckpointedRun.logOf(folder.resolve("whole")), CheckpointedRun.logOf(broken));
    }

    private static Object trained(Path folder) {
        try (var run = CheckpointedRun.open(folder, CheckpointedRun.Kind.FULL, Saving.every(2))) {
            run.train(6);
            return run.bits();
        }
    }
}
