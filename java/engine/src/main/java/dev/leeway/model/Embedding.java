package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.Optional;

/** The token embeddings y = e·E[ids] + noise + low-rank term: E (V,C), e = √C for Gemma, else 1. */
final class Embedding {

    private static final String MODULE = "model.embed_tokens";

    private final Parameter table;
    private final double scale;
    private final boolean isAlsoHead;
    private final Optional<EmbeddingAdapter> adapter;

    Embedding(ModelConfig config, ModelPlan plan) {
        table = plan.base(MODULE + ".weight", config.vocabSize(), config.hiddenSize());
        scale = config.embeddingScale();
        isAlsoHead = config.tieWordEmbeddings() && !config.isClassifier();
        adapter = plan.lora(MODULE).map(lora -> new EmbeddingAdapter(MODULE, config, lora, plan));
    }

    /** E, which a tied head reads too. */
    Parameter table() {
        return table;
    }

    /** Writes y (N,C). */
    void forward(Device device, Placement placement, Tensor tokens, Tensor y) {
        var noise = placement.embeddingNoise();
        lookUp(device, placement.rows(), tokens, table.value(), y)
            .at("noise_bound", Linear.region(noise.map(Placement.EmbeddingNoise::bounds)))
            .at("row_ids", Linear.region(noise.map(Placement.EmbeddingNoise::rowIds)))
            .i64("noise_seed", noise.map(Placement.EmbeddingNoise::seed).orElse(0L)).f32("scale", scale)
            .dtype("dtype", table.value().dtype()).run();
        if (active().isPresent()) {
            adapter.get().addTo(device, placement.rows(), tokens, y);
        }
    }

    /** Adds the gradients of what is trained, given that of y (N,C). scratch (N,R). */
    void backward(Device device, long rows, Tensor tokens, Tensor dy, Tensor scratch) {
        if (table.gradient().isPresent()) {
            addGradient(device, rows, tokens, dy, table.gradient().get(), scale);
        }
        if (active().isPresent()) {
            adapter.get().backward(device, rows, tokens, dy, scratch);
        }
    }

    /** Refuses a merge that would change what the term does not, the head that is tied to the table, or round it. */
    void requireMergeable() {
        if (adapter.isPresent() && isAlsoHead) {
            throw LeewayException.usage("the adapter has a low-rank term of embed_tokens, which this model ties to its head; merged, the "
                + "head would change too: keep the adapter beside its base model");
        }
        if (adapter.isPresent() && table.value().dtype() != DType.F32) {
            throw LeewayException.usage("a low-rank term of embed_tokens is merged in F32, and the model is loaded in %s: load it in F32",
                table.value().dtype());
        }
    }

    /** Makes the low-rank term part of E. */
    void merge(Device device) {
        requireMergeable();
        adapter.ifPresent(lora -> lora.merge(device, table.value()));
    }

    private Optional<EmbeddingAdapter> active() {
        return adapter.filter(EmbeddingAdapter::isActive);
    }

    /** A call that looks rows of a matrix (V, width) up, for {@code noise_bound} to go on. */
    static Call lookUp(Device device, long rows, Tensor tokens, Tensor matrix, Tensor y) {
        return device.call(Ops.EMBEDDING_FORWARD).i64("rows", rows).i64("width", matrix.size(1)).i64("vocabulary", matrix.size(0))
            .at("tokens", tokens.region()).at("table", matrix.region()).at("y", y.region());
    }

    /** gradient (V, width) += factor · what dy (N, width) says of the rows that were looked up. */
    static void addGradient(Device device, long rows, Tensor tokens, Tensor dy, Tensor gradient, double factor) {
        device.call(Ops.EMBEDDING_BACKWARD).i64("rows", rows).i64("width", gradient.size(1)).i64("vocabulary", gradient.size(0))
            .at("tokens", tokens.region()).at("dy", dy.region()).at("dtable", gradient.region()).f32("scale", factor)
            .dtype("dtype", dy.dtype()).dtype("gradient_dtype", gradient.dtype()).run();
    }
}
