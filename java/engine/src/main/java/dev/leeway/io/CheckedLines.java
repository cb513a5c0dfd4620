package dev.leeway.io;

import dev.leeway.LeewayException;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file of JSON lines that only grows, each behind the CRC32C of the rest of it: {@code {"crc32c":"0123abcd","key":…}}. A last line
 * without an end, as a kill leaves it, is cut off; a line that is not what was written is left where it is and counted. A file that is
 * something else is refused as it is.
 */
public final class CheckedLines implements AutoCloseable {

    private static final String HEAD = "{\"crc32c\":\"";
    private static final int CRC_END = HEAD.length() + 8;
    /** A line as far as it was written. */
    private static final Pattern TORN = Pattern.compile(Pattern.quote(HEAD) + "([0-9a-f]{0,8}|[0-9a-f]{8}\".*)", Pattern.DOTALL);

    /**
     * What a file is, for messages.
     *
     * @param name as {@code the judge's cache}
     * @param otherwise what is said of a file that is something else, and what to do
     */
    public record Kind(String name, String otherwise) {
    }

    private final Kind kind;
    private final Path path;
    private final RandomAccessFile file; // whose channel writes nothing: an interrupt would close it for everyone
    private final List<JsonNode> lines = new ArrayList<>();
    private final List<String> damaged = new ArrayList<>();

    private CheckedLines(Kind kind, Path path, RandomAccessFile file) {
        this.kind = kind;
        this.path = path;
        this.file = file;
    }

    /**
     * Opens a file for this process alone, and reads all of it.
     *
     * @param path made if it is missing
     * @throws LeewayException if another run has it, or if it is something else
     */
    public static CheckedLines open(Path path, Kind kind) {
        try {
            Files.createDirectories(path.toAbsolutePath().getParent());
            var file = new RandomAccessFile(path.toFile(), "rw");
            try {
                lock(path, kind, file);
                var cache = new CheckedLines(kind, path, file);
                cache.readAll();
                return cache;
            } catch (Throwable failure) {
                file.close();
                throw failure;
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s %s can't be opened: %s", kind.name(), path, failure.getMessage());
        }
    }

    /**
     * Hands over each line that is what was written, of a file that stays as it is and may be in use.
     *
     * @throws LeewayException if it can't be read
     */
    public static void read(Path path, Consumer<JsonNode> each) {
        try (var lines = new BufferedReader(new InputStreamReader(Files.newInputStream(path), StandardCharsets.UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                parse(line).ifPresent(each);
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be read: %s", path, failure.getMessage());
        }
    }

    private static void lock(Path path, Kind kind, RandomAccessFile file) throws IOException {
        boolean isMine;
        try {
            isMine = file.getChannel().tryLock() != null;
        } catch (OverlappingFileLockException heldHere) {
            isMine = false;
        }
        if (!isMine) {
            throw LeewayException.resources("%s %s is in use by another run; wait for it, or name another file", kind.name(), path);
        }
    }

    private void readAll() throws IOException {
        var stream = new BufferedInputStream(Channels.newInputStream(file.getChannel()), 1 << 16); // not closed: the file holds the lock
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
        var tail = line.toString(StandardCharsets.UTF_8).replaceFirst("\0+$", ""); // a power cut leaves zeros for what had no time
        boolean isTorn = HEAD.startsWith(tail) || TORN.matcher(tail).matches();
        if (!isTorn || lines.isEmpty() && !damaged.isEmpty()) {
            throw LeewayException.data("%s %s", path, kind.otherwise());
        }
        file.setLength(whole);
        file.seek(whole);
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

    /** The lines that were there; they are not held here any longer. */
    public List<JsonNode> takeLines() {
        var taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }

    /** {@code file:line} of each line that is not what was written. */
    public List<String> damaged() {
        return List.copyOf(damaged);
    }

    /** Appends a line: a kill leaves it whole or without an end, a failure leaves nothing of it. */
    public synchronized void append(ObjectNode line) {
        var text = line.toString();
        try {
            long end = file.getFilePointer();
            try {
                file.write((HEAD + crc(text) + "\"," + text.substring(1) + "\n").getBytes(StandardCharsets.UTF_8));
            } catch (IOException failure) {
                cutOff(end, failure);
                throw failure;
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s %s can't be written: %s", kind.name(), path, failure.getMessage());
        }
    }

    private void cutOff(long end, IOException failure) {
        try {
            file.setLength(end);
            file.seek(end);
        } catch (IOException again) {
            failure.addSuppressed(again);
        }
    }

    /** Returns when the lines are on the disk itself. */
    public void force() {
        try {
            file.getFD().sync();
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s %s can't be written: %s", kind.name(), path, failure.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s %s can't be closed: %s", kind.name(), path, failure.getMessage());
        }
    }
}
