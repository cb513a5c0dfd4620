package dev.leeway.bench.ops;

import dev.leeway.bench.Shape;
import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Op;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** head_forward and head_backward of a cross-entropy over the whole vocabulary, head_logits, and the scalar head. */
public class HeadBenchmark extends OpBenchmark {

    private int rows;
    private int hidden;
    private int vocabulary;
    private Tensor x;
    private Tensor weight;
    private Tensor targets;
    private Tensor logProb;
    private Tensor lse;
    private Tensor share;
    private Tensor dx;
    private Tensor gradient;
    private Tensor logits;
    private Tensor workspace;
    private Tensor value;

    @Override
    protected void plan(String method, Work work) {
        rows = size == Shape.LARGE ? 128 : size.tokens();
        hidden = size.hidden();
        vocabulary = size.vocabulary();
        boolean scalar = method.startsWith("scalar");
        x = on.random("x", 1, rows, hidden);
        weight = scalar ? on.random("weight", 1, hidden) : on.random("weight", 1.0 / hidden, vocabulary, hidden);
        targets = on.ints("targets", rows, m -> (int) (7919L * m % vocabulary));
        logProb = on.output("log_prob", DType.F32, rows);
        var given = new float[rows];
        java.util.Arrays.fill(given, (float) Math.log(vocabulary));
        lse = method.equals("backward") ? on.floats("log_sum_exp", given, rows) : on.output("log_sum_exp", DType.F32, rows);
        share = on.random("share", DType.F32, 1, rows);
        dx = on.output("dx", rows, hidden);
        gradient = on.output("dweight", DType.F32, method.equals("backward") ? vocabulary : 1, hidden);
        logits = on.output("logits", DType.F32, method.equals("logits") ? rows : 1, vocabulary);
        workspace = on.output("workspace", DType.U8, scalar ? 1 : workspaceBytes());
        value = on.output("value", DType.F32, rows);
        double product = 2.0 * rows * hidden * vocabulary;
        double bytes = width() * (double) weight.count();
        switch (method) {
            case "forward" -> work.set(product, bytes);
            case "logits" -> work.set(product, bytes + 4.0 * rows * vocabulary);
            case "backward" -> work.set(3 * product, bytes + 8.0 * weight.count());
            case "scalarForward" -> work.set(2.0 * x.count(), (double) x.count() * width());
            case "scalarBackward" -> work.set(4.0 * x.count(), 2.0 * x.count() * width());
            default -> throw unknown(method);
        }
    }

    private long workspaceBytes() {
        return on.device().ask((device, answer) -> device.call(Ops.HEAD_WORKSPACE).i64("rows", rows).i64("hidden", hidden)
            .i64("vocabulary", vocabulary).i64("rank", 0).at("bytes", answer).dtype("dtype", dtype)
            .f32("dropout", 0).run());
    }

    private Call distribution(Op op) {
        return Fields.noLora(Fields.weight(on.call(op).i64("rows", rows).i64("hidden", hidden).i64("vocabulary", vocabulary), weight,
            Region.NONE)).at("allowed", Region.NONE).f32("softcap", 0).f32("temperature", 1);
    }

    private Call withTarget(Op op) {
        return distribution(op).at("soft_starts", Region.NONE).at("soft_ids", Region.NONE).at("soft_values", Region.NONE)
            .f32("soft_uniform", 0).i32("soft.reserved", 0).at("x", x.region()).at("targets", targets.region());
    }

    @Benchmark
    public void forward() {
        withTarget(Ops.HEAD_FORWARD).at("log_prob", logProb.region()).at("log_sum_exp", lse.region()).at("entropy", Region.NONE)
            .at("soft_loss", Region.NONE).at("arg_max", Region.NONE).at("workspace", workspace.region())
            .i64("workspace_bytes", workspace.bytes()).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void backward() {
        withTarget(Ops.HEAD_BACKWARD).at("log_sum_exp", lse.region()).at("entropy", Region.NONE).at("w_log_prob", share.region())
            .at("w_lse", Region.NONE).at("w_entropy", Region.NONE).at("w_soft", Region.NONE).at("dx", dx.region())
            .at("dweight", gradient.region()).at("lora_da", Region.NONE).at("lora_db", Region.NONE).at("workspace", workspace.region())
            .i64("workspace_bytes", workspace.bytes()).dtype("dtype", dtype).dtype("gradient_dtype", DType.F32).run();
    }

    @Benchmark
    public void logits() {
        distribution(Ops.HEAD_LOGITS).at("x", x.region()).at("logits", logits.region()).at("xa", Region.NONE).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void scalarForward() {
        on.call(Ops.SCALAR_HEAD_FORWARD).i64("rows", rows).i64("hidden", hidden).at("x", x.region()).at("weight", weight.region())
            .at("bias", Region.NONE).at("value", value.region()).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void scalarBackward() {
        on.call(Ops.SCALAR_HEAD_BACKWARD).i64("rows", rows).i64("hidden", hidden).at("x", x.region()).at("weight", weight.region())
            .at("w_value", share.region()).at("dx", dx.region()).at("dweight", gradient.region()).at("dbias", Region.NONE)
            .dtype("dtype", dtype).run();
    }

    @Override
    protected void verify(String method) {
        int row = rows / 2;
        switch (method) {
            case "forward" -> {
                forward();
                on.expect(lse, row, Sum.of(exactLse(row)));
                on.expect(logProb, row, Sum.of(logit(row, on.index(targets, row))).add(-exactLse(row)));
            }
            case "backward" -> {
                backward();
                on.expect(dx, (long) row * hidden + 1, inputGradient(row, 1), 1);
                on.expect(gradient, (long) on.index(targets, row) * hidden + 1, weightGradient(on.index(targets, row), 1), 1);
            }
            case "logits" -> {
                logits();
                on.expect(logits, (long) row * vocabulary + 3, Sum.of(logit(row, 3)));
            }
            case "scalarForward" -> {
                scalarForward();
                on.expect(value, row, scalar(row));
            }
            default -> {
                scalarBackward();
                on.expect(dx, (long) row * hidden + 1, Sum.of(on.in(share, row) * on.in(weight, 1)));
            }
        }
    }

    private double logit(int row, int token) {
        double sum = 0;
        for (int c = 0; c < hidden; c++) {
            sum += on.in(x, (long) row * hidden + c) * on.in(weight, (long) token * hidden + c);
        }
        return sum;
    }

    private double exactLse(int row) {
        double total = 0;
        for (int v = 0; v < vocabulary; v++) {
            total += Math.exp(logit(row, v));
        }
        return Math.log(total);
    }

    /** ∂loss/∂z of one token, with the log-sum-exp that the op was given. */
    private double dz(int row, int token) {
        double p = Math.exp(logit(row, token) - (float) Math.log(vocabulary));
        return on.in(share, row) * ((on.index(targets, row) == token ? 1 : 0) - p);
    }

    private Sum inputGradient(int row, int column) {
        var sum = new Sum();
        for (int v = 0; v < vocabulary; v++) {
            sum.add(dz(row, v) * on.in(weight, (long) v * hidden + column));
        }
        return sum;
    }

    private Sum weightGradient(int token, int column) {
        var sum = new Sum();
        for (int m = 0; m < rows; m++) {
            sum.add(dz(m, token) * on.in(x, (long) m * hidden + column));
        }
        return sum;
    }

    private Sum scalar(int row) {
        var sum = new Sum();
        for (int c = 0; c < hidden; c++) {
            sum.add(on.in(x, (long) row * hidden + c) * on.in(weight, c));
        }
        return sum;
    }
}
