/* product.cpp: tiles, tasks and packing of the matrix product; the numerics are in product.h, the loops in product_kernel.h.
 *
 * Bytes moved: C once a block of k, A once a tile column, B once a tile row (packed by each task for itself: it is cheap against the
 * product from 64 rows on, and needs no memory beyond the thread's scratch).
 */
#include "product.h"

#include <algorithm>

#include "parallel.h"
#include "product_isa.h"

namespace leeway {
namespace {

const ProductLoops &choose_loops() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        return product_loops_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return product_loops_avx2;
#endif
    return product_loops_portable;
}

const ProductLoops &loops() {
    static const ProductLoops &chosen = choose_loops();
    return chosen;
}

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/* Scratch of a thread: the packed B tile, one packed panel of A, decoded NF4 of one panel of either. */
constexpr int64_t slack = 64;
constexpr int64_t largest_tile_columns = 512;
constexpr int64_t largest_panel = 32;
constexpr int64_t b_floats = product_block * largest_tile_columns + slack;
constexpr int64_t a_floats = product_block * largest_panel + slack;
static_assert((b_floats + 2 * a_floats) * int64_t(sizeof(float)) <= scratch_bytes_per_thread);

struct Scratch {
    float *b;
    float *a;
    float *decoded;
    explicit Scratch(void *memory) : b(static_cast<float *>(memory)), a(b + b_floats), decoded(a + a_floats) {}
};

/* Packs lanes [first, first + count) of the block of k that starts at k, to [depth][pitch]. */
void pack_lanes(const Operand &from, int64_t first, int64_t count, int64_t k, int64_t depth, int64_t pitch, float *to, float *decoded) {
    const int64_t offset = first * from.lane_stride + k * from.k_stride;
    if (from.codes == nullptr) {
        loops().pack({from.data + offset, from.lane_stride, from.k_stride, count, depth, pitch, to});
        return;
    }
    if (from.k_stride == 1) {
        for (int64_t l = 0; l < count; l++)
            nf4_decode(from.codes, from.absmax, from.origin + offset + l * from.lane_stride, depth, decoded + l * depth);
        loops().pack({decoded, depth, 1, count, depth, pitch, to});
    } else {
        for (int64_t j = 0; j < depth; j++)
            nf4_decode(from.codes, from.absmax, from.origin + offset + j * from.k_stride, count, decoded + j * count);
        loops().pack({decoded, 1, count, count, depth, pitch, to});
    }
}

struct Tile {
    int64_t row;
    int64_t rows;
    int64_t column;
    int64_t columns;
};

/* Panels of B for the tile: packed into scratch, or where they lie in a packed matrix. */
const float *tile_panels(const Operand &b, const Tile &tile, int64_t k, int64_t depth, const Scratch &scratch) {
    const int64_t width = loops().width;
    if (b.packed != nullptr) {
        const int64_t all = ceil_div(b.packed_lanes, width) * width;
        return b.packed + k * all + (b.packed_first + tile.column) * depth;
    }
    for (int64_t n = 0; n < tile.columns; n += width)
        pack_lanes(b, tile.column + n, std::min(width, tile.columns - n), k, depth, width, scratch.b + n * depth, scratch.decoded);
    return scratch.b;
}

void multiply_tile(const Product &job, const Term &term, const Tile &tile, bool add, const Scratch &scratch) {
    const int64_t panels = ceil_div(tile.rows, loops().height);
    for (int64_t k = 0; k < term.depth; k += product_block) {
        const int64_t depth = std::min(product_block, term.depth - k);
        const float *b = tile_panels(term.b, tile, k, depth, scratch);
        for (int64_t panel = 0; panel < panels; panel++) {
            const int64_t begin = tile.rows * panel / panels, end = tile.rows * (panel + 1) / panels;
            pack_lanes(term.a, tile.row + begin, end - begin, k, depth, end - begin, scratch.a, scratch.decoded);
            float *c = job.c + (tile.row + begin) * job.c_stride + tile.column;
            loops().panel_row({scratch.a, b, c, job.c_stride, end - begin, tile.columns, depth, term.alpha, add || k > 0});
        }
    }
}

void add_bias(const Product &job, const Tile &tile) {
    for (int64_t m = tile.row; m < tile.row + tile.rows; m++) {
        float *c = job.c + m * job.c_stride;
        for (int64_t n = tile.column; n < tile.column + tile.columns; n++) c[n] += job.bias[n];
    }
}

/* Tiles of even size, given the largest; columns are cut between panels. */
struct Grid {
    int64_t down;
    int64_t across;
    int64_t rows;
    int64_t columns;

    Tile tile(int64_t index, const Product &job) const {
        const int64_t row = index / across * rows, column = index % across * columns;
        return {row, std::min(rows, job.rows - row), column, std::min(columns, job.columns - column)};
    }
};

Grid make_grid(int64_t m, int64_t n, int64_t rows, int64_t columns) {
    const int64_t width = loops().width;
    Grid grid;
    grid.columns = ceil_div(ceil_div(n, ceil_div(n, columns)), width) * width;
    grid.rows = ceil_div(m, ceil_div(m, rows));
    grid.across = ceil_div(n, grid.columns);
    grid.down = ceil_div(m, grid.rows);
    return grid;
}

/* Few large tiles repack least; at least 24 keep the threads of a small machine evenly busy. */
Grid choose_grid(const Product &job) {
    Grid grid = make_grid(job.rows, job.columns, 512, 256);
    for (int64_t rows = 512, columns = 256; grid.down * grid.across < 24 && rows > 64;) {
        if (rows >= 2 * columns || columns <= 64) rows /= 2;
        else columns /= 2;
        grid = make_grid(job.rows, job.columns, rows, columns);
    }
    return grid;
}

}  // namespace

void product(leeway_stream *stream, const Product &job) {
    if (job.rows <= 0 || job.columns <= 0) return;
    const Grid grid = choose_grid(job);
    parallel_for(stream, grid.down * grid.across, [&](int64_t index, void *memory) {
        const Scratch scratch(memory);
        const Tile tile = grid.tile(index, job);
        multiply_tile(job, job.term[0], tile, job.accumulate, scratch);
        if (job.bias != nullptr) add_bias(job, tile);
        if (job.terms == 2) multiply_tile(job, job.term[1], tile, true, scratch);
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
        const int64_t first = panel * width, count = std::min(width, columns - first);
        for (int64_t k = 0; k < depth; k += product_block) {
            const int64_t block = std::min(product_block, depth - k);
            pack_lanes(b, first, count, k, block, width, scratch.b, scratch.decoded);
            std::copy_n(scratch.b, block * width, packed + k * panels * width + first * block);
        }
    });
}

}  // namespace leeway
