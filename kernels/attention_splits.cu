/* attention_splits.cu: attention of bf16 on tensor cores over keys in pages where sequences have few rows: decoding.
 *
 * The sums are those of attention_online.h, hence the bits of attention_mma.cu. A warp holds up to 16 rows of one kv head, row r = token *
 * group + h of the whole batch, so rows of several sequences; it goes over the splits z, z + every, ... of their keys in blocks of 64.
 * In each block rows whose keys lie in the same pages, such as those of a prompt that a group shares, are a run: one copy serves them all,
 * hides from the rows beside them, and leaves their sums alone. Tiles of keys and values come by cp.async through a ring of the warp's own.
 * With one warp for all splits of its rows their totals wait in shared memory; else each split goes to scratch memory, and a second kernel
 * merges them in order.
 * Bytes moved: q and out once, the visible k and v once a run, and 8 bytes of scratch an element of out and split.
 */
#include "attention_online.h"

namespace leeway {
namespace {

constexpr int height = 16; /* rows of a warp */
constexpr int merging_threads = 128;

/* Whether a warp gets rows of one token alone, which see the same keys: one run. Registers for more of them are lacking. */
template <int dims>
inline constexpr bool one_run = dims > 128;

/* How the rows and splits are dealt out. */
struct Deal {
    int rows;     /* of a warp */
    int every;    /* warps that share the splits of a row */
    int splits;   /* of the longest sequence that pages can hold */
    int width;    /* of a part */
    float *parts; /* (N, H, splits, width): c m, l and o of each split, where every > 1 */
};

/* Where a query row stands; sequence < 0: it was refused, or there is none. */
struct Standing {
    int sequence = -1;
    int token = -1; /* among the keys */
};

__device__ Standing standing_of(const TensorJob &job, int64_t n) {
    const Sequences &sequences = job.sequences;
    if (n >= sequences.rows) return {};
    int64_t low = 0, high = sequences.count - 1;
    while (low < high) {
        const int64_t middle = (low + high + 1) / 2;
        if (sequences.starts[middle] <= n) low = middle;
        else high = middle - 1;
    }
    const int64_t start = sequences.starts[low], end = sequences.starts[low + 1], context = job.pages.contexts[low];
    if (start < 0 || start > n || end <= n || end > sequences.rows) return {};
    if (context < end - start || context > job.pages.width * job.pages.size) {
        report(sequences.faults, job.pages.context_rule, low);
        return {};
    }
    return {int(low), int(context - (end - n))};
}

template <int dims>
struct Shape {
    static constexpr int stages = dims <= 128 ? 3 : 2, tile_bytes = key_tile * tile_row_bytes<dims>;
    /* The rows of the warp. */
    struct Note {
        Pages pages;
        int kv_head, end_key;      /* keys that any row sees lie before this one */
        int64_t query[height];     /* its element of (N,H); -1: no row */
        int64_t name[key_tile]; /* where the keys of the tiles that set out begin */
        int sequence[height];
        int token[height];
        int low[height]; /* keys that the sequence's rows among these see */
        int high[height];
    };
    static constexpr int ring_at = height * tile_row_bytes<dims>, note_at = ring_at + stages * tile_bytes;
    static constexpr int totals_at = note_at + int(sizeof(Note));
    static constexpr int bytes(bool merges) {
        return totals_at + (merges ? warp * OnlineRows<1, dims>::floats * int(sizeof(float)) : 0);
    }
    static_assert(totals_at + warp * OnlineRows<1, dims>::floats * int(sizeof(float)) <= 99 << 10);
};

/* A block of keys and the rows first_row <= r < end_row that see it in the same pages; first < 0: the last one is behind. */
struct Run {
    int first, first_row, end_row;
};

/* Walks over the runs of a warp's blocks of keys, and copies their tiles: keys, then values. */
template <int dims>
class Runs {
    using S = Shape<dims>;
    const TensorJob &job;
    typename S::Note &note;
    char *const shared;
    const int every;
    unsigned leaders = 0, others = 0; /* bits of rows that begin a run; and of those that see nothing of the block */
    int place = 0; /* in the ring, of the next tile */

    /* Whether this lane's row and the one before it have all keys that they see of the block in the same pages. */
    __device__ bool joins(int lane) const {
        const int own = note.sequence[lane], before = note.sequence[lane - 1];
        if (own == before) return true;
        const int low = max(ahead.first, note.low[lane]), end = min(ahead.first + key_tile, note.high[lane]);
        if (low != max(ahead.first, note.low[lane - 1]) || end != min(ahead.first + key_tile, note.high[lane - 1])) return false;
        const Pages &pages = note.pages;
        const int size = int(min(pages.size, int64_t(INT32_MAX)));
        bool same = true;
        for (int page = low / size; page <= (end - 1) / size; page++)
            same &= pages.table[own * pages.width + page] == pages.table[before * pages.width + page];
        return same;
    }

    __device__ void find_runs() {
        const int lane = threadIdx.x, row = lane % height;
        const bool sees = note.low[row] < ahead.first + key_tile && note.high[row] > ahead.first;
        others = ~__ballot_sync(all_lanes, lane < height && sees);
        const bool joined = lane < height && sees && lane > 0 && (others >> (lane - 1) & 1) == 0 && joins(lane);
        leaders = __ballot_sync(all_lanes, lane < height && sees && !joined);
    }

    static __device__ int lowest(unsigned bits) { return __popc((bits & (0u - bits)) - 1); }

    /* Keys of other warps' splits before a block that begins a split. */
    __device__ int skipped(int first) const { return first % int(key_split) == 0 ? (every - 1) * int(key_split) : 0; }

    __device__ void next_block() {
        const int first = ahead.first + key_tile, next = first + skipped(first);
        ahead.first = next < note.end_key ? next : -1;
    }

    /* The next run; where there is one alone, that of all rows. */
    __device__ void advance() {
        if constexpr (one_run<dims>) return next_block();
        leaders &= leaders - 1;
        while (leaders == 0) {
            next_block();
            if (ahead.first < 0) return;
            find_runs();
        }
        ahead.first_row = lowest(leaders);
        ahead.end_row = lowest((others | leaders) & ~0u << (ahead.first_row + 1));
    }

    __device__ void name_keys() {
        __syncwarp(); /* the last names have been read */
        const int row = ahead.first_row;
        for (int i = threadIdx.x; i < key_tile; i += warp) {
            const int key = ahead.first + i;
            const bool seen = key >= note.low[row] && key < note.high[row];
            const int64_t place = seen ? key_row(note.pages, job.sequences, {note.sequence[row], 0, 0, 0, 0, 0}, key) : -1;
            note.name[i] = place < 0 ? -1 : place * job.sizes.kv_heads * job.sizes.head_dim;
        }
        __syncwarp();
    }

public:
    Run ahead = {0, 0, height}; /* the one whose tiles set out */

    /* Of the splits z, z + every, ... from key low on. */
    __device__ Runs(const TensorJob &job, typename S::Note &note, char *shared, int low, int z, int every)
        : job(job), note(note), shared(shared), every(every) {
        const int first = z == 0 ? low / key_tile * key_tile : (low / int(key_split) + z) * int(key_split);
        ahead.first = first - skipped(first) - key_tile;
    }

    /* Begins to copy the keys of the next run, or the values of the same, to a place in the ring with which every lane is done. */
    __device__ void begin(bool values, int to) {
        if (!values) advance();
        if (!values && ahead.first >= 0) name_keys();
        if (ahead.first >= 0)
            copy_rows<dims, key_tile, warp>(shared + S::ring_at + to * S::tile_bytes,
                                            (values ? job.v : job.k) + note.kv_head * job.sizes.head_dim, job.sizes.head_dim, threadIdx.x,
                                            [&](int r) { return note.name[r]; });
        commit_async();
    }

    /* The next keys or values, once every lane's part of them is there. The tile that comes stages - 1 later sets out. */
    __device__ const char *take(bool values) {
        wait_async<S::stages - 2>();
        __syncwarp();
        begin(S::stages == 2 ? !values : values, place == 0 ? S::stages - 1 : place - 1);
        const char *const tile = shared + S::ring_at + place * S::tile_bytes;
        place = place + 1 == S::stages ? 0 : place + 1;
        return tile;
    }
};

/* The note about the warp's rows; the first key that some of them see. */
template <int dims>
__device__ int take_note(const TensorJob &job, int64_t begin, int64_t end, int kv_head, typename Shape<dims>::Note &note) {
    const int lane = threadIdx.x;
    if (lane == 0) note.pages = job.pages, note.kv_head = kv_head;
    const int64_t row = begin + lane, n = row / job.sizes.group;
    Standing own;
    if (lane < height && row < end) own = standing_of(job, n);
    if (lane < height) {
        note.sequence[lane] = own.sequence, note.token[lane] = own.token;
        note.query[lane] = row < end ? n * job.sizes.heads + kv_head * job.sizes.group + row % job.sizes.group : -1;
    }
    __syncwarp();
    int low = INT32_MAX, high = 0;
    for (int r = 0; r < height && own.sequence >= 0; r++) {
        if (note.sequence[r] != own.sequence) continue;
        low = min(low, max(0, note.token[r] - job.sizes.window + 1));
        high = max(high, note.token[r] + 1);
    }
    if (lane < height) note.low[lane] = low, note.high[lane] = high;
    for (int distance = 16; distance > 0; distance /= 2) {
        low = min(low, __shfl_xor_sync(all_lanes, low, distance));
        high = max(high, __shfl_xor_sync(all_lanes, high, distance));
    }
    if (lane == 0) note.end_key = high;
    __syncwarp();
    return low;
}

/* A split of the rows, to scratch memory. */
template <int dims>
__device__ void write_split(const TensorJob &job, const Deal &deal, const typename Shape<dims>::Note &note, int split,
                            OnlineRows<1, dims> &rows) {
    LEEWAY_UNROLL for (int h = 0; h < 2; h++) {
        const float sum = quad_sum(rows.sum[0][h]), shift = rounded_product(rows.max[0][h], job.exponent.of_z);
        const int lane = lane_anew();
        const int64_t query = note.query[piece_row(lane) + 8 * h];
        if (query >= 0) {
            float *const part = deal.parts + (query * deal.splits + split) * deal.width + 2 + piece_column(lane);
            if (lane % 4 == 0) store<2>(part - 2, Floats<2>{shift, sum});
            LEEWAY_UNROLL for (int j = 0; j < dims / 8; j++)
                store<2>(part + 8 * j, Floats<2>{rows.out[0][j].x[2 * h], rows.out[0][j].x[2 * h + 1]});
        }
        __syncwarp(); /* one row behind the other: together they want more registers than there are */
    }
    rows.begin();
}

template <int dims>
__device__ void write_rows(const TensorJob &job, const typename Shape<dims>::Note &note, const OnlineRows<1, dims> &rows) {
    const int lane = lane_anew();
    LEEWAY_UNROLL for (int h = 0; h < 2; h++) {
        const int64_t query = note.query[piece_row(lane) + 8 * h];
        if (query >= 0)
            store_pieces(job.out + query * job.sizes.head_dim, job.sizes.head_dim, lane, rows.out[0], h, 1.0f / rows.sum[0][h]);
    }
}

/* As multiply_across for the rows of a run; the others' sums keep their bits, for a weight of 0 times an infinite value is NaN.
 * mine: whether the lane's row h is one of the run. */
template <int dims>
__device__ __forceinline__ void multiply_run(const Left (&weights)[1][key_tile / 16], const char *tile, int lane, const bool (&mine)[2],
                                             SumPiece (&sum)[dims / 8]) {
    const auto place = RowPlace<dims>::rows_first(lane);
    LEEWAY_UNROLL for (int j = 0; j < dims / 16; j++) {
        SumPiece next[2] = {sum[2 * j], sum[2 * j + 1]};
        LEEWAY_UNROLL for (int step = 0; step < key_tile / 16; step++) {
            Right b[2];
            load_right_across(tile + place.at(step, j), b[0], b[1]);
            LEEWAY_UNROLL for (int i = 0; i < 2; i++) multiply_add(weights[0][step], b[i], next[i]);
        }
        LEEWAY_UNROLL for (int i = 0; i < 2; i++)
            LEEWAY_UNROLL for (int e = 0; e < 4; e++)
                if (mine[e / 2]) sum[2 * j + i].x[e] = next[i].x[e];
    }
}

template <int dims, bool merges>
__global__ void __launch_bounds__(warp) attend_rows(TensorJob job, Deal deal) {
    using S = Shape<dims>;
    LEEWAY_DYNAMIC_SHARED(char, shared);
    auto &note = *reinterpret_cast<typename S::Note *>(shared + S::note_at);
    auto *const totals = reinterpret_cast<float *>(shared + S::totals_at) + threadIdx.x;
    check_starts(job.sequences);
    const int lane = threadIdx.x, z = int(blockIdx.x % unsigned(deal.every));
    const int head = int(blockIdx.x / unsigned(deal.every) % unsigned(job.sizes.kv_heads));
    const int64_t begin = int64_t(blockIdx.x / unsigned(deal.every) / unsigned(job.sizes.kv_heads)) * deal.rows;
    const int64_t end = min(job.sequences.rows * job.sizes.group, begin + deal.rows);
    const int low = take_note<dims>(job, begin, end, head, note);
    if (note.end_key == 0) return;
    copy_rows<dims, height, warp>(shared, job.q, job.sizes.head_dim, lane, [&](int r) {
        return note.query[r] < 0 ? -1 : note.query[r] * job.sizes.head_dim;
    });
    Runs<dims> runs(job, note, shared, low, z, deal.every);
    runs.begin(false, 0);
    if (S::stages == 3) runs.begin(true, 1);
    OnlineRows<1, dims> rows;
    rows.begin();
    if (merges) close_split<1, dims>(job.exponent.of_z, rows, totals, warp, true, false);
#pragma unroll 1
    while (runs.ahead.first >= 0) {
        const Run now = runs.ahead;
        SumPiece dots[1][key_tile / 8] = {};
        Left weights[1][key_tile / 16];
        multiply_along<dims>(shared, runs.take(false), lane_anew(), dots);
        auto in_run = [&](int row) { return one_run<dims> || (row >= now.first_row && row < now.end_row); };
        auto token = [&](int row) {
            const int r = piece_row(lane_anew()) + row;
            return in_run(r) ? note.token[r] : -1;
        };
        soften_block(job.sizes, job.exponent, token, now.first + piece_column(lane_anew()), false, dots, rows, weights);
        const char *const values = runs.take(true);
        const int anew = lane_anew();
        if constexpr (one_run<dims>) multiply_across<dims>(weights, values, anew, rows.out);
        else multiply_run<dims>(weights, values, anew, {in_run(piece_row(anew)), in_run(piece_row(anew) + 8)}, rows.out[0]);
        const bool last = runs.ahead.first < 0;
        if (!last && runs.ahead.first / key_split == now.first / key_split) continue;
        if (merges) close_split<1, dims>(job.exponent.of_z, rows, totals, warp, false, last);
        else write_split<dims>(job, deal, note, now.first / int(key_split), rows);
    }
    if (merges) write_rows<dims>(job, note, rows);
}

/* out of a token's heads from their splits, a thread two columns at a time. */
__global__ void __launch_bounds__(merging_threads) merge_splits(TensorJob job, Deal deal) {
    if (refused(job.sequences.faults)) return;
    const int token = standing_of(job, blockIdx.x).token, pairs = job.sizes.head_dim / 2;
    const int first = max(0, token - job.sizes.window + 1) / int(key_split), last = token / int(key_split);
    for (int i = int(threadIdx.x); i < job.sizes.heads * pairs; i += merging_threads) {
        const int64_t row = int64_t(blockIdx.x) * job.sizes.heads + i / pairs;
        const float *part = deal.parts + (row * deal.splits + first) * deal.width;
        float shift = -INFINITY, sum = 0.0f;
        Floats<2> out = {};
        for (int s = first; s <= last; s++, part += deal.width) {
            const auto kept = load<2>(part), values = load<2>(part + 2 + i % pairs * 2);
            const Merge merge(shift, kept.x[0]);
            shift = merge.shift;
            sum = merge(sum, kept.x[1]);
            LEEWAY_UNROLL for (int e = 0; e < 2; e++) out.x[e] = merge(out.x[e], values.x[e]);
        }
        const float factor = 1.0f / sum;
        LEEWAY_UNROLL for (int e = 0; e < 2; e++) out.x[e] *= factor;
        *reinterpret_cast<uint32_t *>(job.out + row * job.sizes.head_dim + i % pairs * 2) = narrow_pair(out.x[0], out.x[1]);
    }
}

/* As many rows of whole tokens a warp as leave enough of them to fill the device; then as many warps for the splits of a row. alone: rows
 * of one token a warp, a divisor of the group. */
Deal deal_out(const leeway_stream *stream, const TensorJob &job, int dims, bool alone) {
    const int64_t enough = int64_t(stream->properties.multiProcessorCount) * 4, kv_heads = job.sizes.kv_heads, group = job.sizes.group;
    const int64_t splits = blocks_of(job.pages.width * job.pages.size, key_split), rows = job.sequences.rows * group;
    int64_t tokens = alone ? 1 : std::max<int64_t>(1, height / group), most = height;
    while (alone && group % most != 0 && most > 1) most--;
    auto rows_of_warp = [&] { return alone ? most : std::min<int64_t>(height, tokens * group); };
    auto warps = [&] { return blocks_of(rows, rows_of_warp()) * kv_heads; };
    while (tokens > 1 && warps() * splits < enough) tokens /= 2;
    const int64_t parts_bytes = rows * kv_heads * splits * (dims + 2) * int64_t(sizeof(float));
    const int64_t every = parts_bytes > scratch_bytes ? 1 : std::min(splits, blocks_of(2 * enough, warps()));
    return {int(rows_of_warp()), int(every), int(splits), dims + 2, reinterpret_cast<float *>(stream->scratch)};
}

}  // namespace

leeway_status attend_splits(leeway_stream *stream, const AttentionShape &shape, const Sequences &sequences, const Pages &pages,
                            const AttentionArrays &arrays) {
    const TensorJob job(shape, sequences, pages, arrays);
    return with_dims(shape.head_dim, [&](auto dims) {
        const Deal deal = deal_out(stream, job, dims, one_run<dims>);
        const auto blocks = unsigned(blocks_of(sequences.rows * job.sizes.group, int64_t(deal.rows)) * shape.kv_heads * deal.every);
        const bool merges = deal.every == 1;
        const size_t bytes = Shape<dims>::bytes(merges);
        if (merges) return LEEWAY_LAUNCH(stream, (attend_rows<dims, true>), blocks, warp, bytes, job, deal);
        LEEWAY_TRY(LEEWAY_LAUNCH(stream, (attend_rows<dims, false>), blocks, warp, bytes, job, deal));
        return LEEWAY_LAUNCH(stream, merge_splits, unsigned(sequences.rows), merging_threads, 0, job, deal);
    });
}

}  // namespace leeway
