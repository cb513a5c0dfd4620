package dev.leeway.bench.ops;

import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** glu_forward and glu_backward with SiLU over (N,F). */
public class GluBenchmark extends OpBenchmark {

    private static final int SILU = 0;

    private Tensor gate;
    private Tensor up;
    private Tensor y;
    private Tensor dgate;
    private Tensor dup;

    @Override
    protected void plan(String method, Work work) {
        long[] rows = {size.tokens(), size.intermediate()};
        gate = on.random("gate", 4, rows);
        up = on.random("up", 1, rows);
        y = method.equals("forward") ? on.output("y", rows) : on.random("dy", 1, rows);
        dgate = on.output("dgate", rows);
        dup = on.output("dup", rows);
        work.set(0, (method.equals("forward") ? 3.0 : 5.0) * gate.count() * width());
    }

    @Benchmark
    public void forward() {
        on.call(Ops.GLU_FORWARD).i64("count", gate.count()).at("gate", gate.region()).at("up", up.region()).at("y", y.region())
            .i32("activation", SILU).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void backward() {
        on.call(Ops.GLU_BACKWARD).i64("count", gate.count()).at("gate", gate.region()).at("up", up.region()).at("dy", y.region())
            .at("dgate", dgate.region()).at("dup", dup.region()).i32("activation", SILU).dtype("dtype", dtype).run();
    }

    @Override
    protected void verify(String method) {
        if (method.equals("forward")) {
            forward();
        } else {
            backward();
        }
        for (long i : Operands.places(gate)) {
            double g = on.in(gate, i);
            double sigmoid = 1 / (1 + Math.exp(-g));
            if (method.equals("forward")) {
                on.expect(y, i, Sum.of(g * sigmoid * on.in(up, i)));
            } else {
                double dy = on.in(y, i);
                on.expect(dup, i, Sum.of(dy * g * sigmoid));
                on.expect(dgate, i, Sum.of(dy * on.in(up, i) * sigmoid).add(dy * on.in(up, i) * g * sigmoid * (1 - sigmoid)));
            }
        }
    }
}
