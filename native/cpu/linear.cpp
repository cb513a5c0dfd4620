/* linear.cpp: y = x W^T + bias + scaling (drop(x) A^T) B^T.
 *
 * x (N,I), W (O,I), A (R,I), B (O,R), y (N,O). LoRA: Hu et al. 2021, eq. 3. The sums are those of product.h: blocks of 512 in order, then
 * bias, then y = fma(scaling, low-rank chain, y), and one rounding where y is bf16. Bytes moved: x, W and y about once while tiles fit the
 * caches; the low-rank term and the bias are added while the tile of y is still there.
 */
#include "linear_operand.h"
#include "linear_products.h"

using namespace leeway;

leeway_status leeway_linear_forward(leeway_stream *stream, const leeway_linear_forward_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    if (args->rows == 0) return LEEWAY_OK;
    if (drops(lora)) lora_drop(stream, lora, args->rows, args->in, args->x, args->dtype, args->dropped);
    if (lora.rank > 0) product(stream, linear_xa(*args));
    product(stream, linear_y(*args));
    return LEEWAY_OK;
}

leeway_status leeway_packed_bytes(leeway_stream *, const leeway_packed_bytes_args *args) {
    LEEWAY_TRY(check(*args));
    *args->bytes = product_packed_bytes(args->dtype, args->out, args->in);
    return LEEWAY_OK;
}

leeway_status leeway_pack_weight(leeway_stream *stream, const leeway_pack_weight_args *args) {
    LEEWAY_TRY(check(*args));
    leeway_weight weight = args->weight;
    weight.packed = nullptr;
    if (product_packed_bytes(weight.dtype, args->out, args->in) == 0)
        return fail(LEEWAY_UNSUPPORTED, "pack_weight: this processor has no packed layout of dtype %d (packed_bytes says 0)",
                    int(weight.dtype));
    product_pack(stream, weight_transposed(weight, 0, args->out, args->in), args->out, args->in, args->packed);
    return LEEWAY_OK;
}
