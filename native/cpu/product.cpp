/* product.cpp: tiles, tasks and packing of the matrix product; the numerics are in product.h, the loops in product_kernel.h.
 *
 * Each task packs A and B of its tile for itself, which needs no memory beyond the thread's scratch and no waiting, and costs
 * 10 / rows + 10 / columns of the tile's time. Bytes moved: C once a block of k (in the thread's scratch where C is bf16), A once a column
 * of tiles, B once a row of tiles.
 */
#include "product.h"

#include <algorithm>

#include "dtype.h"
#include "host.h"
#include "parallel.h"
#include "product_isa.h"

namespace leeway {
namespace {

const ProductLoops &choose_loops() {
#if defined(__x86_64__)
    if (instruction_set() >= Isa::avx512) return product_loops_avx512;
    if (instruction_set() >= Isa::avx2) return product_loops_avx2;
#endif
    return product_loops_portable;
}

const ProductLoops *choose_pair_loops() {
#if defined(__x86_64__)
    if (instruction_set() >= Isa::avx512bf16) return &product_loops_avx512bf16;
#endif
    return nullptr;
}

const ProductLoops &loops() {
    static const ProductLoops &chosen = choose_loops();
    return chosen;
}

/* NULL where the processor multiplies no pairs. */
const ProductLoops *pair_loops() {
    static const ProductLoops *const chosen = choose_pair_loops();
    return chosen;
}

/* NF4 elements are rounded to bf16 beside a bf16 operand. */
bool is_bf16(const Operand &operand, const Operand &other) {
    return operand.dtype == LEEWAY_BF16 || (operand.dtype == LEEWAY_NF4 && other.dtype == LEEWAY_BF16);
}

const ProductLoops &loops_of(const Term &term) {
    const bool pairs = pair_loops() != nullptr && is_bf16(term.a, term.b) && is_bf16(term.b, term.a);
    return pairs ? *pair_loops() : loops();
}

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/* An element of an operand that is not NF4. */
const void *element_at(const Operand &operand, int64_t element) { return offset(operand.data, operand.dtype, element); }

/* Scratch of a thread: B for a strip of the tile's columns, one panel of NF4, a strip of bias, A packed for all rows of the tile, each for
 * one block of k; and the sums of a tile of bf16 with several blocks. */
constexpr int64_t most_rows = 1024;
constexpr int64_t most_summed_rows = 512, most_columns = 1024; /* of a tile that several blocks are added to */
constexpr int64_t slack = 64;
constexpr int64_t b_floats = product_block * 256;
constexpr int64_t decoded_floats = product_block * 32;
constexpr int64_t bias_floats = 2048; /* and columns of a strip */
constexpr int64_t a_floats = product_block * most_rows, summed_a_floats = product_block * most_summed_rows;
constexpr int64_t sums_pitch = 16; /* behind a row of sums, so that rows do not lie a multiple of 4096 bytes apart */
constexpr int64_t first_floats = b_floats + slack + decoded_floats + bias_floats;
static_assert((first_floats + a_floats + slack) * int64_t(sizeof(float)) <= scratch_bytes_per_thread);
static_assert((first_floats + summed_a_floats + slack + most_summed_rows * (most_columns + sums_pitch)) * int64_t(sizeof(float)) <=
              scratch_bytes_per_thread);

struct Scratch {
    float *b;
    float *decoded;
    float *bias;
    float *a;
    float *sums;
    explicit Scratch(void *memory)
        : b(static_cast<float *>(memory)), decoded(b + b_floats + slack), bias(decoded + decoded_floats), a(bias + bias_floats),
          sums(a + summed_a_floats + slack) {}
};

struct Range {
    int64_t first;
    int64_t count;
};

template <class Element>
void pack_nf4(const ProductLoops &loops, const Operand &b, Range columns, Range k, float *to, Element *decoded) {
    const int64_t offset = b.origin + columns.first * b.lane_stride + k.first * b.k_stride, steps = ceil_div(k.count, loops.step);
    const bool along_k = b.k_stride == 1;
    for (int64_t n = 0; n < columns.count; n += loops.width) {
        const int64_t lanes = std::min(loops.width, columns.count - n), first = offset + n * b.lane_stride;
        const int64_t runs = along_k ? lanes : k.count, length = along_k ? k.count : lanes, step = along_k ? b.lane_stride : b.k_stride;
        for (int64_t r = 0; r < runs; r++) nf4_decode(b.data, b.absmax, first + r * step, length, decoded + r * length);
        loops.pack({decoded, sizeof(Element) == 2, along_k ? length : 1, along_k ? 1 : length, lanes, k.count, loops.width, true,
                    to + n * steps});
    }
}

/* Packs B's columns for the block k into padded panels. */
void pack_b(const ProductLoops &loops, const Operand &b, bool round, Range columns, Range k, float *to, float *decoded) {
    if (b.dtype == LEEWAY_NF4) {
        if (round) pack_nf4(loops, b, columns, k, to, reinterpret_cast<bf16 *>(decoded));
        else pack_nf4(loops, b, columns, k, to, decoded);
        return;
    }
    const void *from = element_at(b, columns.first * b.lane_stride + k.first * b.k_stride);
    loops.pack({from, b.dtype == LEEWAY_BF16, b.lane_stride, b.k_stride, columns.count, k.count, loops.width, true, to});
}

/* A tile of C; and C as the product sees it. */
struct Tile {
    Range rows;
    Range columns;
};

struct Output {
    Place c;
    Place start; /* at = NULL: 0 */
    const void *bias; /* of c's type, or NULL */
};

Place moved(const Place &place, int64_t row, int64_t column) {
    Place other = place;
    if (place.at != nullptr) other.at = static_cast<char *>(place.at) + (row * place.row + column * place.column) * (place.narrow ? 2 : 4);
    return other;
}

/* Panels of B's columns for the block k: packed now, or where they lie in a packed matrix. */
const float *panels_of(const ProductLoops &loops, const Term &term, Range columns, Range k, const Scratch &scratch) {
    const Operand &b = term.b;
    if (b.packed != nullptr && (b.dtype == LEEWAY_F32 || loops.step == 2)) {
        const int64_t all = ceil_div(b.packed_lanes, loops.width) * loops.width;
        return static_cast<const float *>(b.packed) + k.first / loops.step * all +
               (b.packed_first + columns.first) * ceil_div(k.count, loops.step);
    }
    pack_b(loops, b, is_bf16(b, term.a), columns, k, scratch.b, scratch.decoded);
    return scratch.b;
}

/* The bias of a strip as floats. */
const float *bias_of(const Output &out, Range columns, const Scratch &scratch) {
    if (!out.c.narrow) return static_cast<const float *>(out.bias) + columns.first;
    for (int64_t n = 0; n < columns.count; n++) scratch.bias[n] = widen(static_cast<const bf16 *>(out.bias)[columns.first + n]);
    return scratch.bias;
}

/* Columns of a strip: as many as the strip's scratch holds, of equal parts of the tile. */
int64_t strip_of(const ProductLoops &loops, int64_t columns, int64_t steps) {
    const int64_t most = std::min(bias_floats, b_floats / steps) / loops.width * loops.width;
    return ceil_div(ceil_div(columns, ceil_div(columns, most)), loops.width) * loops.width;
}

/* A's rows of one block of k, packed panel by panel shortly before their first use. Rows whose lanes are neighbours in memory are packed
 * several panels at once, which share the lines. */
struct Left {
    const ProductLoops &loops;
    const Operand &a;
    Range rows;
    Range k;
    int64_t height;
    bool kept; /* panels lie one behind the other, else in one place */
    float *to;

    int64_t steps() const { return ceil_div(k.count, loops.step); }
    int64_t together() const { return a.k_stride == 1 ? height : 16 * height; }
    const void *source(int64_t row) const { return element_at(a, (rows.first + row) * a.lane_stride + k.first * a.k_stride); }
    float *panel(int64_t row) const { return to + (kept ? row : row % together()) * steps(); }
    void pack(int64_t row) const {
        if (row % together() != 0) return;
        loops.pack({source(row), a.dtype == LEEWAY_BF16, a.lane_stride, a.k_stride, std::min(together(), rows.count - row), k.count, height,
                    false, panel(row)});
    }
    Ahead next(int64_t row) const {
        const int64_t bytes = bytes_of(a.dtype);
        if (a.k_stride != 1 || row >= rows.count) return {};
        return {static_cast<const char *>(source(row)), a.lane_stride * bytes, std::min(height, rows.count - row), k.count * bytes};
    }
};

/* One block of k of one term: after = before + alpha A B (+ bias), for places whose element (0, 0) is that of the tile. */
void multiply_block(const Output &out, const Term &term, const Tile &tile, Range k, const Place &before, const Place &after, bool bias,
                    const Scratch &scratch) {
    const ProductLoops &loops = loops_of(term);
    const int64_t height = ceil_div(tile.rows.count, ceil_div(tile.rows.count, loops.height)), steps = ceil_div(k.count, loops.step);
    const int64_t strip = strip_of(loops, tile.columns.count, steps);
    const Left left = {loops, term.a, tile.rows, k, height, strip < tile.columns.count, scratch.a};
    for (int64_t n = 0; n < tile.columns.count; n += strip) {
        const Range columns = {tile.columns.first + n, std::min(strip, tile.columns.count - n)};
        const float *b = panels_of(loops, term, columns, k, scratch);
        const float *strip_bias = bias ? bias_of(out, columns, scratch) : nullptr;
        for (int64_t m = 0; m < tile.rows.count; m += height) {
            if (n == 0) left.pack(m);
            loops.panel_row({left.panel(m), b, moved(before, m, n), moved(after, m, n), strip_bias, std::min(height, tile.rows.count - m),
                             columns.count, steps, term.alpha, n == 0 ? left.next(m + height) : Ahead{}});
        }
    }
}

int64_t count_blocks(const Product &job) {
    int64_t blocks = 0;
    for (int64_t t = 0; t < job.terms; t++) blocks += ceil_div(job.term[t].depth, product_block);
    return blocks;
}

/* A C of bf16 is summed in the scratch until its last block. */
void multiply_tile(const Output &out, const Term *terms, int64_t count, int64_t blocks, const Tile &tile, const Scratch &scratch) {
    const Place c = moved(out.c, tile.rows.first, tile.columns.first), start = moved(out.start, tile.rows.first, tile.columns.first);
    const Place running = out.c.narrow ? Place{scratch.sums, tile.columns.count + sums_pitch, 1, false} : c;
    int64_t block = 0;
    for (int64_t t = 0; t < count; t++)
        for (int64_t first = 0; first < terms[t].depth; first += product_block, block++) {
            const Range k = {first, std::min(product_block, terms[t].depth - first)};
            const Place before = block > 0 ? running : start;
            const bool bias = out.bias != nullptr && t == 0 && first + k.count == terms[t].depth;
            multiply_block(out, terms[t], tile, k, before, block + 1 < blocks ? running : c, bias, scratch);
        }
}

struct Grid {
    int64_t rows; /* of a tile */
    int64_t columns;
    int64_t across; /* tiles in a row of tiles */
    int64_t tasks;
};

Grid make_grid(int64_t m, int64_t n, int64_t down, int64_t across) {
    const int64_t width = loops().width;
    Grid grid;
    grid.rows = ceil_div(m, down);
    grid.columns = ceil_div(ceil_div(n, across), width) * width;
    grid.across = ceil_div(n, grid.columns);
    grid.tasks = ceil_div(m, grid.rows) * grid.across;
    return grid;
}

/* Time of a tile in units of one multiply-add of a whole register tile, per unit of k: packing an element costs about 10 of them
 * (measured: 0.085 ns against 0.0087 ns), fetching a packed one from memory as well. */
double tile_cost(const Grid &grid) { return double(grid.rows) * double(grid.columns) + 10.0 * double(grid.rows + grid.columns); }

/* What a tile of a product may measure. */
struct Limits {
    int64_t rows;
    int64_t columns;
};

/* The grid that finishes first on so many threads. It may depend on their number because no bit of C depends on the grid. */
Grid choose_grid(int64_t m, int64_t n, int64_t depth, const Limits &most, int64_t threads) {
    constexpr int64_t cuts[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128};
    constexpr double worth_waking = 4e6; /* multiply-adds: 20 us at 100 GFLOP/s */
    const int64_t down_least = ceil_div(m, most.rows), across_least = ceil_div(n, most.columns);
    Grid best = make_grid(m, n, down_least, across_least);
    if (threads == 1 || (double(m) * double(n) + 10.0 * double(n)) * double(depth) < worth_waking) return best;
    double best_cost = 1e300;
    for (int64_t down : cuts)
        for (int64_t across : cuts) {
            const Grid grid = make_grid(m, n, std::min(down * down_least, m), std::min(across * across_least, n));
            if (grid.tasks > 16 * threads * down_least * across_least) break;
            const double cost = tile_cost(grid) * (double(ceil_div(grid.tasks, threads)) + 0.1);
            if (cost < best_cost) best = grid, best_cost = cost;
        }
    return best;
}

/* With fewer columns than a panel of B has, rows and columns change places; the chains are the same. */
bool is_better_turned(const Product &job) {
    return job.columns < loops().width && job.rows > job.columns && job.terms == 1 && job.bias == nullptr &&
           job.term[0].b.packed == nullptr && job.term[0].b.dtype != LEEWAY_NF4;
}

Limits limits_of(const Product &job, int64_t blocks) {
    if (blocks == 1) return {most_rows, int64_t(1) << 40};
    return {job.dtype == LEEWAY_BF16 ? most_summed_rows : most_rows, most_columns};
}

}  // namespace

void product(leeway_stream *stream, const Product &job) {
    if (job.rows <= 0 || job.columns <= 0) return;
    const bool turned = is_better_turned(job), narrow = job.dtype == LEEWAY_BF16;
    const int64_t rows = turned ? job.columns : job.rows, columns = turned ? job.rows : job.columns, blocks = count_blocks(job);
    const Place c = {job.c, turned ? 1 : job.c_stride, turned ? job.c_stride : 1, narrow};
    const Place base = {const_cast<float *>(job.base), c.row, c.column, false}, nothing = {nullptr, 0, 1, false};
    const Output out = {c, job.base ? base : job.accumulate ? c : nothing, job.bias};
    Term terms[2] = {job.term[0], job.term[1]};
    if (turned) std::swap(terms[0].a, terms[0].b);
    const Grid grid = choose_grid(rows, columns, terms[0].depth, limits_of(job, blocks), thread_count(stream));
    parallel_for(stream, grid.tasks, [&](int64_t index, void *memory) {
        const int64_t row = index / grid.across * grid.rows, column = index % grid.across * grid.columns;
        const Tile tile = {{row, std::min(grid.rows, rows - row)}, {column, std::min(grid.columns, columns - column)}};
        multiply_tile(out, terms, job.terms, blocks, tile, Scratch(memory));
    });
}

int64_t product_width() { return loops().width; }

/* The loops that use a packed B of this dtype. */
static const ProductLoops *packed_loops(leeway_dtype dtype) {
    return dtype == LEEWAY_F32 ? &loops() : dtype == LEEWAY_BF16 ? pair_loops() : nullptr;
}

int64_t product_packed_bytes(leeway_dtype dtype, int64_t columns, int64_t depth) {
    const ProductLoops *loops = packed_loops(dtype);
    if (loops == nullptr) return 0;
    return ceil_div(columns, loops->width) * loops->width * ceil_div(depth, loops->step) * int64_t(sizeof(float));
}

void product_pack(leeway_stream *stream, const Operand &b, int64_t columns, int64_t depth, void *packed) {
    const ProductLoops &loops = *packed_loops(b.dtype);
    const int64_t width = loops.width, panels = ceil_div(columns, width);
    parallel_for(stream, panels, [&](int64_t panel, void *memory) {
        const Scratch scratch(memory);
        const Range lanes = {panel * width, std::min(width, columns - panel * width)};
        for (int64_t first = 0; first < depth; first += product_block) {
            const Range k = {first, std::min(product_block, depth - first)};
            const int64_t steps = ceil_div(k.count, loops.step);
            pack_b(loops, b, false, lanes, k, scratch.b, nullptr);
            std::copy_n(scratch.b, steps * width, static_cast<float *>(packed) + first / loops.step * panels * width + lanes.first * steps);
        }
    });
}

}  // namespace leeway
