/* tensor_tiles.h: walks over the tiles of a table of tensors (elementwise.h). */
#pragma once

#include <algorithm>

#include "parallel.h"
#include "tensor_table.h"

namespace leeway {

/* Refuses a table with an entry that breaks its contract, by the sentence of LEEWAY_BROKEN_ENTRY. */
template <class Tensor>
leeway_status check_entries(const char *sentence, const Tensor *table, int64_t tensors, int64_t tiles) {
    int64_t expected = 0;
    for (int64_t t = 0; t < tensors; t++) {
        const bool follows = is_sound(table[t]) && table[t].tile == expected;
        expected += follows ? tiles_of(table[t].count) : 0;
        if (follows && (t + 1 < tensors ? expected <= tiles : expected == tiles)) continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
        return fail(LEEWAY_BAD_DATA, sentence, (long long)t, (long long)tiles);
#pragma GCC diagnostic pop
    }
    return LEEWAY_OK;
}

/* body(tensor, begin, end) for elements of every tensor, whole tiles at a time, in any order. The table must be sound. */
template <class Tensor, class Body>
void parallel_tiles(leeway_stream *stream, const Tensor *table, int64_t tensors, int64_t tiles, Body body) {
    constexpr int64_t tiles_a_task = 4;
    parallel_blocks(stream, tiles, tiles_a_task, [&](int64_t first, int64_t last) {
        for (int64_t tile = first, index = tensor_of(table, tensors, first); tile < last; index++) {
            const int64_t end = std::min(last, table[index].tile + tiles_of(table[index].count)), begin = tile - table[index].tile;
            if (end <= tile) continue;
            body(index, begin * tensor_tile, std::min(table[index].count, (end - table[index].tile) * tensor_tile));
            tile = end;
        }
    });
}

}  // namespace leeway
