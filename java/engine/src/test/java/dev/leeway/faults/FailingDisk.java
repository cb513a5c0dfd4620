package dev.leeway.faults;

import dev.leeway.io.Disk;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/** A disk of which one operation fails: the n-th that changes anything. */
final class FailingDisk implements Disk {

    private final Disk real = Disk.local();
    private int left = Integer.MAX_VALUE;
    private boolean failed;

    /** The operation behind the next {@code operations} fails, once. */
    void failBehind(int operations) {
        left = operations;
        failed = false;
    }

    /** Nothing fails from now on; says whether something did. */
    boolean heal() {
        left = Integer.MAX_VALUE;
        return failed;
    }

    private synchronized void pass(String what) throws IOException {
        if (left-- == 0) {
            failed = true;
            throw new IOException(what + ": Input/output error");
        }
    }

    @Override
    public void write(Path file, List<MemorySegment> parts) throws IOException {
        pass("write");
        real.write(file, parts);
    }

    @Override
    public void sync(Path folder) throws IOException {
        pass("fsync");
        real.sync(folder);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        pass("rename");
        real.move(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        pass("delete");
        real.delete(path);
    }

    @Override
    public long free(Path folder) throws IOException {
        return real.free(folder);
    }
}
