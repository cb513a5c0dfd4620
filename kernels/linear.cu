/* linear.cu: y = x W^T + bias + scaling (drop(x) A^T) B^T.
 *
 * x (N,I), W (O,I), A (R,I), B (O,R), y (N,O). LoRA: Hu et al. 2021, eq. 3. The sums are those of operand.h: blocks of 512 in order, then
 * bias, then y = fma(scaling, low-rank chain, y), and one rounding where y is bf16. Bytes moved: as product.cu says; the low-rank term and
 * the bias are added while the tile of y is in registers. There is no packed layout.
 */
#include "linear_operand.h"
#include "linear_products.h"

using namespace leeway;

leeway_status leeway_linear_forward(leeway_stream *stream, const leeway_linear_forward_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "linear_forward", {args->rows, args->in, args->out, lora.rank}));
    if (args->rows == 0) return LEEWAY_OK;
    if (drops(lora)) LEEWAY_TRY(lora_drop(stream, lora, args->rows, args->in, args->x, args->dtype, args->dropped));
    if (lora.rank > 0) LEEWAY_TRY(product(stream, linear_xa(*args)));
    return product(stream, linear_y(*args));
}

leeway_status leeway_packed_bytes(leeway_stream *, const leeway_packed_bytes_args *args) {
    LEEWAY_TRY(check(*args));
    *args->bytes = 0;
    return LEEWAY_OK;
}

leeway_status leeway_pack_weight(leeway_stream *, const leeway_pack_weight_args *args) {
    LEEWAY_TRY(check(*args));
    return fail(LEEWAY_UNSUPPORTED, "pack_weight: this back end has no packed layout of dtype %d (packed_bytes says 0)",
                int(args->weight.dtype));
}
