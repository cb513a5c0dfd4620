package dev.leeway.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.leeway.LeewayException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * One loaded back end and one stream on it: the only class that calls native code.
 *
 * <p>Every op has the same C signature, so one downcall handle serves them all: {@link #call} finds the function's address and {@link Call}
 * fills its struct. An instance belongs to one thread at a time.
 */
public final class Native implements AutoCloseable {

    /** The version of the ABI in {@code leeway.h} that this program speaks; a library of another version is refused. */
    public static final int ABI_VERSION = 5;

    private static final int UNSUPPORTED = 3;

    /** At least what a back end keeps for its sentence; all end in a zero. */
    private static final long MESSAGE_BYTES = 1024;

    private static final MethodHandle OP = Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle VERSION = Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle TEXT = Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(ADDRESS));

    /**
     * What the device is.
     *
     * @param totalBytes its memory
     * @param freeBytes memory that can still be allocated
     * @param scratchBytes memory that the back end holds for itself
     * @param threads worker threads (CPU) or multiprocessors (CUDA)
     * @param name of the processor or GPU
     */
    public record DeviceInfo(long totalBytes, long freeBytes, long scratchBytes, long threads, String name) {
    }

    private final String backend;
    private final Arena arena = Arena.ofShared();
    private final Map<Op, MemorySegment> functions = new HashMap<>();
    private final MemorySegment message;
    private final Call call;
    private MemorySegment stream = MemorySegment.NULL;

    private Native(String backend, SymbolLookup symbols) {
        this.backend = backend;
        this.message = find(symbols, "leeway_message");
        for (var op : Ops.ALL) {
            functions.put(op, find(symbols, op.symbol()));
        }
        this.call = new Call(this::invoke, arena);
    }

    /**
     * Loads {@code libleeway_<backend>} and opens a stream on it.
     *
     * @param backend {@code cpu}, {@code cuda} or {@code emu}
     * @param threads worker threads of the CPU, 0 for as many as the process may use
     */
    public static Native open(String backend, int threads) {
        return open(backend, threads, false);
    }

    /** The same; {@code vendor}: products by NVIDIA's cuBLASLt, which must be installed. The CPU has no such kernels. */
    public static Native open(String backend, int threads, boolean vendor) {
        var file = LibraryFile.locate(backend);
        SymbolLookup symbols;
        try {
            symbols = SymbolLookup.libraryLookup(file, Arena.global());
        } catch (IllegalArgumentException e) {
            throw LeewayException.resources(e, "cannot load %s: %s", file, e.getMessage());
        }
        int version = version(find(symbols, "leeway_abi_version"));
        if (version != ABI_VERSION) {
            throw LeewayException.resources("%s speaks version %d of the ABI, this program version %d; build both from the same sources",
                file, version, ABI_VERSION);
        }
        var library = new Native(backend, symbols);
        try {
            library.stream = library.createStream(threads, vendor);
            return library;
        } catch (RuntimeException refused) {
            library.arena.close();
            throw refused;
        }
    }

    /** Whether the library of a back end is there to be loaded: in this build, or in the folder that {@code leeway.native.path} names. */
    public static boolean isInstalled(String backend) {
        return LibraryFile.exists(backend);
    }

    /** Where libraries are unpacked: {@code leeway.cache}, or else a folder in the user's cache. */
    public static Path cache() {
        return LibraryFile.cache();
    }

    /** The name of the loaded back end. */
    public String backend() {
        return backend;
    }

    /** Begins a call of an op; fill in its fields in order, then {@code run()}. */
    public Call call(Op op) {
        return call.begin(op);
    }

    /** Memory of the back end, aligned to 256, contents undefined. */
    public Region allocate(long bytes) {
        try (var frame = Arena.ofConfined()) {
            var address = frame.allocate(JAVA_LONG);
            call(Ops.ALLOCATE).i64("bytes", bytes).at("address", Region.of(address)).run();
            return new Region(address.get(JAVA_LONG, 0), bytes);
        }
    }

    /** Returns a block of {@link #allocate}. */
    public void free(Region block) {
        call(Ops.FREE).at("address", block).run();
    }

    /** Copies host memory into the back end's; the lengths are equal. */
    public void upload(MemorySegment source, Region destination) {
        upload(source.byteSize(), Region.of(source), destination);
    }

    /** Copies the first {@code bytes} of a host region into the back end's memory. */
    public void upload(long bytes, Region source, Region destination) {
        copy(bytes, destination, source, 0);
    }

    /** Copies the back end's memory to the host; waits for queued work. */
    public void download(Region source, MemorySegment destination) {
        download(destination.byteSize(), source, Region.of(destination));
    }

    /** Copies the first {@code bytes} of the back end's memory to a host region; waits for queued work. */
    public void download(long bytes, Region source, Region destination) {
        copy(bytes, destination, source, 1);
    }

    /** Copies {@code bytes} inside the back end's memory; the ranges do not overlap. */
    public void copy(long bytes, Region source, Region destination) {
        copy(bytes, destination, source, 2);
    }

    /** Asks for a number of bytes: ops whose only output is one host {@code int64}. */
    public long ask(java.util.function.BiConsumer<Native, Region> question) {
        try (var frame = Arena.ofConfined()) {
            var answer = frame.allocate(JAVA_LONG);
            question.accept(this, Region.of(answer));
            return answer.get(JAVA_LONG, 0);
        }
    }

    /** Waits for all queued work. */
    public void synchronize() {
        call(Ops.SYNCHRONIZE).i64("reserved", 0).run();
    }

    /** What this stream runs on. */
    public DeviceInfo device() {
        try (var frame = Arena.ofConfined()) {
            var numbers = frame.allocate(JAVA_LONG, 4);
            var name = frame.allocate(128);
            call(Ops.DEVICE_QUERY).at("total_bytes", Region.of(numbers.asSlice(0, 8))).at("free_bytes", Region.of(numbers.asSlice(8, 8)))
                .at("scratch_bytes", Region.of(numbers.asSlice(16, 8))).at("threads", Region.of(numbers.asSlice(24, 8)))
                .at("name", Region.of(name)).run();
            return new DeviceInfo(numbers.getAtIndex(JAVA_LONG, 0), numbers.getAtIndex(JAVA_LONG, 1), numbers.getAtIndex(JAVA_LONG, 2),
                numbers.getAtIndex(JAVA_LONG, 3), name.getString(0));
        }
    }

    @Override
    public void close() {
        try {
            call(Ops.STREAM_DESTROY).i64("reserved", 0).run();
        } finally {
            stream = MemorySegment.NULL;
            arena.close();
        }
    }

    void invoke(Op op, MemorySegment arguments) {
        int status = status(op, arguments);
        if (status != 0) {
            throw failure(status);
        }
    }

    private int status(Op op, MemorySegment arguments) {
        try {
            return (int) OP.invokeExact(functions.get(op), stream, arguments);
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    /**
     * Records what {@code work} calls instead of running it.
     *
     * @return the graph, for {@link #replay} and {@link #destroy}; {@link Region#NONE} where the back end has none: work has not begun then
     */
    public Region record(Runnable work) {
        try (var frame = Arena.ofConfined()) {
            int status = status(Ops.GRAPH_BEGIN, frame.allocate(JAVA_LONG, 0));
            if (status == UNSUPPORTED) {
                return Region.NONE;
            }
            if (status != 0) {
                throw failure(status);
            }
            try {
                work.run();
            } catch (Throwable refused) {
                drop(refused);
                throw refused;
            }
            return endGraph();
        }
    }

    private Region endGraph() {
        try (var frame = Arena.ofConfined()) {
            var graph = frame.allocate(JAVA_LONG);
            call(Ops.GRAPH_END).at("graph", Region.of(graph)).run();
            return new Region(graph.get(JAVA_LONG, 0), 1);
        }
    }

    /** Ends a recording whose work failed; some failures have ended it already. */
    private void drop(Throwable refused) {
        try {
            destroy(endGraph());
        } catch (RuntimeException ended) {
            refused.addSuppressed(ended);
        }
    }

    /** Queues the calls of a graph again. */
    public void replay(Region graph) {
        call(Ops.GRAPH_LAUNCH).at("graph", graph).run();
    }

    /** Forgets a graph. */
    public void destroy(Region graph) {
        call(Ops.GRAPH_DESTROY).at("graph", graph).run();
    }

    private void copy(long bytes, Region destination, Region source, int kind) {
        if (bytes > 0) {
            call(Ops.COPY).i64("bytes", bytes).at("destination", destination).at("source", source).i32("kind", kind).run();
        }
    }

    private MemorySegment createStream(int threads, boolean vendor) {
        try (var frame = Arena.ofConfined()) {
            var created = frame.allocate(ADDRESS);
            call(Ops.STREAM_CREATE).i64("threads", threads).i64("device", 0).at("stream", Region.of(created))
                .i32("kernels", vendor ? 1 : 0).i32("reserved", 0).run();
            return created.get(ADDRESS, 0);
        }
    }

    /** BAD_ARGUMENT and UNSUPPORTED are mistakes of the program that calls, the rest are the user's or the machine's. */
    private RuntimeException failure(int status) {
        var text = message();
        return switch (status) {
            case 2 -> LeewayException.data("%s", text);
            case 4, 5 -> LeewayException.resources("%s", text);
            default -> new IllegalArgumentException(text);
        };
    }

    private String message() {
        try {
            return ((MemorySegment) TEXT.invokeExact(message)).reinterpret(MESSAGE_BYTES).getString(0);
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    private static int version(MemorySegment function) {
        try {
            return (int) VERSION.invokeExact(function);
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    private static MemorySegment find(SymbolLookup symbols, String name) {
        return symbols.find(name).orElseThrow(() -> LeewayException.resources(
            "the back end has no function %s; build the library and this program from the same sources", name));
    }
}
