/* parallel.h: the thread pool of a stream.
 *
 * Work is cut into tasks whose number and contents depend on the shapes alone, never on the number of threads; threads only decide who
 * runs a task. An op whose tasks write disjoint outputs, or that adds task results in task order afterwards, therefore gives the same
 * bits for any number of threads.
 */
#pragma once

#include <cstdint>

#include "leeway.h"

namespace leeway {

/* Bytes of private memory every thread of a stream owns, aligned to 64: enough for the packed panels of one product tile. */
inline constexpr int64_t scratch_bytes_per_thread = int64_t(4) << 20;

/* Number of threads of the stream. */
int64_t thread_count(const leeway_stream *stream);

/* A callable (index, scratch) that outlives the call it is passed to. It holds no copy, so making one allocates nothing. */
class Task {
public:
    template <class Body>
    Task(const Body &body)
        : body_(&body),
          run_([](const void *erased, int64_t index, void *scratch) { (*static_cast<const Body *>(erased))(index, scratch); }) {}

    void operator()(int64_t index, void *scratch) const { run_(body_, index, scratch); }

private:
    const void *body_;
    void (*run_)(const void *, int64_t, void *);
};

/* Runs task(index, scratch) for every index in [0, tasks), scratch being the running thread's private memory. Returns when all are
 * done. Tasks start in ascending order. The calling thread takes part. */
void parallel_for(leeway_stream *stream, int64_t tasks, const Task &task);

/* parallel_for over [0, count) in blocks of at most block elements: body(begin, end). For elementwise work. */
template <class Body>
void parallel_blocks(leeway_stream *stream, int64_t count, int64_t block, Body body) {
    parallel_for(stream, (count + block - 1) / block, [&](int64_t index, void *) {
        int64_t begin = index * block;
        int64_t end = begin + block < count ? begin + block : count;
        body(begin, end);
    });
}

}  // namespace leeway
