package dev.leeway.tensor;

import dev.leeway.LeewayException;
import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Native;
import dev.leeway.ffi.Op;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;

/** A back end with its stream, seen as a place for tensors. It belongs to one thread at a time. */
public final class Device implements AutoCloseable {

    private static final List<String> BACKENDS = List.of("cpu", "cuda", "emu");

    /** Bytes up to which arrays pass through memory that is kept: what a step copies allocates nothing. */
    private static final int STAGED = 1 << 16;

    private final Native library;
    private final MemorySegment staging = Arena.ofAuto().allocate(STAGED, 8);

    private Device(Native library) {
        this.library = library;
    }

    /**
     * Opens a back end.
     *
     * @param backend {@code cpu}, {@code cuda}, or {@code emu} in developer builds
     * @param threads worker threads of the CPU; 0 = as many as the process may use. The bits do not depend on it.
     */
    public static Device open(String backend, int threads) {
        if (!BACKENDS.contains(backend)) {
            throw LeewayException.usage("device must be one of %s, got %s", String.join(", ", BACKENDS), backend);
        }
        return new Device(Native.open(backend, threads));
    }

    /** Opens the CPU with as many threads as the process may use. */
    public static Device cpu() {
        return open("cpu", 0);
    }

    /** Memory and name of the device. */
    public Native.DeviceInfo info() {
        return library.device();
    }

    /** Whether its memory is the host's, so that both compete for it. */
    public boolean sharesHostMemory() {
        return !library.backend().equals("cuda");
    }

    /** Begins a call of an op. */
    public Call call(Op op) {
        return library.call(op);
    }

    /** Asks an op whose only output is a host {@code int64}. */
    public long ask(java.util.function.BiConsumer<Device, Region> question) {
        return library.ask((same, answer) -> question.accept(this, answer));
    }

    /** Writes floats to the start of a tensor. */
    public void upload(float[] values, Tensor tensor) {
        requireType(tensor, DType.F32);
        write(tensor, values.length, segment -> MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length));
    }

    /** Writes 32-bit integers to the start of a tensor. */
    public void upload(int[] values, Tensor tensor) {
        requireType(tensor, DType.I32);
        write(tensor, values.length, segment -> MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_INT, 0, values.length));
    }

    /** Writes 64-bit integers to the start of a tensor. */
    public void upload(long[] values, Tensor tensor) {
        requireType(tensor, DType.I64);
        write(tensor, values.length, segment -> MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_LONG, 0, values.length));
    }

    /** Writes a native segment to the start of a tensor. */
    public void upload(MemorySegment values, Tensor tensor) {
        library.upload(values, tensor.region().slice(0, values.byteSize()));
    }

    /** Writes a native segment into a tensor, {@code offset} bytes behind its start. */
    public void upload(MemorySegment values, Tensor tensor, long offset) {
        library.upload(values, tensor.region().slice(offset, values.byteSize()));
    }

    /** Reads the first {@code destination.length} floats of a tensor, F32 or BF16. */
    public void download(Tensor tensor, float[] destination) {
        if (tensor.dtype() == DType.BF16) {
            read(tensor, destination.length, segment -> {
                for (int i = 0; i < destination.length; i++) {
                    destination[i] = Bfloat16.widen(segment.getAtIndex(ValueLayout.JAVA_SHORT, i));
                }
            });
            return;
        }
        requireType(tensor, DType.F32);
        read(tensor, destination.length,
            segment -> MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT, 0, destination, 0, destination.length));
    }

    /** Reads the first {@code destination.length} integers of a tensor. */
    public void download(Tensor tensor, int[] destination) {
        requireType(tensor, DType.I32);
        read(tensor, destination.length,
            segment -> MemorySegment.copy(segment, ValueLayout.JAVA_INT, 0, destination, 0, destination.length));
    }

    /** Reads the first {@code destination.length} 64-bit integers of a tensor. */
    public void download(Tensor tensor, long[] destination) {
        requireType(tensor, DType.I64);
        read(tensor, destination.length,
            segment -> MemorySegment.copy(segment, ValueLayout.JAVA_LONG, 0, destination, 0, destination.length));
    }

    /** Reads the first {@code destination.length} doubles of a tensor. */
    public void download(Tensor tensor, double[] destination) {
        requireType(tensor, DType.F64);
        read(tensor, destination.length,
            segment -> MemorySegment.copy(segment, ValueLayout.JAVA_DOUBLE, 0, destination, 0, destination.length));
    }

    /** Reads the whole tensor into a native segment of its size. */
    public void download(Tensor tensor, MemorySegment destination) {
        library.download(tensor.region(), destination);
    }

    /** All of an F32 or BF16 tensor. */
    public float[] floats(Tensor tensor) {
        var values = new float[Math.toIntExact(tensor.count())];
        download(tensor, values);
        return values;
    }

    /** Copies a tensor onto another one of its size. */
    public void copy(Tensor source, Tensor destination) {
        library.copy(source.bytes(), source.region(), destination.region());
    }

    /** Sets a tensor to zero. */
    public void zero(Tensor tensor) {
        zero(tensor.region());
    }

    /** Waits for queued work. */
    public void synchronize() {
        library.synchronize();
    }

    @Override
    public void close() {
        library.close();
    }

    Region allocate(long bytes) {
        return library.allocate(bytes);
    }

    void free(Region block) {
        library.free(block);
    }

    void zero(Region region) {
        long rest = region.bytes() % Float.BYTES;
        call(Ops.FILL).i64("count", region.bytes() / Float.BYTES).at("x", region).f32("value", 0).dtype("dtype", DType.F32).run();
        if (rest > 0) {
            try (var frame = Arena.ofConfined()) {
                library.upload(frame.allocate(rest), region.slice(region.bytes() - rest, rest));
            }
        }
    }

    private void write(Tensor tensor, int count, Consumer<MemorySegment> source) {
        long bytes = (long) count * tensor.dtype().bytes();
        if (bytes <= STAGED) {
            write(tensor, staging.asSlice(0, bytes), source);
            return;
        }
        try (var frame = Arena.ofConfined()) {
            write(tensor, frame.allocate(bytes, 8), source);
        }
    }

    private void write(Tensor tensor, MemorySegment room, Consumer<MemorySegment> source) {
        source.accept(room);
        upload(room, tensor);
    }

    private void read(Tensor tensor, int count, Consumer<MemorySegment> sink) {
        long bytes = (long) count * tensor.dtype().bytes();
        if (bytes <= STAGED) {
            read(tensor, staging.asSlice(0, bytes), sink);
            return;
        }
        try (var frame = Arena.ofConfined()) {
            read(tensor, frame.allocate(bytes, 8), sink);
        }
    }

    private void read(Tensor tensor, MemorySegment room, Consumer<MemorySegment> sink) {
        library.download(tensor.region().slice(0, room.byteSize()), room);
        sink.accept(room);
    }

    private static void requireType(Tensor tensor, DType type) {
        if (tensor.dtype() != type) {
            throw new IllegalArgumentException(tensor.name() + " holds " + tensor.dtype() + ", not " + type);
        }
    }
}
