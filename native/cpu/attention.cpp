/* attention.cpp: what the attention entries share: the choice of kernels, and the checks of sizes. */
#include "attention.h"

#include "check.h"
#include "host.h"

namespace leeway {

const AttentionKernels &attention_kernels(leeway_dtype dtype) {
    const AttentionSet *set = &attention_portable;
#if defined(__x86_64__)
    if (dtype == LEEWAY_BF16 && instruction_set() >= Isa::avx512bf16) return attention_avx512bf16;
    if (instruction_set() >= Isa::avx512) set = &attention_avx512;
    else if (instruction_set() >= Isa::avx2) set = &attention_avx2;
#endif
    return dtype == LEEWAY_F32 ? set->f32 : set->bf16;
}

leeway_status check_attention(const char *op, const AttentionShape &shape, leeway_dtype dtype) {
    auto refuse = [&](const char *what, long long value) { return fail(LEEWAY_BAD_ARGUMENT, "%s: %s, got %lld", op, what, value); };
    if (shape.kv_heads <= 0) return refuse("kv_heads must be positive", shape.kv_heads);
    if (shape.heads <= 0 || shape.heads % shape.kv_heads != 0) return refuse("heads must be a positive multiple of kv_heads", shape.heads);
    if (shape.head_dim < 2 || shape.head_dim > max_head_dim || shape.head_dim % 2 != 0)
        return refuse("head_dim must be even, from 2 to 256", shape.head_dim);
    if (shape.window < 0) return refuse("window must not be negative", shape.window);
    if (!(shape.softcap >= 0.0f) || shape.softcap > 3e38f)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: softcap must be finite and not negative, got %g", op, double(shape.softcap));
    if (!(shape.scale > -3e38f && shape.scale < 3e38f))
        return fail(LEEWAY_BAD_ARGUMENT, "%s: scale must be finite, got %g", op, double(shape.scale));
    return check_float(op, "dtype", dtype);
}

leeway_status check_starts(const char *op, const char *name, const int32_t *starts, int64_t sequences, int64_t rows) {
    if (sequences < 0 || rows < 0)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: rows and sequences must not be negative, got %lld and %lld", op, (long long)rows,
                    (long long)sequences);
    if (starts == nullptr) return fail(LEEWAY_BAD_ARGUMENT, "%s: %s must not be NULL", op, name);
    if (starts[0] != 0) return fail(LEEWAY_BAD_ARGUMENT, "%s: %s[0] must be 0, got %d", op, name, int(starts[0]));
    for (int64_t s = 0; s < sequences; s++)
        if (starts[s + 1] < starts[s])
            return fail(LEEWAY_BAD_ARGUMENT, "%s: %s must not fall, got %d after %d at %lld", op, name, int(starts[s + 1]), int(starts[s]),
                        (long long)s + 1);
    if (starts[sequences] != rows)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: %s[%lld] must be rows = %lld, got %d", op, name, (long long)sequences, (long long)rows,
                    int(starts[sequences]));
    return LEEWAY_OK;
}

}  // namespace leeway
