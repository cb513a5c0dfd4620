/* rows_graph.cpp: calls that are recorded once and run again (runtime.h), on back ends that can; the others say so and change nothing. */
#include <cstdlib>

#include "table.h"

using namespace table;

namespace {

/* Calls an op without waiting, which a recording does not allow. */
#define LEEWAY_QUEUE(run, op, ...) table::call<decltype(&leeway_##op)>(run, "leeway_" #op, leeway_##op##_args __VA_ARGS__)

/* x *= 2, recorded, then launched twice: what is read lies in memory; count and factor are those of the recording. */
void graph(Run &run, const Shape &shape) {
    const int64_t n = shape[0];
    auto values = run.normal(n);
    auto x = run.inout(values);
    leeway_scale_args twice = {.count = n, .x = x.get(), .alpha = 2.0f, .dtype = LEEWAY_F32};
    const leeway_status begun = LEEWAY_QUEUE(run, graph_begin, {.reserved = 0});
    if (begun == LEEWAY_UNSUPPORTED) {
        const bool may = run.library().backend() == "cpu" || run.library().options.vendor || std::getenv("LEEWAY_CUDA_SYNC") != nullptr;
        run.expect("graph_begin: only the CPU, the vendor's kernels and LEEWAY_CUDA_SYNC record nothing", may);
        LEEWAY_RUN(run, scale, twice);
        for (float &value : values) value *= 2.0f;
        return run.same("a call behind a refused recording", run.read(x), values);
    }
    run.expect("graph_begin", begun == LEEWAY_OK);
    run.expect("scale in a recording", call<decltype(&leeway_scale)>(run, "leeway_scale", twice) == LEEWAY_OK);
    twice.count = 0, twice.alpha = 0.0f; /* the recording has its own */
    leeway_graph *recorded = nullptr;
    run.expect("graph_end", LEEWAY_QUEUE(run, graph_end, {.graph = &recorded}) == LEEWAY_OK);
    run.same("recording runs nothing", run.read(x), values);
    for (int i = 0; i < 2; i++) {
        LEEWAY_RUN(run, graph_launch, {.graph = recorded});
        for (float &value : values) value *= 2.0f;
        run.same("a launch", run.read(x), values);
    }
    LEEWAY_RUN(run, graph_destroy, {.graph = recorded});
    LEEWAY_EXPECT_STATUS(run, graph_launch, LEEWAY_BAD_ARGUMENT, {.graph = recorded});
    LEEWAY_EXPECT_STATUS(run, graph_destroy, LEEWAY_BAD_ARGUMENT, {.graph = recorded});
}

/* A wait ends a recording with a refusal, and what was recorded has not run. */
void refused_graph(Run &run, const Shape &) {
    const std::vector<float> values = {1.0f, 2.0f};
    auto x = run.inout(values);
    if (LEEWAY_QUEUE(run, graph_begin, {.reserved = 0}) == LEEWAY_UNSUPPORTED) return run.same("nothing has run", run.read(x), values);
    run.expect("scale", LEEWAY_QUEUE(run, scale, {.count = 2, .x = x.get(), .alpha = 2.0f, .dtype = LEEWAY_F32}) == LEEWAY_OK);
    run.expect("synchronize is refused", LEEWAY_QUEUE(run, synchronize, {.reserved = 0}) == LEEWAY_BAD_ARGUMENT);
    leeway_graph *recorded = nullptr;
    LEEWAY_EXPECT_STATUS(run, graph_end, LEEWAY_BAD_ARGUMENT, {.graph = &recorded});
    run.same("the recording is lost", run.read(x), values);
}

[[maybe_unused]] const bool registered[] = {
    add("graph", {{1}, {1000}}, graph),
    add("graph_refused", {{0}}, refused_graph),
};

}  // namespace
