package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The pages of a key/value cache: for every layer keys and values (P, page, K, D). Which page belongs to whom is the generator's business.
 */
public final class KeyValueCache {

    /** Tokens of a page. */
    public static final int PAGE_SIZE = 64;

    private final int pages;
    private final List<Tensor> keys = new ArrayList<>();
    private final List<Tensor> values = new ArrayList<>();

    /** Plans a cache of so many pages in the number type of the model. */
    public KeyValueCache(ModelConfig config, DType dtype, int pages, MemoryPlan plan) {
        this.pages = pages;
        var heads = config.attention();
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            keys.add(plan.reserve(Purpose.CACHE, "cache.%d.k".formatted(layer), dtype, pages, PAGE_SIZE, heads.kvHeads(),
                heads.headDim()));
            values.add(plan.reserve(Purpose.CACHE, "cache.%d.v".formatted(layer), dtype, pages, PAGE_SIZE, heads.kvHeads(),
                heads.headDim()));
        }
    }

    /** How many pages there are. */
    public int pages() {
        return pages;
    }

    /** Copies the first {@code tokens} keys and values of a page into another one, in every layer. */
    void copy(Device device, int from, int to, int tokens) {
        for (int layer = 0; layer < keys.size(); layer++) {
            copy(device, keys.get(layer), from, to, tokens);
            copy(device, values.get(layer), from, to, tokens);
        }
    }

    private static void copy(Device device, Tensor tensor, int from, int to, int tokens) {
        long bytes = tensor.bytes() / tensor.size(0) / PAGE_SIZE * tokens;
        device.copy(tensor.rows(from, 1).slice(0, bytes), tensor.rows(to, 1).slice(0, bytes));
    }

    Tensor keys(int layer) {
        return keys.get(layer);
    }

    Tensor values(int layer) {
        return values.get(layer);
    }
}
