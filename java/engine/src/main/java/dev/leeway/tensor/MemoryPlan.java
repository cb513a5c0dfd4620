package dev.leeway.tensor;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Region;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Every buffer of a run, known before the first one is allocated. Parts of the program reserve tensors; then {@link #allocate} takes one
 * block from the device for all of them, or says what does not fit. A plan is allocated once.
 */
public final class MemoryPlan {

    /** What a buffer is for, as the breakdown of a plan lists it. */
    public enum Purpose {
        /** Model and adapter weights. */
        WEIGHTS,
        /** Gradients of the trained parameters. */
        GRADIENTS,
        /** Moments of the optimiser. */
        OPTIMIZER,
        /** What the forward pass keeps for the backward pass, and scratch of both. */
        ACTIVATIONS,
        /** Tiles and columns of the language-model head. */
        HEAD,
        /** Pages of the key/value cache and state of generation. */
        CACHE
    }

    private static final long ALIGNMENT = 256;

    private final List<Tensor> tensors = new ArrayList<>();
    private final Map<Purpose, Long> bytes = new EnumMap<>(Purpose.class);
    private boolean allocated;

    /** A plan of nothing yet. */
    public MemoryPlan() {
    }

    /** Reserves a tensor; its memory exists after {@link #allocate}. */
    public Tensor reserve(Purpose purpose, String name, DType dtype, long... shape) {
        if (allocated) {
            throw new IllegalStateException(name + " comes too late: the plan is allocated");
        }
        var tensor = new Tensor(name, dtype, shape);
        try {
            bytes.merge(purpose, aligned(tensor.bytes()), Math::addExact);
        } catch (ArithmeticException e) {
            throw LeewayException.resources("%s would take more bytes than any machine can count; look at the sizes in the configuration",
                tensor);
        }
        tensors.add(tensor);
        return tensor;
    }

    /** Bytes of all tensors so far, padding included. */
    public long totalBytes() {
        return bytes.values().stream().reduce(0L, Math::addExact);
    }

    /** Bytes of each purpose so far. */
    public Map<Purpose, Long> bytesByPurpose() {
        return Map.copyOf(bytes);
    }

    /** The breakdown as messages show it: {@code weights 2.5 GB, optimizer 9.9 GB}. */
    public String breakdown() {
        var parts = new ArrayList<String>();
        bytes.forEach((purpose, size) -> parts.add(purpose.name().toLowerCase(Locale.ROOT) + " " + gigabytes(size)));
        return String.join(", ", parts);
    }

    /** Takes the memory of all tensors from the device and sets it to zero. Fails with the breakdown where the device has too little. */
    public Allocation allocate(Device device) {
        return allocate(device, "take a machine with more memory, or free some");
    }

    /** The same; {@code advice} ends the sentence of a failure: what to change for a plan that fits. */
    public Allocation allocate(Device device, String advice) {
        if (allocated) {
            throw new IllegalStateException("the plan is allocated already");
        }
        long total = Math.max(ALIGNMENT, totalBytes());
        long free = device.info().freeBytes();
        if (total > free) {
            throw LeewayException.resources("needs %s, device has %s: %s; %s", gigabytes(total), gigabytes(free), breakdown(), advice);
        }
        allocated = true;
        var block = device.allocate(total);
        device.zero(block);
        long offset = 0;
        for (var tensor : tensors) {
            tensor.place(block.slice(offset, tensor.bytes()));
            offset += aligned(tensor.bytes());
        }
        return new Allocation(device, block, List.copyOf(tensors));
    }

    private static long aligned(long size) {
        return (Math.max(size, 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private static String gigabytes(long size) {
        return size < 100_000_000 ? "%.1f MB".formatted(size / 1e6) : "%.1f GB".formatted(size / 1e9);
    }

    /** The block behind an allocated plan; closing it gives the memory back and unplaces every tensor. */
    public static final class Allocation implements AutoCloseable {

        private final Device device;
        private final Region block;
        private final List<Tensor> tensors;

        private Allocation(Device device, Region block, List<Tensor> tensors) {
            this.device = device;
            this.block = block;
            this.tensors = tensors;
        }

        /** Bytes held. */
        public long bytes() {
            return block.bytes();
        }

        @Override
        public void close() {
            tensors.forEach(tensor -> tensor.place(Region.NONE));
            device.free(block);
        }
    }
}
