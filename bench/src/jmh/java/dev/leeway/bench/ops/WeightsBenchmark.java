package dev.leeway.bench.ops;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** What happens to a weight matrix (F,C) outside products: pack_weight, lora_merge, quantize_nf4, dequantize. */
public class WeightsBenchmark extends OpBenchmark {

    private static final int RANK = 16;
    private static final int BLOCK = 64;
    /** Half the widest gap between two levels (Dettmers et al. 2023, appendix E: −1 and −0.6962), so the worst of a rounding. */
    private static final double HALF_GAP = (1 - 0.6961) / 2;

    private int in;
    private int out;
    private Tensor weight;
    private Tensor packed;
    private Tensor a;
    private Tensor b;
    private Tensor codes;
    private Tensor absmax;
    private Tensor restored;

    @Override
    protected void plan(String method, Work work) {
        in = size.hidden();
        out = size.intermediate();
        long count = (long) in * out;
        weight = on.random("weight", 1, out, in);
        packed = on.output("packed", DType.U8, Math.max(1, packedBytes()));
        a = on.random("lora_a", DType.F32, 1, RANK, in);
        b = on.random("lora_b", DType.F32, 1, out, RANK);
        codes = on.output("codes", DType.U8, count / 2);
        absmax = on.output("absmax", DType.F32, count / BLOCK);
        restored = on.output("restored", out, in);
        switch (method) {
            case "pack" -> work.set(0, count * width() + (double) packed.bytes());
            case "loraMerge" -> work.set(2.0 * RANK * count, 2.0 * count * width());
            case "quantizeNf4", "dequantizeNf4" -> work.set(0, count * (width() + 0.5625));
            default -> throw unknown(method);
        }
    }

    private long packedBytes() {
        return on.device().ask((device, answer) -> device.call(Ops.PACKED_BYTES).i64("in", in).i64("out", out).at("bytes", answer)
            .dtype("dtype", dtype).run());
    }

    @Benchmark
    public void pack() {
        if (packed.bytes() > 1) {
            Fields.weight(on.call(Ops.PACK_WEIGHT).i64("in", in).i64("out", out), weight, Region.NONE).at("packed", packed.region()).run();
        }
    }

    @Benchmark
    public void loraMerge() {
        Fields.lora(on.call(Ops.LORA_MERGE).i64("in", in).i64("out", out), a.region(), b.region(), RANK).at("weight", weight.region())
            .dtype("dtype", dtype).run();
    }

    @Benchmark
    public void quantizeNf4() {
        on.call(Ops.QUANTIZE_NF4).i64("in", in).i64("out", out).at("weight", weight.region()).at("codes", codes.region())
            .at("absmax", absmax.region()).dtype("dtype", dtype).run();
    }

    @Benchmark
    public void dequantizeNf4() {
        on.call(Ops.DEQUANTIZE).i64("in", in).i64("out", out).at("weight.data", codes.region()).at("weight.absmax", absmax.region())
            .at("weight.packed", Region.NONE).i32("weight.dtype", 6).i32("weight.reserved", 0).at("y", restored.region())
            .dtype("dtype", dtype).run();
    }

    @Override
    protected void verify(String method) {
        switch (method) {
            case "pack" -> {
                pack();
                requireEveryValue();
            }
            case "loraMerge" -> {
                loraMerge();
                for (long i : Operands.places(weight)) {
                    on.expect(weight, i, merged(i / in, i % in));
                }
            }
            default -> {
                quantizeNf4();
                dequantizeNf4();
                for (long i : Operands.places(restored)) {
                    requireNear(i);
                }
            }
        }
    }

    /** A private layout can't be read, but it must hold as many bytes as the weights at least, and not be all zeros. */
    private void requireEveryValue() {
        if (packed.bytes() > 1 && (packed.bytes() < weight.bytes() || on.out(packed, 0) == 0 && on.out(packed, 1) == 0
            && on.out(packed, 2) == 0 && on.out(packed, 3) == 0)) {
            throw new IllegalStateException("pack_weight left " + packed.bytes() + " B for " + weight.bytes() + " B of weights, or zeros");
        }
    }

    private Sum merged(long row, long column) {
        var sum = Sum.of(on.in(weight, row * in + column));
        for (long r = 0; r < RANK; r++) {
            sum.add(2 * on.in(b, row * RANK + r) * on.in(a, r * in + column));
        }
        return sum;
    }

    private void requireNear(long i) {
        double largest = 0;
        for (long k = i / BLOCK * BLOCK; k < i / BLOCK * BLOCK + BLOCK; k++) {
            largest = Math.max(largest, Math.abs(on.in(weight, k)));
        }
        double off = Math.abs(on.out(restored, i) - on.in(weight, i));
        if (!(off <= largest * (HALF_GAP + 0x1p-8))) {
            throw new IllegalStateException("restored[%d] is %.3g off, more than half a gap between levels".formatted(i, off));
        }
    }
}
