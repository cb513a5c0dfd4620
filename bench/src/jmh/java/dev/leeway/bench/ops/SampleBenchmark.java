package dev.leeway.bench.ops;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** sample: eight rows of logits, greedy, and at temperature 0.8 with top_p 0.95. Logits are F32 in either number type. */
public class SampleBenchmark extends OpBenchmark {

    private static final int ROWS = 8;

    private Tensor logits;
    private Tensor seeds;
    private Tensor tokens;
    private Tensor logProb;
    private Tensor workspace;

    @Override
    protected void plan(String method, Work work) {
        logits = on.random("logits", DType.F32, 8, ROWS, size.vocabulary());
        seeds = on.counts("seeds", ROWS);
        tokens = on.output("tokens", DType.I32, ROWS);
        logProb = on.output("log_prob", DType.F32, ROWS);
        workspace = on.output("workspace", DType.U8, on.device().ask((device, answer) -> device.call(Ops.SAMPLE_WORKSPACE).i64("rows", ROWS)
            .i64("vocabulary", size.vocabulary()).at("bytes", answer).run()));
        work.set(0, 4.0 * logits.count());
    }

    private void draw(double temperature, double topP) {
        on.call(Ops.SAMPLE).i64("rows", ROWS).i64("vocabulary", size.vocabulary()).i64("top_k", 0).at("logits", logits.region())
            .at("allowed", Region.NONE).at("history_starts", Region.NONE).at("history", Region.NONE).at("seeds", seeds.region())
            .at("counters", seeds.region()).at("tokens", tokens.region()).at("log_prob", logProb.region()).at("entropy", Region.NONE)
            .at("probabilities", Region.NONE).at("workspace", workspace.region()).i64("workspace_bytes", workspace.bytes())
            .f32("temperature", temperature).f32("top_p", topP).f32("min_p", 0).f32("repetition_penalty", 1).run();
    }

    @Benchmark
    public void greedy() {
        draw(0, 1);
    }

    @Benchmark
    public void nucleus() {
        draw(0.8, 0.95);
    }

    @Override
    protected void verify(String method) {
        double temperature = method.equals("greedy") ? 1 : 0.8f;
        if (method.equals("greedy")) {
            greedy();
        } else {
            nucleus();
        }
        for (int row = 0; row < ROWS; row++) {
            long first = (long) row * size.vocabulary();
            double largest = Double.NEGATIVE_INFINITY;
            double total = 0;
            for (int v = 0; v < size.vocabulary(); v++) {
                largest = Math.max(largest, on.in(logits, first + v));
                total += Math.exp(on.in(logits, first + v) / temperature);
            }
            double drawn = on.in(logits, first + (long) on.out(tokens, row));
            if (method.equals("greedy") && drawn != largest) {
                throw new IllegalStateException("row " + row + " drew a logit of " + drawn + ", the largest is " + largest);
            }
            on.expect(logProb, row, Sum.of(drawn / temperature).add(-Math.log(total)));
        }
    }
}
