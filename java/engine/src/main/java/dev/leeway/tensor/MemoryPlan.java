package dev.leeway.tensor;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Region;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Every buffer of a run, known before the first one is allocated. Parts of the program reserve tensors; then {@link #allocate} takes one
 * block from the device for all of them, or says what does not fit. A plan is allocated once.
 */
public final class MemoryPlan {

    /** What a run does by turns. Buffers of one phase hold nothing in the other, and all others hold theirs in both. */
    public enum Phase {
        /** Passes over packed batches: training, and scoring beside it. */
        TRAINING,
        /** Generation. */
        ROLLOUT
    }

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
        ACTIVATIONS(Phase.TRAINING),
        /** Tiles and columns of the language-model head. */
        HEAD(Phase.TRAINING),
        /** Pages of the key/value cache and state of generation. */
        CACHE(Phase.ROLLOUT),
        /** Scratch that the kernels' threads own. */
        WORKSPACE,
        /** Copies of trained weights and moments on the host, from which checkpoints are written. */
        HOST_COPIES;

        private final Optional<Phase> phase;

        Purpose() {
            phase = Optional.empty();
        }

        Purpose(Phase phase) {
            this.phase = Optional.of(phase);
        }

        private boolean isOf(Phase one) {
            return phase.filter(one::equals).isPresent();
        }

        /** Its name as people read it: {@code host copies}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private static final long ALIGNMENT = 256;

    private record Reserved(Purpose purpose, Tensor tensor) {
    }

    private final List<Reserved> tensors = new ArrayList<>();
    private final Map<Purpose, Long> bytes = new EnumMap<>(Purpose.class);
    private final Map<Purpose, Long> beside = new EnumMap<>(Purpose.class);
    private final List<Runnable> beforeFree = new ArrayList<>();
    private final Phases phases = new Phases();
    private final boolean alternates;
    private boolean allocated;

    /** A plan of nothing yet, whose buffers lie side by side. */
    public MemoryPlan() {
        this(false);
    }

    private MemoryPlan(boolean alternates) {
        this.alternates = alternates;
    }

    /** A plan of nothing yet, whose phases lie in the same memory; {@link #phases} must be told of each change. */
    public static MemoryPlan alternating() {
        return new MemoryPlan(true);
    }

    /** Which phase the program is in. */
    public Phases phases() {
        return phases;
    }

    /** Something to do before the memory is freed, such as to forget where it was. */
    public void beforeFree(Runnable work) {
        beforeFree.add(work);
    }

    /** Reserves a tensor; its memory exists after {@link #allocate}. */
    public Tensor reserve(Purpose purpose, String name, DType dtype, long... shape) {
        if (allocated) {
            throw new IllegalStateException(name + " comes too late: the plan is allocated");
        }
        try {
            var tensor = new Tensor(name, dtype, shape);
            bytes.merge(purpose, aligned(tensor.bytes()), Math::addExact);
            tensors.add(new Reserved(purpose, tensor));
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

    /** Bytes of all tensors so far, padding included; of phases in the same memory, those of the larger one. */
    public long totalBytes() {
        return Math.subtractExact(sum(bytes), savedBytes());
    }

    /** Bytes that phases save by lying in the same memory: those of the smaller one. */
    public long savedBytes() {
        return alternates ? Math.min(bytesOf(Phase.TRAINING), bytesOf(Phase.ROLLOUT)) : 0;
    }

    private long bytesOf(Phase phase) {
        return bytes.entrySet().stream().filter(entry -> entry.getKey().isOf(phase)).mapToLong(Map.Entry::getValue)
            .reduce(0, Math::addExact);
    }

    /** Bytes in use in each phase, those that are used in both and what others will take included. */
    public Map<Phase, Long> bytesByPhase() {
        var all = new EnumMap<Phase, Long>(Phase.class);
        long most = Math.addExact(sum(bytes), sum(beside));
        all.put(Phase.TRAINING, most - bytesOf(Phase.ROLLOUT));
        all.put(Phase.ROLLOUT, most - bytesOf(Phase.TRAINING));
        return Collections.unmodifiableMap(all);
    }

    /**
     * Bytes of each purpose so far, what others will take included. Where phases lie in the same memory, the purposes of the smaller one
     * take none of their own and are left out.
     */
    public Map<Purpose, Long> bytesByPurpose() {
        var all = new EnumMap<>(beside);
        bytes.forEach((purpose, size) -> {
            if (!alternates || !purpose.isOf(smaller())) {
                all.merge(purpose, size, Math::addExact);
            }
        });
        return Collections.unmodifiableMap(all);
    }

    private Phase smaller() {
        return bytesOf(Phase.TRAINING) < bytesOf(Phase.ROLLOUT) ? Phase.TRAINING : Phase.ROLLOUT;
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
        place(block);
        return new Allocation(device, block, tensors.stream().map(Reserved::tensor).toList(), List.copyOf(beforeFree));
    }

    /** What is used in all phases comes first, then each phase's own from the same place on. */
    private void place(Region block) {
        long shared = place(block, 0, purpose -> !alternates || purpose.phase.isEmpty());
        if (alternates) {
            long end = Math.max(place(block, shared, purpose -> purpose.isOf(Phase.TRAINING)),
                place(block, shared, purpose -> purpose.isOf(Phase.ROLLOUT)));
            phases.place(block.slice(shared, end - shared));
        }
    }

    /** Places the tensors of some purposes from {@code offset} on; where the last one ends. */
    private long place(Region block, long offset, Predicate<Purpose> which) {
        long next = offset;
        for (var reserved : tensors) {
            if (which.test(reserved.purpose())) {
                reserved.tensor().place(block.slice(next, reserved.tensor().bytes()));
                next += aligned(reserved.tensor().bytes());
            }
        }
        return next;
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
        private final List<Runnable> beforeFree;

        private Allocation(Device device, Region block, List<Tensor> tensors, List<Runnable> beforeFree) {
            this.device = device;
            this.block = block;
            this.tensors = tensors;
            this.beforeFree = beforeFree;
        }

        /** Bytes held. */
        public long bytes() {
            return block.bytes();
        }

        @Override
        public void close() {
            try {
                runAll(beforeFree.iterator());
            } finally {
                tensors.forEach(tensor -> tensor.place(Region.NONE));
                device.free(block);
            }
        }

        private static void runAll(Iterator<Runnable> work) {
            if (work.hasNext()) {
                try {
                    work.next().run();
                } finally {
                    runAll(work);
                }
            }
        }
    }
}
