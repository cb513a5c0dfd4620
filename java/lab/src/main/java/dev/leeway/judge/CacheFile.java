package dev.leeway.judge;

import dev.leeway.LeewayException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file of JSON lines that only grows, each behind the CRC32C of the rest of it: {@code {"crc32c":"0123abcd","key":…}}. A last line
 * without an end, as a kill leaves it, is cut off; a line that is not what was written is left where it is and counted.
 */
final class CacheFile implements AutoCloseable {

    private static final String HEAD = "{\"crc32c\":\"";
    private static final int CRC_END = HEAD.length() + 8;

    private final Path path;
    private final FileChannel channel;
    private final List<JsonNode> lines = new ArrayList<>();
    private final List<String> damaged = new ArrayList<>();

    private CacheFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    static CacheFile open(Path path) {
        try {
            Files.createDirectories(path.toAbsolutePath().getParent());
            var channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                lock(path, channel);
                var file = new CacheFile(path, channel);
                file.readAll();
                return file;
            } catch (Throwable failure) {
                channel.close();
                throw failure;
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "the judge's cache %s can't be opened: %s", path, failure.getMessage());
        }
    }

    private static void lock(Path path, FileChannel channel) throws IOException {
        boolean isMine;
        try {
            isMine = channel.tryLock() != null;
        } catch (OverlappingFileLockException heldHere) {
            isMine = false;
        }
        if (!isMine) {
            throw LeewayException.resources("the judge's cache %s is in use by another run; wait for it, or name another file", path);
        }
    }

    private void readAll() throws IOException {
        channel.position(0);
        var stream = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16); // not closed: the channel holds the lock
        var line = new ByteArrayOutputStream();
        long whole = 0;
        int number = 1;
        for (int next = stream.read(); next >= 0; next = stream.read()) {
            if (next != '\n') {
                line.write(next);
                continue;
            }
            int at = number++;
            parse(line.toString(StandardCharsets.UTF_8)).ifPresentOrElse(lines::add, () -> damaged.add(path + ":" + at));
            whole += line.size() + 1;
            line.reset();
        }
        channel.truncate(whole);
        channel.position(whole);
    }

    private static Optional<JsonNode> parse(String line) {
        if (!line.startsWith(HEAD) || !line.startsWith("\",", CRC_END)) {
            return Optional.empty();
        }
        var rest = "{" + line.substring(CRC_END + 2);
        if (!line.substring(HEAD.length(), CRC_END).equals(crc(rest))) {
            return Optional.empty();
        }
        try {
            return Optional.of(JsonMapper.shared().readTree(rest));
        } catch (JacksonException damaged) {
            return Optional.empty();
        }
    }

    private static String crc(String text) {
        var crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    /** The lines that were there. */
    List<JsonNode> lines() {
        return lines;
    }

    /** {@code file:line} of each line that is not what was written. */
    List<String> damaged() {
        return List.copyOf(damaged);
    }

    /** Appends a line with one write: a kill leaves it whole or without an end. */
    synchronized void append(ObjectNode line) {
        var text = line.toString();
        var bytes = ByteBuffer.wrap((HEAD + crc(text) + "\"," + text.substring(1) + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "the judge's cache %s can't be written: %s", path, failure.getMessage());
        }
    }

    /** Returns when the lines are on the disk itself. */
    void force() {
        try {
            channel.force(false);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "the judge's cache %s can't be written: %s", path, failure.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "the judge's cache %s can't be closed: %s", path, failure.getMessage());
        }
    }
}
