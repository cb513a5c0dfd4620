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
import java.util.Optional;

/** A back end with its stream, seen as a place for tensors. It belongs to one thread at a time. */
public final class Device implements AutoCloseable {

    private static final List<String> BACKENDS = List.of("cpu", "cuda", "emu");

    /**
     * Arrays pass through native memory that is kept, in pieces of so many bytes: a copy of any length allocates nothing that grows. All
     * columns of a usual micro-batch are one piece, for which the host waits once.
     */
    private static final int STAGED = 1 << 20;

    private final Native library;
    private final MemorySegment staging = Arena.ofAuto().allocate(STAGED, 8);
    private final Region staged = Region.of(staging);
    private boolean oneByOne;

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
        requireKnown(backend);
        return new Device(Native.open(backend, threads));
    }

    /**
     * Opens a GPU whose matrix products are those of NVIDIA's cuBLASLt, where that is installed: the measured alternative to Leeway's own
     * kernels. A row's bits then depend on the rows beside it.
     */
    public static Device openWithVendorKernels(String backend) {
        requireKnown(backend);
        if (backend.equals("cpu")) {
            throw LeewayException.usage("the CPU has Leeway's own kernels alone; choose device cuda for the vendor's");
        }
        return new Device(Native.open(backend, 0, true));
    }

    private static void requireKnown(String backend) {
        if (!BACKENDS.contains(backend)) {
            throw LeewayException.usage("device must be one of %s, got %s", String.join(", ", BACKENDS), backend);
        }
    }

    /** Opens the CPU with as many threads as the process may use. */
    public static Device cpu() {
        return open("cpu", 0);
    }

    /** Memory and name of the device. */
    public Native.DeviceInfo info() {
        return library.device();
    }

    /** The back end that it is, as {@link #open} takes it. */
    public String backend() {
        return library.backend();
    }

    /** Whether its memory is the host's, so that both compete for it. */
    public boolean sharesHostMemory() {
        return !library.backend().equals("cuda");
    }

    /** Begins a call of an op. */
    public Call call(Op op) {
        return library.call(op);
    }

    /**
     * Records the calls of {@code work} instead of running them. They must upload and download nothing.
     *
     * @return empty where the back end runs calls one by one, or was told to, or has no memory for what is recorded: nothing has run then
     */
    public Optional<Graph> record(Runnable work) {
        try {
            var graph = oneByOne ? Region.NONE : library.record(work);
            return graph.equals(Region.NONE) ? Optional.empty() : Optional.of(new Graph(library, graph));
        } catch (LeewayException failure) {
            if (failure.kind() == LeewayException.Kind.RESOURCES) {
                return Optional.empty(); // a device that is lost says so again with the next call
            }
            throw failure;
        }
    }

    /** From now on nothing is recorded, and what was is for its owners to leave alone: a failure then names the call. */
    public void runOneByOne() {
        oneByOne = true;
    }

    /** Whether calls are to run one by one, those that were recorded before included. */
    public boolean runsOneByOne() {
        return oneByOne;
    }

    /** Asks an op whose only output is a host {@code int64}. */
    public long ask(java.util.function.BiConsumer<Device, Region> question) {
        return library.ask((same, answer) -> question.accept(this, answer));
    }

    /** Writes floats to the start of a tensor. */
    public void upload(float[] values, Tensor tensor) {
        upload(values, values.length, tensor);
    }

    /** Writes the first {@code count} floats to the start of a tensor. */
    public void upload(float[] values, int count, Tensor tensor) {
        requireType(tensor, DType.F32);
        write(values, count, ValueLayout.JAVA_FLOAT, tensor);
    }

    /** Writes 32-bit integers to the start of a tensor. */
    public void upload(int[] values, Tensor tensor) {
        upload(values, values.length, tensor);
    }

    /** Writes the first {@code count} 32-bit integers to the start of a tensor. */
    public void upload(int[] values, int count, Tensor tensor) {
        requireType(tensor, DType.I32);
        write(values, count, ValueLayout.JAVA_INT, tensor);
    }

    /** Writes 64-bit integers to the start of a tensor. */
    public void upload(long[] values, Tensor tensor) {
        upload(values, values.length, tensor);
    }

    /** Writes the first {@code count} 64-bit integers to the start of a tensor. */
    public void upload(long[] values, int count, Tensor tensor) {
        requireType(tensor, DType.I64);
        write(values, count, ValueLayout.JAVA_LONG, tensor);
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
        download(tensor, destination, destination.length);
    }

    /** Reads the first {@code count} floats of a tensor, F32 or BF16. */
    public void download(Tensor tensor, float[] destination, int count) {
        if (tensor.dtype() == DType.BF16) {
            read(tensor, ValueLayout.JAVA_SHORT, destination, count);
        } else {
            requireType(tensor, DType.F32);
            read(tensor, ValueLayout.JAVA_FLOAT, destination, count);
        }
    }

    /** Reads the first {@code destination.length} integers of a tensor. */
    public void download(Tensor tensor, int[] destination) {
        download(tensor, destination, destination.length);
    }

    /** Reads the first {@code count} integers of a tensor. */
    public void download(Tensor tensor, int[] destination, int count) {
        requireType(tensor, DType.I32);
        read(tensor, ValueLayout.JAVA_INT, destination, count);
    }

    /** Reads the first {@code destination.length} 64-bit integers of a tensor. */
    public void download(Tensor tensor, long[] destination) {
        requireType(tensor, DType.I64);
        read(tensor, ValueLayout.JAVA_LONG, destination, destination.length);
    }

    /** Reads the first {@code destination.length} doubles of a tensor. */
    public void download(Tensor tensor, double[] destination) {
        requireType(tensor, DType.F64);
        read(tensor, ValueLayout.JAVA_DOUBLE, destination, destination.length);
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

    /** Copies a stretch of the device's memory onto another one of its size that does not overlap it. */
    public void copy(Region source, Region destination) {
        library.copy(source.bytes(), source, destination);
    }

    /** Writes the first {@code count} elements of a tensor into another one of another type: widened, or rounded to the nearest. */
    public void cast(Tensor source, Tensor destination, long count) {
        call(Ops.CAST).i64("count", count).at("x", source.region()).at("y", destination.region()).i64("seed", 0)
            .dtype("from", source.dtype()).dtype("to", destination.dtype()).i32("stochastic", 0).run();
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

    private void write(Object array, int count, ValueLayout layout, Tensor tensor) {
        long width = layout.byteSize();
        int most = (int) (STAGED / width);
        requireRoom(tensor, count * width);
        for (int first = 0; first < count; first += most) {
            int some = Math.min(most, count - first);
            MemorySegment.copy(array, first, staging, layout, 0, some);
            library.upload(some * width, staged, behind(tensor, first * width));
        }
    }

    private void read(Tensor tensor, ValueLayout layout, Object array, int count) {
        long width = layout.byteSize();
        int most = (int) (STAGED / width);
        requireRoom(tensor, count * width);
        for (int first = 0; first < count; first += most) {
            int some = Math.min(most, count - first);
            library.download(some * width, behind(tensor, first * width), staged);
            if (tensor.dtype() == DType.BF16) {
                widen((float[]) array, first, some);
            } else {
                MemorySegment.copy(staging, layout, 0, array, first, some);
            }
        }
    }

    private void widen(float[] array, int first, int count) {
        for (int i = 0; i < count; i++) {
            array[first + i] = Bfloat16.widen(staging.getAtIndex(ValueLayout.JAVA_SHORT, i));
        }
    }

    private static Region behind(Tensor tensor, long offset) {
        var all = tensor.region();
        return offset == 0 ? all : all.slice(offset, all.bytes() - offset);
    }

    private static void requireRoom(Tensor tensor, long bytes) {
        if (bytes > tensor.bytes()) {
            throw new IndexOutOfBoundsException(tensor + " has " + tensor.bytes() + " B, not " + bytes);
        }
    }

    private static void requireType(Tensor tensor, DType type) {
        if (tensor.dtype() != type) {
            throw new IllegalArgumentException(tensor.name() + " holds " + tensor.dtype() + ", not " + type);
        }
    }
}
