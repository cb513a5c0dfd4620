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
import java.util.concurrent.Executors;

/**
 * What the processor can do at most with so many threads, measured in this run: medians of nine samples.
 *
 * @param fma multiply-adds of fp32 from registers, FLOP/s
 * @param pairs the same of bf16 pairs, FLOP/s; 0 without AVX512-BF16
 * @param read bytes read from memory a second
 * @param copy bytes read and written a second, past the caches
 */
public record Ceilings(double fma, double pairs, double read, double copy) {

    private static final int SAMPLES = 9;
    private static final long ROUNDS = 400_000;
    private static final long BLOCK = 128L << 20;

    /** Measures; each thread has memory of its own. */
    public static Ceilings measure(int threads) throws InterruptedException, ExecutionException {
        try (var arena = Arena.ofShared()) {
            var library = SymbolLookup.libraryLookup(Libraries.file("libleeway_bench.so"), arena);
            var fma = handle(library, "bench_fma", FunctionDescriptor.of(JAVA_DOUBLE, JAVA_LONG));
            var pairs = handle(library, "bench_pairs", FunctionDescriptor.of(JAVA_DOUBLE, JAVA_LONG));
            var read = handle(library, "bench_read", FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG));
            var copy = handle(library, "bench_copy", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG));
            var blocks = new ArrayList<MemorySegment>();
            for (int i = 0; i < 2 * threads; i++) {
                blocks.add(arena.allocate(BLOCK, 64).fill((byte) 1));
            }
            return new Ceilings(rate(threads, i -> (double) invoke(fma, ROUNDS)), rate(threads, i -> (double) invoke(pairs, ROUNDS)),
                rate(threads, i -> {
                    invoke(read, blocks.get(i), BLOCK);
                    return (double) BLOCK;
                }), rate(threads, i -> {
                    invoke(copy, blocks.get(2 * i), blocks.get(2 * i + 1), BLOCK);
                    return 2.0 * BLOCK;
                }));
        }
    }

    /** Work of one thread; returns what it did. */
    private interface Share {
        double run(int thread) throws Exception;
    }

    private static MethodHandle handle(SymbolLookup library, String name, FunctionDescriptor shape) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), shape);
    }

    private static Object invoke(MethodHandle handle, Object... arguments) {
        try {
            return handle.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    private static double rate(int threads, Share share) throws InterruptedException, ExecutionException {
        var rates = new ArrayList<Double>();
        try (var pool = Executors.newFixedThreadPool(threads)) {
            for (int sample = 0; sample <= SAMPLES; sample++) {
                var tasks = new ArrayList<Callable<Double>>();
                for (int i = 0; i < threads; i++) {
                    int thread = i;
                    tasks.add(() -> share.run(thread));
                }
                long begin = System.nanoTime();
                double done = 0;
                for (var part : pool.invokeAll(tasks)) {
                    done += part.get();
                }
                rates.add(done / ((System.nanoTime() - begin) * 1e-9));
            }
        }
        return Row.median(List.copyOf(rates.subList(1, rates.size())));
    }

    /** The most FLOP/s that work of this intensity (FLOP a byte) can reach; without FLOPs, the most bytes a second. */
    public double attainable(boolean bf16, double flops, double bytes) {
        double bandwidth = Math.max(read, copy);
        return flops == 0 ? bandwidth : Math.min(peak(bf16), flops / bytes * bandwidth);
    }

    /** The most FLOP/s of a number type. */
    public double peak(boolean bf16) {
        return bf16 && pairs > 0 ? pairs : fma;
    }
}
