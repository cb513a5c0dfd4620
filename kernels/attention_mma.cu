/* attention_mma.cu: causal attention of bf16 on tensor cores over packed or paged keys: a tile of query rows walks over all its keys.
 *
 * Source: Dao 2023 (FlashAttention-2), sections 3.1 and 3.3; the sums and their numerics are those of attention_online.h. A block of four
 * warps holds 128 rows (64 where head_dim > 128), row r = token * group + h of one sequence and kv head; tiles of 64 keys, then of their
 * values, come by cp.async through a ring in shared memory while the one before is multiplied. Blocks of keys that all rows of a warp see
 * whole go without masks, and those that none sees only pass by. As many blocks as a device holds walk over the tiles, since the totals of
 * splits wait in scratch memory: a lane's own part, written and read once a split.
 * Bytes moved: q and out once; the visible k and v once for 128 rows.
 */
#include "attention_online.h"

namespace leeway {
namespace {

template <int dims>
struct Shape {
    static constexpr int warps = 4, threads = warps * warp, tall = dims <= 128 ? 2 : 1, rows_of_warp = 16 * tall;
    static constexpr int rows = rows_of_warp * warps, stages = dims <= 128 ? 3 : 2, blocks = 2 /* that a multiprocessor holds */;
    static constexpr int query_bytes = rows * tile_row_bytes<dims>, tile_bytes = key_tile * tile_row_bytes<dims>;
    static constexpr int names_at = query_bytes + stages * tile_bytes, note_at = names_at + 2 * key_tile * int(sizeof(int64_t));
    static constexpr int totals = threads * OnlineRows<tall, dims>::floats;
    /* What is known of the block's tile, in shared memory to spare registers. */
    struct Note {
        Tile tile;
        Pages pages;
        unsigned place;
        Span span;         /* keys that some row sees */
        Span own[warps];   /* of a warp's rows */
        Span whole[warps]; /* keys that all of them see */
        int token[rows];   /* of a row among the keys; -1: no row */
    };
    static constexpr int bytes = note_at + int(sizeof(Note));
    static_assert(bytes <= 99 << 10);
};

/* Copies the keys that a tile of rows sees: tiles of the keys, then the values of a block of 64, then those of the next one. */
template <int dims, bool paged>
class KeyTiles {
    using S = Shape<dims>;
    const TensorJob &job;
    const typename S::Note &note;
    char *const ring;
    int64_t *const names; /* (2, key_tile) where the keys of two blocks in pages begin, in turns */
    int place = 0;        /* in the ring, of the next tile */


    __device__ __forceinline__ int64_t stride() const { return int64_t(job.sizes.kv_heads) * job.sizes.head_dim; }

public:
    __device__ KeyTiles(const TensorJob &job, const typename S::Note &note, char *shared)
        : job(job), note(note), ring(shared + S::query_bytes), names(reinterpret_cast<int64_t *>(shared + S::names_at)) {}

    /* Names the keys of a block in pages for the copies behind the next barrier. Those of the block before the last one have begun. */
    __device__ __forceinline__ void name(int block) const {
        if (threadIdx.x >= key_tile) return;
        const int key = block + int(threadIdx.x);
        const int64_t row = key >= note.span.low && key < note.span.high ? key_row(note.pages, job.sequences, note.tile, key) : -1;
        names[block / key_tile % 2 * key_tile + threadIdx.x] = row < 0 ? -1 : row * stride();
    }

    /* Begins to copy the keys or the values of a block to a place in the ring with which everybody is done. */
    __device__ __forceinline__ void begin(bool values, int first, int to) const {
        if (first < note.span.high) {
            const int low = note.span.low - first, high = note.span.high - first;
            const int64_t start = note.tile.start + first, head = note.tile.head * job.sizes.head_dim;
            const int64_t *const named = names + first / key_tile % 2 * key_tile;
            copy_rows<dims, key_tile, S::threads>(ring + to * S::tile_bytes, (values ? job.v : job.k) + head, job.sizes.head_dim,
                                                  threadIdx.x, [&](int r) {
                                                      if (paged) return named[r];
                                                      return r >= low && r < high ? (start + r) * stride() : -1;
                                                  });
        }
        commit_async();
    }

    /* The keys or the values of a block, once everybody's part of them is there. The tile that comes stages - 1 later sets out. */
    __device__ __forceinline__ const char *take(bool values, int first) {
        wait_async<S::stages - 2>();
        __syncthreads();
        const int before = place == 0 ? S::stages - 1 : place - 1;
        if (S::stages == 2) begin(!values, values ? first + key_tile : first, before);
        else begin(values, first + key_tile, before);
        const char *const tile = ring + place * S::tile_bytes;
        place = place + 1 == S::stages ? 0 : place + 1;
        return tile;
    }
};

/* The note about a tile, by all threads. */
template <class S>
__device__ void take_note(const TensorJob &job, const Tile &tile, int position, unsigned place, typename S::Note &note) {
    const AttentionSizes &sizes = job.sizes;
    auto row = [&](int r) { return min(tile.begin + r, tile.end); };
    const int thread = int(threadIdx.x);
    for (int r = thread; r < S::rows; r += S::threads)
        note.token[r] = tile.begin + r < tile.end ? position + int((tile.begin + r) / sizes.group) : -1;
    if (thread == 0) {
        note.tile = tile;
        note.pages = job.pages;
        note.place = place;
        note.span = span_of(sizes, position, tile.begin, tile.end);
    }
    if (thread >= S::warps) return;
    const int64_t begin = row(thread * S::rows_of_warp), end = row((thread + 1) * S::rows_of_warp);
    note.own[thread] = span_of(sizes, position, begin, end);
    note.whole[thread] = begin == end ? Span{0, 0}
                                      : Span{span_of(sizes, position, end - 1, end).low, span_of(sizes, position, begin, begin + 1).high};
}

template <class S, int dims>
__device__ __forceinline__ void write_rows(const TensorJob &job, const typename S::Note &note, int first,
                                           const OnlineRows<S::tall, dims> &rows) {
    const int lane = threadIdx.x % warp;
    LEEWAY_UNROLL for (int i = 0; i < S::tall; i++)
        LEEWAY_UNROLL for (int h = 0; h < 2; h++) {
            const int r = first + 16 * i + 8 * h;
            if (note.token[r] < 0) continue;
            const int64_t row = query_row(job.sizes, note.tile, note.tile.begin + r);
            store_pieces(job.out + row * job.sizes.head_dim, job.sizes.head_dim, lane, rows.out[i], h, 1.0f / rows.sum[i][h]);
            if (job.lse != nullptr && lane % 4 == 0) job.lse[row] = log_sum(rows.max[i][h], rows.sum[i][h]);
        }
}

/* The tile of the note. */
template <int dims, bool paged>
__device__ __forceinline__ void attend_tile(const TensorJob &job, const typename Shape<dims>::Note &note, char *shared, float *totals) {
    using S = Shape<dims>;
    const int own = threadIdx.x / warp, lane = threadIdx.x % warp, own_row = own * S::rows_of_warp + piece_row(lane);
    const char *const queries = shared + own * S::rows_of_warp * tile_row_bytes<dims>;
    KeyTiles<dims, paged> tiles(job, note, shared);
    int first = note.span.low / key_tile * key_tile;
    if (paged) {
        tiles.name(first);
        tiles.name(first + key_tile);
        __syncthreads();
    }
    copy_rows<dims, S::rows, S::threads>(shared, job.q, job.sizes.head_dim, threadIdx.x, [&](int r) {
        return note.token[r] < 0 ? -1 : query_row(job.sizes, note.tile, note.tile.begin + r) * job.sizes.head_dim;
    });
    tiles.begin(false, first, 0);
    if (S::stages == 3) tiles.begin(true, first, 1);
    OnlineRows<S::tall, dims> rows;
    rows.begin();
#pragma unroll 1
    for (; first < note.span.high; first += key_tile) {
        const char *const keys = tiles.take(false, first);
        Left weights[S::tall][key_tile / 16];
        if (note.own[own].meets(first)) {
            SumPiece dots[S::tall][key_tile / 8] = {};
            multiply_along<dims>(queries, keys, lane_anew(), dots);
            const bool whole = first >= note.whole[own].low && first + key_tile <= note.whole[own].high;
            auto token = [&](int row) { return note.token[own_row + row]; };
            soften_block(job.sizes, job.exponent, token, first + piece_column(lane_anew()), whole, dots, rows, weights);
        }
        const char *const values = tiles.take(true, first);
        if (note.own[own].meets(first)) multiply_across<dims>(weights, values, lane_anew(), rows.out);
        if (paged) tiles.name(first + 2 * key_tile);
        const bool last = first + key_tile >= note.span.high;
        if (!last && (first + key_tile) % key_split != 0) continue;
        const bool is_first = first / int(key_split) == note.span.low / int(key_split);
        close_split<S::tall, dims>(job.exponent.of_z, rows, totals + threadIdx.x, S::threads, is_first, last);
    }
    write_rows<S, dims>(job, note, own_row, rows);
}

template <int dims, bool paged>
__global__ void __launch_bounds__(Shape<dims>::threads, Shape<dims>::blocks) attend_tiles(TensorJob job, unsigned places, float *totals) {
    using S = Shape<dims>;
    LEEWAY_DYNAMIC_SHARED(char, shared);
    check_starts(job.sequences);
    auto &note = *reinterpret_cast<typename S::Note *>(shared + S::note_at);
    for (unsigned place = blockIdx.x; place < places; place += gridDim.x) {
        const Tile tile = find_tile<S::rows>(job.sequences, job.sizes.group, job.sizes.kv_heads, place);
        const int position = tile.begin < tile.end ? int(position_of(job.pages, job.sequences, tile)) : -1;
        if (position < 0) continue;
        __syncthreads(); /* everybody is done with the last tile */
        take_note<S>(job, tile, position, place, note);
        __syncthreads();
        attend_tile<dims, paged>(job, note, shared, totals + int64_t(blockIdx.x) * S::totals);
        place = note.place;
    }
}

}  // namespace

leeway_status attend_tensor(leeway_stream *stream, const AttentionShape &shape, const Sequences &sequences, const Pages &pages,
                            const AttentionArrays &arrays) {
    const TensorJob job(shape, sequences, pages, arrays);
    return with_dims(shape.head_dim, [&](auto dims) {
        using S = Shape<dims>;
        const unsigned places = attention_blocks(sequences.rows, shape.group(), sequences.count, shape.kv_heads, S::rows);
        const size_t held = stream->properties.sharedMemPerMultiprocessor / (S::bytes + 1024); /* blocks by their shared memory */
        const size_t resident = std::max<size_t>(1, std::min<size_t>(S::blocks, held)) * size_t(stream->properties.multiProcessorCount);
        const size_t most = std::min(resident, size_t(scratch_bytes) / (S::totals * sizeof(float)));
        const unsigned blocks = unsigned(std::min<size_t>(places, most));
        auto *const totals = reinterpret_cast<float *>(stream->scratch);
        if (pages.table != nullptr)
            return LEEWAY_LAUNCH(stream, (attend_tiles<dims, true>), blocks, S::threads, S::bytes, job, places, totals);
        return LEEWAY_LAUNCH(stream, (attend_tiles<dims, false>), blocks, S::threads, S::bytes, job, places, totals);
    });
}

}  // namespace leeway
