/* thin_product_mma.cu: up to 16 rows times many columns of bf16 on tensor cores: decoding. The sums are those of product_mma.cu.
 *
 * A block owns 16 x 32 elements of C, each of its warps takes a block of 512 k at a time, and the warps' sums are added to the totals in
 * order (thin_total.h). Both operands come in slices of 32 k through three stages of the warp's own shared memory: with 8 warps 48 KiB of B
 * are on their way. Bytes moved: B once, A once for 32 columns.
 */
#include "product_mma.h"

#include "thin_total.h"

namespace leeway {
namespace {

constexpr int stages = 3;
constexpr int stage_bytes = 2 * tile_depth * (thin_rows + thin_wide);
constexpr int warp_bytes = stages * stage_bytes;
constexpr int pieces = thin_wide / 8;
static_assert(ThinPart<thin_rows>::floats * int(sizeof(float)) <= warp_bytes);

/* The sums of the block of k from first on, to shared [row][column]. Every lane of the warp calls it. */
template <class L>
__device__ __forceinline__ void multiply_tensor_block(const SidedTerm &term, int column, int first, char *shared) {
    using LeftTile = Tile<L::left_along_k, thin_rows>;
    const int lane = threadIdx.x % warp, end = min(term.depth, first + int(product_block)), slices = blocks_of(end - first, tile_depth);
    TileCopy<L::left_along_k, thin_rows, warp> left(term.left, 0, first, end, lane);
    RightCopy<L, thin_wide, warp> right(term.right, column, first, end, lane);
    const FragmentPlace<L::left_along_k, thin_rows, true> left_place(0, lane);
    const FragmentPlace<L::right_along_k, thin_wide, false> right_place(0, lane);
    auto begin = [&](int s) {
        char *const stage = shared + s % stages * stage_bytes;
        if (s < slices) {
            left.begin(stage);
            right.begin(stage + LeftTile::bytes);
        }
        commit_async();
    };
    for (int s = 0; s < stages - 1; s++) begin(s);
    SumPiece sum[pieces] = {};
    for (int s = 0; s < slices; s++) {
        wait_async<stages - 2>();
        __syncwarp();  // every lane's part of this slice is there, and the last slice is done with
        begin(s + stages - 1);
        const char *const stage = shared + s % stages * stage_bytes;
        LEEWAY_UNROLL for (int step = 0; step < tile_depth / 16; step++) {
            Left a;
            Right b[pieces];
            load_left<L::left_along_k>(stage + left_place.at(0, step), a);
            LEEWAY_UNROLL for (int j = 0; j < pieces / 2; j++)
                load_right<L::right_along_k>(stage + LeftTile::bytes + right_place.at(j, step), b[2 * j], b[2 * j + 1]);
            LEEWAY_UNROLL for (int j = 0; j < pieces; j++) multiply_add(a, b[j], sum[j]);
        }
    }
    __syncwarp();  // the last slice is done with
    float *const sums = reinterpret_cast<float *>(shared) + lane / 4 * thin_wide + lane % 4 * 2;
    LEEWAY_UNROLL for (int j = 0; j < pieces; j++) {
        LEEWAY_UNROLL for (int h = 0; h < 2; h++)
            store<2>(sums + 8 * h * thin_wide + 8 * j, Floats<2>{sum[j].x[2 * h], sum[j].x[2 * h + 1]});
    }
}

template <class L>
__global__ void __launch_bounds__(thin_most_warps * warp, 2) thin_tensor(SidedProduct job) {
    LEEWAY_DYNAMIC_SHARED(char, shared);
    float *const totals = reinterpret_cast<float *>(shared + blockDim.x / warp * warp_bytes);
    const int column = int(blockIdx.x) * thin_wide;
    const SidedTerm &term = job.term[0];
    begin_totals<thin_rows>(job, 0, column, totals);
    add_blocks<thin_rows>(
        job, term, 0, column, totals,
        [&](int first, int own) { multiply_tensor_block<L>(term, column, first, shared + own * warp_bytes); },
        [&](int b) { return reinterpret_cast<const float *>(shared + b * warp_bytes); });
    if (job.out.bias) add_bias<thin_rows>(job, 0, column, totals);
    if (job.terms == 2)
        add_term<Elements<float>, Elements<float>, thin_rows>(job, job.term[1], 0, column, reinterpret_cast<float *>(shared), totals);
    write_totals<thin_rows>(job, 0, column, totals);
}

}  // namespace

leeway_status thin_tensor_product(leeway_stream *stream, const SidedProduct &job, leeway_dtype right) {
    const int warps = thin_warps(job);
    const unsigned grid = unsigned(blocks_of(job.columns, thin_wide));
    const size_t bytes = size_t(warps * warp_bytes) + thin_rows * thin_wide * sizeof(float);
    return with_layout(job.term[0], right, [&](auto layout) {
        return LEEWAY_LAUNCH(stream, thin_tensor<decltype(layout)>, grid, unsigned(warps * warp), bytes, job);
    });
}

}  // namespace leeway
