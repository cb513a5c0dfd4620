package dev.leeway.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.LeewayException.Kind;
import dev.leeway.io.FolderLock;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two runs in one folder. */
final class FolderLockTest {

    @TempDir
    private Path folder;

    @Test
    void aRunInAnotherProcessIsNamedAndItsKillFreesTheFolder() throws IOException, InterruptedException {
        try (var child = TrainingChild.start(folder, CheckpointedRun.Kind.LORA, Optional.empty())) {
            child.awaitReady();
            Refusal.assertRefused(Kind.USAGE, () -> FolderLock.acquire(folder), folder.toString(), "process " + child.pid(),
                InetAddress.getLocalHost().getHostName());
            Refusal.assertRefused(Kind.USAGE, () -> FolderLock.acquire(folder), "process " + child.pid());
            child.kill();
            child.awaitDeath();
        }
        FolderLock.acquire(folder).close();
    }

    @Test
    void aSecondRunInTheSameProcessIsRefusedUntilTheFirstEnds() {
        try (var lock = FolderLock.acquire(folder)) {
            var same = lock.folder().resolve("..").resolve(folder.getFileName());
            Refusal.assertRefused(Kind.USAGE, () -> FolderLock.acquire(same), "this process");
            Refusal.assertRefused(Kind.USAGE, () -> FolderLock.acquire(folder), "this process");
        }
        FolderLock.acquire(folder).close();
    }

    @Test
    void aLockThatWasGivenBackNamesNobody() throws IOException {
        FolderLock.acquire(folder).close();
        assertEquals(0, Files.size(folder.resolve(FolderLock.NAME)));
    }
}
