package dev.leeway.bench.ops;

import dev.leeway.bench.Shape;
import dev.leeway.ffi.DType;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
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

    /** Plans, fills, checks. */
    @Setup
    public final void open(BenchmarkParams benchmark, Work work) {
        size = Shape.named(shape);
        on = new Operands(dtype, Integer.getInteger(THREADS, 0));
        var method = benchmark.getBenchmark().substring(benchmark.getBenchmark().lastIndexOf('.') + 1);
        plan(method, work);
        on.allocate();
        verify(method);
    }

    /** Gives the memory back. */
    @TearDown
    public final void close() {
        on.close();
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
