/* rope.cu: rotary positions in place, half-split layout; inverse = 1 is the transpose, the gradient (layers.h).
 *
 * Source: Su et al. 2021, eq. 34. With E = rotary_dim / 2 each pair (x[j], x[j+E]) turns by the angle of its row's position.
 * Numerics: fp32, products fused. A block a row, a thread a pack of pairs. Bytes moved: x read and written, one table row a token. */
#include "rope.h"

#include <numeric>

#include "index.h"

namespace {

using namespace leeway;

constexpr int most_threads = 256;

struct Rotation {
    const int32_t *positions;
    const float *cosine;
    const float *sine;
    int64_t stride;
    int32_t heads;
    int32_t head_dim;
    int32_t half; /* E */
    float sign;   /* of the angle */
};

template <class T, int n>
__global__ void __launch_bounds__(most_threads) rotate(Rotation r, T *x, const Faults *faults) {
    if (refused(faults)) return;
    const int64_t angles = int64_t(r.positions[blockIdx.x]) * r.half, row = int64_t(blockIdx.x) * r.stride;
    const int packs = r.half / n;
    for (int i = int(threadIdx.x); i < r.heads * packs; i += int(blockDim.x)) {
        const int j = i % packs * n;
        const auto c = load<n>(r.cosine + angles + j), s = load<n>(r.sine + angles + j);
        T *first = x + row + int64_t(i / packs) * r.head_dim + j, *second = first + r.half;
        auto a = load<n>(first), b = load<n>(second);
        for (int k = 0; k < n; k++) {
            const float sine = r.sign * s.x[k], before = a.x[k];
            a.x[k] = before * c.x[k] - b.x[k] * sine;
            b.x[k] = b.x[k] * c.x[k] + before * sine;
        }
        store<n>(first, a);
        store<n>(second, b);
    }
}

}  // namespace

leeway_status leeway_rope(leeway_stream *stream, const leeway_rope_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "rope", {args->rows, args->heads, args->head_dim, args->rotary_dim}));
    if (args->rows == 0 || args->rotary_dim == 0) return LEEWAY_OK;
    LEEWAY_TRY(check_index(stream, "rope: positions[%lld] is outside 0..%lld", args->positions, args->rows, args->table_rows));
    const int64_t half = args->rotary_dim / 2;
    const Rotation rotation = {args->positions,  args->cosine,           args->sine,    args->stride,
                               int(args->heads), int(args->head_dim), int(half), args->inverse ? -1.0f : 1.0f};
    return with_packs(args->dtype, std::gcd(args->stride, args->head_dim), half, [&](auto type, auto n) {
        using T = decltype(type);
        const int64_t busy = blocks_of(args->heads * (half / n), int64_t(warp)) * warp;
        return LEEWAY_LAUNCH(stream, (rotate<T, n>), unsigned(args->rows), unsigned(std::min<int64_t>(busy, most_threads)), 0, rotation,
                             static_cast<T *>(args->x), stream->faults);
    });
}
