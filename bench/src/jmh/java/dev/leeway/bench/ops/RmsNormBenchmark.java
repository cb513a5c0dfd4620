package dev.leeway.bench.ops;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Bfloat16;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** rmsnorm_forward with its residual and rmsnorm_backward with the gradient of the weight, over (N,C). */
public class RmsNormBenchmark extends OpBenchmark {

    private static final double EPS = 1e-5;

    private int rows;
    private int hidden;
    private Tensor x;
    private Tensor residual;
    private Tensor weight;
    private Tensor sum;
    private Tensor y;
    private Tensor rstd;
    private Tensor workspace;
    private Tensor dweight;

    @Override
    protected void plan(String method, Work work) {
        rows = size.tokens();
        hidden = size.hidden();
        x = on.random("x", 1, rows, hidden);
        residual = on.random("residual", 1, rows, hidden);
        weight = on.random("weight", 1, hidden);
        sum = on.output("sum", rows, hidden);
        y = on.output("y", rows, hidden);
        rstd = method.equals("forward") ? on.output("rstd", DType.F32, rows, 1) : on.random("rstd", DType.F32, 1, rows, 1);
        workspace = on.output("workspace", DType.U8, on.device().ask((device, answer) -> device.call(Ops.RMSNORM_WORKSPACE)
            .i64("rows", rows).i64("groups", 1).i64("width", hidden).at("bytes", answer).dtype("dtype", dtype).run()));
        dweight = on.output("dweight", DType.F32, hidden);
        double bytes = (double) x.count() * width();
        work.set((method.equals("forward") ? 5.0 : 9.0) * x.count(), 4 * bytes);
    }

    @Benchmark
    public void forward() {
        on.call(Ops.RMSNORM_FORWARD).i64("rows", rows).i64("groups", 1).i64("width", hidden).i64("stride", hidden).at("x", x.region())
            .at("residual", residual.region()).at("weight", weight.region()).at("sum", sum.region()).at("y", y.region())
            .at("rstd", rstd.region()).f32("eps", EPS).f32("weight_offset", 0).dtype("dtype", dtype).run();
    }

    /** s = x, dy = residual. */
    @Benchmark
    public void backward() {
        on.call(Ops.RMSNORM_BACKWARD).i64("rows", rows).i64("groups", 1).i64("width", hidden).i64("stride", hidden).at("s", x.region())
            .at("weight", weight.region()).at("rstd", rstd.region()).at("dy", residual.region()).at("dsum", sum.region())
            .at("ds", y.region()).at("dweight", dweight.region()).at("workspace", workspace.region())
            .i64("workspace_bytes", workspace.bytes()).f32("weight_offset", 0).dtype("dtype", dtype).run();
    }

    @Override
    protected void verify(String method) {
        if (method.equals("forward")) {
            forward();
        } else {
            backward();
            on.expect(dweight, 1, weightGradient(1));
        }
        for (long i : Operands.places(y)) {
            on.expect(y, i, method.equals("forward") ? normalised(i) : inputGradient(i), 1);
        }
    }

    private double stream(long i) {
        double exact = on.in(x, i) + on.in(residual, i);
        return dtype == DType.BF16 ? Bfloat16.widen(Bfloat16.round((float) exact)) : exact;
    }

    private Sum normalised(long i) {
        double squares = 0;
        for (long c = i / hidden * hidden; c < i / hidden * hidden + hidden; c++) {
            squares += stream(c) * stream(c);
        }
        return Sum.of(stream(i) / Math.sqrt(squares / hidden + EPS) * on.in(weight, i % hidden));
    }

    private Sum inputGradient(long i) {
        long first = i / hidden * hidden;
        double factor = on.in(rstd, i / hidden);
        var sum = Sum.of(factor * on.in(weight, i % hidden) * on.in(residual, i));
        double h = on.in(x, i) * factor;
        for (int c = 0; c < hidden; c++) {
            sum.add(-factor * h / hidden * on.in(weight, c) * on.in(residual, first + c) * on.in(x, first + c) * factor);
        }
        return sum;
    }

    private Sum weightGradient(int column) {
        var sum = new Sum();
        for (int n = 0; n < rows; n++) {
            sum.add(on.in(residual, (long) n * hidden + column) * on.in(x, (long) n * hidden + column) * on.in(rstd, n));
        }
        return sum;
    }
}
