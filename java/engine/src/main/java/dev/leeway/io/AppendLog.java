package dev.leeway.io;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import tools.jackson.databind.JsonNode;

/**
 * A file of JSON lines that only grows. A checkpoint records its length, and a resumed run cuts it back to that length: the lines of
 * steps that are taken again don't stand in it twice.
 */
public final class AppendLog implements AutoCloseable {

    private final Path file;
    private final FileChannel channel;

    private AppendLog(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Begins an empty log, over an earlier one. */
    public static AppendLog create(Path file) {
        return open(file, 0);
    }

    /**
     * Continues a log behind its first {@code bytes} bytes, or begins one where there is none. A log that is shorter, or has no line end
     * there, is not the one that the checkpoint belongs to and is refused.
     */
    public static AppendLog open(Path file, long bytes) {
        try {
            var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                cut(file, channel, bytes);
                return new AppendLog(file, channel);
            } catch (Throwable failure) {
                channel.close();
                throw failure;
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be written: %s", file, failure.getMessage());
        }
    }

    private static void cut(Path file, FileChannel channel, long bytes) throws IOException {
        if (channel.size() > 0 && bytes > 0) {
            var last = ByteBuffer.allocate(1);
            if (channel.size() < bytes || channel.read(last, bytes - 1) != 1 || last.get(0) != '\n') {
                throw LeewayException.data("%s has %d bytes and no line that ends at byte %d, where the checkpoint was taken; put the "
                    + "run's log back, or move the file away to begin a new one", file, channel.size(), bytes);
            }
        }
        channel.truncate(bytes);
        channel.position(channel.size());
    }

    /** Appends a line. */
    public void append(JsonNode line) {
        var bytes = ByteBuffer.wrap((line.toString() + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be written: %s", file, failure.getMessage());
        }
    }

    /** Its length in bytes; a line ends there. */
    public long position() {
        try {
            return channel.position();
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be read: %s", file, failure.getMessage());
        }
    }

    /** Returns when the lines are on the disk itself; may be called from any thread. */
    public void force() {
        try {
            channel.force(false);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be written: %s", file, failure.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be closed: %s", file, failure.getMessage());
        }
    }
}
