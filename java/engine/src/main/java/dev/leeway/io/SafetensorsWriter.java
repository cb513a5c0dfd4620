package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes safetensors files, deterministically: the same tensors in the same order give the same bytes, and a file of the reference
 * implementation that is read and written again keeps its bytes.
 * <p>
 * Order: as given, but wider element types first, so that every tensor starts at a multiple of its element size. The header is compact
 * JSON ({@code __metadata__} first, its keys sorted), padded with spaces to a multiple of eight bytes. Files appear whole or not at all
 * ({@link AtomicFile}), so a file may be written over one whose tensors are mapped and being written.
 */
public final class SafetensorsWriter {

    private static final JsonFactory JSON = new JsonFactory();
    private static final int ALIGNMENT = 8;

    private SafetensorsWriter() {
    }

    /** Writes {@code tensors} and {@code metadata} as {@code file}. Names must be unique; {@code __metadata__} is reserved. */
    public static void write(Path file, Collection<StoredTensor> tensors, Map<String, String> metadata) {
        AtomicFile.write(file, layout(file, tensors, metadata).parts());
    }

    /** A file in memory: length and header, then the tensors in the order of their bytes. */
    record Layout(MemorySegment header, List<StoredTensor> tensors) {

        List<MemorySegment> parts() {
            var parts = new ArrayList<MemorySegment>();
            parts.add(header);
            tensors.forEach(tensor -> parts.add(tensor.data()));
            return parts;
        }
    }

    /** The bytes that {@link #write} would write; {@code file} begins the sentence of a refusal. */
    static Layout layout(Path file, Collection<StoredTensor> tensors, Map<String, String> metadata) {
        requireNames(file, tensors);
        var ordered = new ArrayList<>(tensors);
        ordered.sort(Comparator.comparing(tensor -> -tensor.type().bytes()));
        return new Layout(MemorySegment.ofArray(header(file, ordered, metadata)), ordered);
    }

    /** Refuses names that occur twice and the reserved one; {@code file} begins the sentence. */
    static void requireNames(Path file, Collection<StoredTensor> tensors) {
        var names = new HashSet<String>();
        for (var tensor : tensors) {
            if (tensor.name().equals(SafetensorsHeader.METADATA)) {
                throw LeewayException.data("%s: a tensor can't be named %s, the format reserves it", file, tensor.name());
            }
            if (!names.add(tensor.name())) {
                throw LeewayException.data("%s: two tensors are named %s", file, quote(tensor.name()));
            }
        }
    }

    private static byte[] header(Path file, List<StoredTensor> tensors, Map<String, String> metadata) {
        var out = new ByteArrayOutputStream();
        try (var json = JSON.createGenerator(ObjectWriteContext.empty(), out, JsonEncoding.UTF8)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeName(SafetensorsHeader.METADATA).writeStartObject();
                new TreeMap<>(metadata).forEach(json::writeStringProperty);
                json.writeEndObject();
            }
            long begin = 0;
            for (var tensor : tensors) {
                writeSlot(json, tensor, begin);
                begin += tensor.data().byteSize();
            }
            json.writeEndObject();
        }
        return framed(file, out.toByteArray());
    }

    private static void writeSlot(JsonGenerator json, StoredTensor tensor, long begin) {
        json.writeName(tensor.name()).writeStartObject();
        json.writeStringProperty("dtype", tensor.type().name());
        json.writeName("shape").writeStartArray();
        tensor.shape().forEach(json::writeNumber);
        json.writeEndArray();
        json.writeName("data_offsets").writeStartArray();
        json.writeNumber(begin).writeNumber(begin + tensor.data().byteSize());
        json.writeEndArray().writeEndObject();
    }

    /** Length, JSON, spaces. */
    private static byte[] framed(Path file, byte[] json) {
        int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (padded > Safetensors.LONGEST_HEADER) {
            throw LeewayException.data("%s would need a header of %d bytes, at most %d are allowed; write fewer tensors into one file",
                    file, padded, Safetensors.LONGEST_HEADER);
        }
        var framed = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json);
        Arrays.fill(framed.array(), framed.position(), framed.capacity(), (byte) ' ');
        return framed.array();
    }
}
