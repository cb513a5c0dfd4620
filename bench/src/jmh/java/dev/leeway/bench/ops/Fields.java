package dev.leeway.bench.ops;

import dev.leeway.ffi.Call;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Tensor;

/** Groups of fields that several ops share, in the header's order. */
final class Fields {

    private Fields() {
    }

    static Call weight(Call call, Tensor weight, Region packed) {
        return call.at("weight.data", weight.region()).at("weight.absmax", Region.NONE).at("weight.packed", packed)
            .dtype("weight.dtype", weight.dtype()).i32("weight.reserved", 0);
    }

    static Call noLora(Call call) {
        return lora(call, Region.NONE, Region.NONE, 0);
    }

    static Call lora(Call call, Region a, Region b, int rank) {
        return call.at("lora.a", a).at("lora.b", b).at("lora.row_ids", Region.NONE).i64("lora.rank", rank).i64("lora.dropout_seed", 0)
            .f32("lora.scaling", 2).f32("lora.dropout", 0);
    }
}
