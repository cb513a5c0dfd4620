package dev.leeway.bench.ops;

import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The three products of a linear layer, x (N,I) and W (O,I), and the forward one with packed weights and with a LoRA of rank 16. */
public class LinearBenchmark extends OpBenchmark {

    private static final int RANK = 16;

    /** Which linear layer of the decoder: C×C, C→F, F→C. */
    @Param({"square", "up", "down"})
    public String layer;

    private int rows;
    private int in;
    private int out;
    private Tensor x;
    private Tensor y;
    private Tensor weight;
    private Tensor packed;
    private Tensor a;
    private Tensor b;
    private Tensor xa;
    private Tensor gradient;

    @Override
    protected void plan(String method, Work work) {
        rows = size.tokens();
        in = layer.equals("down") ? size.intermediate() : size.hidden();
        out = layer.equals("up") ? size.intermediate() : size.hidden();
        boolean back = method.startsWith("backward");
        x = method.equals("backwardInput") ? on.output("dx", rows, in) : on.random("x", 1, rows, in);
        y = back ? on.random("dy", 1, rows, out) : on.output("y", rows, out);
        weight = on.random("weight", 1, out, in);
        packed = on.output("packed", DType.U8, Math.max(1, method.equals("forwardPacked") ? packedBytes() : 1));
        a = on.random("lora_a", DType.F32, 1, RANK, in);
        b = on.random("lora_b", DType.F32, 1, out, RANK);
        xa = on.output("xa", DType.F32, rows, RANK);
        gradient = method.equals("backwardWeight") ? on.output("dweight", DType.F32, out, in) : xa;
        double lora = method.equals("forwardLora") ? 2.0 * rows * RANK * (in + out) : 0;
        work.set(2.0 * rows * in * out + lora, width() * ((double) rows * (in + out) + (double) in * out));
    }

    private long packedBytes() {
        return on.device().ask((device, answer) -> device.call(Ops.PACKED_BYTES).i64("in", in).i64("out", out).at("bytes", answer)
            .dtype("dtype", dtype).run());
    }

    private Call sizes(Call call) {
        return call.i64("rows", rows).i64("in", in).i64("out", out);
    }

    private void run(Region packedWeight, boolean lora) {
        var call = Fields.weight(sizes(on.call(Ops.LINEAR_FORWARD)), weight, packedWeight);
        if (lora) {
            Fields.lora(call, a.region(), b.region(), RANK);
        } else {
            Fields.noLora(call);
        }
        call.at("bias", Region.NONE).at("x", x.region()).at("y", y.region()).at("xa", lora ? xa.region() : Region.NONE)
            .at("dropped", Region.NONE).i32("accumulate", 0).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void forward() {
        run(Region.NONE, false);
    }

    @Benchmark
    public void forwardPacked() {
        run(packed.bytes() > 1 ? packed.region() : Region.NONE, false);
    }

    @Benchmark
    public void forwardLora() {
        run(Region.NONE, true);
    }

    @Benchmark
    public void backwardInput() {
        Fields.noLora(Fields.weight(sizes(on.call(Ops.LINEAR_BACKWARD_INPUT)), weight, Region.NONE)).at("dy", y.region())
            .at("dx", x.region()).at("dyb", Region.NONE).at("dropped", Region.NONE).i32("accumulate", 0).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void backwardWeight() {
        Fields.noLora(sizes(on.call(Ops.LINEAR_BACKWARD_WEIGHT))).at("x", x.region()).at("dy", y.region()).at("xa", Region.NONE)
            .at("dyb", Region.NONE).at("dweight", gradient.region()).at("dbias", Region.NONE).at("da", Region.NONE).at("db", Region.NONE)
            .at("dropped", Region.NONE).dtype("dtype", dtype).dtype("gradient_dtype", DType.F32).run();
    }

    private void pack() {
        Fields.weight(on.call(Ops.PACK_WEIGHT).i64("in", in).i64("out", out), weight, Region.NONE).at("packed", packed.region()).run();
    }

    @Override
    protected void verify(String method) {
        switch (method) {
            case "forward" -> forward();
            case "forwardPacked" -> {
                if (packed.bytes() > 1) {
                    pack();
                }
                forwardPacked();
            }
            case "forwardLora" -> forwardLora();
            case "backwardInput" -> backwardInput();
            case "backwardWeight" -> backwardWeight();
            default -> throw unknown(method);
        }
        var target = method.equals("backwardInput") ? x : method.equals("backwardWeight") ? gradient : y;
        for (long i : Operands.places(target)) {
            long row = i / target.shape()[1];
            long column = i % target.shape()[1];
            on.expect(target, i, switch (method) {
                case "backwardInput" -> dot(out, k -> on.in(y, row * out + k) * on.in(weight, k * in + column));
                case "backwardWeight" -> dot(rows, k -> on.in(y, k * out + row) * on.in(x, k * in + column));
                default -> product(row, column, method.equals("forwardLora"));
            });
        }
    }

    private Sum product(long row, long column, boolean lora) {
        var sum = dot(in, k -> on.in(x, row * in + k) * on.in(weight, column * in + k));
        for (long r = 0; lora && r < RANK; r++) {
            for (long k = 0; k < in; k++) {
                sum.add(2 * on.in(x, row * in + k) * on.in(a, r * in + k) * on.in(b, column * RANK + r));
            }
        }
        return sum;
    }

    private static Sum dot(long terms, java.util.function.LongToDoubleFunction term) {
        var sum = new Sum();
        for (long k = 0; k < terms; k++) {
            sum.add(term.applyAsDouble(k));
        }
        return sum;
    }
}
