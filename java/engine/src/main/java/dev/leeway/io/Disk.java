package dev.leeway.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The five things that checkpoints ask of a file system, as a seam for tests of full disks and power cuts. */
public interface Disk {

    /**
     * Creates {@code file}, which must not exist, writes the parts one after the other, and returns when they are on the disk itself.
     * Several threads may write different files at once.
     *
     * @throws IOException if the file system refuses
     */
    void write(Path file, List<MemorySegment> parts) throws IOException;

    /**
     * Makes what was created, renamed or removed in {@code folder} durable.
     *
     * @throws IOException if the file system refuses
     */
    void sync(Path folder) throws IOException;

    /**
     * Renames a folder within its parent, in one piece. {@code to} must not exist.
     *
     * @throws IOException if the file system refuses
     */
    void move(Path from, Path to) throws IOException;

    /**
     * Deletes a file or an empty folder.
     *
     * @throws IOException if the file system refuses
     */
    void delete(Path path) throws IOException;

    /**
     * Bytes that can still be written below {@code folder}.
     *
     * @throws IOException if the file system refuses
     */
    long free(Path folder) throws IOException;

    /** The machine's own. */
    static Disk local() {
        return new Local();
    }

    /** The JDK's file system, with the kill points that lie inside a write. */
    record Local() implements Disk {

        /** One write; buffers made from larger segments would pass the range of an int. */
        private static final long CHUNK = 64L << 20;

        @Override
        public void write(Path file, List<MemorySegment> parts) throws IOException {
            try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                for (var part : parts) {
                    append(channel, part);
                    Crash.at(Crash.Point.INSIDE_FILE);
                }
                Crash.at(Crash.Point.BEFORE_FSYNC);
                channel.force(true);
            }
            Crash.at(Crash.Point.AFTER_FSYNC);
        }

        private static void append(FileChannel channel, MemorySegment part) throws IOException {
            for (long start = 0; start < part.byteSize(); start += CHUNK) {
                ByteBuffer chunk = part.asSlice(start, Math.min(CHUNK, part.byteSize() - start)).asByteBuffer();
                while (chunk.hasRemaining()) {
                    channel.write(chunk);
                }
            }
        }

        @Override
        public void sync(Path folder) throws IOException {
            AtomicFile.sync(folder);
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        }

        @Override
        public void delete(Path path) throws IOException {
            Files.delete(path);
        }

        @Override
        public long free(Path folder) throws IOException {
            return Files.getFileStore(folder).getUsableSpace();
        }
    }
}
