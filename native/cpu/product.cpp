/* product.cpp: tasks of the matrix product; the numerics are in product.h, tiles in product_span.h, the loops in product_kernel.h.
 *
 * Each task packs A and B of its tile for itself, which needs no memory beyond the thread's scratch and no waiting, and costs
 * 10 / rows + 10 / columns of the tile's time. Bytes moved: C once a span of k (in the thread's scratch where C is bf16), A once a column
 * of tiles, B once a row of tiles.
 */
#include "product.h"

#include <algorithm>

#include "parallel.h"
#include "product_span.h"

namespace leeway {
namespace {

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

Limits limits_of(const Product &job, Walk walk) {
    const Span first = walk.next();
    if (walk.ends()) return {a_floats / first.steps, int64_t(1) << 40};
    return {job.dtype == LEEWAY_BF16 ? most_summed_rows : most_rows, most_columns};
}

/* One term of few columns whose rows of A are read where they lie: packing them would take as long as multiplying them. */
bool is_thin(const Product &job) {
    const Operand &a = job.term[0].a, &b = job.term[0].b;
    const ProductLoops &loops = loops_of(job.term[0]);
    return job.terms == 1 && job.bias == nullptr && job.base == nullptr && job.columns <= loops.width && job.rows >= loops.thin &&
           loops.thin > 0 && a.k_stride == 1 && a.dtype != LEEWAY_NF4 && b.dtype != LEEWAY_NF4 && b.packed == nullptr &&
           job.term[0].depth * loops.width <= scratch_bytes_per_thread / int64_t(sizeof(float)) - slack;
}

/* C of so many rows from first on. */
void multiply_thin(const Product &job, int64_t first, int64_t count, float *panel) {
    const Term &term = job.term[0];
    const ProductLoops &loops = loops_of(term);
    const int64_t pitch = job.columns <= loops.width / 2 ? loops.width / 2 : loops.width;
    loops.pack({term.b.data, term.b.dtype == LEEWAY_BF16, term.b.lane_stride, term.b.k_stride, job.columns, term.depth, pitch, true,
                panel});
    const int64_t height = ceil_div(count, ceil_div(count, loops.thin));
    const Place c = {job.c, job.c_stride, 1, job.dtype == LEEWAY_BF16}, nothing = {nullptr, 0, 1, false};
    for (int64_t row = first; row < first + count; row += height) {
        const Place at = moved(c, row, 0);
        loops.multiply({element_at(term.a, row * term.a.lane_stride), panel, 0, {term.a.lane_stride, term.a.dtype == LEEWAY_BF16}, {},
                        job.accumulate ? at : nothing, at, nullptr, std::min(height, first + count - row), job.columns, term.depth,
                        product_block, term.alpha});
    }
}

void product_thin(leeway_stream *stream, const Product &job) {
    constexpr int64_t most = 256, least = 64; /* rows of a task */
    const int64_t threads = thread_count(stream), rounds = ceil_div(job.rows, most * threads);
    const int64_t rows = std::max(least, ceil_div(job.rows, rounds * threads));
    parallel_for(stream, ceil_div(job.rows, rows), [&](int64_t index, void *memory) {
        multiply_thin(job, index * rows, std::min(rows, job.rows - index * rows), static_cast<float *>(memory));
    });
}

}  // namespace

void product(leeway_stream *stream, const Product &job) {
    if (job.rows <= 0 || job.columns <= 0) return;
    if (is_thin(job)) return product_thin(stream, job);
    const bool turned = is_better_turned(job), narrow = job.dtype == LEEWAY_BF16;
    const int64_t rows = turned ? job.columns : job.rows, columns = turned ? job.rows : job.columns;
    const Place c = {job.c, turned ? 1 : job.c_stride, turned ? job.c_stride : 1, narrow};
    const Place base = {const_cast<float *>(job.base), c.row, c.column, false}, nothing = {nullptr, 0, 1, false};
    const Output out = {c, job.base ? base : job.accumulate ? c : nothing, job.bias};
    Term terms[2] = {job.term[0], job.term[1]};
    if (turned) std::swap(terms[0].a, terms[0].b);
    const int64_t most_steps = rows <= loops().height ? column_steps : narrow ? span_steps : product_block / loops_of(terms[0]).step;
    const Walk walk = {terms, job.terms, job.bias != nullptr, most_steps};
    const Grid grid = choose_grid(rows, columns, terms[0].depth, limits_of(job, walk), thread_count(stream));
    parallel_for(stream, grid.tasks, [&](int64_t index, void *memory) {
        const int64_t row = index / grid.across * grid.rows, column = index % grid.across * grid.columns;
        const Tile tile = {{row, std::min(grid.rows, rows - row)}, {column, std::min(grid.columns, columns - column)}};
        multiply_tile(out, walk, tile, Scratch(memory));
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
    const int64_t steps = ceil_div(depth, loops.step);
    parallel_for(stream, panels, [&](int64_t panel, void *memory) {
        const Scratch scratch(memory);
        const Range lanes = {panel * width, std::min(width, columns - panel * width)};
        float *to = static_cast<float *>(packed) + lanes.first * steps;
        for (int64_t first = 0; first < depth; first += product_block) {
            const Range k = {first, std::min(product_block, depth - first)};
            pack_b(loops, b, false, lanes, k, scratch.b, nullptr);
            std::copy_n(scratch.b, ceil_div(k.count, loops.step) * width, to + first / loops.step * width);
        }
    });
}

}  // namespace leeway
