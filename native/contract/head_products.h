/* head_products.h: the products of the tiled head, and what its backward pass keeps of a row. */
#pragma once

#include "head.h"

namespace leeway {

/* Everything of one row but its logits. */
struct HeadRowWeights {
    float log_prob;
    float entropy;
    float soft;
    float lse;      /* log sum exp z of the row */
    float h;        /* entropy of the row */
    float constant; /* w_lse - w_log_prob + w_soft sum q */
    float uniform;  /* w_soft soft_uniform */
};
static_assert(sizeof(HeadRowWeights) <= size_t(head_row_bytes));

/* c (tile.rows, pitch) = the logits before soft-cap, temperature and mask; x and xa are those of the tile's first row. */
inline Product head_logits_product(const leeway_distribution &head, const HeadTile &tile, int64_t hidden, int64_t vocabulary,
                                   const Operand &x, const float *xa, float *c, int64_t pitch) {
    const int64_t rank = head.lora.rank;
    const Operand weight = weight_transposed(head.weight, tile.token, vocabulary, hidden);
    Product job = dense_product(c, tile.rows, tile.tokens, false, {x, weight, hidden});
    job.c_stride = pitch;
    if (rank > 0) {
        job.terms = 2;
        job.term[1] = {by_row(xa, rank), by_row(head.lora.b + tile.token * rank, rank), rank, head.lora.scaling};
    }
    return job;
}

/* dx of the tile's rows, + a term. A bf16 dx is summed in the workspace until its last term. */
inline Product head_dx_product(const leeway_head_backward_args &args, const HeadTile &tile, const Term &term, bool starts, bool ends,
                               const HeadWorkspace &work) {
    void *dx = offset(args.dx, args.dtype, tile.row * args.hidden);
    Product job = dense_product(dx, args.dtype, tile.rows, args.hidden, !starts, term);
    if (args.dtype == LEEWAY_BF16) {
        job.accumulate = false;
        job.base = starts ? nullptr : work.dx;
        if (!ends) job.c = work.dx, job.dtype = LEEWAY_F32;
    }
    return job;
}

struct HeadProducts {
    Product job[4];
    int count = 0;

    void add(const Product &product) { job[count++] = product; }
};

/* What da (rows, tokens) of one chunk and tile is multiplied with. A row of it begins where its logits did, pitch of them apart. */
inline HeadProducts head_gradient_products(const leeway_head_backward_args &args, const HeadTile &tile, int64_t pitch,
                                           const HeadWorkspace &work) {
    const auto &lora = args.distribution.lora;
    const int64_t hidden = args.hidden, rank = lora.rank, stride = args.dtype == LEEWAY_BF16 ? 2 * pitch : pitch;
    const Operand da = by_row(work.logits, args.dtype, stride), da_columns = by_column(work.logits, args.dtype, stride);
    const Operand weight = weight_plain(args.distribution.weight, tile.token, hidden);
    const bool ends = rank == 0 && tile.token + tile.tokens == args.vocabulary;
    HeadProducts products;
    products.add(head_dx_product(args, tile, {da, weight, tile.tokens}, tile.token == 0, ends, work));
    if (args.dweight) {
        const Operand x = by_column(offset(args.x, args.dtype, tile.row * hidden), args.dtype, hidden);
        void *dweight = offset(args.dweight, args.gradient_dtype, tile.token * hidden);
        products.add(dense_product(dweight, args.gradient_dtype, tile.tokens, hidden, true, {da_columns, x, tile.rows}));
    }
    if (rank == 0) return products;
    const Operand b = by_column(lora.b + tile.token * rank, rank);
    products.add(dense_product(work.dyb, tile.rows, rank, tile.token > 0, {da, b, tile.tokens}));
    if (args.lora_db) {
        const Term term = {da_columns, by_column(work.xa, rank), tile.rows, lora.scaling};
        products.add(dense_product(args.lora_db + tile.token * rank, tile.tokens, rank, true, term));
    }
    return products;
}

}  // namespace leeway
