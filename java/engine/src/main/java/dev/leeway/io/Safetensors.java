package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;

/**
 * A safetensors file, mapped into memory and checked as a whole before anything is handed out.
 * <p>
 * Layout: eight bytes of little-endian header length N, N bytes of JSON (name → dtype, shape, data_offsets), then the buffer.
 * Beyond the file's own pages, opening needs memory in proportion to the header, which is at most {@link #LONGEST_HEADER} bytes.
 */
public final class Safetensors implements AutoCloseable {

    /** The reference implementation's limit on the header, in bytes. */
    public static final long LONGEST_HEADER = 100_000_000;

    private final Path file;
    private final Arena arena;
    private final SequencedMap<String, StoredTensor> tensors;
    private final Map<String, String> metadata;

    private Safetensors(Path file, Arena arena, SequencedMap<String, StoredTensor> tensors, Map<String, String> metadata) {
        this.file = file;
        this.arena = arena;
        this.tensors = tensors;
        this.metadata = metadata;
    }

    /** Maps {@code file} and checks all that its header claims. */
    public static Safetensors open(Path file) {
        var arena = Arena.ofShared();
        try {
            return read(file, arena, map(file, arena));
        } catch (Throwable failure) {
            arena.close();
            throw failure;
        }
    }

    private static MemorySegment map(Path file, Arena arena) {
        try (var channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (NoSuchFileException missing) {
            throw LeewayException.data(missing, "%s does not exist", file);
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read: %s", file, unreadable.getMessage());
        }
    }

    private static Safetensors read(Path file, Arena arena, MemorySegment mapped) {
        try {
            long headerBytes = headerBytes(file, mapped);
            var json = mapped.asSlice(Long.BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
            var buffer = mapped.asSlice(Long.BYTES + headerBytes);
            LostPages.raise();
            var header = SafetensorsHeader.read(file.toString(), json, buffer.byteSize());
            var tensors = new LinkedHashMap<String, StoredTensor>();
            for (var slot : header.slots()) {
                var data = buffer.asSlice(slot.begin(), slot.end() - slot.begin());
                tensors.put(slot.name(), new StoredTensor(slot.name(), slot.type(), slot.shape(), data));
            }
            return new Safetensors(file, arena, Collections.unmodifiableSequencedMap(tensors), header.metadata());
        } catch (InternalError lost) {
            throw LeewayException.data(lost, "%s was shortened while it was being opened", file);
        }
    }

    private static long headerBytes(Path file, MemorySegment mapped) {
        if (mapped.byteSize() < Long.BYTES) {
            throw LeewayException.data("%s has %d bytes; a safetensors file has at least 8", file, mapped.byteSize());
        }
        long length = mapped.get(Little.I64, 0);
        if (length < 0 || length > LONGEST_HEADER) {
            throw LeewayException.data("%s claims a header of %s bytes, at most %d are allowed; this is no safetensors file",
                    file, Long.toUnsignedString(length), LONGEST_HEADER);
        }
        if (length > mapped.byteSize() - Long.BYTES) {
            throw LeewayException.data("%s claims a header of %d bytes but has only %d after its length; the file is torn, fetch it again",
                    file, length, mapped.byteSize() - Long.BYTES);
        }
        return length;
    }

    /** The file this is a view of. */
    public Path file() {
        return file;
    }

    /** The header's {@code __metadata__}; empty where there is none. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** Name → tensor, in the order of their bytes. */
    public SequencedMap<String, StoredTensor> asMap() {
        return tensors;
    }

    /** The tensors in the order of their bytes. */
    public SequencedCollection<StoredTensor> tensors() {
        return tensors.sequencedValues();
    }

    /** The tensor of that name, if the file has it. */
    public Optional<StoredTensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /** The tensor of that name; a failure tells the nearest name that exists. */
    public StoredTensor require(String name) {
        return find(name).orElseThrow(() -> LeewayException.data("%s has no tensor %s%s",
                file, quote(name), Nearest.hint(name, tensors.keySet())));
    }

    /** Unmaps the file; data of its tensors can't be read afterwards. */
    @Override
    public void close() {
        arena.close();
    }
}
