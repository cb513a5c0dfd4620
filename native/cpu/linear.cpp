/* linear.cpp: y = x W^T + bias + scaling (drop(x) A^T) B^T.
 *
 * x (N,I), W (O,I), A (R,I), B (O,R), y (N,O). LoRA: Hu et al. 2021, eq. 3. The sums are those of product.h: blocks of 512 in order, then
 * bias, then y = fma(scaling, low-rank chain, y), and one rounding where y is bf16. Bytes moved: x, W and y about once while tiles fit the
 * caches; the low-rank term and the bias are added while the tile of y is still there.
 */
#include "linear_operand.h"

using namespace leeway;

leeway_status leeway_linear_forward(leeway_stream *stream, const leeway_linear_forward_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    if (args->rows == 0) return LEEWAY_OK;
    const Operand weight = weight_transposed(args->weight, 0, args->out, args->in);
    const Operand x = by_row(args->x, args->dtype, args->in);
    Product y = dense_product(args->y, args->dtype, args->rows, args->out, args->accumulate == 1, {x, weight, args->in});
    y.bias = args->bias;
    if (lora.rank > 0) {
        if (drops(lora)) lora_drop(stream, lora, args->rows, args->in, args->x, args->dtype, args->dropped);
        const Term low_rank = {drops(lora) ? by_row(args->dropped, args->in) : x, by_row(lora.a, args->in), args->in};
        product(stream, dense_product(args->xa, args->rows, lora.rank, false, low_rank));
        y.terms = 2;
        y.term[1] = {by_row(args->xa, lora.rank), by_row(lora.b, lora.rank), lora.rank, lora.scaling};
    }
    product(stream, y);
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
