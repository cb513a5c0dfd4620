package dev.leeway.bench.launch;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What it costs to get from Java to native code: a call of nothing, and a call with the eleven arguments of a kernel launch, by FFM (plain
 * and critical), JNI, JavaCPP and JCuda. No GPU takes part: JCuda calls a {@code libcuda.so.1} of this module that does nothing. So a
 * figure is the Java side alone, to be added to the microseconds that a real driver takes for itself.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LaunchBenchmark {

    private static final FunctionDescriptor NOOP = FunctionDescriptor.ofVoid();
    private static final FunctionDescriptor LAUNCH = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
        JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FFM_NOOP = handle("bench_noop", NOOP);
    private static final MethodHandle FFM_NOOP_CRITICAL = handle("bench_noop", NOOP, Linker.Option.critical(false));
    private static final MethodHandle FFM_LAUNCH = handle("bench_launch", LAUNCH);
    private static final MethodHandle FFM_LAUNCH_CRITICAL = handle("bench_launch", LAUNCH, Linker.Option.critical(false));

    private static MethodHandle handle(String name, FunctionDescriptor shape, Linker.Option... options) {
        var library = SymbolLookup.libraryLookup(Libraries.file("libleeway_bench.so"), Arena.global());
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), shape, options);
    }

    private int grid;
    private CUfunction function;
    private CUstream stream;
    private Pointer parameters;

    /** Loads every library and makes one call by each path. */
    @Setup
    public void open() throws Throwable {
        grid = 64;
        Libraries.load("libleeway_bench.so");
        Libraries.load("libjniJavaCppCalls.so");
        Libraries.load("libcuda.so.1");
        JCudaDriver.setExceptionsEnabled(true);
        JCudaDriver.cuInit(0);
        function = new CUfunction();
        stream = new CUstream();
        parameters = Pointer.to(Pointer.to(new int[] {1}), Pointer.to(new long[] {2}));
        if (ffmLaunch() + ffmCriticalLaunch() + jniLaunch() + javaCppLaunch() + jcudaLaunch() != 0) {
            throw new IllegalStateException("a launch that does nothing must return 0");
        }
    }

    @Benchmark
    public void ffmNoop() throws Throwable {
        FFM_NOOP.invokeExact();
    }

    @Benchmark
    public void ffmCriticalNoop() throws Throwable {
        FFM_NOOP_CRITICAL.invokeExact();
    }

    @Benchmark
    public void jniNoop() {
        JniCalls.noop();
    }

    @Benchmark
    public void javaCppNoop() {
        JavaCppCalls.noop();
    }

    /** JCuda has no function that does nothing; cuInit is its shortest. */
    @Benchmark
    public int jcudaNoop() {
        return JCudaDriver.cuInit(0);
    }

    @Benchmark
    public int ffmLaunch() throws Throwable {
        return (int) FFM_LAUNCH.invokeExact(1L, grid, 1, 1, 128, 1, 1, 0, 0L, 2L, 0L);
    }

    @Benchmark
    public int ffmCriticalLaunch() throws Throwable {
        return (int) FFM_LAUNCH_CRITICAL.invokeExact(1L, grid, 1, 1, 128, 1, 1, 0, 0L, 2L, 0L);
    }

    @Benchmark
    public int jniLaunch() {
        return JniCalls.launch(1L, grid, 1, 1, 128, 1, 1, 0, 0L, 2L, 0L);
    }

    @Benchmark
    public int javaCppLaunch() {
        return JavaCppCalls.launch(1L, grid, 1, 1, 128, 1, 1, 0, 0L, 2L, 0L);
    }

    @Benchmark
    public int jcudaLaunch() {
        return JCudaDriver.cuLaunchKernel(function, grid, 1, 1, 128, 1, 1, 0, stream, parameters, null);
    }
}
