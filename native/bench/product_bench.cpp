/* product_bench.cpp: the products of linear layers through the C ABI, beside the ceilings of the same processor.
 *
 *     product_bench <library.so> [train|decode|all] [filter] [repeats]
 *
 * One JSON line a shape, on one thread: `rate` (GFLOP/s, or GB/s of weights for decoding) and `share` = rate / ceiling, the ceiling being
 * measured right before and behind each sample. Rates count the thread's own processor time, so a busy machine disturbs them little. The
 * median and the best of the samples are printed.
 */
#include "bench.h"

namespace {

using namespace bench;

void release(void *address) { LEEWAY_CALL(free, {.address = address}); }

std::string text(const char *format, const char *what, const char *dtype, int64_t rows, int64_t in, int64_t out) {
    char line[256];
    std::snprintf(line, sizeof line, format, what, dtype, (long long)rows, (long long)in, (long long)out);
    return line;
}

constexpr const char *head = "\"op\": \"%s\", \"dtype\": \"%s\", \"rows\": %lld, \"in\": %lld, \"out\": %lld";

struct Shape {
    int64_t rows, in, out;
};

void train(const Shape &s, leeway_dtype dtype, const std::string &filter, int repeats) {
    void *x = numbers(s.rows * s.in, dtype), *w = numbers(s.in * s.out, dtype), *y = numbers(s.rows * s.out, dtype);
    void *dx = numbers(s.rows * s.in, dtype), *dw = numbers(s.in * s.out, LEEWAY_F32);
    void *packed = nullptr;
    int64_t packed_bytes = 0;
    LEEWAY_CALL(packed_bytes, {.in = s.in, .out = s.out, .bytes = &packed_bytes, .dtype = dtype});
    const leeway_weight plain = {w, nullptr, nullptr, dtype, 0};
    if (packed_bytes > 0) {
        packed = numbers((packed_bytes + 3) / 4, LEEWAY_F32);
        LEEWAY_CALL(pack_weight, {.in = s.in, .out = s.out, .weight = plain, .packed = packed});
    }
    const leeway_weight both = {w, nullptr, packed, dtype, 0};
    auto forward = [&](const leeway_weight &weight) {
        LEEWAY_CALL(linear_forward, {.rows = s.rows, .in = s.in, .out = s.out, .weight = weight, .lora = {}, .bias = nullptr, .x = x,
                                     .y = y, .xa = nullptr, .dropped = nullptr, .accumulate = 0, .dtype = dtype});
    };
    auto input = [&] {
        LEEWAY_CALL(linear_backward_input, {.rows = s.rows, .in = s.in, .out = s.out, .weight = plain, .lora = {}, .dy = y, .dx = dx,
                                            .dyb = nullptr, .dropped = nullptr, .accumulate = 0, .dtype = dtype});
    };
    auto weight = [&] {
        LEEWAY_CALL(linear_backward_weight, {.rows = s.rows, .in = s.in, .out = s.out, .lora = {}, .x = x, .dy = y, .xa = nullptr,
                                             .dyb = nullptr, .dweight = dw, .dbias = nullptr, .da = nullptr, .db = nullptr,
                                             .dropped = nullptr, .dtype = dtype, .gradient_dtype = LEEWAY_F32});
    };
    const std::pair<const char *, std::function<void()>> ops[] = {
        {"forward", [&] { forward(plain); }}, {"forward_packed", [&] { forward(both); }}, {"backward_input", input},
        {"backward_weight", weight}};
    for (const auto &[op, body] : ops) {
        const std::string line = text(head, op, name_of(dtype), s.rows, s.in, s.out);
        if (line.find(filter) == std::string::npos) continue;
        measure(line, 2.0 * double(s.rows) * double(s.in) * double(s.out), repeats, body, [&] { return fma_ceiling(dtype); });
    }
    for (void *address : {x, w, y, dx, dw, packed})
        if (address) release(address);
}

/* Products with few rows and packed weights that lie in memory, not in a cache: `matrices` of them in turn. */
void decode(const Shape &s, leeway_dtype dtype, const std::string &filter, int repeats) {
    const std::string line = text(head, "decode", name_of(dtype), s.rows, s.in, s.out);
    if (line.find(filter) == std::string::npos) return;
    int64_t packed_bytes = 0;
    LEEWAY_CALL(packed_bytes, {.in = s.in, .out = s.out, .bytes = &packed_bytes, .dtype = dtype});
    if (packed_bytes == 0) return void(std::printf("{%s, \"left_out\": \"no packed layout\"}\n", line.c_str()));
    void *x = numbers(s.rows * s.in, dtype), *y = numbers(s.rows * s.out, dtype), *w = numbers(s.in * s.out, dtype);
    const int64_t matrices = std::max<int64_t>(2, (int64_t(192) << 20) / packed_bytes);
    char *packed = static_cast<char *>(numbers((matrices * packed_bytes + 3) / 4, LEEWAY_F32));
    for (int64_t m = 0; m < matrices; m++)
        LEEWAY_CALL(pack_weight,
                    {.in = s.in, .out = s.out, .weight = {w, nullptr, nullptr, dtype, 0}, .packed = packed + m * packed_bytes});
    auto body = [&] {
        for (int64_t m = 0; m < matrices; m++)
            LEEWAY_CALL(linear_forward,
                        {.rows = s.rows, .in = s.in, .out = s.out, .weight = {w, nullptr, packed + m * packed_bytes, dtype, 0}, .lora = {},
                         .bias = nullptr, .x = x, .y = y, .xa = nullptr, .dropped = nullptr, .accumulate = 0, .dtype = dtype});
    };
    const double bytes = double(matrices * packed_bytes);
    measure(line, bytes, repeats, body, [&] { return bytes / timed([&] { read_memory(packed, matrices * packed_bytes); }); });
    for (void *address : {x, y, w, static_cast<void *>(packed)}) release(address);
}

void run(int count, char **arguments) {
    use_library(arguments[1]);
    const std::string which = count > 2 ? arguments[2] : "all", filter = count > 3 ? arguments[3] : "";
    const int repeats = count > 4 ? std::atoi(arguments[4]) : 9;
    print_ceiling("fma", fma_ceiling(LEEWAY_F32));
    if (spin_pairs(1) > 0) print_ceiling("bf16 pairs", fma_ceiling(LEEWAY_BF16));
    for (leeway_dtype dtype : {LEEWAY_F32, LEEWAY_BF16}) {
        if (dtype == LEEWAY_BF16 && spin_pairs(1) == 0) {
            std::printf("{\"left_out\": \"bf16: this processor has no AVX512-BF16\"}\n");
            continue;
        }
        if (which != "decode")
            for (const Shape &s : {Shape{2048, 288, 288}, Shape{2048, 288, 768}, Shape{2048, 768, 288}, Shape{2048, 288, 4096},
                                   Shape{1024, 576, 576}, Shape{1024, 576, 1536}, Shape{1024, 1536, 576}, Shape{512, 2048, 2048}})
                train(s, dtype, filter, repeats);
        if (which != "train")
            for (int64_t rows : {1, 8, 64})
                for (const Shape &s : {Shape{rows, 576, 1536}, Shape{rows, 2048, 2048}}) decode(s, dtype, filter, repeats);
    }
}

}  // namespace

int main(int count, char **arguments) {
    if (count < 2) return std::fprintf(stderr, "usage: product_bench <library.so> [train|decode|all] [filter] [repeats]\n"), 2;
    return exit_code_of([&] { run(count, arguments); });
}
