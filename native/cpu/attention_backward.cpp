/* attention_backward.cpp: gradients of causal attention over packed sequences (attention.h; Dao et al. 2022, algorithm 4).
 *
 *     delta = dout . out   p = exp(z - lse)   dz = p (dout . v - delta)   da = scale dz cap'(z)
 *     dq = sum_j da k      dk = sum_t,h da q  dv = sum_t,h p dout           q, out (N,H,D)   k, v (N,K,D)
 *
 * Two ways to cut the work, with the same bits (attention_gradient.h): a task a head, 10 D multiply-adds' worth of work a visible pair;
 * or, where there are too few heads for the threads or a head's keys don't fit into a thread's memory, a task a key block (dk, dv) and
 * then a task a row tile (dq), at 14 D.
 */
#include <cstddef>
#include <vector>

#include "attention.h"
#include "dtype.h"
#include "parallel.h"

namespace {

using leeway::AttentionShape;
using leeway::BackwardTask;

/* One task for every (sequence, kv head) that has rows. */
std::vector<BackwardTask> plan_heads(const leeway_attention_backward_args &args, const AttentionShape &shape) {
    std::vector<BackwardTask> tasks;
    for (int64_t s = 0; s < args.sequences; s++) {
        int64_t start = args.sequence_starts[s], count = args.sequence_starts[s + 1] - start;
        if (count == 0) continue;
        for (int64_t head = 0; head < shape.kv_heads; head++) {
            int64_t row = (start * shape.kv_heads + head) * shape.head_dim;
            tasks.push_back({{leeway::offset(args.k, args.dtype, row), leeway::offset(args.v, args.dtype, row),
                              shape.kv_heads * shape.head_dim, nullptr, 0},
                             {start * shape.heads + head * shape.group(), 0, 0, count * shape.group()},
                             count,
                             0,
                             (count + leeway::key_block - 1) / leeway::key_block,
                             args.q,
                             args.lse,
                             args.dout,
                             args.delta,
                             args.dq,
                             leeway::offset(args.dk, args.dtype, row),
                             leeway::offset(args.dv, args.dtype, row)});
        }
    }
    return tasks;
}

/* Visible pairs of a head, up to a factor. */
double work(const AttentionShape &shape, const BackwardTask &head) {
    double keys = double(head.key_count);
    return shape.window > 0 && double(shape.window) < keys ? keys * double(shape.window) : keys * keys / 2;
}

/* Whether tasks of whole heads fit into a thread's memory and keep the threads busy: they do 5 products where split heads do 7. */
bool heads_suffice(const AttentionShape &shape, const std::vector<BackwardTask> &heads, int64_t threads, int64_t blocks_that_fit) {
    double total = 0, largest = 0;
    for (const auto &head : heads) {
        total += work(shape, head);
        if (work(shape, head) > largest) largest = work(shape, head);
        if (head.block_end > blocks_that_fit) return false;
    }
    double share = total / double(threads);
    return threads == 1 || 5 * (share + largest * double(threads - 1) / double(threads)) <= 7 * share;
}

/* Each head cut into key blocks for dk and dv, and row tiles for dq. */
std::vector<BackwardTask> split(const std::vector<BackwardTask> &heads) {
    std::vector<BackwardTask> tasks;
    for (const auto &head : heads) {
        for (int64_t block = 0; block < head.block_end; block++) {
            tasks.push_back(head);
            tasks.back().dq = nullptr;
            tasks.back().block_begin = block;
            tasks.back().block_end = block + 1;
        }
        for (int64_t end = head.rows.end, begin; end > 0; end = begin) {
            begin = (end - 1) / leeway::backward_rows * leeway::backward_rows;
            tasks.push_back(head);
            tasks.back().dk = tasks.back().dv = nullptr;
            tasks.back().rows.begin = begin;
            tasks.back().rows.end = end;
        }
    }
    return tasks;
}

}  // namespace

leeway_status leeway_attention_backward(leeway_stream *stream, const leeway_attention_backward_args *args) {
    const char *op = "attention_backward";
    LEEWAY_TRY(leeway::check(*args));
    LEEWAY_TRY(leeway::check_starts(op, "sequence_starts", args->sequence_starts, args->sequences, args->rows));
    if (args->rows == 0) return LEEWAY_OK;
    const AttentionShape shape = leeway::attention_shape(*args);
    return leeway::without_throwing(op, [&] {
        auto tasks = plan_heads(*args, shape);
        const auto &kernels = leeway::attention_kernels(args->dtype);
        if (!heads_suffice(shape, tasks, leeway::thread_count(stream), kernels.blocks_that_fit(args->head_dim))) tasks = split(tasks);
        leeway::parallel_blocks(stream, args->rows * args->heads, 1024,
                                [&](int64_t begin, int64_t end) { kernels.delta(args->head_dim, begin, end, *args); });
        auto run = [&](int64_t i, void *scratch) { kernels.backward(shape, tasks[size_t(i)], scratch); };
        leeway::parallel_for(stream, int64_t(tasks.size()), run);
        return leeway_status(LEEWAY_OK);
    });
}
