/* attention_forward.cpp: causal attention over packed sequences (attention.h; Vaswani et al. 2017 eq. 1, Dao et al. 2022 algorithm 1).
 *
 *     z = cap(scale q.k)   p = softmax z over the visible keys   out = p v   lse = log sum exp z         q (N,H,D)  k, v (N,K,D)
 *
 * One task: up to 120 query rows of one sequence and kv head against their keys, block by block (attention_block.h has the numerics).
 * Reads q once and the visible k, v once a task; writes out and lse once. 4 D multiply-adds' worth of work a visible pair and head.
 */
#include <cstddef>
#include <vector>

#include "attention.h"
#include "dtype.h"
#include "parallel.h"

namespace {

using leeway::AttentionShape;
using leeway::ForwardTask;

/* The tasks of a sequence run from its end, where they see the most keys: the long ones start first. */
std::vector<ForwardTask> plan(const leeway_attention_forward_args &args, const AttentionShape &shape) {
    std::vector<ForwardTask> tasks;
    for (int64_t s = 0; s < args.sequences; s++) {
        int64_t start = args.sequence_starts[s], rows = (args.sequence_starts[s + 1] - start) * shape.group();
        int64_t tiles = (rows + leeway::forward_rows - 1) / leeway::forward_rows;
        for (int64_t tile = tiles - 1; tile >= 0; tile--)
            for (int64_t head = 0; head < shape.kv_heads; head++) {
                int64_t row = (start * shape.kv_heads + head) * shape.head_dim, end = (tile + 1) * leeway::forward_rows;
                tasks.push_back({{leeway::offset(args.k, args.dtype, row), leeway::offset(args.v, args.dtype, row),
                                  shape.kv_heads * shape.head_dim, nullptr, 0},
                                 {start * shape.heads + head * shape.group(), 0, tile * leeway::forward_rows, end < rows ? end : rows},
                                 1, args.q, args.out, args.lse});
            }
    }
    return tasks;
}

}  // namespace

leeway_status leeway_attention_forward(leeway_stream *stream, const leeway_attention_forward_args *args) {
    const char *op = "attention_forward";
    LEEWAY_TRY(leeway::check(*args));
    LEEWAY_TRY(leeway::check_starts(op, "sequence_starts", args->sequence_starts, args->sequences, args->rows));
    if (args->rows == 0) return LEEWAY_OK;
    const AttentionShape shape = leeway::attention_shape(*args);
    return leeway::without_throwing(op, [&] {
        auto tasks = plan(*args, shape);
        const auto &kernels = leeway::attention_kernels(args->dtype);
        auto run = [&](int64_t i, void *scratch) { kernels.forward(shape, tasks[size_t(i)], scratch); };
        leeway::parallel_for(stream, int64_t(tasks.size()), run);
        return leeway_status(LEEWAY_OK);
    });
}
