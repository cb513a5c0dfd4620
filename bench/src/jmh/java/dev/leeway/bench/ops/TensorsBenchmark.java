package dev.leeway.bench.ops;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.ffi.Table;
import dev.leeway.tensor.SumSquares;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * The optimiser's step over tables of tensors: sum_squares_tensors, clip_scale and adamw_tensors over the nine weights of a decoder layer;
 * moments and gradients in fp32, in bf16 with an fp32 master.
 */
public class TensorsBenchmark extends OpBenchmark {

    private static final double RATE = 1e-3;

    /** A weight with what its update takes. */
    private record Weight(Tensor parameter, Tensor master, Tensor gradient, Tensor m, Tensor v) {
    }

    private final List<Weight> weights = new ArrayList<>();
    private Tensor squares;
    private Tensor updates;
    private Tensor sum;
    private Tensor nonfinite;
    private Tensor scale;

    @Override
    protected void plan(String method, Work work) {
        int hidden = size.hidden();
        int keys = size.kvHeads() * size.headDim();
        for (int rows : new int[] {1, hidden, keys, keys, hidden, 1, size.intermediate(), size.intermediate(), size.intermediate()}) {
            add((long) rows * hidden);
        }
        squares = on.output("squares", DType.U8, Table.bytes(Ops.SQUARES_TENSOR, weights.size()));
        updates = on.output("updates", DType.U8, Table.bytes(Ops.ADAMW_TENSOR, weights.size()));
        sum = on.output("sum", DType.F64, weights.size());
        nonfinite = on.output("nonfinite", DType.I64, weights.size());
        scale = on.output("scale", DType.F64, 1);
        double count = weights.stream().mapToLong(weight -> weight.parameter().count()).sum();
        switch (method) {
            case "sumSquares" -> work.set(2 * count, 4 * count);
            case "clipScale" -> work.set(weights.size(), 16.0 * weights.size());
            case "adamw" -> work.set(0, count * (dtype == DType.BF16 ? 30 : 28));
            default -> throw unknown(method);
        }
    }

    private void add(long count) {
        var parameter = on.random("parameter", 1, count);
        weights.add(new Weight(parameter, dtype == DType.BF16 ? on.random("master", DType.F32, 1, count) : parameter,
            on.random("gradient", DType.F32, 1, count), on.output("m", DType.F32, count), on.output("v", DType.F32, count)));
    }

    @Benchmark
    public void sumSquares() {
        on.call(Ops.SUM_SQUARES_TENSORS).i64("tensors", weights.size()).i64("tiles", tiles()).at("table", squares.region())
            .at("sum", sum.region()).at("nonfinite", nonfinite.region()).run();
    }

    @Benchmark
    public void clipScale() {
        on.call(Ops.CLIP_SCALE).i64("tensors", weights.size()).at("sum", sum.region()).at("nonfinite", nonfinite.region())
            .at("scale", scale.region()).f64("max_norm", 1).f64("largest", Double.MAX_VALUE).run();
    }

    @Benchmark
    public void adamw() {
        on.call(Ops.ADAMW_TENSORS).i64("tensors", weights.size()).i64("tiles", tiles()).i64("step", 1).at("table", updates.region())
            .at("gradient_scale", scale.region()).i64("seed", 0).f64("learning_rate", RATE).f64("beta1", 0.9).f64("beta2", 0.999)
            .f64("eps", 1e-8).f64("weight_decay", 0.01).run();
    }

    private long tiles() {
        return weights.stream().mapToLong(weight -> SumSquares.tiles(weight.parameter())).sum();
    }

    private void describe() {
        var ofSquares = new Table(Ops.SQUARES_TENSOR, weights.size());
        var ofUpdates = new Table(Ops.ADAMW_TENSOR, weights.size());
        long tile = 0;
        for (var weight : weights) {
            long count = weight.parameter().count();
            ofSquares.next().i64("count", count).i64("tile", tile).at("x", weight.gradient().region()).dtype("dtype", DType.F32)
                .i32("reserved", 0).run();
            ofUpdates.next().i64("count", count).i64("tile", tile).at("parameter", weight.parameter().region())
                .at("master", dtype == DType.BF16 ? weight.master().region() : Region.NONE).at("gradient", weight.gradient().region())
                .at("m", weight.m().region()).at("v", weight.v().region()).at("m_scale", Region.NONE).at("v_scale", Region.NONE)
                .dtype("dtype", dtype).dtype("gradient_dtype", DType.F32).dtype("moment_dtype", DType.F32).i32("stochastic", 0)
                .i32("decayed", 1).i32("reserved", 0).run();
            tile += SumSquares.tiles(weight.parameter());
        }
        on.device().upload(ofSquares.memory(), squares);
        on.device().upload(ofUpdates.memory(), updates);
    }

    /** The three in their order, each from what the one before it left on the device. */
    @Override
    protected void verify(String method) {
        describe();
        sumSquares();
        double total = 0;
        for (int t = 0; t < weights.size(); t++) {
            var expected = new Sum();
            for (long i = 0; i < weights.get(t).gradient().count(); i++) {
                expected.add(Math.pow(on.in(weights.get(t).gradient(), i), 2));
            }
            on.expect(sum, t, expected);
            total += expected.value();
        }
        clipScale();
        double clipped = 1 / (Math.sqrt(total) + 1e-6);
        on.expect(scale, 0, Sum.of(clipped));
        adamw();
        for (var weight : weights) {
            for (long i : Operands.places(weight.parameter())) {
                double g = clipped * on.in(weight.gradient(), i);
                on.expect(weight.m(), i, Sum.of(0.1 * g));
                on.expect(weight.parameter(), i, Sum.of(on.in(weight.master(), i) * (1 - RATE * 0.01))
                    .add(-RATE * g / (Math.abs(g) + 1e-8)));
            }
        }
    }
}
