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

/* sentence: "rope: positions[%lld] is outside 0..%lld". A kernel that reads the elements begins with: if (refused(faults)) return; */
template <class Index>
leeway_status check_index(leeway_stream *stream, const char *sentence, const Index *index, int64_t count, int64_t limit) {
    uint32_t number = 0;
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, sentence, limit - 1}, &number));
    return LEEWAY_LAUNCH(stream, find_outside<Index>, grid_for(stream, count, 256), 256, 0, count, index, limit, stream->faults, number);
}

}  // namespace leeway
