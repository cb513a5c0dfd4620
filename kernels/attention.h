/* attention.h: what attention_forward and paged_attention share: kernels that give a row the same bits. */
#pragma once

#include "attention_tile.h"

namespace leeway {

/* Where the keys of sequence s lie; table = NULL: in the rows of the batch. */
struct Pages {
    const int32_t *table;    /* (S, width) */
    const int32_t *contexts; /* (S) keys of each sequence, the last of them its queries' */
    int64_t width;
    int64_t count;
    int64_t size;
    uint32_t context_rule;
    uint32_t page_rule;
};

/* (N,H,D) and (N,H), or NULL. */
struct AttentionArrays {
    const void *q;
    const void *k;
    const void *v;
    void *out;
    float *lse;
};

/* The position of the tile's first token among the keys; below 0: the sequence was refused. */
__device__ inline int64_t position_of(const Pages &pages, const Sequences &sequences, const Tile &tile) {
    if (pages.table == nullptr) return 0;
    const int64_t context = pages.contexts[tile.sequence];
    if (context >= tile.tokens && context <= pages.width * pages.size) return context - tile.tokens;
    if (threadIdx.x == 0) report(sequences.faults, pages.context_rule, tile.sequence);
    return -1;
}

/* The row of a key in k and v; below 0: its page was refused. */
__device__ inline int64_t key_row(const Pages &pages, const Sequences &sequences, const Tile &tile, int key) {
    if (pages.table == nullptr) return tile.start + key;
    const int size = int(min(pages.size, int64_t(INT32_MAX)));
    const int64_t entry = tile.sequence * pages.width + key / size;
    const int64_t page = pages.table[entry];
    if (page >= 0 && page < pages.count) return page * pages.size + key % size;
    report(sequences.faults, pages.page_rule, entry);
    return -1;
}

/* attention.cu: any type and head dim. attention_mma.cu: what fits tensor cores; attention_splits.cu: the same where sequences have few
 * rows, with the same bits. */
leeway_status attend(leeway_stream *stream, leeway_dtype dtype, const AttentionShape &shape, const Sequences &sequences,
                     const Pages &pages, const AttentionArrays &arrays);
leeway_status attend_tensor(leeway_stream *stream, const AttentionShape &shape, const Sequences &sequences, const Pages &pages,
                            const AttentionArrays &arrays);
leeway_status attend_splits(leeway_stream *stream, const AttentionShape &shape, const Sequences &sequences, const Pages &pages,
                            const AttentionArrays &arrays);

}  // namespace leeway
