/* rows.cpp: gather_rows and scatter_rows (elementwise.h). Copies; bytes moved: twice the rows, and scatter's zeros. */
#include "rows.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "dtype.h"
#include "index.h"
#include "parallel.h"

namespace {

using namespace leeway;

/* Rows of so many bytes a task, so that a task moves about 256 KiB. */
int64_t rows_a_task(int64_t width) { return std::max<int64_t>(1, (int64_t(1) << 18) / std::max<int64_t>(1, width)); }

int64_t first_repeated(const int32_t *index, int64_t rows, int64_t limit) {
    std::vector<bool> seen(size_t(limit), false);
    for (int64_t r = 0; r < rows; r++) {
        if (seen[size_t(index[r])]) return r;
        seen[size_t(index[r])] = true;
    }
    return -1;
}

}  // namespace

leeway_status leeway_gather_rows(leeway_stream *stream, const leeway_gather_rows_args *args) {
    LEEWAY_TRY(check(*args));
    if (args->rows == 0 || args->width == 0) return LEEWAY_OK;
    LEEWAY_TRY(check_index("gather_rows", "index", args->index, args->rows, args->source_rows));
    auto *source = static_cast<const char *>(args->source);
    auto *destination = static_cast<char *>(args->destination);
    int64_t width = args->width * bytes_of(args->dtype);  // bytes
    parallel_blocks(stream, args->rows, rows_a_task(width), [=](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; r++)
            std::memcpy(destination + r * width, source + int64_t(args->index[r]) * width, size_t(width));
    });
    return LEEWAY_OK;
}

namespace {

leeway_status scatter_checked(leeway_stream *stream, const leeway_scatter_rows_args *args) {
    LEEWAY_TRY(check(*args));
    if (args->width == 0) return LEEWAY_OK;
    LEEWAY_TRY(check_index("scatter_rows", "index", args->index, args->rows, args->destination_rows));
    int64_t bad = first_repeated(args->index, args->rows, args->destination_rows);
    if (bad >= 0)
        return fail(LEEWAY_BAD_DATA, "scatter_rows: index[%lld] = %d occurs twice", (long long)bad, int(args->index[bad]));
    auto *source = static_cast<const char *>(args->source);
    auto *destination = static_cast<char *>(args->destination);
    int64_t width = args->width * bytes_of(args->dtype);  // bytes
    parallel_blocks(stream, args->destination_rows, rows_a_task(width), [=](int64_t begin, int64_t end) {
        std::memset(destination + begin * width, 0, size_t((end - begin) * width));
    });
    parallel_blocks(stream, args->rows, rows_a_task(width), [=](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; r++)
            std::memcpy(destination + int64_t(args->index[r]) * width, source + r * width, size_t(width));
    });
    return LEEWAY_OK;
}

}  // namespace

leeway_status leeway_scatter_rows(leeway_stream *stream, const leeway_scatter_rows_args *args) {
    return without_throwing("scatter_rows", [=] { return scatter_checked(stream, args); });
}
