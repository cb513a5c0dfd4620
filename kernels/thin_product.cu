/* thin_product.cu: the product of a few rows with many columns, and turned: decoding, low ranks. The sums are those of product.cu.
 *
 * A block owns 4 or 8 lanes of left x 32 lanes of right; each of its warps takes a block of 512 k at a time, a lane of the warp one lane
 * of right. So chains stay whole, and many are under way. When every warp has its sums, they are added to the totals in order. Both
 * operands come in slices of 32 k through the warp's own shared memory (thin_total.h). Bytes moved: right once for 8 lanes of left.
 */
#include "product.h"
#include "thin_total.h"

namespace leeway {
namespace {

template <class Left, class Right, int lanes>
__global__ void __launch_bounds__(thin_most_warps * warp, 2) thin(SidedProduct job) {
    LEEWAY_DYNAMIC_SHARED(float, shared);
    float *totals = shared + blockDim.x / warp * ThinPart<lanes>::floats;
    const unsigned groups = unsigned(blocks_of(job.rows, lanes));
    const int row = int(blockIdx.x % groups) * lanes, column = int(blockIdx.x / groups) * thin_wide;
    begin_totals<lanes>(job, row, column, totals);
    add_term<Left, Right, lanes>(job, job.term[0], row, column, shared, totals);
    if (job.out.bias) add_bias<lanes>(job, row, column, totals);
    if (job.terms == 2) add_term<Elements<float>, Elements<float>, lanes>(job, job.term[1], row, column, shared, totals);
    write_totals<lanes>(job, row, column, totals);
}

template <int lanes>
leeway_status launch_thin(leeway_stream *stream, const SidedProduct &job, leeway_dtype left, leeway_dtype right) {
    const int warps = thin_warps(job);
    const unsigned grid = unsigned(blocks_of(job.rows, lanes)) * unsigned(blocks_of(job.columns, thin_wide));
    const size_t bytes = size_t(warps * ThinPart<lanes>::floats + lanes * thin_wide) * sizeof(float);
    return with_elements(left, right, [&](auto left_elements, auto right_elements) {
        using Left = typename decltype(left_elements)::type;
        using Right = typename decltype(right_elements)::type;
        return LEEWAY_LAUNCH(stream, (thin<Left, Right, lanes>), grid, unsigned(warps * warp), bytes, job);
    });
}

}  // namespace

leeway_status thin_product(leeway_stream *stream, const SidedProduct &job, leeway_dtype left, leeway_dtype right) {
    return job.rows <= 4 ? launch_thin<4>(stream, job, left, right) : launch_thin<8>(stream, job, left, right);
}

}  // namespace leeway
