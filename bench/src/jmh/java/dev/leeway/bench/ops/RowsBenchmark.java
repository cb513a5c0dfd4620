package dev.leeway.bench.ops;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Op;
import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** gather_rows and scatter_rows of (N,C) in a scattered order, and the embedding with its gradient. */
public class RowsBenchmark extends OpBenchmark {

    private static final int STRIDE = 31; // odd, and N is a power of two: every row once

    private Tensor index;
    private Tensor tokens;
    private Tensor table;
    private Tensor x;
    private Tensor y;
    private Tensor gradient;

    @Override
    protected void plan(String method, Work work) {
        int rows = size.tokens();
        index = on.ints("index", rows, n -> n * STRIDE % rows);
        tokens = on.ints("tokens", rows, n -> (int) (7919L * n % size.vocabulary()));
        x = on.random("x", 1, rows, size.hidden());
        y = on.output("y", rows, size.hidden());
        table = method.startsWith("embedding") ? on.random("table", 1, size.vocabulary(), size.hidden()) : x;
        gradient = method.equals("embeddingBackward") ? on.output("dtable", DType.F32, size.vocabulary(), size.hidden()) : y;
        double bytes = (double) x.count() * width();
        work.set(0, method.equals("embeddingBackward") ? bytes + 8.0 * x.count() : 2 * bytes);
    }

    private void move(Op op, String span) {
        on.call(op).i64("rows", size.tokens()).i64("width", size.hidden()).i64(span, size.tokens()).at("index", index.region())
            .at("source", x.region()).at("destination", y.region()).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void gather() {
        move(Ops.GATHER_ROWS, "source_rows");
    }

    @Benchmark
    public void scatter() {
        move(Ops.SCATTER_ROWS, "destination_rows");
    }

    @Benchmark
    public void embeddingForward() {
        on.call(Ops.EMBEDDING_FORWARD).i64("rows", size.tokens()).i64("width", size.hidden()).i64("vocabulary", size.vocabulary())
            .at("tokens", tokens.region()).at("table", table.region()).at("y", y.region())
            .at("noise_bound", dev.leeway.ffi.Region.NONE).at("row_ids", dev.leeway.ffi.Region.NONE).i64("noise_seed", 0).f32("scale", 1)
            .dtype("dtype", dtype).run();
    }

    @Benchmark
    public void embeddingBackward() {
        on.call(Ops.EMBEDDING_BACKWARD).i64("rows", size.tokens()).i64("width", size.hidden()).i64("vocabulary", size.vocabulary())
            .at("tokens", tokens.region()).at("dy", x.region()).at("dtable", gradient.region()).f32("scale", 1).dtype("dtype", dtype)
            .dtype("gradient_dtype", DType.F32).run();
    }

    @Override
    protected void verify(String method) {
        switch (method) {
            case "gather" -> gather();
            case "scatter" -> scatter();
            case "embeddingForward" -> embeddingForward();
            case "embeddingBackward" -> embeddingBackward();
            default -> throw unknown(method);
        }
        for (long i : Operands.places(x)) {
            int row = (int) (i / size.hidden());
            long column = i % size.hidden();
            switch (method) {
                case "gather" -> on.expect(y, i, Sum.of(on.in(x, (long) on.index(index, row) * size.hidden() + column)));
                case "scatter" -> on.expect(y, (long) on.index(index, row) * size.hidden() + column, Sum.of(on.in(x, i)));
                case "embeddingForward" -> on.expect(y, i, Sum.of(on.in(table, tableIndex(row, column))));
                default -> on.expect(gradient, tableIndex(row, column), gradientOf(on.index(tokens, row), column));
            }
        }
    }

    private long tableIndex(int row, long column) {
        return (long) on.index(tokens, row) * size.hidden() + column;
    }

    private Sum gradientOf(int token, long column) {
        var sum = new Sum();
        for (int n = 0; n < size.tokens(); n++) {
            if (on.index(tokens, n) == token) {
                sum.add(on.in(x, (long) n * size.hidden() + column));
            }
        }
        return sum;
    }
}
