package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.faults.CheckpointedRun;
import dev.leeway.faults.CheckpointedRun.Kind;
import dev.leeway.faults.CheckpointedRun.Saving;
import dev.leeway.faults.Refusal;
import dev.leeway.faults.Seal;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Disk;
import dev.leeway.io.FolderLock;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.train.CheckpointEvent.Saved;
import dev.leeway.train.SavingSettings.OnFailure;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints beside the training. */
final class CheckpointerTest {

    @TempDir
    private Path folder;

    private final List<CheckpointEvent> events = new ArrayList<>();

    /** A disk whose files wait for permission, one each. */
    private static final class SlowDisk implements Disk {

        private final Disk real = Disk.local();
        private final CountDownLatch asked = new CountDownLatch(1);
        private final Semaphore permits = new Semaphore(0);

        @Override
        public void write(Path file, List<MemorySegment> parts) throws IOException {
            asked.countDown();
            permits.acquireUninterruptibly();
            real.write(file, parts);
        }

        @Override
        public void sync(Path path) throws IOException {
            real.sync(path);
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            real.move(from, to);
        }

        @Override
        public void delete(Path path) throws IOException {
            real.delete(path);
        }

        @Override
        public long free(Path path) throws IOException {
            return real.free(path);
        }
    }

    @Test
    @Timeout(60)
    void trainingGoesOnBesideASlowWriteAndTheCheckpointIsOfItsStep() throws InterruptedException {
        try (var run = CheckpointedRun.open(folder.resolve("plain"), Kind.FULL, Saving.every(2))) {
            run.train(2);
        }
        var disk = new SlowDisk();
        try (var run = CheckpointedRun.open(folder.resolve("slow"), Kind.FULL, new Saving(2, OnFailure.STOP, disk), 2, events::add)) {
            run.train(3);
            disk.asked.await();
            assertEquals(3, run.done(), "a step was taken while the first file waited");
            assertTrue(CheckpointStore.latest(folder.resolve("slow")).isEmpty());
            assertEquals(List.of(), events);
            disk.permits.release(1000);
            run.finish();
        }
        assertEquals(List.of(2, 3), events.stream().map(CheckpointEvent::step).toList());
        assertEquals(entries(folder.resolve("plain/checkpoint-2")), entries(folder.resolve("slow/checkpoint-2")));
    }

    /** Names, lengths and checksums of what a checkpoint holds. */
    private static List<?> entries(Path checkpoint) {
        return StoredCheckpoint.open(checkpoint).manifest().files();
    }

    @Test
    void aFailureOfTheNumbersNamesTheNewestCheckpointAndNoOtherFailureDoes() {
        try (var run = CheckpointedRun.open(folder, Kind.LORA, Saving.every(2), 2, events::add)) {
            IntSupplier failing = () -> {
                throw LeewayException.numerics("step 7: the loss is NaN");
            };
            Refusal.assertRefused(LeewayException.Kind.NUMERICS, () -> run.checkpointer().training(failing), "NaN; there is no checkpoint");
            run.train(5);
            Refusal.assertRefused(LeewayException.Kind.NUMERICS, () -> run.checkpointer().training(failing), "step 7: the loss is NaN; ",
                "the newest checkpoint is " + folder.toAbsolutePath().resolve("checkpoint-4"));
            Refusal.assertRefused(LeewayException.Kind.DATA, () -> run.checkpointer().training(() -> {
                throw LeewayException.data("torn");
            }), "torn");
        }
    }

    @Test
    void theNewestTwoAreKeptAndWhatTheUserRenamedIsNotCounted() throws IOException {
        try (var run = CheckpointedRun.open(folder, Kind.LORA, Saving.every(1), 2, events::add)) {
            run.train(2);
            run.finish();
            Files.move(folder.resolve("checkpoint-1"), folder.resolve("keep-me"));
            run.train(5);
            run.finish();
        }
        var names = CheckpointStore.complete(folder).stream().map(found -> found.folder().getFileName().toString()).toList();
        assertEquals(List.of("keep-me", "checkpoint-4", "checkpoint-5"), names);
        assertTrue(events.stream().allMatch(event -> event instanceof Saved saved && saved.problems().isEmpty()));
    }

    @Test
    void aRunThatWentBackKeepsWhatItWritesThen() {
        try (var lock = FolderLock.acquire(folder)) {
            var store = new CheckpointStore(lock, 2, Disk.local());
            store.write(900, List.of());
            store.write(901, List.of());
            assertEquals(List.of(), store.prune(store.write(1, List.of())));
        }
        assertTrue(Files.exists(folder.resolve("checkpoint-1")), "just written, though the oldest of three");
    }

    @Test
    void oneCheckpointAloneIsRefused() {
        try (var lock = FolderLock.acquire(folder)) {
            Refusal.assertRefused(LeewayException.Kind.USAGE, () -> new CheckpointStore(lock, 1, Disk.local()), "save_total_limit",
                "at least 2", "found 1");
        }
    }

    @Test
    void aNewerFormatIsRefusedByItsVersion() throws IOException {
        try (var lock = FolderLock.acquire(folder)) {
            new CheckpointStore(lock, 2, Disk.local()).write(7, List.of());
        }
        Seal.again(folder.resolve("checkpoint-7"), text -> text.replace("\"version\": 2", "\"version\": 3"));
        Refusal.assertRefused(LeewayException.Kind.DATA, () -> StoredCheckpoint.open(folder.resolve("checkpoint-7")), "version is 3",
            "reads 2");
    }

    @Test
    void aCheckpointIsDueByStepsOrByTime() {
        var settings = new SavingSettings(10, Duration.ofMinutes(30), OnFailure.CONTINUE);
        assertTrue(settings.isDue(20, Duration.ZERO));
        assertFalse(settings.isDue(21, Duration.ofMinutes(29)));
        assertTrue(settings.isDue(21, Duration.ofMinutes(30)));
        assertFalse(new SavingSettings(0, Duration.ZERO, OnFailure.STOP).isDue(100, Duration.ofDays(9)));
    }
}
