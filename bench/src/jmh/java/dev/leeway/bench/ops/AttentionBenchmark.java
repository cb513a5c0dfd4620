package dev.leeway.bench.ops;

import dev.leeway.bench.Shape;
import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** Causal attention over a packed batch of sequences of 256 tokens, and its gradient. Work counts the visible half alone. */
public class AttentionBenchmark extends OpBenchmark {

    private double scale;
    private Tensor starts;
    private Tensor q;
    private Tensor k;
    private Tensor v;
    private Tensor out;
    private Tensor lse;
    private Tensor dout;
    private Tensor delta;
    private Tensor dq;
    private Tensor dk;
    private Tensor dv;

    @Override
    protected void plan(String method, Work work) {
        scale = 1 / Math.sqrt(size.headDim());
        starts = on.ints("sequence_starts", size.batch() + 1, s -> s * Shape.LENGTH);
        long[] queries = {size.tokens(), size.heads(), size.headDim()};
        long[] keys = {size.tokens(), size.kvHeads(), size.headDim()};
        q = on.random("q", 1, queries);
        k = on.random("k", 1, keys);
        v = on.random("v", 1, keys);
        out = on.output("out", queries);
        lse = on.output("lse", DType.F32, size.tokens(), size.heads());
        dout = on.random("dout", 1, queries);
        delta = on.output("delta", DType.F32, size.tokens(), size.heads());
        dq = on.output("dq", queries);
        dk = on.output("dk", keys);
        dv = on.output("dv", keys);
        double pairs = (double) size.tokens() * (Shape.LENGTH + 1) / 2 * size.heads();
        boolean forward = method.equals("forward");
        work.set((forward ? 4 : 10) * pairs * size.headDim(),
            width() * (forward ? 2.0 * q.count() + 2.0 * k.count() : 4.0 * q.count() + 4.0 * k.count()));
    }

    private Call begin(dev.leeway.ffi.Op op) {
        return on.call(op).i64("rows", size.tokens()).i64("sequences", size.batch()).i64("heads", size.heads())
            .i64("kv_heads", size.kvHeads()).i64("head_dim", size.headDim()).i64("window", 0).at("sequence_starts", starts.region())
            .at("q", q.region()).at("k", k.region()).at("v", v.region());
    }

    @Benchmark
    public void forward() {
        begin(Ops.ATTENTION_FORWARD).at("out", out.region()).at("lse", lse.region()).f32("scale", scale).f32("softcap", 0)
            .dtype("dtype", dtype).run();
    }

    @Benchmark
    public void backward() {
        begin(Ops.ATTENTION_BACKWARD).at("out", out.region()).at("lse", lse.region()).at("dout", dout.region())
            .at("delta", delta.region()).at("dq", dq.region()).at("dk", dk.region()).at("dv", dv.region()).f32("scale", scale)
            .f32("softcap", 0).dtype("dtype", dtype).run();
    }

    @Override
    protected void verify(String method) {
        forward();
        if (method.equals("backward")) {
            backward();
        }
        for (int position : new int[] {1, Shape.LENGTH / 2, Shape.LENGTH - 1}) {
            int row = size.tokens() - Shape.LENGTH + position;
            int head = size.heads() - 1;
            var oracle = new Row(row, position, head);
            if (method.equals("forward")) {
                on.expect(out, query(row, head, 1), oracle.output(1), 1);
            } else {
                on.expect(dq, query(row, head, 1), oracle.queryGradient(1), 3);
            }
        }
    }

    private long query(int row, int head, int d) {
        return ((long) row * size.heads() + head) * size.headDim() + d;
    }

    private long key(int row, int head, int d) {
        return ((long) row * size.kvHeads() + head * size.kvHeads() / size.heads()) * size.headDim() + d;
    }

    /** One query against the keys that it sees. */
    private final class Row {
        private final int first;
        private final int row;
        private final int head;
        private final double[] p;

        Row(int row, int position, int head) {
            this.first = row - position;
            this.row = row;
            this.head = head;
            p = new double[position + 1];
            double total = 0;
            for (int j = 0; j <= position; j++) {
                p[j] = Math.exp(scale * dot(q, row, j, k));
                total += p[j];
            }
            for (int j = 0; j <= position; j++) {
                p[j] /= total;
            }
        }

        private double dot(Tensor queries, int row, int j, Tensor keys) {
            double sum = 0;
            for (int d = 0; d < size.headDim(); d++) {
                sum += on.in(queries, query(row, head, d)) * on.in(keys, key(first + j, head, d));
            }
            return sum;
        }

        Sum output(int d) {
            var sum = new Sum();
            for (int j = 0; j < p.length; j++) {
                sum.add(p[j] * on.in(v, key(first + j, head, d)));
            }
            return sum;
        }

        Sum queryGradient(int d) {
            double mean = 0;
            for (int j = 0; j < p.length; j++) {
                mean += p[j] * dot(dout, row, j, v);
            }
            var sum = new Sum();
            for (int j = 0; j < p.length; j++) {
                double weight = scale * p[j] * on.in(k, key(first + j, head, d));
                sum.add(weight * dot(dout, row, j, v)).add(-weight * mean);
            }
            return sum;
        }
    }
}
