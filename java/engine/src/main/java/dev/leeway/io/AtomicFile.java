package dev.leeway.io;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;

/**
 * Replaces a file as a whole: under its final name there is either what was there before or all of the new content, also after a power
 * cut. Temporary file in the same directory → write → fsync → atomic rename → fsync of the directory.
 */
public final class AtomicFile {

    /** One write; buffers made from larger segments would pass the range of an int. */
    private static final long CHUNK = 64L << 20;

    private AtomicFile() {
    }

    /** Writes {@code content} as the whole of {@code target}, whose directory is made if it is missing. */
    public static void write(Path target, byte[] content) {
        write(target, List.of(MemorySegment.ofArray(content)));
    }

    /** Writes the parts one after the other as the whole of {@code target}, whose directory is made if it is missing. */
    public static void write(Path target, List<MemorySegment> parts) {
        var directory = target.toAbsolutePath().getParent();
        long bytes = parts.stream().mapToLong(MemorySegment::byteSize).sum();
        try {
            Files.createDirectories(directory);
            var temporary = directory.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
            try {
                fill(temporary, parts);
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
            sync(directory);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s needs %d bytes, %s are free there, and writing it failed: %s; "
                    + "no half-written file is left", target, bytes, free(directory), failure.getMessage());
        }
    }

    private static void fill(Path temporary, List<MemorySegment> parts) throws IOException {
        try (var channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (var part : parts) {
                for (long start = 0; start < part.byteSize(); start += CHUNK) {
                    var chunk = part.asSlice(start, Math.min(CHUNK, part.byteSize() - start)).asByteBuffer();
                    writeFully(channel, chunk);
                }
            }
            channel.force(true);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer chunk) throws IOException {
        while (chunk.hasRemaining()) {
            channel.write(chunk);
        }
    }

    /** Makes renames and removals in {@code directory} durable. */
    static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static String free(Path directory) {
        try {
            return Long.toString(Files.getFileStore(directory).getUsableSpace());
        } catch (IOException unknown) {
            return "an unknown number of";
        }
    }
}
