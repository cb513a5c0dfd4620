/* product.cpp: tiles, tasks and packing of the matrix product; the numerics are in product.h, the loops in product_kernel.h.
 *
 * Each task packs A and B of its tile for itself, which needs no memory beyond the thread's scratch and no waiting, and costs
 * 10 / rows + 10 / columns of the tile's time. Bytes moved: C once a block of k, A once a column of tiles, B once a row of tiles.
 */
#include "product.h"

#include <algorithm>

#include "host.h"
#include "parallel.h"
#include "product_isa.h"

namespace leeway {
namespace {

const ProductLoops &choose_loops() {
#if defined(__x86_64__)
    if (instruction_set() == Isa::avx512) return product_loops_avx512;
    if (instruction_set() == Isa::avx2) return product_loops_avx2;
#endif
    return product_loops_portable;
}

const ProductLoops &loops() {
    static const ProductLoops &chosen = choose_loops();
    return chosen;
}

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/* Scratch of a thread: A packed for all rows of the tile, B for a strip of its columns, both for one block of k; one panel of NF4. */
constexpr int64_t most_rows = 1024;
constexpr int64_t strip = 256;
constexpr int64_t slack = 64;
constexpr int64_t a_floats = product_block * most_rows + slack;
constexpr int64_t b_floats = product_block * strip + slack;
constexpr int64_t decoded_floats = product_block * 32;
static_assert((a_floats + b_floats + decoded_floats) * int64_t(sizeof(float)) <= scratch_bytes_per_thread);

struct Scratch {
    float *a;
    float *b;
    float *decoded;
    explicit Scratch(void *memory) : a(static_cast<float *>(memory)), b(a + a_floats), decoded(b + b_floats) {}
};

struct Range {
    int64_t first;
    int64_t count;
};

/* Packs B's columns for the block k into padded panels. */
void pack_b(const Operand &b, Range columns, Range k, float *to, float *decoded) {
    const int64_t width = loops().width, offset = columns.first * b.lane_stride + k.first * b.k_stride;
    if (b.codes == nullptr) {
        loops().pack({b.data + offset, b.lane_stride, b.k_stride, columns.count, k.count, width, true, to});
        return;
    }
    for (int64_t n = 0; n < columns.count; n += width) {
        const int64_t lanes = std::min(width, columns.count - n), first = b.origin + offset + n * b.lane_stride;
        const bool along_k = b.k_stride == 1;
        const int64_t runs = along_k ? lanes : k.count, length = along_k ? k.count : lanes, step = along_k ? b.lane_stride : b.k_stride;
        for (int64_t r = 0; r < runs; r++) nf4_decode(b.codes, b.absmax, first + r * step, length, decoded + r * length);
        loops().pack({decoded, along_k ? length : 1, along_k ? 1 : length, lanes, k.count, width, true, to + n * k.count});
    }
}

/* A tile of C; and C as the product sees it. */
struct Tile {
    Range rows;
    Range columns;
};

struct Output {
    float *c;
    int64_t row;    /* elements between rows */
    int64_t column; /* and between columns */
    bool accumulate;
};

/* Panels of B's columns for the block k: packed now, or where they lie in a packed matrix. */
const float *panels_of(const Operand &b, Range columns, Range k, const Scratch &scratch) {
    if (b.packed != nullptr) {
        const int64_t all = ceil_div(b.packed_lanes, loops().width) * loops().width;
        return b.packed + k.first * all + (b.packed_first + columns.first) * k.count;
    }
    pack_b(b, columns, k, scratch.b, scratch.decoded);
    return scratch.b;
}

void multiply_tile(const Output &out, const Term &term, const Tile &tile, const Scratch &scratch) {
    const int64_t height = ceil_div(tile.rows.count, ceil_div(tile.rows.count, loops().height));
    for (int64_t first = 0; first < term.depth; first += product_block) {
        const Range k = {first, std::min(product_block, term.depth - first)};
        const float *from = term.a.data + tile.rows.first * term.a.lane_stride + k.first * term.a.k_stride;
        loops().pack({from, term.a.lane_stride, term.a.k_stride, tile.rows.count, k.count, height, false, scratch.a});
        const bool add = out.accumulate || first > 0;
        for (int64_t n = 0; n < tile.columns.count; n += strip) {
            const Range columns = {tile.columns.first + n, std::min(strip, tile.columns.count - n)};
            const float *b = panels_of(term.b, columns, k, scratch);
            for (int64_t m = 0; m < tile.rows.count; m += height) {
                float *c = out.c + (tile.rows.first + m) * out.row + columns.first * out.column;
                loops().panel_row({scratch.a + m * k.count, b, c, out.row, out.column, std::min(height, tile.rows.count - m),
                                   columns.count, k.count, term.alpha, add});
            }
        }
    }
}

void add_bias(const Product &job, const Tile &tile) {
    for (int64_t m = tile.rows.first; m < tile.rows.first + tile.rows.count; m++) {
        float *c = job.c + m * job.c_stride;
        for (int64_t n = tile.columns.first; n < tile.columns.first + tile.columns.count; n++) c[n] += job.bias[n];
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

/* The grid that finishes first on so many threads. It may depend on their number because no bit of C depends on the grid. */
Grid choose_grid(int64_t m, int64_t n, int64_t depth, int64_t threads) {
    constexpr int64_t cuts[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128};
    constexpr double worth_waking = 4e6; /* multiply-adds: 20 us at 100 GFLOP/s */
    constexpr int64_t most_columns = 1024; /* of a tile that several blocks of k are added to: it stays in the L3 cache */
    const int64_t down_least = ceil_div(m, most_rows), across_least = depth > product_block ? ceil_div(n, most_columns) : 1;
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
           job.term[0].b.packed == nullptr && job.term[0].b.codes == nullptr;
}

}  // namespace

void product(leeway_stream *stream, const Product &job) {
    if (job.rows <= 0 || job.columns <= 0) return;
    const bool turned = is_better_turned(job);
    const int64_t rows = turned ? job.columns : job.rows, columns = turned ? job.rows : job.columns;
    const Output out = {job.c, turned ? 1 : job.c_stride, turned ? job.c_stride : 1, job.accumulate};
    Term first = job.term[0];
    if (turned) std::swap(first.a, first.b);
    const Grid grid = choose_grid(rows, columns, first.depth, thread_count(stream));
    parallel_for(stream, grid.tasks, [&](int64_t index, void *memory) {
        const Scratch scratch(memory);
        const int64_t row = index / grid.across * grid.rows, column = index % grid.across * grid.columns;
        const Tile tile = {{row, std::min(grid.rows, rows - row)}, {column, std::min(grid.columns, columns - column)}};
        multiply_tile(out, first, tile, scratch);
        if (job.bias != nullptr) add_bias(job, tile);
        if (job.terms == 2) multiply_tile({out.c, out.row, out.column, true}, job.term[1], tile, scratch);
    });
}

int64_t product_width() { return loops().width; }

int64_t product_packed_bytes(int64_t columns, int64_t depth) {
    return ceil_div(columns, loops().width) * loops().width * depth * int64_t(sizeof(float));
}

void product_pack(leeway_stream *stream, const Operand &b, int64_t columns, int64_t depth, float *packed) {
    const int64_t width = loops().width, panels = ceil_div(columns, width);
    parallel_for(stream, panels, [&](int64_t panel, void *memory) {
        const Scratch scratch(memory);
        const Range lanes = {panel * width, std::min(width, columns - panel * width)};
        for (int64_t first = 0; first < depth; first += product_block) {
            const Range k = {first, std::min(product_block, depth - first)};
            pack_b(b, lanes, k, scratch.b, scratch.decoded);
            std::copy_n(scratch.b, k.count * width, packed + first * panels * width + lanes.first * k.count);
        }
    });
}

}  // namespace leeway
