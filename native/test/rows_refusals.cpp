/* rows_refusals.cpp: what every back end refuses alike: reserved fields that are not 0, and workspaces that are too small. */
#include "table.h"

using namespace table;

namespace {

/* The stream goes on: a destroy or a wait that was refused has done nothing. */
void reserved_of_streams(Run &run, const Shape &) {
    LEEWAY_EXPECT_STATUS(run, stream_destroy, LEEWAY_BAD_ARGUMENT, {.reserved = 1});
    LEEWAY_EXPECT_STATUS(run, synchronize, LEEWAY_BAD_ARGUMENT, {.reserved = -1});
    LEEWAY_RUN(run, synchronize, {.reserved = 0});
}

/* Every op that takes a weight, with one of 2 x 64 elements. */
void reserved_of_weights(Run &run, const Shape &) {
    auto w = run.in(run.normal(128)), x = run.in(run.normal(64));
    auto y = run.out<float>(128);
    auto codes = run.in(std::vector<uint8_t>(64));
    auto absmax = run.in(run.normal(2));
    const leeway_weight bad = {w.get(), nullptr, nullptr, LEEWAY_F32, 1};
    const leeway_weight bad_nf4 = {codes.get(), absmax.get(), nullptr, LEEWAY_NF4, 1};
    LEEWAY_EXPECT_STATUS(run, linear_forward, LEEWAY_BAD_ARGUMENT,
                         {.rows = 1, .in = 64, .out = 2, .weight = bad, .lora = {}, .bias = nullptr, .x = x.get(), .y = y.get(),
                          .xa = nullptr, .dropped = nullptr, .accumulate = 0, .dtype = LEEWAY_F32});
    LEEWAY_EXPECT_STATUS(run, linear_backward_input, LEEWAY_BAD_ARGUMENT,
                         {.rows = 1, .in = 64, .out = 2, .weight = bad, .lora = {}, .dy = x.get(), .dx = y.get(), .dyb = nullptr,
                          .dropped = nullptr, .accumulate = 0, .dtype = LEEWAY_F32});
    LEEWAY_EXPECT_STATUS(run, pack_weight, LEEWAY_BAD_ARGUMENT, {.in = 64, .out = 2, .weight = bad, .packed = y.get()});
    LEEWAY_EXPECT_STATUS(run, dequantize, LEEWAY_BAD_ARGUMENT,
                         {.in = 64, .out = 2, .weight = bad_nf4, .y = y.get(), .dtype = LEEWAY_F32});
    LEEWAY_EXPECT_STATUS(run, head_logits, LEEWAY_BAD_ARGUMENT,
                         {.rows = 1, .hidden = 64, .vocabulary = 2,
                          .distribution = {.weight = bad, .lora = {}, .allowed = nullptr, .softcap = 0, .temperature = 1}, .x = x.get(),
                          .logits = y.get(), .xa = nullptr, .dtype = LEEWAY_F32});
    for (float v : run.read(y)) run.expect("y was written", std::isnan(v));
}

/* One row, hidden 64, two tokens, rank 1: a soft target's reserved field, and a workspace for a head that drops nothing. */
void head_workspace_and_soft_target(Run &run, const Shape &) {
    int64_t plain = 0, drops = 0;
    leeway_head_workspace_args size = {.rows = 1, .hidden = 64, .vocabulary = 2, .rank = 1, .bytes = &plain, .dtype = LEEWAY_F32,
                                       .dropout = 0};
    LEEWAY_RUN(run, head_workspace, size);
    size.bytes = &drops, size.dropout = 0.5f;
    LEEWAY_RUN(run, head_workspace, size);
    run.expect("dropout takes workspace", drops > plain);
    size.dropout = 1;
    LEEWAY_EXPECT_STATUS(run, head_workspace, LEEWAY_BAD_ARGUMENT, size);
    auto w = run.in(run.normal(128)), x = run.in(run.normal(64)), a = run.in(run.normal(64)), b = run.in(run.normal(2));
    auto ids = run.in(std::vector<uint64_t>{9});
    auto lse = run.in(run.normal(1)), dx = run.out<float>(64), got = run.out<float>(1);
    auto work = run.out<char>(drops);
    leeway_distribution head = {.weight = {w.get(), nullptr, nullptr, LEEWAY_F32, 0},
                                .lora = {a.get(), b.get(), ids.get(), 1, 3, 1.0f, 0.5f}, .allowed = nullptr, .softcap = 0,
                                .temperature = 1};
    auto forward = [&](leeway_status expected, int64_t bytes, int32_t reserved) {
        LEEWAY_EXPECT_STATUS(run, head_forward, expected,
                             {.rows = 1, .hidden = 64, .vocabulary = 2, .distribution = head,
                              .soft = {nullptr, nullptr, nullptr, 0, reserved}, .x = x.get(), .targets = nullptr, .log_prob = nullptr,
                              .log_sum_exp = got.get(), .entropy = nullptr, .soft_loss = nullptr, .arg_max = nullptr,
                              .workspace = work.get(), .workspace_bytes = bytes, .dtype = LEEWAY_F32});
    };
    auto backward = [&](leeway_status expected, int64_t bytes, int32_t reserved) {
        LEEWAY_EXPECT_STATUS(run, head_backward, expected,
                             {.rows = 1, .hidden = 64, .vocabulary = 2, .distribution = head,
                              .soft = {nullptr, nullptr, nullptr, 0, reserved}, .x = x.get(), .targets = nullptr,
                              .log_sum_exp = lse.get(), .entropy = nullptr, .w_log_prob = nullptr, .w_lse = lse.get(),
                              .w_entropy = nullptr, .w_soft = nullptr, .dx = dx.get(), .dweight = nullptr, .lora_da = nullptr,
                              .lora_db = nullptr, .workspace = work.get(), .workspace_bytes = bytes, .dtype = LEEWAY_F32,
                              .gradient_dtype = LEEWAY_F32});
    };
    for (auto [bytes, reserved] : {std::pair<int64_t, int32_t>{drops, 1}, {drops - 1, 0}, {plain, 0}})
        forward(LEEWAY_BAD_ARGUMENT, bytes, reserved), backward(LEEWAY_BAD_ARGUMENT, bytes, reserved);
    for (float v : run.read(got)) run.expect("log_sum_exp was written", std::isnan(v));
    for (float v : run.read(dx)) run.expect("dx was written", std::isnan(v));
    forward(LEEWAY_OK, drops, 0), backward(LEEWAY_OK, drops, 0);
    head.lora.dropout = 0;
    forward(LEEWAY_OK, plain, 0), backward(LEEWAY_OK, plain, 0);
    head.lora = {a.get(), b.get(), nullptr, 1, 3, 1.0f, 0.5f};
    forward(LEEWAY_BAD_ARGUMENT, drops, 0), backward(LEEWAY_BAD_ARGUMENT, drops, 0);
}

/* Two rows of three elements: the weight's gradient needs its workspace, the input's needs none. */
void rmsnorm_workspace(Run &run, const Shape &) {
    int64_t bytes = 0;
    LEEWAY_RUN(run, rmsnorm_workspace, {.rows = 2, .groups = 1, .width = 3, .bytes = &bytes, .dtype = LEEWAY_F32});
    auto s = run.in(run.normal(6)), weight = run.in(run.normal(3)), rstd = run.in(run.normal(2)), dy = run.in(run.normal(6));
    auto ds = run.out<float>(6), dweight = run.out<float>(3);
    auto work = run.out<char>(bytes);
    leeway_rmsnorm_backward_args args = {.rows = 2, .groups = 1, .width = 3, .stride = 3, .s = s.get(), .weight = weight.get(),
                                         .rstd = rstd.get(), .dy = dy.get(), .dsum = nullptr, .ds = ds.get(), .dweight = dweight.get(),
                                         .workspace = work.get(), .workspace_bytes = bytes - 1, .weight_offset = 0, .dtype = LEEWAY_F32};
    LEEWAY_EXPECT_STATUS(run, rmsnorm_backward, LEEWAY_BAD_ARGUMENT, args);
    args.workspace = nullptr, args.workspace_bytes = bytes;
    LEEWAY_EXPECT_STATUS(run, rmsnorm_backward, LEEWAY_BAD_ARGUMENT, args);
    for (float v : run.read(ds)) run.expect("ds was written", std::isnan(v));
    args.dweight = nullptr, args.workspace_bytes = 0;
    LEEWAY_RUN(run, rmsnorm_backward, args);
}

[[maybe_unused]] const bool registered[] = {
    add("stream_reserved", {{0}}, reserved_of_streams),
    add("weight_reserved", {{0}}, reserved_of_weights),
    add("head_workspace", {{0}}, head_workspace_and_soft_target),
    add("rmsnorm_workspace", {{0}}, rmsnorm_workspace),
};

}  // namespace
