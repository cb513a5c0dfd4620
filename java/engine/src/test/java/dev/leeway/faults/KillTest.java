package dev.leeway.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.faults.CheckpointedRun.Kind;
import dev.leeway.faults.CheckpointedRun.Saving;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Crash;
import dev.leeway.io.Disk;
import dev.leeway.io.FolderLock;
import dev.leeway.io.StoredCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * SIGKILL at every named point and at random times, of a run that saves behind every step and is continued after each kill.
 * {@code -Dleeway.faults.kills} sets how many kills each kind of run gets, seven of ten at named points. Its log and weights must be an
 * uninterrupted run's in the end.
 */
final class KillTest {

    private static final int KILLS = Integer.getInteger("leeway.faults.kills", 10);
    /** Passes of a point until the kill: the first checkpoint of a process, which replaces one, and later ones, which prune. */
    private static final int PASSES = 6;
    private static final int LONGEST_MILLIS = 300;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(names = {"FULL", "LORA"})
    void afterAnyKillTheNewestCheckpointLoadsAndTheRunContinuesAsIfNothingHappened(Kind kind) throws IOException, InterruptedException {
        var killed = folder.resolve("killed");
        try (var run = CheckpointedRun.open(killed, kind, Saving.every(1))) {
            run.train(2);
        }
        var random = new Random(KILLS + kind.ordinal());
        int newest = 2;
        for (int i = 0; i < KILLS; i++) {
            int acknowledged = i % 10 < 7 ? killAtPoint(killed, kind, point(kind, i / 10 * 7 + i % 10), random)
                : killAtRandomTime(killed, kind, random);
            newest = requireSound(killed, Math.max(newest, acknowledged), i);
        }
        requireUninterrupted(killed, kind, newest + 3);
    }

    /** All points in turn; the two kinds begin at opposite ones, so that few kills still meet each. */
    private static Crash.Point point(Kind kind, int i) {
        var points = Crash.Point.values();
        return points[(i + kind.ordinal() * points.length / 2) % points.length];
    }

    private static int killAtPoint(Path folder, Kind kind, Crash.Point point, Random random) throws IOException, InterruptedException {
        int passes = point == Crash.Point.AFTER_MOVE_ASIDE ? 1 : 1 + random.nextInt(PASSES);
        try (var child = TrainingChild.start(folder, kind, Optional.of(point + ":" + passes))) {
            child.awaitReady();
            return child.awaitDeath();
        }
    }

    private static int killAtRandomTime(Path folder, Kind kind, Random random) throws IOException, InterruptedException {
        try (var child = TrainingChild.start(folder, kind, Optional.empty())) {
            child.awaitReady();
            TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_MILLIS));
            child.kill();
            return child.awaitDeath();
        }
    }

    /** The lock is free, nothing half-written has a name, two checkpoints verify, and the newest has all that was acknowledged. */
    private static int requireSound(Path folder, int acknowledged, int kill) throws IOException {
        try (var lock = FolderLock.acquire(folder)) {
            new CheckpointStore(lock, 2, Disk.local());
        }
        var complete = CheckpointStore.complete(folder);
        assertTrue(complete.size() >= 2, () -> "kill " + kill + " left " + complete.size() + " complete checkpoints");
        complete.forEach(found -> StoredCheckpoint.open(found.folder()));
        assertEquals(complete.size(), folders(folder).size(), () -> "kill " + kill + " left " + folders(folder));
        int step = complete.getLast().manifest().step();
        assertTrue(step >= acknowledged, () -> "kill " + kill + ": step " + acknowledged + " was on disk, now " + step + " is the newest");
        return step;
    }

    private static List<Path> folders(Path folder) {
        try (var entries = Files.list(folder)) {
            return entries.filter(Files::isDirectory).toList();
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }

    private void requireUninterrupted(Path killed, Kind kind, int steps) {
        var uninterrupted = folder.resolve("whole");
        try (var run = CheckpointedRun.open(killed, kind, Saving.every(1));
             var whole = CheckpointedRun.open(uninterrupted, kind, Saving.every(0))) {
            run.train(steps);
            whole.train(steps);
            assertEquals(whole.bits(), run.bits());
        }
        assertEquals(CheckpointedRun.logOf(uninterrupted), CheckpointedRun.logOf(killed));
        assertEquals(steps, CheckpointedRun.logOf(killed).size());
    }
}
