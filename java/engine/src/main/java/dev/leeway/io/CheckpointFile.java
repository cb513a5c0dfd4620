package dev.leeway.io;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** A file of a checkpoint before it is written: a plain name, and its content in memory. */
public sealed interface CheckpointFile {

    /** Its name inside the checkpoint. */
    String name();

    /** Its bytes, in pieces. */
    List<MemorySegment> parts();

    /** Where its tensors lie in it, in the order of their bytes. */
    List<Manifest.Slice> tensors();

    /** The bytes that no tensor's own checksum covers: all of a file without tensors, else the header before the first one. */
    default List<MemorySegment> beforeTensors() {
        return parts().subList(0, parts().size() - tensors().size());
    }

    /** How long it will be. */
    default long bytes() {
        return parts().stream().mapToLong(MemorySegment::byteSize).sum();
    }

    /** A file of plain bytes. */
    static CheckpointFile of(String name, byte[] content) {
        return new Plain(name, List.of(MemorySegment.ofArray(content)));
    }

    /** A tidy JSON file. */
    static CheckpointFile of(String name, JsonNode json) {
        return of(name, JsonFile.pretty(json).getBytes(StandardCharsets.UTF_8));
    }

    /** A safetensors file; the tensors' data must stay as they are until it is written. */
    static CheckpointFile of(String name, List<StoredTensor> tensors) {
        var layout = SafetensorsWriter.layout(Path.of(name), tensors, Map.of("format", "pt"));
        var slices = new ArrayList<Manifest.Slice>();
        long begin = layout.header().byteSize();
        for (var tensor : layout.tensors()) {
            long end = begin + tensor.data().byteSize();
            slices.add(new Manifest.Slice(tensor.name(), begin, end, Checksums.crc32c(tensor.data())));
            begin = end;
        }
        return new Tensors(name, layout.parts(), slices);
    }

    /**
     * Bytes without tensors.
     *
     * @param name of the file in its folder
     * @param parts its bytes, one part after the other
     */
    record Plain(String name, List<MemorySegment> parts) implements CheckpointFile {

        @Override
        public List<Manifest.Slice> tensors() {
            return List.of();
        }
    }

    /**
     * A safetensors file.
     *
     * @param name of the file in its folder
     * @param parts its bytes, one part after the other
     * @param tensors where each tensor lies in it, with its checksum
     */
    record Tensors(String name, List<MemorySegment> parts, List<Manifest.Slice> tensors) implements CheckpointFile {
    }
}
