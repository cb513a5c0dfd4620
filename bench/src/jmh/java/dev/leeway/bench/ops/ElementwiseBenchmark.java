package dev.leeway.bench.ops;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** fill, cast, axpy, scale, copy, sum_squares over the (N,F) numbers of an activation. */
public class ElementwiseBenchmark extends OpBenchmark {

    private long count;
    private Tensor x;
    private Tensor y;
    private Tensor other;
    private Tensor sum;
    private Tensor nonfinite;

    @Override
    protected void plan(String method, Work work) {
        count = (long) size.tokens() * size.intermediate();
        x = on.random("x", 1, count);
        y = on.random("y", 1, count);
        other = on.output("other", dtype == DType.F32 ? DType.BF16 : DType.F32, count);
        sum = on.output("sum", DType.F64, 1);
        nonfinite = on.output("nonfinite", DType.I64, 1);
        double bytes = (double) count * width();
        switch (method) {
            case "fill" -> work.set(0, bytes);
            case "cast" -> work.set(0, 6.0 * count);
            case "axpy" -> work.set(2.0 * count, 3 * bytes);
            case "scale" -> work.set(count, 2 * bytes);
            case "copy" -> work.set(0, 2 * bytes);
            case "sumSquares" -> work.set(2.0 * count, bytes);
            default -> throw unknown(method);
        }
    }

    @Benchmark
    public void fill() {
        on.call(Ops.FILL).i64("count", count).at("x", y.region()).f32("value", 0.5).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void cast() {
        on.call(Ops.CAST).i64("count", count).at("x", x.region()).at("y", other.region()).i64("seed", 0).dtype("from", dtype)
            .dtype("to", other.dtype()).i32("stochastic", 0).run();
    }

    @Benchmark
    public void axpy() {
        on.call(Ops.AXPY).i64("count", count).at("x", x.region()).at("y", y.region()).f32("alpha", 0.5).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void scale() {
        on.call(Ops.SCALE).i64("count", count).at("x", y.region()).f32("alpha", -1).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void copy() {
        on.device().copy(x, y);
    }

    @Benchmark
    public void sumSquares() {
        on.call(Ops.SUM_SQUARES).i64("count", count).at("x", x.region()).at("sum", sum.region()).at("nonfinite", nonfinite.region())
            .dtype("dtype", dtype).run();
    }

    @Override
    protected void verify(String method) {
        switch (method) {
            case "fill" -> {
                fill();
                at(i -> 0.5);
            }
            case "cast" -> {
                cast();
                for (long i : Operands.places(other)) {
                    on.expect(other, i, Sum.of(on.in(x, i)), 1);
                }
            }
            case "axpy" -> {
                axpy();
                at(i -> on.in(y, i) + 0.5 * on.in(x, i));
            }
            case "scale" -> {
                scale();
                at(i -> -on.in(y, i));
            }
            case "copy" -> {
                copy();
                at(i -> on.in(x, i));
            }
            default -> {
                sumSquares();
                var expected = new Sum();
                for (long i = 0; i < count; i++) {
                    expected.add(on.in(x, i) * on.in(x, i));
                }
                on.expect(sum, 0, expected);
            }
        }
    }

    private void at(java.util.function.LongToDoubleFunction oracle) {
        for (long i : Operands.places(y)) {
            on.expect(y, i, Sum.of(oracle.applyAsDouble(i)));
        }
    }
}
