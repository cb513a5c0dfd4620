/* runtime.h: status codes, number types, streams, memory. Included by leeway.h. */
#ifndef LEEWAY_RUNTIME_H
#define LEEWAY_RUNTIME_H

#include <stdint.h>

#if defined(__GNUC__)
#define LEEWAY_API __attribute__((visibility("default")))
#else
#define LEEWAY_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Raised by every change of a struct or of a meaning. A binding refuses a library whose version differs from its own. */
#define LEEWAY_ABI_VERSION 5

typedef int32_t leeway_status;
enum {
    LEEWAY_OK = 0,
    LEEWAY_BAD_ARGUMENT = 1,  /* a size, pointer or flag breaks the contract of the op */
    LEEWAY_BAD_DATA = 2,      /* an element of an input does (a token id outside the vocabulary) */
    LEEWAY_UNSUPPORTED = 3,   /* a combination that this back end does not have */
    LEEWAY_OUT_OF_MEMORY = 4, /* the device or the host has no such block */
    LEEWAY_DEVICE_LOST = 5    /* there is no device or no library to use, or it failed: then the process must start again */
};

typedef int32_t leeway_dtype;
enum {
    LEEWAY_F32 = 0,
    LEEWAY_BF16 = 1,
    LEEWAY_F64 = 2,
    LEEWAY_I32 = 3,
    LEEWAY_I64 = 4,
    LEEWAY_U8 = 5,  /* codes of a blockwise 8-bit optimiser moment */
    LEEWAY_NF4 = 6  /* two 4-bit codes a byte, low nibble first; see leeway_weight */
};

/* A queue of work and the threads (CPU) or the device (CUDA) that do it. One host thread owns a stream at a time. */
typedef struct leeway_stream leeway_stream;

/* The version this library was built as: LEEWAY_ABI_VERSION. */
LEEWAY_API int32_t leeway_abi_version(void);
/* "cpu", "cuda" or "emu". Static text. */
LEEWAY_API const char *leeway_backend(void);
/* Why the calling thread's last failed call failed: one sentence, valid until its next call. */
LEEWAY_API const char *leeway_message(void);

/* Whose kernels multiply matrices. Vendor: NVIDIA's cuBLASLt where a product is one of its calls (one term of one type, rows and
 * bias at multiples of 16 bytes), loaded from where it is installed; for comparisons, since its bits depend on the number of rows. CUDA
 * only. */
enum { LEEWAY_KERNELS_OWN = 0, LEEWAY_KERNELS_VENDOR = 1 };

typedef struct {
    int64_t threads;         /* CPU: worker threads, 0 = as many as the process may use; CUDA: ignored */
    int64_t device;          /* CUDA: device ordinal; CPU: 0 */
    leeway_stream **stream;  /* out; host memory */
    int32_t kernels;         /* LEEWAY_KERNELS_... */
    int32_t reserved;        /* 0 */
} leeway_stream_create_args;
LEEWAY_API leeway_status leeway_stream_create(leeway_stream *none, const leeway_stream_create_args *args);

typedef struct {
    int64_t reserved; /* 0 */
} leeway_stream_destroy_args;
LEEWAY_API leeway_status leeway_stream_destroy(leeway_stream *stream, const leeway_stream_destroy_args *args);

/* Returns when all queued work is done; reports the failure of earlier queued work. Where a back end queues, an element that breaks the
 * contract of its op (LEEWAY_BAD_DATA; offsets and tables too) is seen then, here or in a copy to the host: what the ops that read it wrote
 * is undefined then, but what they add to and the pages of a cache stay as they were. */
typedef struct {
    int64_t reserved; /* 0 */
} leeway_synchronize_args;
LEEWAY_API leeway_status leeway_synchronize(leeway_stream *stream, const leeway_synchronize_args *args);

/* What the stream runs on. All outputs are host memory. */
typedef struct {
    int64_t *total_bytes;   /* memory of the device, or of the host */
    int64_t *free_bytes;    /* what of it an allocation can get now */
    int64_t *scratch_bytes; /* what the stream itself holds for its threads */
    int64_t *threads;       /* CPU: worker threads; CUDA: multiprocessors */
    char *name;             /* at least 128 bytes: chip and instruction set, zero terminated */
} leeway_device_query_args;
LEEWAY_API leeway_status leeway_device_query(leeway_stream *stream, const leeway_device_query_args *args);

/* bytes > 0 of memory aligned to 256, contents undefined. */
typedef struct {
    int64_t bytes;
    void **address; /* out; host memory */
} leeway_allocate_args;
LEEWAY_API leeway_status leeway_allocate(leeway_stream *stream, const leeway_allocate_args *args);

/* Frees a block of leeway_allocate once the queued work is done. */
typedef struct {
    void *address;
} leeway_free_args;
LEEWAY_API leeway_status leeway_free(leeway_stream *stream, const leeway_free_args *args);

enum { LEEWAY_HOST_TO_DEVICE = 0, LEEWAY_DEVICE_TO_HOST = 1, LEEWAY_DEVICE_TO_DEVICE = 2 };

/* destination[0..bytes) = source[0..bytes); the ranges do not overlap. Copies from or to the host return when they are done. */
typedef struct {
    int64_t bytes;
    void *destination;
    const void *source;
    int32_t kind;
} leeway_copy_args;
LEEWAY_API leeway_status leeway_copy(leeway_stream *stream, const leeway_copy_args *args);

/* Calls that were recorded once and run again as a whole, with the very arguments that they had: sizes, scalars, addresses. What differs
 * from run to run must lie in memory. A graph belongs to its stream, which destroys those that are left. */
typedef struct leeway_graph leeway_graph;

/* From here on calls are recorded instead of run; allocate, free, synchronize, device_query and copies from or to the host are refused
 * then, and the recording is lost. LEEWAY_UNSUPPORTED where the back end has no graphs (the CPU), or
 * was asked to name the very kernel that fails (LEEWAY_CUDA_SYNC=1), or uses another library's kernels: nothing has changed then. */
typedef struct {
    int64_t reserved; /* 0 */
} leeway_graph_begin_args;
LEEWAY_API leeway_status leeway_graph_begin(leeway_stream *stream, const leeway_graph_begin_args *args);

/* Ends the recording. Nothing of it has run. */
typedef struct {
    leeway_graph **graph; /* out; host memory */
} leeway_graph_end_args;
LEEWAY_API leeway_status leeway_graph_end(leeway_stream *stream, const leeway_graph_end_args *args);

/* Queues all calls of a graph. What they find in memory that breaks their contracts is told like that of the calls themselves. */
typedef struct {
    leeway_graph *graph;
} leeway_graph_launch_args;
LEEWAY_API leeway_status leeway_graph_launch(leeway_stream *stream, const leeway_graph_launch_args *args);

typedef struct {
    leeway_graph *graph;
} leeway_graph_destroy_args;
LEEWAY_API leeway_status leeway_graph_destroy(leeway_stream *stream, const leeway_graph_destroy_args *args);

#ifdef __cplusplus
}
#endif
#endif
