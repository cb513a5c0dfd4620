/* rows.cu: gather_rows and scatter_rows (elementwise.h). Copies by a warp a row; bytes moved: each row once each way.
 *
 * scatter_rows first notes for each row of the destination which one goes there, by integer minima; that names repeated indices as well,
 * and the rows that nothing goes to are zeroed on the way. */
#include "rows.h"

#include "dtype.h"
#include "index.h"

namespace {

using namespace leeway;

constexpr int threads = 256;
constexpr int rows_a_block = threads / warp;
constexpr int32_t nobody = INT32_MAX;

/* A row is units of 16, 4 or 2 bytes. */
template <class Unit>
__global__ void __launch_bounds__(threads) gather(int64_t rows, int64_t units, const int32_t *index, const Unit *source, Unit *destination,
                                                  IndexRule check) {
    const int64_t row = int64_t(blockIdx.x) * rows_a_block + threadIdx.y;
    if (row >= rows || !check.holds(index[row], row, threadIdx.x == 0)) return;
    const int64_t from = int64_t(index[row]) * units, to = row * units;
    for (int64_t c = threadIdx.x; c < units; c += warp) destination[to + c] = source[from + c];
}

__global__ void __launch_bounds__(threads) clear_owners(int64_t count, int32_t *owner) {
    for (int64_t i = grid_index(); i < count; i += grid_stride()) owner[i] = nobody;
}

/* owner[index[r]] = the first such r; reports what is outside. */
__global__ void __launch_bounds__(threads) claim(int64_t rows, const int32_t *index, int64_t limit, int32_t *owner, Faults *faults,
                                                 uint32_t outside) {
    for (int64_t r = grid_index(); r < rows; r += grid_stride()) {
        if (index[r] < 0 || index[r] >= limit) report(faults, outside, r);
        else atomicMin(owner + index[r], int32_t(r));
    }
}

__global__ void __launch_bounds__(threads) find_repeated(int64_t rows, const int32_t *index, int64_t limit, const int32_t *owner,
                                                         Faults *faults, uint32_t repeated) {
    for (int64_t r = grid_index(); r < rows; r += grid_stride())
        if (index[r] >= 0 && index[r] < limit && owner[index[r]] != int32_t(r)) report(faults, repeated, r);
}

template <class Unit>
__global__ void __launch_bounds__(threads) scatter(int64_t rows, int64_t units, const int32_t *owner, const Unit *source,
                                                   Unit *destination, const Faults *faults) {
    const int64_t row = int64_t(blockIdx.x) * rows_a_block + threadIdx.y;
    if (refused(faults) || row >= rows) return;
    const int64_t from = int64_t(owner[row]) * units, to = row * units;
    const bool empty = owner[row] == nobody;
    for (int64_t c = threadIdx.x; c < units; c += warp) destination[to + c] = empty ? Unit{} : source[from + c];
}

/* body(Unit(), units) for rows of width elements. */
template <class Body>
leeway_status with_units(leeway_dtype dtype, int64_t width, Body body) {
    const int64_t bytes = width * bytes_of(dtype);
    if (bytes % 16 == 0) return body(Pack<uint32_t, 4>(), bytes / 16);
    return bytes % 4 == 0 ? body(uint32_t(), bytes / 4) : body(uint16_t(), bytes / 2);
}

dim3 row_block() { return {warp, rows_a_block}; }

unsigned row_grid(int64_t rows) { return unsigned(blocks_of(rows, int64_t(rows_a_block))); }

/* owner (destination_rows) in the stream's scratch. */
leeway_status note_owners(leeway_stream *stream, const leeway_scatter_rows_args &args, int32_t *owner) {
    uint32_t outside = 0, repeated = 0;
    const int64_t rows = args.rows, limit = args.destination_rows;
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, "scatter_rows: index[%lld] is outside 0..%lld", limit - 1}, &outside));
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, "scatter_rows: index[%lld] occurs twice", 0}, &repeated));
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, clear_owners, grid_for(stream, limit, threads), threads, 0, limit, owner));
    const unsigned blocks = grid_for(stream, rows, threads);
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, claim, blocks, threads, 0, rows, args.index, limit, owner, stream->faults, outside));
    return LEEWAY_LAUNCH(stream, find_repeated, blocks, threads, 0, rows, args.index, limit, owner, stream->faults, repeated);
}

}  // namespace

leeway_status leeway_gather_rows(leeway_stream *stream, const leeway_gather_rows_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "gather_rows", {args->rows, args->width, args->source_rows}));
    if (args->rows == 0 || args->width == 0) return LEEWAY_OK;
    IndexRule check;
    LEEWAY_TRY(index_rule(stream, "gather_rows: index[%lld] is outside 0..%lld", args->source_rows, &check));
    return with_units(args->dtype, args->width, [&](auto unit, int64_t units) {
        using Unit = decltype(unit);
        return LEEWAY_LAUNCH(stream, gather<Unit>, row_grid(args->rows), row_block(), 0, args->rows, units, args->index,
                             static_cast<const Unit *>(args->source), static_cast<Unit *>(args->destination), check);
    });
}

leeway_status leeway_scatter_rows(leeway_stream *stream, const leeway_scatter_rows_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "scatter_rows", {args->rows, args->width, args->destination_rows}));
    if (args->width == 0 || (args->rows == 0 && args->destination_rows == 0)) return LEEWAY_OK;
    constexpr int64_t most = scratch_bytes / int64_t(sizeof(int32_t));
    if (args->destination_rows > most)
        return fail(LEEWAY_UNSUPPORTED, "scatter_rows: this back end scatters into at most %lld rows, got %lld", (long long)most,
                    (long long)args->destination_rows);
    auto *owner = reinterpret_cast<int32_t *>(stream->scratch);
    LEEWAY_TRY(note_owners(stream, *args, owner));
    if (args->destination_rows == 0) return LEEWAY_OK;
    return with_units(args->dtype, args->width, [&](auto unit, int64_t units) {
        using Unit = decltype(unit);
        return LEEWAY_LAUNCH(stream, scatter<Unit>, row_grid(args->destination_rows), row_block(), 0, args->destination_rows, units, owner,
                             static_cast<const Unit *>(args->source), static_cast<Unit *>(args->destination), stream->faults);
    });
}
