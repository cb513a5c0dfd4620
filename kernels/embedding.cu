/* embedding.cu: y[n] = scale * table[tokens[n]] (+ noise), and dtable[v] += scale * sum of dy over the rows of token v (layers.h).
 *
 * Noise: Jain et al. 2024, eq. 1, drawn from (noise_seed, row_ids[n], column), so it doesn't depend on the batch.
 * Numerics: fp32; a token's gradients are one chain over its rows in ascending order, then scaled, then added.
 * Forward: a block a row. Backward: a block a slice of the vocabulary finds the slice's rows and puts them in order, by counting; then a
 * block a distinct token adds its rows, column by column. Bytes moved: forward 2 N C; backward N C + 2 (distinct tokens) C, and 8 N of
 * tokens a slice from cache. */
#include "embedding.h"

#include "index.h"
#include "philox.h"
#include "reduce.h"

namespace {

using namespace leeway;

constexpr int threads = 128;

/* u(row, c), in [-1, 1). */
__device__ float noise(uint64_t seed, uint64_t row, int64_t c) { return 2.0f * uniform(philox(seed, row, uint64_t(c))) - 1.0f; }

template <class T, int n>
__global__ void __launch_bounds__(threads) look_up(leeway_embedding_forward_args args, IndexRule check) {
    const int64_t row = blockIdx.x, width = args.width;
    if (!check.holds(args.tokens[row], row, threadIdx.x == 0)) return;
    const T *from = static_cast<const T *>(args.table) + int64_t(args.tokens[row]) * width;
    T *to = static_cast<T *>(args.y) + row * width;
    const float bound = args.noise_bound ? args.noise_bound[row] : 0.0f;
    for (int64_t c = threadIdx.x * n; c < width; c += threads * n) {
        auto values = load<n>(from + c);
        for (int k = 0; k < n; k++) {
            values.x[k] *= args.scale;
            if (args.noise_bound) values.x[k] += bound * noise(args.noise_seed, args.row_ids[row], c + k);
        }
        store<n>(to + c, values);
    }
}

/* Tokens of a slice; a thread each. */
constexpr int slice = 512;

/* order = the rows sorted by token, then by number; run[i] = how many rows a token has where its first one is order[i], else 0. */
struct Sorted {
    int32_t *order;
    int32_t *run;
};

/* How many rows each token of the block's slice has. Returns how many have a token before the slice. */
__device__ int count_rows(int64_t rows, const int32_t *tokens, int32_t begin, int32_t *count) {
    count[threadIdx.x] = 0;
    __syncthreads();
    int before = 0;
    for (int64_t i = threadIdx.x; i < rows; i += slice) {
        const int64_t token = int64_t(tokens[i]) - begin;
        before += token < 0;
        if (token >= 0 && token < slice) atomicAdd(count + token, 1);
    }
    return block_sum<slice>(before);
}

/* A block a slice: it goes over all rows in tiles of a row a thread. Of those of one token in a tile, a row counts those before it. */
__global__ void __launch_bounds__(slice) sort_rows(int64_t rows, const int32_t *tokens, Sorted sorted, const Faults *faults) {
    if (refused(faults)) return;
    LEEWAY_SHARED(int32_t, count, slice);
    LEEWAY_SHARED(int32_t, start, slice); /* the token's first place */
    LEEWAY_SHARED(int32_t, taken, slice); /* of its places */
    LEEWAY_SHARED(int32_t, found, slice); /* the tokens of the tile's rows that belong to the slice, in order */
    const int32_t begin = int32_t(blockIdx.x) * slice;
    const int before = count_rows(rows, tokens, begin, count);
    int all;
    start[threadIdx.x] = before + block_sum_before<slice>(count[threadIdx.x], &all);
    taken[threadIdx.x] = 0;
    for (int64_t first = 0; first < rows; first += slice) {
        const int64_t row = first + threadIdx.x;
        const int64_t token = row < rows ? int64_t(tokens[row]) - begin : -1;
        const bool mine = token >= 0 && token < slice;
        const int at = block_sum_before<slice>(mine, &all);
        if (all == 0) continue;
        if (mine) found[at] = int32_t(token);
        __syncthreads();
        int place = mine ? taken[token] : 0;
        for (int i = 0; i < at && mine; i++) place += found[i] == token;
        __syncthreads();
        if (!mine) continue;
        sorted.order[start[token] + place] = int32_t(row);
        sorted.run[start[token] + place] = place == 0 ? count[token] : 0;
        atomicAdd(taken + token, 1);
    }
}

/* T: of dy, G: of dtable. A block a place in the order and a tile of columns; where no token's first row is, it has nothing to do. */
template <class T, class G, int n>
__global__ void __launch_bounds__(threads) add_rows(int64_t width, const int32_t *tokens, Sorted sorted, const T *dy, G *dtable,
                                                    float scale, const Faults *faults) {
    if (refused(faults)) return;
    const int64_t c = (int64_t(blockIdx.y) * threads + threadIdx.x) * n;
    const int32_t *order = sorted.order + blockIdx.x;
    const int32_t rows = sorted.run[blockIdx.x];
    if (rows == 0 || c >= width) return;
    Floats<n> sum = {};
#pragma unroll 4
    for (int32_t i = 0; i < rows; i++) {
        const auto d = load<n>(dy + int64_t(order[i]) * width + c);
        for (int k = 0; k < n; k++) sum.x[k] += d.x[k];
    }
    G *to = dtable + int64_t(tokens[order[0]]) * width + c;
    auto total = load<n>(to);
    for (int k = 0; k < n; k++) total.x[k] = fmaf(scale, sum.x[k], total.x[k]);
    store<n>(to, total);
}

template <class T, class G>
leeway_status add_gradients(leeway_stream *stream, const leeway_embedding_backward_args &args, const Sorted &sorted) {
    constexpr int pack = std::max(pack_size<T>, pack_size<G>);
    auto add = [&](auto n) {
        const dim3 grid = {unsigned(args.rows), unsigned(blocks_of(args.width, int64_t(threads * n)))};
        return LEEWAY_LAUNCH(stream, (add_rows<T, G, n>), grid, threads, 0, args.width, args.tokens, sorted,
                             static_cast<const T *>(args.dy), static_cast<G *>(args.dtable), args.scale, stream->faults);
    };
    if (args.width % pack == 0) return add(std::integral_constant<int, pack>());
    return add(std::integral_constant<int, 1>());
}

}  // namespace

leeway_status leeway_embedding_forward(leeway_stream *stream, const leeway_embedding_forward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "embedding_forward", {args->rows, args->width, args->vocabulary}));
    if (args->rows == 0) return LEEWAY_OK;
    IndexRule check;
    LEEWAY_TRY(index_rule(stream, "embedding_forward: tokens[%lld] is outside 0..%lld", args->vocabulary, &check));
    return with_packs(args->dtype, args->width, args->width, [&](auto type, auto n) {
        return LEEWAY_LAUNCH(stream, (look_up<decltype(type), n>), unsigned(args->rows), threads, 0, *args, check);
    });
}

leeway_status leeway_embedding_backward(leeway_stream *stream, const leeway_embedding_backward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "embedding_backward", {args->rows, args->width, args->vocabulary}));
    if (args->rows == 0) return LEEWAY_OK;
    constexpr int64_t most = scratch_bytes / int64_t(2 * sizeof(int32_t));
    if (args->rows > most)
        return fail(LEEWAY_UNSUPPORTED, "embedding_backward: this back end has room for %lld rows, got %lld", (long long)most,
                    (long long)args->rows);
    LEEWAY_TRY(check_index(stream, "embedding_backward: tokens[%lld] is outside 0..%lld", args->tokens, args->rows, args->vocabulary));
    auto *order = reinterpret_cast<int32_t *>(stream->scratch);
    const Sorted sorted = {order, order + args->rows};
    const int64_t slices = blocks_of(std::min(args->vocabulary, int64_t(INT32_MAX)), int64_t(slice));
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, sort_rows, unsigned(slices), slice, 0, args->rows, args->tokens, sorted, stream->faults));
    return with_type(args->dtype, [&](auto type) {
        return with_type(args->gradient_dtype, [&](auto gradient) {
            return add_gradients<decltype(type), decltype(gradient)>(stream, *args, sorted);
        });
    });
}
