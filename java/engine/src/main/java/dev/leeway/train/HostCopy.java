package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.io.Safetensors;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.StoredType;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import dev.leeway.tensor.Transpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Tensors of a device with room for one copy of each on the host; the room is used again by every {@link #take}. */
final class HostCopy {

    private static final int ALIGNMENT = 64;

    /**
     * A tensor and its copy.
     *
     * @param turned room for the device's values, where the file holds their transpose
     */
    private record Pair(Tensor tensor, StoredTensor copy, Optional<MemorySegment> turned) {
        MemorySegment values() {
            return turned.orElse(copy.data());
        }
    }

    private final Arena arena;
    private final List<Pair> pairs = new ArrayList<>();

    HostCopy(Arena arena) {
        this.arena = arena;
    }

    /** Adds a tensor under its name in the file. */
    void add(String name, Tensor tensor) {
        add(name, tensor, Arrays.stream(tensor.shape()).boxed().toList(), Optional.empty());
    }

    /** Adds a matrix (fp32) whose transpose the file holds. */
    void addTransposed(String name, Tensor matrix) {
        var shape = Arrays.stream(matrix.shape()).boxed().toList().reversed();
        add(name, matrix, shape, Optional.of(arena.allocate(matrix.bytes(), ALIGNMENT)));
    }

    private void add(String name, Tensor tensor, List<Long> shape, Optional<MemorySegment> turned) {
        var type = StoredType.named(tensor.dtype().name()).orElseThrow();
        pairs.add(new Pair(tensor, new StoredTensor(name, type, shape, arena.allocate(tensor.bytes(), ALIGNMENT)), turned));
    }

    long bytes() {
        return pairs.stream().mapToLong(pair -> pair.tensor().bytes() * (pair.turned().isPresent() ? 2 : 1)).sum();
    }

    /** Copies every tensor as it is now. */
    void take(Device device) {
        pairs.forEach(pair -> device.download(pair.tensor(), pair.values()));
    }

    /** Makes every tensor what {@link #take} saw last. */
    void putBack(Device device) {
        pairs.forEach(pair -> device.upload(pair.values(), pair.tensor()));
    }

    /** The copies; the device must have finished them. */
    List<StoredTensor> tensors() {
        pairs.forEach(pair -> pair.turned().ifPresent(values ->
            Transpose.floats(values, pair.tensor().size(0), pair.tensor().size(1), pair.copy().data())));
        return pairs.stream().map(Pair::copy).toList();
    }

    /** Checks that a file has exactly these tensors; nothing moves. */
    void requireFits(Safetensors file) {
        for (var pair : pairs) {
            var stored = file.require(pair.copy().name());
            if (!stored.shape().equals(pair.copy().shape()) || stored.type() != pair.copy().type()) {
                throw LeewayException.data("%s: %s is %s of shape %s, this run's is %s of shape %s; the checkpoint belongs to another "
                    + "model", file.file(), stored.name(), stored.type(), stored.shape(), pair.copy().type(), pair.copy().shape());
            }
        }
        if (file.tensors().size() != pairs.size()) {
            throw LeewayException.data("%s has %d tensors, this run has %d of them; the checkpoint belongs to another model", file.file(),
                file.tensors().size(), pairs.size());
        }
    }

    /**
     * Moves a file's tensors to the device. They pass through the host's memory: a file that is shortened meanwhile is an error there
     * and no crash.
     */
    void restore(Safetensors file, Device device) {
        for (var pair : pairs) {
            var stored = file.require(pair.copy().name());
            stored.copyTo(pair.copy().data());
            stored.unload();
            pair.turned().ifPresent(values ->
                Transpose.floats(pair.copy().data(), pair.tensor().size(1), pair.tensor().size(0), values));
            device.upload(pair.values(), pair.tensor());
        }
    }
}
