/* product.h: the matrix product that linear layers and the head are made of.
 *
 *     C[m,n] (+)= sum over terms t of alpha_t * sum over k of A_t[m,k] B_t[k,n]      and + bias[n] behind the first term
 *
 * Operands are fp32, bf16 or NF4, C is fp32 or bf16, accumulation is in fp32, in the order that operand.h states, whatever M, N, the
 * strides, the packing, the tiles and the number of threads. The product of two bf16 operands has the bits of the product of the same
 * numbers in fp32 (subnormal numbers may count as 0).
 *
 * How: a task owns a tile of C. For as many blocks of k as fit (a span) it packs A's rows of the tile into panels of at most `height`
 * rows, then walks the columns in strips: it packs B's columns into panels of `width` and multiplies all panels of A with them, block
 * after block, C waiting in the L1 cache. The strip of B stays in L2. Two bf16 operands are packed as pairs where the processor multiplies
 * pairs, else widened. B may come packed (leeway_pack_weight), which skips its packing. With a low rank (few rows or columns of C, one
 * term) the long operand is multiplied where it lies.
 */
#pragma once

#include <cstdint>

#include "bf16.h"
#include "operand.h"

namespace leeway {

/* Computes C. M = 0 or N = 0: nothing. */
void product(leeway_stream *stream, const Product &job);

/* Columns of a panel on this machine. */
int64_t product_width();

/* Bytes of a packed B of so many columns and this dtype; 0 where this processor has no layout that is used in its place. */
int64_t product_packed_bytes(leeway_dtype dtype, int64_t columns, int64_t depth);

/* Writes all panels of B one behind the other, [step][width], columns behind the last one as zeros. */
void product_pack(leeway_stream *stream, const Operand &b, int64_t columns, int64_t depth, void *packed);

/* y[n] for n in [0, count) of an NF4 matrix, from element first on, rounded where y is bf16. */
void nf4_decode(const void *codes, const float *absmax, int64_t first, int64_t count, float *y);
void nf4_decode(const void *codes, const float *absmax, int64_t first, int64_t count, bf16 *y);

}  // namespace leeway
