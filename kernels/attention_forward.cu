/* attention_forward.cu: causal attention over packed sequences (attention.h; Vaswani et al. 2017 eq. 1).
 *
 *     z = cap(scale q.k)   p = softmax z over the visible keys   out = p v   lse = log sum exp z         q (N,H,D)  k, v (N,K,D)
 *
 * The kernels, their numerics and the bytes that they move are those of attention_mma.cu and, for what doesn't fit tensor cores, of
 * attention.cu. */
#include "attention.h"
#include "attention_mma.h"

using namespace leeway;

leeway_status leeway_attention_forward(leeway_stream *stream, const leeway_attention_forward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "attention_forward", {args->rows, args->heads, args->kv_heads, args->head_dim}));
    if (args->rows == 0) return LEEWAY_OK;
    Sequences sequences = {args->sequence_starts, args->sequences, args->rows, stream->faults, 0};
    const char *sentence = "attention_forward: sequence_starts[%lld] must not fall, from 0 on to rows = %lld";
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_ARGUMENT, sentence, args->rows}, &sequences.rule));
    const AttentionArrays arrays = {args->q, args->k, args->v, args->out, args->lse};
    if (fits_tensor_cores(args->dtype, args->head_dim)) return attend_tensor(stream, attention_shape(*args), sequences, {}, arrays);
    return attend(stream, args->dtype, attention_shape(*args), sequences, {}, arrays);
}
