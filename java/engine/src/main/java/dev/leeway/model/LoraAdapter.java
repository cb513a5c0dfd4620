package dev.leeway.model;

import dev.leeway.ffi.Call;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.Optional;

/** The low-rank term s·(x Aᵀ) Bᵀ of a linear layer (Hu et al. 2021, eq. 3; rank-stabilised: Kalajdzievski 2023). A (R,I), B (O,R). */
final class LoraAdapter {

    private final String module;
    private final Parameter a;
    private final Parameter b;
    private final int rank;
    private final double scaling;
    private final Tensor xa;
    private final Optional<Tensor> decodingXa;
    private final Turns turns;
    private final AdapterSwitch active;
    private final Dropout dropout;

    LoraAdapter(String module, int in, int out, AdapterConfig config, ModelPlan plan) {
        this.module = module;
        rank = config.scale().rank(module);
        scaling = config.scale().scaling(module);
        a = plan.adapter(AdapterDirectory.PREFIX + module + ".lora_A.weight", rank, in);
        b = plan.adapter(AdapterDirectory.PREFIX + module + ".lora_B.weight", out, rank);
        xa = plan.statistics(module, ".xa", rank);
        decodingXa = plan.ofDecoding().map(decoding -> decoding.statistics(module, ".xa", rank));
        turns = plan.turns();
        active = plan.adapterSwitch();
        dropout = plan.dropout();
        plan.useRank(rank);
    }

    int rank() {
        return rank;
    }

    boolean isActive() {
        return active.isOn();
    }

    Parameter a() {
        return a;
    }

    Parameter b() {
        return b;
    }

    Tensor xa() {
        return turns.choose(xa, decodingXa);
    }

    /** weight (O,I) += s B A. */
    void merge(Device device, Tensor weight) {
        describe(device.call(Ops.LORA_MERGE).i64("in", weight.size(1)).i64("out", weight.size(0))).at("weight", weight.region())
            .dtype("dtype", weight.dtype()).run();
    }

    /** (N, I) scratch for the dropped input where this pass drops. */
    Region dropped() {
        return dropout.dropped();
    }

    /** Whether this pass drops. */
    boolean drops() {
        return isActive() && dropout.probability() > 0;
    }

    /** Fills in the header's {@code leeway_lora} for the rows of the pass. */
    Call describe(Call call) {
        return describe(call, dropout.rowIds());
    }

    /** The same for chosen rows: their identities, if this pass drops. */
    Call describe(Call call, Region rowIds) {
        return call.at("lora.a", a.value().region()).at("lora.b", b.value().region()).at("lora.row_ids", rowIds)
            .i64("lora.rank", isActive() ? rank : 0).i64("lora.dropout_seed", dropout.seed(module)).f32("lora.scaling", scaling)
            .f32("lora.dropout", dropout.probability());
    }

    /** The {@code leeway_lora} that says: none. */
    static Call describeNone(Call call) {
        return call.at("lora.a", Region.NONE).at("lora.b", Region.NONE).at("lora.row_ids", Region.NONE).i64("lora.rank", 0)
            .i64("lora.dropout_seed", 0).f32("lora.scaling", 0).f32("lora.dropout", 0);
    }
}
