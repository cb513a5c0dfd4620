package dev.leeway.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.CheckpointFile;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Disk;
import dev.leeway.io.FolderLock;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.io.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The power fails behind every single operation; whatever of the unforced names survives, all that was reported as written is there. */
final class PowerCutTest {

    /** Draws of what survives, at each operation. */
    private static final int DRAWS = 4;

    @TempDir
    private Path temporary;

    private int written = -1;
    private int cuts;

    @Test
    void whatWasReportedAsWrittenSurvivesAPowerCutAtAnyOperation() throws IOException {
        var root = Files.createDirectories(temporary.resolve("run")).toRealPath();
        var disk = new PowerCutDisk(root);
        try (var lock = FolderLock.acquire(root)) {
            var store = new CheckpointStore(lock, 2, disk);
            disk.onMoment(operation -> requireSurvival(disk, operation));
            for (int step : new int[] {1, 2, 3, 3, 4, 5, 5}) {
                var path = store.write(step, files(step));
                written = step;
                store.prune(path);
            }
        }
        assertTrue(cuts > 7 * 5 * DRAWS, "only " + cuts + " cuts");
    }

    private static List<CheckpointFile> files(int step) {
        return List.of(CheckpointFile.of("model.safetensors", List.of(StoredTensor.ofFloats("w", List.of(2L), step, -step))),
            CheckpointFile.of("state.json", new byte[] {'{', '}', '\n'}));
    }

    private void requireSurvival(PowerCutDisk disk, String operation) throws IOException {
        for (int draw = 0; draw < DRAWS; draw++) {
            var after = temporary.resolve("cut-" + cuts);
            disk.restoreInto(after, new Random(cuts++));
            try (var lock = FolderLock.acquire(after)) {
                new CheckpointStore(lock, 2, Disk.local());
            }
            if (written > 0) {
                int step = CheckpointStore.latest(after).map(path -> StoredCheckpoint.open(path).step()).orElse(-1);
                assertTrue(step >= written, () -> "power cut behind <" + operation + ">: " + written + " was written, newest is " + step);
            }
        }
    }
}
