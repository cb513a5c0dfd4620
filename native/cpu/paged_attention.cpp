/* paged_attention.cpp: the key/value cache in pages, and attention over it (Kwon et al. 2023, section 4; attention.h has the formulas).
 *
 *     slot = page * page_size + offset         k_pages, v_pages (P, page_size, K, D)        q, out (rows,H,D)
 *
 * Attention is attention_forward's tile routine with keys found through the page table, hence its bits. kv_append moves 16 K D bytes a
 * token; a decoding step reads 8 K D bytes a visible key and sequence, once for all H / K heads of a key head.
 */
#include <cstring>
#include <vector>

#include "attention.h"
#include "dtype.h"
#include "parallel.h"

namespace {

using leeway::AttentionShape;
using leeway::ForwardTask;

/* The pages that the queries of a sequence see must exist. Those that slid out of the window may be gone. */
leeway_status check_sequence(const leeway_paged_attention_args &args, int64_t s) {
    int64_t queries = args.query_starts[s + 1] - args.query_starts[s], context = args.context_lengths[s];
    if (queries == 0) return LEEWAY_OK;
    LEEWAY_CHECK("paged_attention", context >= queries, "context_lengths[%lld] must be at least its %lld query rows, got %lld",
                 (long long)s, (long long)queries, (long long)context);
    LEEWAY_CHECK("paged_attention", context <= args.max_pages * args.page_size,
                 "context_lengths[%lld] must fit in max_pages %lld of %lld tokens, got %lld", (long long)s, (long long)args.max_pages,
                 (long long)args.page_size, (long long)context);
    int64_t low = args.window > 0 ? context - queries - args.window + 1 : 0;
    for (int64_t page = low > 0 ? low / args.page_size : 0; page * args.page_size < context; page++) {
        int64_t index = args.page_table[s * args.max_pages + page];
        if (index < 0 || index >= args.pages)
            return leeway::fail(LEEWAY_BAD_DATA, "paged_attention: page_table[%lld][%lld] must be 0 to %lld, got %lld", (long long)s,
                                (long long)page, (long long)args.pages - 1, (long long)index);
    }
    return LEEWAY_OK;
}

/* How many kv heads a task takes where they fit: the most among those that end soonest on the stream's threads. */
int64_t heads_a_task(const AttentionShape &shape, int64_t sequences, int64_t threads) {
    int64_t best = 1, best_time = INT64_MAX;
    for (int64_t heads = 1; heads <= shape.kv_heads; heads++) {
        if (shape.kv_heads % heads != 0) continue;
        int64_t time = (sequences * (shape.kv_heads / heads) + threads - 1) / threads * heads;
        if (time > best_time) continue;
        best = heads;
        best_time = time;
    }
    return best;
}

std::vector<ForwardTask> plan(const leeway_paged_attention_args &args, const AttentionShape &shape, int64_t threads) {
    std::vector<ForwardTask> tasks;
    for (int64_t s = 0; s < args.sequences; s++) {
        int64_t start = args.query_starts[s], queries = args.query_starts[s + 1] - start, rows = queries * shape.group();
        int64_t tiles = (rows + leeway::forward_rows - 1) / leeway::forward_rows, heads = heads_a_task(shape, args.sequences, threads);
        if (heads * rows > leeway::forward_rows) heads = 1;
        for (int64_t tile = tiles - 1; tile >= 0; tile--)
            for (int64_t head = 0; head < shape.kv_heads; head += heads) {
                int64_t offset = head * shape.head_dim, end = (tile + 1) * leeway::forward_rows;
                tasks.push_back({{leeway::offset(args.k_pages, args.dtype, offset), leeway::offset(args.v_pages, args.dtype, offset),
                                  shape.kv_heads * shape.head_dim, args.page_table + s * args.max_pages, args.page_size},
                                 {start * shape.heads + head * shape.group(), args.context_lengths[s] - queries,
                                  tile * leeway::forward_rows, end < rows ? end : rows},
                                 heads, args.q, args.out, nullptr});
            }
    }
    return tasks;
}

}  // namespace

leeway_status leeway_kv_append(leeway_stream *stream, const leeway_kv_append_args *args) {
    LEEWAY_TRY(leeway::check(*args));
    for (int64_t n = 0; n < args->rows; n++)
        if (args->slots[n] >= args->page_size * args->pages)
            return leeway::fail(LEEWAY_BAD_DATA, "kv_append: slots[%lld] must be below %lld, got %lld", (long long)n,
                                (long long)(args->page_size * args->pages), (long long)args->slots[n]);
    int64_t width = args->kv_heads * args->head_dim * leeway::bytes_of(args->dtype);
    const auto *k = static_cast<const char *>(args->k), *v = static_cast<const char *>(args->v);
    auto *k_pages = static_cast<char *>(args->k_pages), *v_pages = static_cast<char *>(args->v_pages);
    leeway::parallel_blocks(stream, args->rows, 64, [=](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; n++) {
            if (args->slots[n] < 0) continue;
            std::memcpy(k_pages + args->slots[n] * width, k + n * width, size_t(width));
            std::memcpy(v_pages + args->slots[n] * width, v + n * width, size_t(width));
        }
    });
    return LEEWAY_OK;
}

leeway_status leeway_paged_attention(leeway_stream *stream, const leeway_paged_attention_args *args) {
    const char *op = "paged_attention";
    LEEWAY_TRY(leeway::check(*args));
    LEEWAY_TRY(leeway::check_starts(op, "query_starts", args->query_starts, args->sequences, args->rows));
    if (args->rows == 0) return LEEWAY_OK;
    const AttentionShape shape = leeway::attention_shape(*args);
    for (int64_t s = 0; s < args->sequences; s++)
        LEEWAY_TRY(check_sequence(*args, s));
    return leeway::without_throwing(op, [&] {
        auto tasks = plan(*args, shape, leeway::thread_count(stream));
        const auto &kernels = leeway::attention_kernels(args->dtype);
        auto run = [&](int64_t i, void *scratch) { kernels.forward(shape, tasks[size_t(i)], scratch); };
        leeway::parallel_for(stream, int64_t(tasks.size()), run);
        return leeway_status(LEEWAY_OK);
    });
}
