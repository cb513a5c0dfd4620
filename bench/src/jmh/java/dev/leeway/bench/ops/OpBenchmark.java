package dev.leeway.bench.ops;

import dev.leeway.bench.Meter;
import dev.leeway.bench.Shape;
import dev.leeway.ffi.DType;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * One op at one shape and type. Before anything is timed, the op runs once and a few of its outputs are compared with an oracle in double;
 * a wrong one ends the benchmark.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public abstract class OpBenchmark {

    /** Worker threads, as the runner was asked for. */
    public static final String THREADS = "leeway.bench.threads";

    private static final int PEAK_SAMPLES = 5;

    /** Name of a {@link Shape}. */
    @Param({"toy", "135M", "1B"})
    public String shape;

    /** Number type of the operands. */
    @Param({"F32", "BF16"})
    public DType dtype;

    /** The tensors. */
    protected Operands on;
    /** The sizes. */
    protected Shape size;
    private Meter meter;
    private Work done;

    /** Plans, fills, checks. */
    @Setup
    public final void open(BenchmarkParams benchmark, Work work) {
        size = Shape.named(shape);
        on = new Operands(dtype, Integer.getInteger(THREADS, 0));
        meter = new Meter(Integer.getInteger(THREADS, Runtime.getRuntime().availableProcessors()), PEAK_SAMPLES);
        var method = benchmark.getBenchmark().substring(benchmark.getBenchmark().lastIndexOf('.') + 1);
        done = work;
        plan(method, work);
        on.allocate();
        verify(method);
    }

    /** The ceiling before an iteration. */
    @Setup(Level.Iteration)
    public final void before() {
        done.forgetPeak();
        done.addPeak(meter.flops(dtype == DType.BF16));
    }

    /** The ceiling behind it. */
    @TearDown(Level.Iteration)
    public final void behind() {
        done.addPeak(meter.flops(dtype == DType.BF16));
    }

    /** Gives the memory back. */
    @TearDown
    public final void close() {
        on.close();
        meter.close();
    }

    /** Reserves the tensors of a method and says what a call of it does. */
    protected abstract void plan(String method, Work work);

    /** Runs a method once and compares. */
    protected abstract void verify(String method);

    /** Bytes of an element. */
    protected final int width() {
        return dtype.bytes();
    }

    /** Whoever adds a method says what it does, or hears so. */
    protected static IllegalStateException unknown(String method) {
        return new IllegalStateException("no work and no oracle for " + method);
    }
}
