package dev.leeway.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.leeway.bench.launch.Libraries;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Measures what the processor can do at most with so many threads, at this moment. */
public final class Meter implements AutoCloseable {

    private static final long ROUNDS = 400_000;
    private static final long BLOCK = 128L << 20;

    private final int threads;
    private final int samples;
    private final Arena arena = Arena.ofShared();
    private final ExecutorService pool;
    private final SymbolLookup library;

    /** Each figure is the median of so many samples, behind one that doesn't count. */
    public Meter(int threads, int samples) {
        this.threads = threads;
        this.samples = samples;
        pool = Executors.newFixedThreadPool(threads);
        library = SymbolLookup.libraryLookup(Libraries.file("libleeway_bench.so"), arena);
    }

    /** Multiply-adds from registers, FLOP/s: of fp32, or of bf16 pairs, which are 0 without AVX512-BF16. */
    public double flops(boolean pairs) {
        var spin = handle(pairs ? "bench_pairs" : "bench_fma", FunctionDescriptor.of(JAVA_DOUBLE, JAVA_LONG));
        return rate(_ -> (double) invoke(spin, ROUNDS));
    }

    /** Bytes read from memory a second. */
    public double read() {
        var read = handle("bench_read", FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG));
        var from = blocks();
        return rate(thread -> {
            invoke(read, from.get(thread), BLOCK);
            return (double) BLOCK;
        });
    }

    /** Bytes read and written a second, past the caches. */
    public double copy() {
        var copy = handle("bench_copy", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG));
        var from = blocks();
        var to = blocks();
        return rate(thread -> {
            invoke(copy, from.get(thread), to.get(thread), BLOCK);
            return 2.0 * BLOCK;
        });
    }

    /** Work of one thread; returns what it did. */
    private interface Share {
        double run(int thread) throws Exception;
    }

    private List<MemorySegment> blocks() {
        var blocks = new ArrayList<MemorySegment>();
        for (int i = 0; i < threads; i++) {
            blocks.add(arena.allocate(BLOCK, 64).fill((byte) 1));
        }
        return blocks;
    }

    private MethodHandle handle(String name, FunctionDescriptor shape) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), shape);
    }

    private static Object invoke(MethodHandle handle, Object... arguments) {
        try {
            return handle.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    private double rate(Share share) {
        var rates = new ArrayList<Double>();
        for (int sample = 0; sample <= samples; sample++) {
            var tasks = new ArrayList<Callable<Double>>();
            for (int i = 0; i < threads; i++) {
                int thread = i;
                tasks.add(() -> share.run(thread));
            }
            long begin = System.nanoTime();
            double done = sum(tasks);
            rates.add(done / ((System.nanoTime() - begin) * 1e-9));
        }
        return Row.median(List.copyOf(rates.subList(1, rates.size())));
    }

    private double sum(List<Callable<Double>> tasks) {
        try {
            double done = 0;
            for (var part : pool.invokeAll(tasks)) {
                done += part.get();
            }
            return done;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("the measurement of a ceiling was cut short", e);
        }
    }

    @Override
    public void close() {
        pool.close();
        arena.close();
    }
}
