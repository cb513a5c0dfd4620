package dev.leeway.bench.ops;

import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * A decoding step of eight sequences at 512 tokens: kv_append of a new key each, paged_attention over all of them; or over one sequence as
 * long as all of them, which back ends may cut into splits.
 */
public class PagedAttentionBenchmark extends OpBenchmark {

    private static final int TOKENS = 4096;
    private static final int PAGE = 16;
    private static final int PAGES = TOKENS / PAGE;

    private int lanes;
    private int context;
    private double scale;
    private Tensor slots;
    private Tensor starts;
    private Tensor lengths;
    private Tensor table;
    private Tensor q;
    private Tensor k;
    private Tensor v;
    private Tensor keys;
    private Tensor values;
    private Tensor out;

    @Override
    protected void plan(String method, Work work) {
        lanes = method.equals("attendLong") ? 1 : 8;
        context = TOKENS / lanes;
        scale = 1 / Math.sqrt(size.headDim());
        slots = on.counts("slots", lanes);
        starts = on.ints("query_starts", lanes + 1, s -> s);
        lengths = on.ints("context_lengths", lanes, s -> context);
        table = on.ints("page_table", PAGES, i -> PAGES - 1 - i);
        q = on.random("q", 1, lanes, size.heads(), size.headDim());
        k = on.random("k", 1, lanes, size.kvHeads(), size.headDim());
        v = on.random("v", 1, lanes, size.kvHeads(), size.headDim());
        keys = on.random("k_pages", 1, PAGES, PAGE, size.kvHeads(), size.headDim());
        values = on.random("v_pages", 1, PAGES, PAGE, size.kvHeads(), size.headDim());
        out = on.output("out", lanes, size.heads(), size.headDim());
        if (method.equals("append")) {
            work.set(0, 4.0 * k.count() * width());
        } else {
            work.set(4.0 * lanes * context * size.hidden(), 2.0 * keys.count() * width());
        }
    }

    @Benchmark
    public void append() {
        on.call(Ops.KV_APPEND).i64("rows", lanes).i64("kv_heads", size.kvHeads()).i64("head_dim", size.headDim()).i64("page_size", PAGE)
            .i64("pages", PAGES).at("slots", slots.region()).at("k", k.region()).at("v", v.region()).at("k_pages", keys.region())
            .at("v_pages", values.region()).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void attend() {
        on.call(Ops.PAGED_ATTENTION).i64("rows", lanes).i64("sequences", lanes).i64("heads", size.heads()).i64("kv_heads", size.kvHeads())
            .i64("head_dim", size.headDim()).i64("window", 0).i64("page_size", PAGE).i64("pages", PAGES)
            .i64("max_pages", context / PAGE).at("query_starts", starts.region()).at("context_lengths", lengths.region())
            .at("page_table", table.region()).at("q", q.region()).at("k_pages", keys.region()).at("v_pages", values.region())
            .at("out", out.region()).f32("scale", scale).f32("softcap", 0).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void attendLong() {
        attend();
    }

    @Override
    protected void verify(String method) {
        if (method.equals("append")) {
            append();
            for (long i : Operands.places(k)) {
                on.expect(keys, i, Sum.of(on.in(k, i)));
                on.expect(values, i, Sum.of(on.in(v, i)));
            }
            return;
        }
        attend();
        for (long i : Operands.places(out)) {
            on.expect(out, i, attended(i / size.hidden(), i % size.hidden() / size.headDim(), (int) (i % size.headDim())), 1);
        }
    }

    private Sum attended(long lane, long head, int d) {
        var sum = new Sum();
        double total = 0;
        for (int t = 0; t < context; t++) {
            total += Math.exp(scale * score(lane, head, t));
        }
        for (int t = 0; t < context; t++) {
            sum.add(Math.exp(scale * score(lane, head, t)) / total * on.in(values, cell(lane, head, t) + d));
        }
        return sum;
    }

    private double score(long lane, long head, int t) {
        double dot = 0;
        for (int d = 0; d < size.headDim(); d++) {
            dot += on.in(q, (lane * size.heads() + head) * size.headDim() + d) * on.in(keys, cell(lane, head, t) + d);
        }
        return dot;
    }

    private long cell(long lane, long head, int t) {
        long page = on.index(table, (int) (lane * (context / PAGE) + t / PAGE));
        return ((page * PAGE + t % PAGE) * size.kvHeads() + head * size.kvHeads() / size.heads()) * size.headDim();
    }
}
