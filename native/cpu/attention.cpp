/* attention.cpp: what the attention entries share: the choice of kernels, and the check of starts. */
#include "attention.h"

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

leeway_status check_starts(const char *op, const char *name, const int32_t *starts, int64_t sequences, int64_t rows) {
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
