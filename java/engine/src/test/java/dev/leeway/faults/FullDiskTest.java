package dev.leeway.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.faults.CheckpointedRun.Kind;
import dev.leeway.faults.CheckpointedRun.Saving;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Disk;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.train.CheckpointEvent;
import dev.leeway.train.CheckpointEvent.Failed;
import dev.leeway.train.CheckpointEvent.Saved;
import dev.leeway.train.SavingSettings.OnFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A disk that fills up at every twentieth of a checkpoint. It is a seam by default; {@code -Dleeway.faults.small_disk=DIR}, an empty file
 * system of some megabytes (tmpfs), runs the same on a real one, filled by ballast.
 */
final class FullDiskTest {

    private static final Optional<Path> SMALL_DISK = Optional.ofNullable(System.getProperty("leeway.faults.small_disk")).map(Path::of);

    @TempDir
    private Path temporary;

    private final List<CheckpointEvent> events = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDiskThatFillsAtAnyTwentiethKeepsTheEarlierCheckpointAndTheRunGoesOn(boolean tellsTheTruth) throws IOException {
        var folder = SMALL_DISK.orElse(temporary).resolve("run-" + tellsTheTruth);
        var disk = new FullDisk(tellsTheTruth);
        var used = SMALL_DISK.isPresent() && tellsTheTruth ? Disk.local() : disk;
        try (var run = CheckpointedRun.open(folder, Kind.FULL, new Saving(0, OnFailure.CONTINUE, used), 2, events::add)) {
            run.train(1);
            run.finish();
            long bytes = sizeOf(folder.resolve("checkpoint-1"));
            for (int twentieth = 0; twentieth < 20; twentieth++) {
                leave(disk, bytes * twentieth / 20);
                trainAndSave(run, 2 + twentieth);
                requireReported(folder, 2 + twentieth, bytes);
            }
            leave(disk, 10 * bytes);
            trainAndSave(run, 22);
        }
        assertInstanceOf(Saved.class, events.getLast());
        assertEquals(22, StoredCheckpoint.open(CheckpointStore.latest(folder).orElseThrow()).step());
        assertEquals(22, CheckpointedRun.logOf(folder).size());
    }

    private static void trainAndSave(CheckpointedRun run, int step) {
        run.train(step);
        run.checkpointer().save(step);
        run.checkpointer().close();
    }

    private void requireReported(Path folder, int step, long bytes) throws IOException {
        var failed = assertInstanceOf(Failed.class, events.getLast());
        assertEquals(step, failed.step());
        Refusal.assertRefused(LeewayException.Kind.RESOURCES, () -> {
            throw failed.reason();
        }, "checkpoint-" + step + " needs ", " are free there", "checkpoint-1;");
        var sentence = failed.reason().getMessage();
        long needed = Long.parseLong(sentence.replaceAll(".* needs (\\d+) bytes, .*", "$1"));
        // the digits of the step and of losses vary, nothing else does
        assertEquals(bytes, needed, 200, sentence);
        assertEquals(1, StoredCheckpoint.open(CheckpointStore.latest(folder).orElseThrow()).step());
        assertEquals(List.of("checkpoint-1"), foldersOf(folder));
    }

    private static void leave(FullDisk disk, long bytes) throws IOException {
        if (SMALL_DISK.isEmpty()) {
            disk.leave(bytes);
            return;
        }
        var ballast = SMALL_DISK.get().resolve("ballast");
        Files.deleteIfExists(ballast);
        Files.write(ballast, new byte[Math.toIntExact(Math.max(0, Disk.local().free(SMALL_DISK.get()) - bytes))]);
    }

    @Test
    void aRunThatIsToldToStopEndsWithTheFailure() {
        var disk = new FullDisk(false);
        try (var run = CheckpointedRun.open(temporary, Kind.LORA, new Saving(2, OnFailure.STOP, disk), 2, events::add)) {
            run.train(3);
            run.finish();
            disk.leave(5_000);
            Refusal.assertRefused(LeewayException.Kind.RESOURCES, () -> {
                run.train(9);
                run.finish();
            }, "checkpoint-4 needs", "No space left on device", "checkpoint-3;");
        }
    }

    @Test
    void theLastCheckpointOfARunMustSucceedWhateverThePolicy() {
        var disk = new FullDisk(true);
        try (var run = CheckpointedRun.open(temporary, Kind.LORA, new Saving(0, OnFailure.CONTINUE, disk), 2, events::add)) {
            run.train(3);
            disk.leave(5_000);
            Refusal.assertRefused(LeewayException.Kind.RESOURCES, run::finish, "checkpoint-3 needs", "there is no earlier checkpoint");
        }
    }

    /** Operation by operation of a first save, of one that replaces it, and of their pruning, whose failures are problems of an event. */
    @Test
    void anyOperationMayFailOnce() {
        var disk = new FailingDisk();
        int step = 0;
        int operation = 0;
        try (var run = CheckpointedRun.open(temporary, Kind.LORA, new Saving(0, OnFailure.CONTINUE, disk), 2, events::add)) {
            for (boolean failed = true; failed; operation++) {
                trainAndSave(run, ++step);
                disk.failBehind(operation);
                trainAndSave(run, ++step);
                requireNewest(step);
                trainAndSave(run, step);
                requireNewest(step);
                failed = disk.heal();
            }
        }
        // 4 writes, 2 fsyncs and a rename of a save, one rename more of the one that replaces it, 5 deletions and a rename of each pruning
        assertTrue(operation > 20, "only " + operation + " operations were tried");
        assertTrue(events.stream().anyMatch(event -> event instanceof Saved saved && !saved.problems().isEmpty()), "none in pruning");
        for (var failing : List.of("write: ", "fsync: ", "rename: ")) {
            assertTrue(events.stream().anyMatch(event -> event instanceof Failed failed && failed.reason().getMessage().contains(failing)));
        }
    }

    private void requireNewest(int step) {
        int newest = StoredCheckpoint.open(CheckpointStore.latest(temporary).orElseThrow()).step();
        assertTrue(events.getLast() instanceof Saved ? newest == step : newest >= step - 1, () -> newest + " behind " + events.getLast());
    }

    private static List<String> foldersOf(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.filter(Files::isDirectory).map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static long sizeOf(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            long bytes = 0;
            for (var file : files.toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        }
    }
}
