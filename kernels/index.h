/* index.h: refuses indices that lie in device memory, as native/cpu/index.h does with those in the host's. */
#pragma once

#include "stream.h"

namespace leeway {

/* Reports every element outside 0..limit-1. */
template <class Index>
__global__ void find_outside(int64_t count, const Index *index, int64_t limit, Faults *faults, uint32_t rule) {
    for (int64_t i = grid_index(); i < count; i += grid_stride())
        if (index[i] < 0 || index[i] >= limit) report(faults, rule, i);
}

/* How a kernel of which a refused index may leave the output as it likes checks them itself. */
struct IndexRule {
    int64_t limit;
    Faults *faults;
    uint32_t number;

    /* Whether index, element i of its array, may be used. Where it may not, a thread that speaks reports it. */
    template <class Index>
    __device__ bool holds(Index index, int64_t i, bool speaks) const {
        const bool inside = index >= 0 && index < limit;
        if (!inside && speaks) report(faults, number, i);
        return inside && !refused(faults);
    }
};

inline leeway_status index_rule(leeway_stream *stream, const char *sentence, int64_t limit, IndexRule *check) {
    *check = {limit, stream->faults, 0};
    return rule(stream, {LEEWAY_BAD_DATA, sentence, limit - 1}, &check->number);
}

/* The same in a kernel before those that read the elements, which begin with: if (refused(faults)) return;
 * sentence: "rope: positions[%lld] is outside 0..%lld" */
template <class Index>
leeway_status check_index(leeway_stream *stream, const char *sentence, const Index *index, int64_t count, int64_t limit) {
    IndexRule check;
    LEEWAY_TRY(index_rule(stream, sentence, limit, &check));
    return LEEWAY_LAUNCH(stream, find_outside<Index>, grid_for(stream, count, 256), 256, 0, count, index, limit, stream->faults,
                         check.number);
}

}  // namespace leeway
