/* graph.cu: calls recorded once and run again as a whole (runtime.h): CUDA graphs.
 *
 * A recorded kernel keeps its arguments, so the numbers of its rules must mean the same on every run: they are kept as long as the stream.
 * What is left of a call on the host (checks, shapes, launch geometry) is done when it is recorded and costs nothing later. */
#include <cstdio>
#include <cstring>
#include <memory>

#include "check.h"
#include "stream.h"

struct leeway_graph {
    cudaGraphExec_t runnable = nullptr;
    char first[96] = ""; /* op with its shapes, and the last one */
    char last[96] = "";
    int64_t before = 0; /* launches of the stream when the recording began */
    int64_t launches = 0;
};

namespace leeway {

void note_recorded(leeway_stream *stream) {
    leeway_graph *graph = stream->recording;
    if (graph && graph->first[0] == '\0') std::snprintf(graph->first, sizeof graph->first, "%.95s", stream->op);
}

void drop_recording(leeway_stream *stream) {
    if (!stream->recording) return;
    cudaGraph_t graph = nullptr;
    if (cudaStreamEndCapture(stream->queue, &graph) == cudaSuccess && graph) cudaGraphDestroy(graph);
    cudaGetLastError();
    stream->launches = stream->recording->before;
    delete stream->recording;
    stream->recording = nullptr;
}

leeway_status refuse_recording(leeway_stream *stream, const char *op) {
    if (!stream->recording) return LEEWAY_OK;
    drop_recording(stream);
    return fail(LEEWAY_BAD_ARGUMENT, "%s: can't be part of a graph, and one was being recorded, which is lost; do it before or behind it",
                op);
}

void destroy_graphs(leeway_stream *stream) {
    drop_recording(stream);
    for (leeway_graph *graph : stream->graphs) {
        cudaGraphExecDestroy(graph->runnable);
        delete graph;
    }
    stream->graphs.clear();
}

}  // namespace leeway

namespace {

using namespace leeway;

/* What was recorded, ready to run. */
leeway_status finish(leeway_stream *stream, leeway_graph *graph) {
    cudaGraph_t recorded = nullptr;
    LEEWAY_CUDA(stream, "the end of a recording", cudaStreamEndCapture(stream->queue, &recorded));
    const cudaError_t error = cudaGraphInstantiate(&graph->runnable, recorded, 0);
    cudaGraphDestroy(recorded);
    return error == cudaSuccess ? leeway_status(LEEWAY_OK) : failed(stream, "a recorded graph", error);
}

bool holds(const leeway_stream *stream, const leeway_graph *graph) {
    for (const leeway_graph *known : stream->graphs)
        if (known == graph) return true;
    return false;
}

}  // namespace

leeway_status leeway_graph_begin(leeway_stream *stream, const leeway_graph_begin_args *args) {
    LEEWAY_CHECK("graph_begin", args->reserved == 0, "reserved must be 0, got %lld", (long long)args->reserved);
    LEEWAY_TRY(refuse_recording(stream, "graph_begin"));
    if (synchronous()) return fail(LEEWAY_UNSUPPORTED, "graph_begin: LEEWAY_CUDA_SYNC=1 names the very kernel, so kernels run one by one");
    if (stream->vendor) return fail(LEEWAY_UNSUPPORTED, "graph_begin: the vendor's kernels are not recorded");
    LEEWAY_TRY(begin(stream, "graph_begin", {}));
    return without_throwing("graph_begin", [&] {
        auto graph = std::make_unique<leeway_graph>();
        stream->graphs.reserve(stream->graphs.size() + 1);
        LEEWAY_CUDA(stream, "a recording", cudaStreamBeginCapture(stream->queue, cudaStreamCaptureModeThreadLocal));
        graph->before = stream->launches;
        stream->recording = graph.release();
        return leeway_status(LEEWAY_OK);
    });
}

leeway_status leeway_graph_end(leeway_stream *stream, const leeway_graph_end_args *args) {
    LEEWAY_CHECK("graph_end", args->graph != nullptr, "graph must not be NULL");
    LEEWAY_CHECK("graph_end", stream->recording != nullptr, "nothing is being recorded, or a refused call has ended it");
    cudaSetDevice(stream->device); /* where it fails, so does what follows */
    std::unique_ptr<leeway_graph> graph(stream->recording);
    stream->recording = nullptr;
    std::snprintf(graph->last, sizeof graph->last, "%.95s", stream->op);
    graph->launches = stream->launches - graph->before;
    stream->launches = graph->before;
    LEEWAY_TRY(finish(stream, graph.get()));
    stream->graphs.push_back(graph.get());
    *args->graph = graph.release();
    return LEEWAY_OK;
}

leeway_status leeway_graph_launch(leeway_stream *stream, const leeway_graph_launch_args *args) {
    LEEWAY_CHECK("graph_launch", holds(stream, args->graph), "the graph is none of this stream's, or was destroyed");
    LEEWAY_TRY(refuse_recording(stream, "graph_launch"));
    LEEWAY_TRY(begin(stream, "graph_launch", {}));
    std::snprintf(stream->op, sizeof stream->op, "the end of a graph of %lld kernels, %s to %s", (long long)args->graph->launches,
                  args->graph->first, args->graph->last);
    stream->asked = true;
    stream->launches += args->graph->launches;
    LEEWAY_CUDA(stream, "a graph", cudaGraphLaunch(args->graph->runnable, stream->queue));
    return LEEWAY_OK;
}

leeway_status leeway_graph_destroy(leeway_stream *stream, const leeway_graph_destroy_args *args) {
    LEEWAY_CHECK("graph_destroy", holds(stream, args->graph), "the graph is none of this stream's, or was destroyed already");
    cudaSetDevice(stream->device); /* a lost one has nothing to destroy */
    std::erase(stream->graphs, args->graph);
    cudaGraphExecDestroy(args->graph->runnable);
    delete args->graph;
    return LEEWAY_OK;
}
