/* tensor_table.h: tables of tensors (elementwise.h of the ABI): which tensor a tile belongs to, and what an op says of an entry. */
#pragma once

#include "check.h"

namespace leeway {

inline constexpr int64_t tensor_tile = LEEWAY_TENSOR_TILE;

constexpr int64_t tiles_of(int64_t count) { return (count + tensor_tile - 1) / tensor_tile; }

constexpr bool is_float(leeway_dtype dtype) { return dtype == LEEWAY_F32 || dtype == LEEWAY_BF16; }

/* The last tensor whose first tile is not behind this one, 0 where there is none. Tensors without tiles own none. */
template <class Tensor>
constexpr int64_t tensor_of(const Tensor *table, int64_t tensors, int64_t tile) {
    int64_t low = 0, high = tensors; /* table[low].tile <= tile < table[high].tile, in a sound table */
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        (table[middle].tile <= tile ? low : high) = middle;
    }
    return low;
}

/* Whether the tiles of the last tensor end with the last of all; tensors > 0. */
template <class Tensor>
constexpr bool ends_with(const Tensor *table, int64_t tensors, int64_t tiles) {
    return tiles >= table[tensors - 1].tile && tiles - table[tensors - 1].tile == tiles_of(table[tensors - 1].count);
}

/* Whether the tile is one of this entry's. */
template <class Tensor>
constexpr bool owns(const Tensor &tensor, int64_t tile) {
    return tile >= tensor.tile && tile - tensor.tile < tiles_of(tensor.count);
}

/* Whether an entry's tiles begin at 0 where it is the first, and the next one's where its own end. */
template <class Tensor>
constexpr bool joins(const Tensor *table, int64_t tensors, int64_t index) {
    const Tensor &own = table[index];
    return (index > 0 || own.tile == 0) && (index + 1 == tensors || table[index + 1].tile == own.tile + tiles_of(own.count));
}

inline leeway_status check_table(const char *op, int64_t tensors, int64_t tiles, const void *table) {
    if (tensors >= 0 && tiles >= 0 && (tensors == 0 ? tiles == 0 : table != nullptr)) return LEEWAY_OK;
    return fail(LEEWAY_BAD_ARGUMENT, "%s: tensors and tiles must not be negative and table must be given, got %lld tensors of %lld tiles",
                op, (long long)tensors, (long long)tiles);
}

}  // namespace leeway

/* What leeway_message says of an entry, given its number and that of all tiles. */
#define LEEWAY_BROKEN_ENTRY(op)                                                                                                \
    op ": table[%lld] breaks its contract: a size, a NULL, a type, a flag, or where its tiles lie among the %lld of all tensors"
