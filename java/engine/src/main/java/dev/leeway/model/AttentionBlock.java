package dev.leeway.model;

import dev.leeway.ffi.Ops;
import dev.leeway.model.ModelConfig.AttentionConfig;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.Optional;
import java.util.stream.Stream;

/** Causal attention with grouped heads, rotary positions and, where the model has it, a norm of queries and keys before they rotate. */
final class AttentionBlock {

    private final int layer;
    private final AttentionConfig heads;
    private final int window;
    private final RopeTable rope;
    private final Linear q;
    private final Linear k;
    private final Linear v;
    private final Linear o;
    private final Optional<RmsNorm> qNorm;
    private final Optional<RmsNorm> kNorm;

    AttentionBlock(int layer, ModelConfig config, RopeTable rope, ModelPlan plan) {
        var module = "model.layers." + layer + ".self_attn";
        this.layer = layer;
        this.heads = config.attention();
        this.window = config.layers().get(layer).window();
        this.rope = rope;
        int hidden = config.hiddenSize();
        int queries = heads.heads() * heads.headDim();
        int keys = heads.kvHeads() * heads.headDim();
        q = new Linear(module + ".q_proj", hidden, queries, heads.inputBias(), plan);
        k = new Linear(module + ".k_proj", hidden, keys, heads.inputBias(), plan);
        v = new Linear(module + ".v_proj", hidden, keys, heads.inputBias(), plan);
        o = new Linear(module + ".o_proj", queries, hidden, heads.outputBias(), plan);
        qNorm = headNorm(module + ".q_norm", heads.heads(), config, plan);
        kNorm = headNorm(module + ".k_norm", heads.kvHeads(), config, plan);
    }

    private static Optional<RmsNorm> headNorm(String module, int count, ModelConfig config, ModelPlan plan) {
        return config.attention().queryKeyNorm()
            ? Optional.of(new RmsNorm(module, count, config.attention().headDim(), config.norm(), plan))
            : Optional.empty();
    }

    Stream<Linear> linears() {
        return Stream.of(q, k, v, o);
    }

    void forward(Device device, Placement placement, LayerActivations a) {
        long rows = placement.rows();
        var x = a.attentionInput.y();
        q.forward(device, rows, x, a.q.x());
        k.forward(device, rows, x, a.k.x());
        v.forward(device, rows, x, a.v);
        DecoderLayer.norm(device, rows, qNorm, a.q);
        DecoderLayer.norm(device, rows, kNorm, a.k);
        rotate(device, placement, a.q.y(), a.k.y(), false);
        switch (placement) {
            case Placement.Packed packed -> attend(device, packed, a);
            case Placement.Cached cached -> attend(device, cached, a);
        }
        o.forward(device, rows, a.attention, a.attentionOutput.x());
    }

    private void attend(Device device, Placement.Packed packed, LayerActivations a) {
        device.call(Ops.ATTENTION_FORWARD).i64("rows", packed.rows()).i64("sequences", packed.sequences()).i64("heads", heads.heads())
            .i64("kv_heads", heads.kvHeads()).i64("head_dim", heads.headDim()).i64("window", window)
            .at("sequence_starts", packed.sequenceStarts().region()).at("q", a.q.y().region()).at("k", a.k.y().region())
            .at("v", a.v.region()).at("out", a.attention.region()).at("lse", a.lse.region())
            .f32("scale", heads.scale()).f32("softcap", heads.softcap()).dtype("dtype", a.attention.dtype()).run();
    }

    private void attend(Device device, Placement.Cached cached, LayerActivations a) {
        var cache = cached.cache();
        device.call(Ops.KV_APPEND).i64("rows", cached.rows()).i64("kv_heads", heads.kvHeads()).i64("head_dim", heads.headDim())
            .i64("page_size", KeyValueCache.PAGE_SIZE).i64("pages", cache.pages()).at("slots", cached.slots().region())
            .at("k", a.k.y().region()).at("v", a.v.region()).at("k_pages", cache.keys(layer).region())
            .at("v_pages", cache.values(layer).region()).dtype("dtype", a.v.dtype()).run();
        device.call(Ops.PAGED_ATTENTION).i64("rows", cached.rows()).i64("sequences", cached.sequences()).i64("heads", heads.heads())
            .i64("kv_heads", heads.kvHeads()).i64("head_dim", heads.headDim()).i64("window", window)
            .i64("page_size", KeyValueCache.PAGE_SIZE)
            .i64("pages", cache.pages()).i64("max_pages", cached.pageTable().size(1)).at("query_starts", cached.queryStarts().region())
            .at("context_lengths", cached.contextLengths().region()).at("page_table", cached.pageTable().region())
            .at("q", a.q.y().region()).at("k_pages", cache.keys(layer).region()).at("v_pages", cache.values(layer).region())
            .at("out", a.attention.region()).f32("scale", heads.scale()).f32("softcap", heads.softcap())
            .dtype("dtype", a.attention.dtype()).run();
    }

    /** From dOutput, the gradient of attentionOutput.x, to scratch.input. */
    void backward(Device device, Placement.Packed packed, LayerActivations a, Tensor dOutput, BackwardScratch scratch) {
        o.backward(device, scratch.written(), a.attention, dOutput, scratch.attention);
        attendBackward(device, packed, a, scratch);
        rotate(device, packed, scratch.q, scratch.k, true);
        normBackward(device, qNorm, a.q, scratch.q, scratch);
        normBackward(device, kNorm, a.k, scratch.k, scratch);
        var x = a.attentionInput.y();
        q.backward(device, scratch.written(), x, scratch.q, scratch.input);
        k.backward(device, scratch.added(), x, scratch.k, scratch.input);
        v.backward(device, scratch.added(), x, scratch.v, scratch.input);
    }

    private static void normBackward(Device device, Optional<RmsNorm> norm, RmsNorm.Normed normed, Tensor gradient,
            BackwardScratch scratch) {
        if (norm.isPresent()) {
            norm.get().backward(device, scratch.written(), normed, scratch.norm, gradient, gradient);
        }
    }

    private void attendBackward(Device device, Placement.Packed packed, LayerActivations a, BackwardScratch scratch) {
        device.call(Ops.ATTENTION_BACKWARD).i64("rows", packed.rows()).i64("sequences", packed.sequences()).i64("heads", heads.heads())
            .i64("kv_heads", heads.kvHeads()).i64("head_dim", heads.headDim()).i64("window", window)
            .at("sequence_starts", packed.sequenceStarts().region()).at("q", a.q.y().region()).at("k", a.k.y().region())
            .at("v", a.v.region()).at("out", a.attention.region()).at("lse", a.lse.region()).at("dout", scratch.attention.region())
            .at("delta", scratch.delta.region()).at("dq", scratch.q.region()).at("dk", scratch.k.region()).at("dv", scratch.v.region())
            .f32("scale", heads.scale()).f32("softcap", heads.softcap()).dtype("dtype", a.attention.dtype()).run();
    }

    private void rotate(Device device, Placement placement, Tensor queries, Tensor keys, boolean inverse) {
        rope.rotate(device, placement, heads.heads(), queries, inverse);
        rope.rotate(device, placement, heads.kvHeads(), keys, inverse);
    }
}
