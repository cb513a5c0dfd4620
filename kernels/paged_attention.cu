/* paged_attention.cu: the key/value cache in pages, and attention over it (Kwon et al. 2023, section 4; attention.h has the formulas).
 *
 *     slot = page * page_size + offset         k_pages, v_pages (P, page_size, K, D)        q, out (rows,H,D)
 *
 * Attention is attention_forward's kernel with keys found through the page table, or that of attention_splits.cu with its sums, hence its
 * bits. kv_append is a block a token: it reads and writes k and v once. */
#include "attention.h"
#include "attention_mma.h"

namespace {

using namespace leeway;

constexpr int threads = 128;
constexpr int64_t most_rows_of_decoding = 32; /* of a sequence and kv head: two warps of attention_splits.cu, a quarter of a tile */

/* A word: two bf16 or a float, or 16 bytes of them. */
template <class Word>
struct AppendArrays {
    const Word *k;
    const Word *v;
    Word *k_pages;
    Word *v_pages;
};

/* Reports every slot behind the pages; one below 0 is skipped. */
__global__ void find_behind(int64_t rows, const int64_t *slots, int64_t end, Faults *faults, uint32_t rule) {
    for (int64_t i = grid_index(); i < rows; i += grid_stride())
        if (slots[i] >= end) report(faults, rule, i);
}

template <class Word>
__global__ void __launch_bounds__(threads) append(const int64_t *slots, int64_t width, AppendArrays<Word> arrays, const Faults *faults) {
    if (refused(faults)) return;
    const int64_t slot = slots[blockIdx.x], from = blockIdx.x * width, to = slot * width;
    if (slot < 0) return;
#pragma unroll 2
    for (int64_t i = threadIdx.x; i < width; i += threads) {
        arrays.k_pages[to + i] = arrays.k[from + i];
        arrays.v_pages[to + i] = arrays.v[from + i];
    }
}

template <class Word>
leeway_status append_words(leeway_stream *stream, const leeway_kv_append_args &args, int64_t bytes) {
    const AppendArrays<Word> arrays = {static_cast<const Word *>(args.k), static_cast<const Word *>(args.v),
                                       static_cast<Word *>(args.k_pages), static_cast<Word *>(args.v_pages)};
    return LEEWAY_LAUNCH(stream, append<Word>, unsigned(args.rows), threads, 0, args.slots, bytes / int64_t(sizeof(Word)), arrays,
                         stream->faults);
}

}  // namespace

leeway_status leeway_kv_append(leeway_stream *stream, const leeway_kv_append_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "kv_append", {args->rows, args->kv_heads, args->head_dim}));
    if (args->rows == 0) return LEEWAY_OK;
    uint32_t number = 0;
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, "kv_append: slots[%lld] must be below %lld", args->pages * args->page_size}, &number));
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, find_behind, grid_for(stream, args->rows, threads), threads, 0, args->rows, args->slots,
                             args->pages * args->page_size, stream->faults, number));
    const int64_t bytes = args->kv_heads * args->head_dim * (args->dtype == LEEWAY_BF16 ? 2 : 4);
    if (bytes % 16 == 0) return append_words<Pack<uint32_t, 4>>(stream, *args, bytes);
    return append_words<uint32_t>(stream, *args, bytes);  /* head_dim is even */
}

leeway_status leeway_paged_attention(leeway_stream *stream, const leeway_paged_attention_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "paged_attention", {args->rows, args->heads, args->kv_heads, args->head_dim, args->sequences}));
    if (args->rows == 0) return LEEWAY_OK;
    const int64_t most = args->max_pages * args->page_size;
    const char *starts = "paged_attention: query_starts[%lld] must not fall, from 0 on to rows = %lld";
    const char *contexts = "paged_attention: context_lengths[%lld] must be from its query rows to max_pages * page_size = %lld";
    const char *table = "paged_attention: element %lld of page_table must be from 0 to %lld";
    Sequences sequences = {args->query_starts, args->sequences, args->rows, stream->faults, 0};
    Pages pages = {args->page_table, args->context_lengths, args->max_pages, args->pages, args->page_size, 0, 0};
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_ARGUMENT, starts, args->rows}, &sequences.rule));
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_ARGUMENT, contexts, most}, &pages.context_rule));
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, table, args->pages - 1}, &pages.page_rule));
    const AttentionShape shape = attention_shape(*args);
    const AttentionArrays arrays = {args->q, args->k_pages, args->v_pages, args->out, nullptr};
    if (!fits_tensor_cores(args->dtype, args->head_dim)) return attend(stream, args->dtype, shape, sequences, pages, arrays);
    const bool has_few_rows = args->rows * shape.group() <= most_rows_of_decoding * args->sequences;
    return (has_few_rows ? attend_splits : attend_tensor)(stream, shape, sequences, pages, arrays);
}
