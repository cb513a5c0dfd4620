/* attention.h: what attention_forward and paged_attention share: one kernel, hence the same bits. */
#pragma once

#include "attention_tile.h"

namespace leeway {

/* Where the keys of sequence s lie; table = NULL: in the rows of the batch. */
struct Pages {
    const int32_t *table = nullptr;    /* (S, width) */
    const int32_t *contexts = nullptr; /* (S) keys of each sequence, the last of them its queries' */
    int64_t width = 0;
    int64_t count = 0;
    int64_t size = 0;
    uint32_t context_rule = 0;
    uint32_t page_rule = 0;
};

/* (N,H,D) and (N,H), or NULL. */
struct AttentionArrays {
    const void *q;
    const void *k;
    const void *v;
    void *out;
    float *lse;
};

leeway_status attend(leeway_stream *stream, leeway_dtype dtype, const AttentionShape &shape, const Sequences &sequences,
                     const Pages &pages, const AttentionArrays &arrays);

}  // namespace leeway
