package dev.leeway.model;

import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.Optional;

/**
 * The low-rank term of a token table, y += e·s·A[ids] Bᵀ, where e is what the model multiplies its embeddings with and s the adapter's
 * scaling: PEFT's {@code lora.Embedding}, which drops nothing. A (V,R) lies on the device row by row of the vocabulary, and (R,V) in files;
 * B (C,R). The term is F32; where y is BF16, it is added in F32 and the sum rounded.
 */
final class EmbeddingAdapter {

    private final Parameter a;
    private final Parameter b;
    private final int rank;
    private final int hidden;
    private final double scaling;
    private final double embeddingScale;
    private final Kept packed;
    private final Optional<Kept> decoding;
    private final Turns turns;
    private final AdapterSwitch active;

    EmbeddingAdapter(String module, ModelConfig config, AdapterConfig adapter, ModelPlan plan) {
        hidden = config.hiddenSize();
        embeddingScale = config.embeddingScale();
        rank = adapter.scale().rank(module);
        scaling = adapter.scale().scaling(module);
        a = plan.adapter(AdapterDirectory.PREFIX + module + ".lora_embedding_A", config.vocabSize(), rank);
        b = plan.adapter(AdapterDirectory.PREFIX + module + ".lora_embedding_B", hidden, rank);
        packed = kept(module, plan);
        decoding = plan.ofDecoding().map(other -> kept(module, other));
        turns = plan.turns();
        active = plan.adapterSwitch();
        plan.useRank(rank);
    }

    /**
     * What a pass leaves.
     *
     * @param xa (N,R)
     * @param wide (N,C) room for y in F32, where it is BF16
     */
    private record Kept(Tensor xa, Optional<Tensor> wide) {
    }

    private Kept kept(String module, ModelPlan plan) {
        return new Kept(plan.statistics(module, ".xa", rank),
            plan.dtype() == DType.F32 ? Optional.empty() : Optional.of(plan.statistics(module, ".wide", hidden)));
    }

    boolean isActive() {
        return active.isOn();
    }

    /** y (N,C) += the term; keeps e·s·A[ids] for the way back. */
    void addTo(Device device, long rows, Tensor tokens, Tensor y) {
        var kept = turns.choose(packed, decoding);
        Embedding.lookUp(device, rows, tokens, a.value(), kept.xa()).at("noise_bound", Region.NONE).at("row_ids", Region.NONE)
            .i64("noise_seed", 0).f32("scale", scale()).dtype("dtype", DType.F32).run();
        addProduct(device, rows, kept.xa(), widened(device, rows, y, kept.wide()));
        kept.wide().ifPresent(sum -> device.cast(sum, y, rows * hidden));
    }

    /** x (N,C) in F32. */
    private Tensor widened(Device device, long rows, Tensor x, Optional<Tensor> wide) {
        wide.ifPresent(copy -> device.cast(x, copy, rows * hidden));
        return wide.orElse(x);
    }

    /** Adds the gradients of A and B, given the {@code gradient} of y (N,C). scratch (N,R). */
    void backward(Device device, long rows, Tensor tokens, Tensor gradient, Tensor scratch) {
        if (a.gradient().isEmpty() || b.gradient().isEmpty()) {
            return;
        }
        var dy = widened(device, rows, gradient, packed.wide());
        withoutAdapter(device.call(Ops.LINEAR_BACKWARD_WEIGHT).i64("rows", rows).i64("in", rank).i64("out", hidden))
            .at("x", packed.xa().region()).at("dy", dy.region()).at("xa", Region.NONE).at("dyb", Region.NONE)
            .at("dweight", b.gradient().get().region()).at("dbias", Region.NONE).at("da", Region.NONE).at("db", Region.NONE)
            .at("dropped", Region.NONE).dtype("dtype", DType.F32).dtype("gradient_dtype", DType.F32).run();
        var call = PackedWeights.describePlain(
            device.call(Ops.LINEAR_BACKWARD_INPUT).i64("rows", rows).i64("in", rank).i64("out", hidden), b.value(), Region.NONE);
        withoutAdapter(call).at("dy", dy.region()).at("dx", scratch.region()).at("dyb", Region.NONE).at("dropped", Region.NONE)
            .i32("accumulate", 0).dtype("dtype", DType.F32).run();
        Embedding.addGradient(device, rows, tokens, scratch, a.gradient().get(), scale());
    }

    /** table (V,C) += s·A Bᵀ. A is scaled in place for the product and then put back. */
    void merge(Device device, Tensor table) {
        var kept = device.floats(a.value());
        device.call(Ops.SCALE).i64("count", a.value().count()).at("x", a.value().region()).f32("alpha", scaling).dtype("dtype", DType.F32)
            .run();
        addProduct(device, table.size(0), a.value(), table);
        device.upload(kept, a.value());
    }

    /** y (rows, C) += x (rows, R) Bᵀ */
    private void addProduct(Device device, long rows, Tensor x, Tensor y) {
        var call = PackedWeights.describePlain(
            device.call(Ops.LINEAR_FORWARD).i64("rows", rows).i64("in", rank).i64("out", hidden), b.value(), Region.NONE);
        withoutAdapter(call).at("bias", Region.NONE).at("x", x.region()).at("y", y.region()).at("xa", Region.NONE)
            .at("dropped", Region.NONE).i32("accumulate", 1).dtype("dtype", DType.F32).run();
    }

    private static Call withoutAdapter(Call call) {
        return LoraAdapter.describeNone(call);
    }

    private double scale() {
        return scaling * embeddingScale;
    }
}
