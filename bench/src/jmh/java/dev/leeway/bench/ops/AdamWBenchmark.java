package dev.leeway.bench.ops;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** adamw over a weight matrix (F,C): moments and gradients in fp32; in bf16 with an fp32 master. */
public class AdamWBenchmark extends OpBenchmark {

    private static final double RATE = 1e-3;

    private Tensor parameter;
    private Tensor master;
    private Tensor gradient;
    private Tensor m;
    private Tensor v;

    @Override
    protected void plan(String method, Work work) {
        long[] matrix = {size.intermediate(), size.hidden()};
        parameter = on.random("parameter", 1, matrix);
        master = dtype == DType.BF16 ? on.random("master", DType.F32, 1, matrix) : parameter;
        gradient = on.random("gradient", DType.F32, 1, matrix);
        m = on.output("m", DType.F32, matrix);
        v = on.output("v", DType.F32, matrix);
        work.set(0, parameter.count() * (dtype == DType.BF16 ? 30.0 : 28.0));
    }

    @Benchmark
    public void step() {
        on.call(Ops.ADAMW).i64("count", parameter.count()).i64("step", 1).at("parameter", parameter.region())
            .at("master", dtype == DType.BF16 ? master.region() : Region.NONE).at("gradient", gradient.region()).at("m", m.region())
            .at("v", v.region()).at("m_scale", Region.NONE).at("v_scale", Region.NONE).i64("seed", 0).f64("learning_rate", RATE)
            .f64("beta1", 0.9).f64("beta2", 0.999).f64("eps", 1e-8).f64("weight_decay", 0.01).f64("gradient_scale", 1)
            .dtype("dtype", dtype).dtype("gradient_dtype", DType.F32).dtype("moment_dtype", DType.F32).i32("stochastic", 0).run();
    }

    @Override
    protected void verify(String method) {
        step();
        for (long i : Operands.places(parameter)) {
            double g = on.in(gradient, i);
            on.expect(m, i, Sum.of(0.1 * g));
            on.expect(parameter, i, Sum.of(on.in(master, i) * (1 - RATE * 0.01)).add(-RATE * g / (Math.abs(g) + 1e-8)));
        }
    }
}
