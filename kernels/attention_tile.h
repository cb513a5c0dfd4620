/* attention_tile.h: the parts of the attention kernels: which rows a block of threads holds, and products of tiles in shared memory.
 *
 * A block of 128 threads holds 32 rows (of queries: row r = token * group + h of one sequence and kv head, group = H / K; or of keys) and
 * streams rows of the other kind past them, 64 at a time and 64 dims at a time. Half a warp holds four rows: its lane c has their dot
 * products with the streamed rows c, c + 16, c + 32, c + 48, and columns 4c .. 4c + 3 of every 64 dims of their sums. Every element is one
 * chain of fused multiply-adds in ascending order, so nothing of a row depends on the block that holds it.
 * A block reads no start, context or page but those that it has checked itself, so none needs a kernel before it that checks. */
#pragma once

#include "attention_shape.h"
#include "stream.h"

namespace leeway {

inline constexpr int attention_threads = 128;
inline constexpr int tile_rows = 32;
inline constexpr int stream_rows = int(key_block);
inline constexpr int slice = 64;              /* dims in shared memory at a time */
inline constexpr int slice_pitch = slice + 4; /* sixteen rows side by side lie in different banks */

/* AttentionShape as kernels use it. */
struct AttentionSizes {
    int heads;
    int kv_heads;
    int group;
    int head_dim;
    int window; /* 2^31 - 1 = none */
    float scale;
    float softcap;
    explicit AttentionSizes(const AttentionShape &shape)
        : heads(int(shape.heads)), kv_heads(int(shape.kv_heads)), group(int(shape.group())), head_dim(int(shape.head_dim)),
          window(shape.window == 0 || shape.window > INT32_MAX ? INT32_MAX : int(shape.window)), scale(shape.scale),
          softcap(shape.softcap) {}
};

/* Sequences of a packed batch, and the rule about their starts. */
struct Sequences {
    const int32_t *starts; /* (count + 1) */
    int64_t count;
    int64_t rows;
    Faults *faults;
    uint32_t rule;
};

/* The block's rows begin..end of a kv head of a sequence; begin = end: none. */
struct Tile {
    int64_t sequence;
    int64_t start; /* of the sequence in the batch */
    int tokens;
    int head;
    int64_t begin;
    int64_t end;
};

/* Places that are enough for tiles of height rows, rows_a_token rows a token: sequence s has those from first_slot(s) on, of every kv
 * head. */
inline unsigned attention_blocks(int64_t rows, int64_t rows_a_token, int64_t sequences, int64_t kv_heads, int height = tile_rows) {
    return unsigned((rows * rows_a_token / height + sequences) * kv_heads);
}
__device__ inline int64_t first_slot(const Sequences &sequences, int64_t s, int rows_a_token, int height) {
    return int64_t(sequences.starts[s]) * rows_a_token / height + s;
}

/* By all threads of the grid. */
__device__ inline void check_starts(const Sequences &sequences) {
    for (int64_t s = grid_index(); s <= sequences.count; s += grid_stride()) {
        const int64_t start = sequences.starts[s], least = s == 0 ? 0 : sequences.starts[s - 1];
        const bool bound = s == 0 ? start == 0 : s < sequences.count || start == sequences.rows;
        if (start < least || !bound) report(sequences.faults, sequences.rule, s);
    }
}

/* The tile at a place. The long tiles of a sequence, at its end, go first. */
template <int height = tile_rows>
__device__ Tile find_tile(const Sequences &sequences, int rows_a_token, int kv_heads, unsigned place = blockIdx.x) {
    const int64_t slot = place / unsigned(kv_heads);
    int64_t low = 0, high = sequences.count - 1;
    while (low < high) {
        const int64_t middle = (low + high + 1) / 2;
        if (first_slot(sequences, middle, rows_a_token, height) <= slot) low = middle;
        else high = middle - 1;
    }
    const int64_t start = sequences.starts[low], end = sequences.starts[low + 1], rows = (end - start) * rows_a_token;
    const int64_t index = blocks_of(rows, int64_t(height)) - 1 - (slot - first_slot(sequences, low, rows_a_token, height));
    if (start < 0 || end < start || end > sequences.rows || index < 0 || index * height >= rows) return {};
    return {low, start, int(end - start), int(place % unsigned(kv_heads)), index * height, min(rows, (index + 1) * height)};
}

/* Row r of the tile's sequence and kv head in an (N,H) array. */
__device__ inline int64_t query_row(const AttentionSizes &sizes, const Tile &tile, int64_t row) {
    return (tile.start + row / sizes.group) * sizes.heads + tile.head * sizes.group + row % sizes.group;
}

/* Keys that rows first..end see, as [low, high). */
struct Span {
    int low;
    int high;
    __device__ bool meets(int first_key) const { return first_key < high && first_key + stream_rows > low; }
};
__device__ inline Span span_of(const AttentionSizes &sizes, int position, int64_t first, int64_t end) {
    if (first >= end) return {0, 0};
    return {max(0, position + int(first / sizes.group) - sizes.window + 1), position + int((end - 1) / sizes.group) + 1};
}

__device__ inline bool sees(const AttentionSizes &sizes, int token, int key) { return key <= token && token - key < sizes.window; }

/* The four rows and sixteen columns of this thread. */
__device__ inline int lane_row() { return int(threadIdx.x) / 16 * 4; }
__device__ inline int lane_column() { return int(threadIdx.x) % 16; }
/* The eight rows of its warp begin here. */
__device__ inline int warp_row() { return int(threadIdx.x) / warp * 8; }

__device__ inline float half_warp_sum(float x) {
    for (int distance = 8; distance > 0; distance /= 2) x += __shfl_xor_sync(all_lanes, x, distance);
    return x;
}
__device__ inline float half_warp_max(float x) {
    for (int distance = 8; distance > 0; distance /= 2) x = fmaxf(x, __shfl_xor_sync(all_lanes, x, distance));
    return x;
}

/* Of a thread's four rows: products with its streamed rows, or columns of their sums. */
struct Four {
    float x[4][4];
};

/* An array of rows of head_dim elements of which some lie in shared memory: row i begins at first + i * stride. */
template <class T>
struct RowArray {
    const T *first;
    int64_t stride;
};

/* Dims of slice s, filled up to whole fours. */
__device__ inline int slice_width(const AttentionSizes &sizes, int s) { return min(slice, (sizes.head_dim - s * slice + 3) / 4 * 4); }

/* to (count, pitch) = slice s of rows rows[0], rows[1], ... of the array; zeros for those below 0 and from head_dim on. */
template <int n, class T>
__device__ void fill(float *to, int pitch, int count, const AttentionSizes &sizes, const RowArray<T> &from, const int64_t *rows, int s) {
    constexpr int packs = slice / n, part = n < 4 ? n : 4;
    const int width = slice_width(sizes, s);
#pragma unroll 2
    for (int i = int(threadIdx.x); i < count * packs; i += attention_threads) {
        const int r = i / packs, d = i % packs * n;
        if (d >= width) continue;
        Floats<n> values = {};
        if (rows[r] >= 0 && s * slice + d < sizes.head_dim) values = load<n>(from.first + rows[r] * from.stride + s * slice + d);
        for (int j = 0; j < n; j += part) {
            Floats<part> four;
            for (int e = 0; e < part; e++) four.x[e] = values.x[j + e];
            store<part>(to + r * pitch + d + j, four);
        }
    }
}

/* rows[r] = row(r) for r < count, for all threads. The last readers of rows have passed a barrier. */
template <class Row>
__device__ void name_rows(int64_t *rows, int count, Row row) {
    if (int(threadIdx.x) < count) rows[threadIdx.x] = row(int(threadIdx.x));
    __syncthreads();
}

/* use(s, width) with each slice of the named rows in the shared tile; threads whose warp needs none help to fill it. */
template <int n, int slices, class T, class Use>
__device__ void each_slice(float *tile, const AttentionSizes &sizes, const RowArray<T> &from, const int64_t *rows, bool needed, Use use) {
#pragma unroll 1
    for (int s = 0; s < slices; s++) {
        fill<n>(tile, slice_pitch, stream_rows, sizes, from, rows, s);
        __syncthreads();
        if (needed) use(s, slice_width(sizes, s));
        __syncthreads();
    }
}

/* The same from the last slice to the first, with a constant s where use is inlined. kept: each_slice has left the last one in the tile. */
template <int n, int slices, bool kept, class T, class Use>
__device__ void each_slice_back(float *tile, const AttentionSizes &sizes, const RowArray<T> &from, const int64_t *rows, bool needed,
                                Use use) {
    LEEWAY_UNROLL for (int s = slices - 1; s >= 0; s--) {
        if (!kept || s < slices - 1) {
            fill<n>(tile, slice_pitch, stream_rows, sizes, from, rows, s);
            __syncthreads();
        }
        if (needed) use(s, slice_width(sizes, s));
        __syncthreads();
    }
}

/* All slices of the named rows, tile_rows of them, side by side. A barrier goes before their first reader. */
template <int n, int slices, class T>
__device__ void hold(float *to, const AttentionSizes &sizes, const RowArray<T> &from, const int64_t *rows) {
    for (int s = 0; s < slices; s++) fill<n>(to + s * slice, slices * slice + 4, tile_rows, sizes, from, rows, s);
}

/* sums[i][j] += held[i] . streamed[16 j] over so many dims: rows as this thread has them. */
__device__ inline void add_dots(Four &sums, const float *held, int pitch, const float *streamed, int width) {
    held += lane_row() * pitch;
    streamed += lane_column() * slice_pitch;
#pragma unroll 1
    for (int d = 0; d < width; d += 4) {
        Floats<4> left[4];
        LEEWAY_UNROLL for (int i = 0; i < 4; i++) left[i] = load<4>(held + i * pitch + d);
        LEEWAY_UNROLL for (int j = 0; j < 4; j++) {
            const auto right = load<4>(streamed + 16 * j * slice_pitch + d);
            LEEWAY_UNROLL for (int i = 0; i < 4; i++)
                LEEWAY_UNROLL for (int e = 0; e < 4; e++) sums.x[i][j] = fmaf(left[i].x[e], right.x[e], sums.x[i][j]);
        }
    }
}

/* Writes products where add_product reads them; warps keep to their own rows. */
__device__ inline void put_weights(float *weights, const Four &values) {
    __syncwarp(); /* the last ones have been read */
    LEEWAY_UNROLL for (int i = 0; i < 4; i++)
        LEEWAY_UNROLL for (int j = 0; j < 4; j++) weights[(lane_row() + i) * slice_pitch + lane_column() + 16 * j] = values.x[i][j];
    __syncwarp();
}

/* sums[i] += weights[i] streamed, over the streamed rows low..high, multiples of 4. */
__device__ inline void add_product(Four &sums, const float *weights, const float *streamed, int low, int high, int width) {
    weights += lane_row() * slice_pitch;
    streamed += min(4 * lane_column(), width - 4); /* beyond the width: something to compute, never stored */
#pragma unroll 1
    for (int j = low; j < high; j += 4) {
        Floats<4> left[4];
        LEEWAY_UNROLL for (int i = 0; i < 4; i++) left[i] = load<4>(weights + i * slice_pitch + j);
        LEEWAY_UNROLL for (int e = 0; e < 4; e++) {
            const auto right = load<4>(streamed + (j + e) * slice_pitch);
            LEEWAY_UNROLL for (int i = 0; i < 4; i++)
                LEEWAY_UNROLL for (int c = 0; c < 4; c++) sums.x[i][c] = fmaf(left[i].x[e], right.x[c], sums.x[i][c]);
        }
    }
}

/* Row i of a thread's sums to the row of an array that begins here; n > 1: head_dim is a multiple of 4. */
template <int n, int slices, class T>
__device__ void store_sums(T *row, int head_dim, const Four (&sums)[slices], int i) {
    LEEWAY_UNROLL for (int s = 0; s < slices; s++) {
        const int d = s * slice + 4 * lane_column();
        Floats<4> values;
        LEEWAY_UNROLL for (int c = 0; c < 4; c++) values.x[c] = sums[s].x[i][c];
        if (n > 1 && d < head_dim) store<4>(row + d, values);
        LEEWAY_UNROLL for (int c = 0; n == 1 && c < 4; c++)
            if (d + c < head_dim) row[d + c] = narrow<T>(values.x[c]);
    }
}

/* z = cap(scale * dot) and tanh(scale * dot / softcap), 0 without a cap. */
struct Score {
    float z;
    float tanh;
};
__device__ inline Score score(const AttentionSizes &sizes, float dot) {
    const float a = dot * sizes.scale;
    if (sizes.softcap <= 0.0f) return {a, 0.0f};
    const float t = tanhf(a / sizes.softcap);
    return {t * sizes.softcap, t};
}

/* The parts of the dynamic shared memory of a kernel that holds so many arrays of rows. */
template <int slices, int arrays>
struct Layout {
    static constexpr int pitch = slices * slice + 4;
    static constexpr int held_floats = tile_rows * pitch;
    static constexpr int streamed_floats = stream_rows * slice_pitch;
    static constexpr int weights_floats = tile_rows * slice_pitch;
    static constexpr size_t bytes =
        (arrays * held_floats + streamed_floats + weights_floats) * sizeof(float) + stream_rows * (sizeof(int64_t) + sizeof(int));
    float *const held;     /* (arrays, tile_rows, pitch) */
    float *const streamed; /* (stream_rows, slice_pitch) */
    float *const weights;  /* (tile_rows, slice_pitch) */
    int64_t *const rows;   /* (stream_rows) */
    int *const tokens;     /* (stream_rows) */
    __device__ explicit Layout(float *shared)
        : held(shared), streamed(held + arrays * held_floats), weights(streamed + streamed_floats),
          rows(reinterpret_cast<int64_t *>(weights + weights_floats)), tokens(reinterpret_cast<int *>(rows + stream_rows)) {}
};

/* body(T(), n, slices) for elements of dtype in packs of n and as many slices as head_dim takes. */
template <class Body>
leeway_status with_slices(leeway_dtype dtype, int64_t head_dim, Body body) {
    return with_packs(dtype, head_dim, head_dim, [&](auto type, auto n) {
        switch (blocks_of(head_dim, int64_t(slice))) {
            case 1: return body(type, n, std::integral_constant<int, 1>());
            case 2: return body(type, n, std::integral_constant<int, 2>());
            case 3: return body(type, n, std::integral_constant<int, 3>());
            default: return body(type, n, std::integral_constant<int, 4>());
        }
    });
}

}  // namespace leeway
