package dev.leeway.tensor;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Region;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Every buffer of a run, known before the first one is allocated. Parts of the program reserve tensors; then {@link #allocate} takes one
 * block from the device for all of them, or says what does not fit. A plan is allocated once.
 */
public final class MemoryPlan {

    /** What a buffer is for, as the breakdown of a plan lists it. */
    public enum Purpose {
        /** Model and adapter weights. */
        WEIGHTS,
        /** A frozen second model: its weights, and what its forward passes need. */
        REFERENCE,
        /** Gradients of the trained parameters. */
        GRADIENTS,
        /** Moments of the optimiser. */
        OPTIMIZER,
        /** What the forward pass keeps for the backward pass, and scratch of both. */
        ACTIVATIONS,
        /** Tiles and columns of the language-model head. */
        HEAD,
        /** Pages of the key/value cache and state of generation. */
        CACHE,
        /** Scratch that the kernels' threads own. */
        WORKSPACE,
        /** Copies of trained weights and moments on the host, from which checkpoints are written. */
        HOST_COPIES;

        /** Its name as people read it: {@code host copies}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private static final long ALIGNMENT = 256;

    private final List<Tensor> tensors = new ArrayList<>();
    private final Map<Purpose, Long> bytes = new EnumMap<>(Purpose.class);
    private final Map<Purpose, Long> beside = new EnumMap<>(Purpose.class);
    private boolean allocated;

    /** A plan of nothing yet. */
    public MemoryPlan() {
    }

    /** Reserves a tensor; its memory exists after {@link #allocate}. */
    public Tensor reserve(Purpose purpose, String name, DType dtype, long... shape) {
        if (allocated) {
            throw new IllegalStateException(name + " comes too late: the plan is allocated");
        }
        try {
            var tensor = new Tensor(name, dtype, shape);
            bytes.merge(purpose, aligned(tensor.bytes()), Math::addExact);
            tensors.add(tensor);
            return tensor;
        } catch (ArithmeticException e) {
            throw LeewayException.resources(e, "%s%s would take more bytes than any machine can count; look at the sizes in the "
                + "configuration", name, Arrays.toString(shape));
        }
    }

    /** Counts memory that others will take beside the block: it is part of what a run needs, and not of the allocation. */
    public void count(Purpose purpose, long size) {
        if (size > 0) {
            beside.merge(purpose, size, Math::addExact);
        }
    }

    /** Bytes of all tensors so far, padding included. */
    public long totalBytes() {
        return sum(bytes);
    }

    /** Bytes of each purpose so far, what others will take included. */
    public Map<Purpose, Long> bytesByPurpose() {
        var all = new EnumMap<>(beside);
        bytes.forEach((purpose, size) -> all.merge(purpose, size, Math::addExact));
        return Collections.unmodifiableMap(all);
    }

    /** Bytes of these purposes that come from the device: all of them, or where it has memory of its own, all but copies on the host. */
    public static long bytesOn(Device device, Map<Purpose, Long> bytes) {
        return Math.subtractExact(sum(bytes), device.sharesHostMemory() ? 0 : bytes.getOrDefault(Purpose.HOST_COPIES, 0L));
    }

    private static long sum(Map<Purpose, Long> bytes) {
        return bytes.values().stream().reduce(0L, Math::addExact);
    }

    /** The breakdown as messages show it: {@code weights 2.5 GB, optimizer 9.9 GB}. */
    public String breakdown() {
        return breakdown(bytesByPurpose());
    }

    /** The same of any bytes by their purpose. */
    public static String breakdown(Map<Purpose, Long> bytes) {
        return bytes.entrySet().stream().map(entry -> entry.getKey().label() + " " + readable(entry.getValue()))
            .collect(Collectors.joining(", "));
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
        long needed = Math.max(ALIGNMENT, bytesOn(device, bytesByPurpose()));
        long free = device.info().freeBytes();
        if (needed > free) {
            throw LeewayException.resources("needs %s, device has %s: %s; %s", readable(needed), readable(free), breakdown(), advice);
        }
        allocated = true;
        var block = device.allocate(total);
        try {
            device.zero(block);
        } catch (RuntimeException failure) {
            device.free(block);
            throw failure;
        }
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

    /** A size for people: {@code 2.5 GB}, or {@code 31.0 MB} below a tenth of that unit. */
    public static String readable(long size) {
        return String.format(Locale.ROOT, size < 100_000_000 ? "%.1f MB" : "%.1f GB", size / (size < 100_000_000 ? 1e6 : 1e9));
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
