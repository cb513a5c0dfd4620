package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;

/** Where a head finds the target distributions of the rows that it scores: uniform, a batch's {@link SparseTargets}, or none. */
final class TargetDistributions {

    private final int vocabulary;
    private final Tensor starts;
    private final Tensor ids;
    private final Tensor values;
    private final int[] hostStarts;
    private final int[] hostIds;
    private final float[] hostValues;

    TargetDistributions(int vocabulary, ModelPlan plan) {
        this.vocabulary = vocabulary;
        int rows = plan.capacity().rows();
        int entries = Math.multiplyExact(rows, plan.capacity().targetEntries());
        starts = plan.buffer(Purpose.HEAD, "head.soft_starts", DType.I32, entries > 0 ? rows + 1 : 0);
        ids = plan.buffer(Purpose.HEAD, "head.soft_ids", DType.I32, entries);
        values = plan.buffer(Purpose.HEAD, "head.soft_values", DType.F32, entries);
        hostStarts = new int[entries > 0 ? rows + 1 : 0];
        hostIds = new int[entries];
        hostValues = new float[entries];
    }

    /** Brings the entries of the first {@code count} scored rows over. */
    void upload(Device device, SparseTargets targets, int[] scoredRows, int count) {
        int next = 0;
        for (int m = 0; m < count; m++) {
            int from = targets.starts()[scoredRows[m]];
            int entries = targets.starts()[scoredRows[m] + 1] - from;
            if (next + entries > hostIds.length) {
                throw LeewayException.usage("the batch's target distributions have more than the %d entries that were planned for; plan "
                    + "more target entries a row", hostIds.length);
            }
            hostStarts[m] = next;
            System.arraycopy(targets.ids(), from, hostIds, next, entries);
            System.arraycopy(targets.values(), from, hostValues, next, entries);
            next += entries;
        }
        requireTokens(next);
        if (count > 0) {
            hostStarts[count] = next;
            device.upload(hostStarts, count + 1, starts);
            device.upload(hostIds, next, ids);
            device.upload(hostValues, next, values);
        }
    }

    private void requireTokens(int entries) {
        for (int i = 0; i < entries; i++) {
            if (hostIds[i] < 0 || hostIds[i] >= vocabulary) {
                throw LeewayException.data("a target distribution has token id %d, which is outside the model's vocabulary of %d; teacher "
                    + "and model must share their tokenizer", hostIds[i], vocabulary);
            }
        }
    }

    /** The uniform distribution, that which was uploaded last, or nothing. */
    Call describe(Call call, boolean uniform, boolean sparse) {
        return call.at("soft_starts", sparse ? starts.region() : Region.NONE).at("soft_ids", sparse ? ids.region() : Region.NONE)
            .at("soft_values", sparse ? values.region() : Region.NONE).f32("soft_uniform", uniform ? 1.0 / vocabulary : 0)
            .i32("soft.reserved", 0);
    }
}
