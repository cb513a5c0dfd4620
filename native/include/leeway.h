/* leeway.h: the C ABI of every Leeway back end (libleeway_cpu, libleeway_cuda, libleeway_emu).
 *
 * This header and the parts that it includes are the full specification: shapes, formulas, number types, determinism.
 *
 * CALLS     Every function but the three in runtime.h that take no stream has the form
 *               leeway_status leeway_OP(leeway_stream *stream, const leeway_OP_args *args);
 *           It checks its arguments, queues the work on the stream and returns LEEWAY_OK, or returns another status and leaves
 *           every output untouched; leeway_message() then says why in one sentence. The CPU finishes the work before it returns;
 *           on CUDA what only a look into the arrays can tell is told by leeway_synchronize.
 * SHAPES    Row-major and dense; the last axis is contiguous; a "stride" counts elements between rows. Letters:
 *               N tokens of a packed batch   S sequences   H query heads   K key/value heads   D head dim   C hidden size
 *               F intermediate size          V vocabulary  R LoRA rank     I in, O out of a linear layer    M scored rows
 *           Packed batches carry no padding: sequence s owns rows sequence_starts[s] .. sequence_starts[s+1]-1,
 *           sequence_starts[0] = 0 and sequence_starts[S] = N.
 * POINTERS  Addresses of the back end's memory (leeway_allocate), multiples of 16. const = in; otherwise out, or in and out
 *           where the comment says "+=". "or NULL" marks what may be absent. Outputs never alias inputs unless stated.
 * NUMBERS   LEEWAY_F32: all arithmetic in fp32. LEEWAY_BF16 operands: products accumulate in fp32; norms, softmax, log-sum-exp and
 *           rotations are computed in fp32; one rounding (nearest even) at each store. Columns of the head, saved statistics
 *           (rstd, lse), LoRA A and B, gradients of LoRA and optimiser moments are fp32 unless a dtype field says otherwise.
 *           A dtype that a back end lacks is refused with LEEWAY_UNSUPPORTED.
 * SAME BITS Same machine, same inputs, same bits, for any number of threads or blocks: no float atomics, every reduction runs over
 *           fixed blocks in a fixed order. A row's result depends on that row alone (never on how many rows run beside it), so a
 *           forward pass is batch invariant; sums over rows (weight gradients) depend on the order of the rows only.
 */
#ifndef LEEWAY_H
#define LEEWAY_H

#include "leeway/runtime.h"
#include "leeway/elementwise.h"
#include "leeway/layers.h"
#include "leeway/linear.h"
#include "leeway/attention.h"
#include "leeway/head.h"
#include "leeway/sampling.h"
#include "leeway/optimizer.h"

#endif
