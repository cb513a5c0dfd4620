package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.faults.CheckpointedRun;
import dev.leeway.faults.CheckpointedRun.Kind;
import dev.leeway.faults.CheckpointedRun.Saving;
import dev.leeway.faults.Refusal;
import dev.leeway.faults.TrainingChild;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Crash;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Manifest;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.io.TensorFiles;
import dev.leeway.model.ModelDirectory;
import dev.leeway.train.RunConfiguration;
import dev.leeway.train.RunState;
import dev.leeway.train.StopRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** N steps = k steps, an end, and N − k steps by a new session: the same losses, weights, moments and log lines, bit for bit. */
final class ResumeTest {

    private static final int STEPS = 9;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void resumedRunRepeatsTheUninterruptedOneBitForBit(Kind kind) {
        var whole = run(folder.resolve("whole"), kind, 2, STEPS);
        run(folder.resolve("parts"), kind, 2, 4);
        run(folder.resolve("parts"), kind, 1, 7);
        var parts = run(folder.resolve("parts"), kind, 2, STEPS);
        assertEquals(whole, parts);
        assertEquals(CheckpointedRun.logOf(folder.resolve("whole")), CheckpointedRun.logOf(folder.resolve("parts")));
        assertEquals(STEPS, CheckpointedRun.logOf(folder.resolve("parts")).size());
    }

    /** The child kills itself with SIGKILL when its fourth checkpoint has got its name, while the next step is under way. */
    @ParameterizedTest
    @EnumSource
    void aRunKilledByTheSystemGoesOnAsIfNothingHadHappened(Kind kind) throws IOException, InterruptedException {
        var killed = folder.resolve("killed");
        try (var child = TrainingChild.start(killed, kind, Optional.of(Crash.Point.AFTER_RENAME + ":4"))) {
            child.awaitReady();
            child.awaitDeath();
        }
        int behind = StoredCheckpoint.open(CheckpointStore.latest(killed).orElseThrow()).step();
        assertTrue(behind > 0 && behind < STEPS, () -> "killed behind step " + behind);
        assertEquals(run(folder.resolve("whole"), kind, 2, STEPS), run(killed, kind, 2, STEPS));
        assertEquals(-1, Files.mismatch(folder.resolve("whole/metrics.jsonl"), killed.resolve("metrics.jsonl")));
    }

    /** Save, load, save: the same files with the same bytes, and the configuration, seeds and positions in them. */
    @ParameterizedTest
    @EnumSource
    void aCheckpointThatIsLoadedAndSavedAgainHasTheSameBytes(Kind kind) throws IOException {
        run(folder, kind, 2, 3);
        var first = Files.move(folder.resolve("checkpoint-3"), folder.resolve("first"));
        try (var run = CheckpointedRun.open(folder, kind, Saving.every(100))) {
            run.checkpointer().save(run.done());
            run.checkpointer().close();
        }
        var again = folder.resolve("checkpoint-3");
        var names = StoredCheckpoint.open(first).manifest().files().stream().map(Manifest.Entry::name).toList();
        assertTrue(names.size() >= 4, names.toString());
        assertEquals(names, StoredCheckpoint.open(again).manifest().files().stream().map(Manifest.Entry::name).toList());
        for (var name : names) {
            assertEquals(-1, Files.mismatch(first.resolve(name), again.resolve(name)), name);
        }
    }

    private static Map<String, String> run(Path folder, Kind kind, int threads, int steps) {
        try (var run = CheckpointedRun.open(folder, kind, Saving.every(100), threads, event -> { })) {
            run.train(steps);
            run.finish();
            return run.bits();
        }
    }

    @Test
    void stepsBehindTheCheckpointAreTakenAgainAndLoggedOnce() {
        run(folder.resolve("whole"), Kind.FULL, 2, STEPS);
        try (var run = CheckpointedRun.open(folder.resolve("parts"), Kind.FULL, Saving.every(3))) {
            run.train(5);
        }
        assertEquals(5, CheckpointedRun.logOf(folder.resolve("parts")).size(), "the run ended two steps behind its checkpoint");
        run(folder.resolve("parts"), Kind.FULL, 2, STEPS);
        assertEquals(CheckpointedRun.logOf(folder.resolve("whole")), CheckpointedRun.logOf(folder.resolve("parts")));
    }

    @ParameterizedTest
    @EnumSource
    void aStopFinishesTheStepSavesItAndLosesNothing(Kind kind) {
        var whole = run(folder.resolve("whole"), kind, 2, STEPS);
        try (var run = CheckpointedRun.open(folder.resolve("parts"), kind, Saving.every(100))) {
            var stop = new StopRequest();
            run.train(STEPS, stop, report -> {
                if (report.step() == 5) {
                    stop.request();
                }
            });
            run.finish();
            assertEquals(5, run.done());
        }
        assertTrue(CheckpointStore.latest(folder.resolve("parts")).orElseThrow().endsWith("checkpoint-5"));
        assertEquals(whole, run(folder.resolve("parts"), kind, 2, STEPS));
    }

    @Test
    void checkpointOfAllWeightsIsAModelDirectory() {
        run(folder, Kind.FULL, 2, 2);
        var checkpoint = CheckpointStore.latest(folder).orElseThrow();
        assertEquals(32, ModelDirectory.open(checkpoint).config().hiddenSize());
        try (var files = TensorFiles.open(checkpoint)) {
            assertEquals(List.of(61L, 32L), files.require("model.embed_tokens.weight").shape());
        }
    }

    @Test
    void checkpointOfAnAdapterIsAPeftDirectory() {
        run(folder, Kind.LORA, 2, 2);
        try (var adapter = AdapterDirectory.open(CheckpointStore.latest(folder).orElseThrow())) {
            assertEquals(14, adapter.pairs().size());
        }
    }

    @Test
    void anotherConfigurationIsRefusedNamingEveryField() {
        run(folder, Kind.FULL, 2, 2);
        var saved = RunState.read(StoredCheckpoint.open(CheckpointStore.latest(folder).orElseThrow())).configuration();
        var other = RunConfiguration.of(JsonFile.newObject().put("kind", "FULL").put("learning_rate", 2e-3).put("packing", true));
        Refusal.assertRefused(LeewayException.Kind.USAGE, () -> other.requireContinues(saved, "checkpoint-2"), "checkpoint-2",
            "learning_rate was 0.001, now 0.002", "packing was not set, now true", "seed was 11, now not set");
    }

    @Test
    void aCheckpointOfAnotherKindIsRefusedBeforeAnythingMoves() {
        run(folder, Kind.FULL, 2, 2);
        Refusal.assertRefused(LeewayException.Kind.DATA, () -> CheckpointedRun.open(folder, Kind.LORA, Saving.every(1)),
            "adapter_model.safetensors");
    }
}
