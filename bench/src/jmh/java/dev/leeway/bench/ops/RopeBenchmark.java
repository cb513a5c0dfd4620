package dev.leeway.bench.ops;

import dev.leeway.bench.Shape;
import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** rope over the queries (N,H,D), forth and back. */
public class RopeBenchmark extends OpBenchmark {

    private int half;
    private Tensor positions;
    private Tensor cosine;
    private Tensor sine;
    private Tensor x;

    @Override
    protected void plan(String method, Work work) {
        half = size.headDim() / 2;
        positions = on.ints("positions", size.tokens(), n -> n % Shape.LENGTH);
        var cosines = new float[Shape.LENGTH * half];
        var sines = new float[cosines.length];
        for (int i = 0; i < cosines.length; i++) {
            cosines[i] = (float) Math.cos(angle(i / half, i % half));
            sines[i] = (float) Math.sin(angle(i / half, i % half));
        }
        cosine = on.floats("cosine", cosines, Shape.LENGTH, half);
        sine = on.floats("sine", sines, Shape.LENGTH, half);
        x = on.random("x", 1, size.tokens(), size.heads(), size.headDim());
        work.set(3.0 * x.count(), 2.0 * x.count() * width());
    }

    private double angle(int position, int j) {
        return position * Math.pow(10000, -(double) j / half);
    }

    private void rotate(int inverse) {
        on.call(Ops.ROPE).i64("rows", size.tokens()).i64("heads", size.heads()).i64("head_dim", size.headDim())
            .i64("rotary_dim", size.headDim()).i64("stride", size.hidden()).i64("table_rows", Shape.LENGTH)
            .at("positions", positions.region()).at("cosine", cosine.region()).at("sine", sine.region()).at("x", x.region())
            .i32("inverse", inverse).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void forward() {
        rotate(0);
    }

    @Benchmark
    public void backward() {
        rotate(1);
    }

    @Override
    protected void verify(String method) {
        double direction = method.equals("forward") ? 1 : -1;
        rotate(method.equals("forward") ? 0 : 1);
        for (long i : Operands.places(x)) {
            int d = (int) (i % size.headDim());
            boolean upper = d >= half;
            double angle = direction * angle(on.index(positions, (int) (i / size.hidden())), d % half);
            double partner = on.in(x, upper ? i - half : i + half);
            on.expect(x, i, Sum.of(on.in(x, i) * Math.cos(angle)).add((upper ? 1 : -1) * partner * Math.sin(angle)));
        }
    }
}
