/* attention_backward.cu: gradients of causal attention over packed sequences (attention.h; Dao et al. 2022, algorithm 4).
 *
 *     delta = dout . out   p = exp(z - lse)   dz = p (dout . v - delta)   da = scale dz cap'(z)
 *     dq = sum_j da k      dk = sum_t,h da q  dv = sum_t,h p dout           q, out (N,H,D)   k, v (N,K,D)
 *
 * Two kernels: a block of 32 query rows makes their delta and dq, one chain over the keys an element; then a block of 32 keys makes dk and
 * dv, one chain over the query rows that see them, in order of t, then h. What a row doesn't see adds 0. Numerics: elements, p, da and all
 * sums in fp32. 14 D multiply-adds' worth of work a visible pair. In bf16, head dims that are multiples of 16 have the kernels of
 * attention_backward_mma.h instead.
 * Bytes moved: a query block reads q, out, dout once, its visible k twice and v once; a key block reads k, v once and q, dout of the rows
 * that see it twice. */
#include "attention_backward_mma.h"

namespace {

using namespace leeway;

template <int slices>
using Parts = Layout<slices, 2>; /* q, dout or k, v are held */

template <class T>
using Arrays = BackwardArrays<T>;

/* x = q . k and y = dout . v of a visible pair become p and da. */
__device__ void weigh(const AttentionSizes &sizes, float lse, float delta, float &x, float &y) {
    const Score s = score(sizes, x);
    const float slope = sizes.softcap > 0.0f ? sizes.scale * (1.0f - s.tanh * s.tanh) : sizes.scale;
    x = expf(s.z - lse);
    y = x * (y - delta) * slope;
}

/* What a thread of a query block keeps of its four rows. */
struct Queries {
    int64_t row[4]; /* below 0: none */
    int token[4];
    float lse[4];
    float delta[4];
};

template <class T>
__device__ Queries read_queries(const AttentionSizes &sizes, const Tile &tile, const Arrays<T> &arrays, const float *dout, int pitch) {
    Queries queries;
    LEEWAY_UNROLL for (int i = 0; i < 4; i++) {
        const int64_t r = tile.begin + lane_row() + i;
        queries.row[i] = r < tile.end ? query_row(sizes, tile, r) : -1;
        queries.token[i] = r < tile.end ? int(r / sizes.group) : -1;
        queries.lse[i] = r < tile.end ? arrays.lse[queries.row[i]] : 0.0f;
        float sum = 0.0f;
        for (int d = lane_column(); r < tile.end && d < sizes.head_dim; d += 16)
            sum = fmaf(widen(arrays.out[queries.row[i] * sizes.head_dim + d]), dout[(lane_row() + i) * pitch + d], sum);
        queries.delta[i] = half_warp_sum(sum);
        if (r < tile.end && lane_column() == 0) arrays.delta[queries.row[i]] = queries.delta[i];
    }
    return queries;
}

/* da of the thread's rows and the block of keys from first on, instead of y. */
__device__ void weigh_queries(const AttentionSizes &sizes, const Queries &queries, int first, Four &x, Four &y) {
    LEEWAY_UNROLL for (int i = 0; i < 4; i++)
        LEEWAY_UNROLL for (int j = 0; j < 4; j++) {
            weigh(sizes, queries.lse[i], queries.delta[i], x.x[i][j], y.x[i][j]);
            if (!sees(sizes, queries.token[i], first + lane_column() + 16 * j)) y.x[i][j] = 0.0f;
        }
}

/* dq of the thread's rows goes on over the named keys, from first on, of which the warp's rows see some if needed; all sees them. */
template <class T, int n, int slices>
__device__ void add_query_gradients(const AttentionSizes &sizes, const RowArray<T> &keys, const RowArray<T> &values, const Queries &queries,
                                    int first, const Span &all, const Parts<slices> &parts, bool needed, Four (&sums)[slices]) {
    const float *q = parts.held, *dout = q + parts.held_floats;
    const int low = max(0, all.low - first) / 4 * 4, high = min(stream_rows, (all.high - first + 3) / 4 * 4);
    Four x = {}, y = {};
    each_slice<n, slices>(parts.streamed, sizes, values, parts.rows, needed, [&](int s, int width) {
        add_dots(y, dout + s * slice, parts.pitch, parts.streamed, width);
    });
    each_slice<n, slices>(parts.streamed, sizes, keys, parts.rows, needed, [&](int s, int width) {
        add_dots(x, q + s * slice, parts.pitch, parts.streamed, width);
    });
    if (needed) {
        weigh_queries(sizes, queries, first, x, y);
        put_weights(parts.weights, y);
    }
    each_slice_back<n, slices, true>(parts.streamed, sizes, keys, parts.rows, needed, [&](int s, int width) {
        add_product(sums[s], parts.weights, parts.streamed, low, high, width);
    });
}

template <class T, int n, int slices>
__global__ void __launch_bounds__(attention_threads) query_gradients(AttentionSizes sizes, Sequences sequences, Arrays<T> arrays) {
    LEEWAY_DYNAMIC_SHARED(float, shared);
    const Parts<slices> parts(shared);
    float *const q = parts.held, *const dout = q + parts.held_floats;
    check_starts(sequences);
    const Tile tile = find_tile(sequences, sizes.group, sizes.kv_heads);
    if (tile.begin >= tile.end) return;
    name_rows(parts.rows, tile_rows, [&](int r) { return tile.begin + r < tile.end ? query_row(sizes, tile, tile.begin + r) : -1; });
    hold<n, slices>(q, sizes, RowArray<T>{arrays.q, sizes.head_dim}, parts.rows);
    hold<n, slices>(dout, sizes, RowArray<T>{arrays.dout, sizes.head_dim}, parts.rows);
    __syncthreads();
    const Queries queries = read_queries(sizes, tile, arrays, dout, parts.pitch);
    const RowArray<T> keys = {arrays.k + tile.head * sizes.head_dim, int64_t(sizes.kv_heads) * sizes.head_dim};
    const RowArray<T> values = {arrays.v + tile.head * sizes.head_dim, keys.stride};
    const Span all = span_of(sizes, 0, tile.begin, tile.end);
    const Span own = span_of(sizes, 0, tile.begin + warp_row(), min(tile.end, tile.begin + warp_row() + 8));
    Four sums[slices] = {};
    for (int first = all.low / stream_rows * stream_rows; first < all.high; first += stream_rows) {
        name_rows(parts.rows, stream_rows, [&](int r) {
            return first + r >= all.low && first + r < all.high ? tile.start + first + r : -1;
        });
        add_query_gradients<T, n, slices>(sizes, keys, values, queries, first, all, parts, own.meets(first), sums);
    }
    LEEWAY_UNROLL for (int i = 0; i < 4; i++)
        if (queries.row[i] >= 0) store_sums<n>(arrays.dq + queries.row[i] * sizes.head_dim, sizes.head_dim, sums, i);
}

/* p and da of the thread's keys, from first on, and its streamed query rows, instead of x and y. */
template <class T>
__device__ void weigh_keys(const AttentionSizes &sizes, const Arrays<T> &arrays, int first, const int64_t *rows, const int *tokens, Four &x,
                           Four &y) {
    LEEWAY_UNROLL for (int j = 0; j < 4; j++) {
        const int r = lane_column() + 16 * j;
        const float lse = rows[r] >= 0 ? arrays.lse[rows[r]] : 0.0f, delta = rows[r] >= 0 ? arrays.delta[rows[r]] : 0.0f;
        LEEWAY_UNROLL for (int i = 0; i < 4; i++) {
            weigh(sizes, lse, delta, x.x[i][j], y.x[i][j]);
            if (!sees(sizes, tokens[r], first + lane_row() + i)) x.x[i][j] = y.x[i][j] = 0.0f;
        }
    }
}

/* dv and dk of the thread's keys, from first on, go on over the streamed rows of which the warp's keys meet some. */
template <class T, int n, int slices>
__device__ void add_key_gradients(const AttentionSizes &sizes, const Arrays<T> &arrays, int first, const Parts<slices> &parts,
                                  bool needed, int high, Four (&dk)[slices], Four (&dv)[slices]) {
    const RowArray<T> queries = {arrays.q, sizes.head_dim}, douts = {arrays.dout, sizes.head_dim};
    const float *k = parts.held, *v = k + parts.held_floats;
    Four x = {}, y = {};
    each_slice<n, slices>(parts.streamed, sizes, queries, parts.rows, needed, [&](int s, int width) {
        add_dots(x, k + s * slice, parts.pitch, parts.streamed, width);
    });
    each_slice<n, slices>(parts.streamed, sizes, douts, parts.rows, needed, [&](int s, int width) {
        add_dots(y, v + s * slice, parts.pitch, parts.streamed, width);
    });
    if (needed) {
        weigh_keys(sizes, arrays, first, parts.rows, parts.tokens, x, y);
        put_weights(parts.weights, x);
    }
    each_slice_back<n, slices, true>(parts.streamed, sizes, douts, parts.rows, needed, [&](int s, int width) {
        add_product(dv[s], parts.weights, parts.streamed, 0, high, width);
    });
    if (needed) put_weights(parts.weights, y);
    each_slice_back<n, slices, false>(parts.streamed, sizes, queries, parts.rows, needed, [&](int s, int width) {
        add_product(dk[s], parts.weights, parts.streamed, 0, high, width);
    });
}

template <class T, int n, int slices>
__global__ void __launch_bounds__(attention_threads, 1) key_gradients(AttentionSizes sizes, Sequences sequences, Arrays<T> arrays) {
    LEEWAY_DYNAMIC_SHARED(float, shared);
    const Parts<slices> parts(shared);
    float *const k = parts.held, *const v = k + parts.held_floats;
    const Tile tile = find_tile(sequences, 1, sizes.kv_heads);
    if (tile.begin >= tile.end) return;
    const int64_t at = tile.head * sizes.head_dim, stride = int64_t(sizes.kv_heads) * sizes.head_dim;
    name_rows(parts.rows, tile_rows, [&](int r) { return tile.begin + r < tile.end ? tile.start + tile.begin + r : -1; });
    hold<n, slices>(k, sizes, RowArray<T>{arrays.k + at, stride}, parts.rows);
    hold<n, slices>(v, sizes, RowArray<T>{arrays.v + at, stride}, parts.rows);
    __syncthreads();
    const int64_t end = min(int64_t(tile.tokens), tile.end - 1 + sizes.window) * sizes.group;
    const int own = int(tile.begin) + warp_row();
    Four dk[slices] = {}, dv[slices] = {};
    for (int64_t first = tile.begin * sizes.group; first < end; first += stream_rows) {
        const int64_t last = min(end, first + stream_rows) - 1;
        name_rows(parts.rows, stream_rows, [&](int r) {
            parts.tokens[r] = first + r < end ? int((first + r) / sizes.group) : -1;
            return first + r < end ? query_row(sizes, tile, first + r) : -1;
        });
        const bool needed = own < tile.end && own <= last / sizes.group && first / sizes.group - own - 7 < sizes.window;
        const int high = (int(last - first) + 4) / 4 * 4;
        add_key_gradients<T, n, slices>(sizes, arrays, int(tile.begin), parts, needed, high, dk, dv);
    }
    LEEWAY_UNROLL for (int i = 0; i < 4; i++) {
        const int64_t row = (tile.start + tile.begin + lane_row() + i) * stride + at;
        if (tile.begin + lane_row() + i >= tile.end) continue;
        store_sums<n>(arrays.dk + row, sizes.head_dim, dk, i);
        store_sums<n>(arrays.dv + row, sizes.head_dim, dv, i);
    }
}

}  // namespace

leeway_status leeway_attention_backward(leeway_stream *stream, const leeway_attention_backward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "attention_backward", {args->rows, args->heads, args->kv_heads, args->head_dim}));
    if (args->rows == 0) return LEEWAY_OK;
    const AttentionShape shape = attention_shape(*args);
    Sequences sequences = {args->sequence_starts, args->sequences, args->rows, stream->faults, 0};
    const char *sentence = "attention_backward: sequence_starts[%lld] must not fall, from 0 on to rows = %lld";
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_ARGUMENT, sentence, args->rows}, &sequences.rule));
    if (fits_tensor_cores(args->dtype, args->head_dim)) {
        LEEWAY_TRY(tensor_query_gradients(stream, shape, sequences, arrays_of<bf16>(*args)));
        return tensor_key_gradients(stream, shape, sequences, arrays_of<bf16>(*args));
    }
    return with_slices(args->dtype, args->head_dim, [&](auto type, auto n, auto slices) {
        using T = decltype(type);
        const unsigned queries = attention_blocks(args->rows, shape.group(), args->sequences, args->kv_heads);
        const unsigned keys = attention_blocks(args->rows, 1, args->sequences, args->kv_heads);
        const size_t bytes = Parts<slices>::bytes;
        const auto arrays = arrays_of<T>(*args);
        LEEWAY_TRY(LEEWAY_LAUNCH(stream, (query_gradients<T, n, slices>), queries, attention_threads, bytes, AttentionSizes(shape),
                                 sequences, arrays));
        return LEEWAY_LAUNCH(stream, (key_gradients<T, n, slices>), keys, attention_threads, bytes, AttentionSizes(shape), sequences,
                             arrays);
    });
}
