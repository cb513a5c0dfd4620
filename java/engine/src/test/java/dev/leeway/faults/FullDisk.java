package dev.leeway.faults;

import dev.leeway.io.Disk;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A disk with a number of bytes left. It may not know so: other programs write too. */
final class FullDisk implements Disk {

    private final Disk real = Disk.local();
    private final boolean tellsTheTruth;
    private long left = Long.MAX_VALUE;

    FullDisk(boolean tellsTheTruth) {
        this.tellsTheTruth = tellsTheTruth;
    }

    /** From now on this much can be written. */
    void leave(long bytes) {
        left = bytes;
    }

    /** Writes as much as fits, as a real one does. */
    @Override
    public synchronized void write(Path file, List<MemorySegment> parts) throws IOException {
        var fitting = new ArrayList<MemorySegment>();
        for (var part : parts) {
            long bytes = Math.min(left, part.byteSize());
            fitting.add(part.asSlice(0, bytes));
            left -= bytes;
        }
        real.write(file, fitting);
        if (Files.size(file) < parts.stream().mapToLong(MemorySegment::byteSize).sum()) {
            throw new IOException("No space left on device");
        }
    }

    @Override
    public void sync(Path folder) throws IOException {
        real.sync(folder);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        real.move(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        left += Files.isDirectory(path) || left > Long.MAX_VALUE / 2 ? 0 : Files.size(path);
        real.delete(path);
    }

    @Override
    public long free(Path folder) {
        return tellsTheTruth ? left : Long.MAX_VALUE;
    }
}
