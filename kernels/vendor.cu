/* vendor.cu: products by cuBLASLt, which is loaded at run time, so that nothing is linked and nobody needs it (vendor.h).
 *
 * The few types and numbers of its interface that are needed stand here (cublasLt.h of CUDA 13; they have been the same since CUDA 11). The
 * first of its proposals for a shape is taken and kept. */
#include "vendor.h"

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <map>

namespace leeway {
namespace {

constexpr size_t workspace_bytes = size_t(32) << 20;
constexpr int compute_f32 = 68, real_f32 = 0, real_bf16 = 14;
enum Attribute { transpose_a = 3, transpose_b = 4, epilogue = 7, bias_pointer = 8 };
constexpr int preference_workspace = 1, preference_alignments = 5 /* of A; then of B, C, D */;
constexpr uint32_t least_alignment = 16; /* that fits_vendor asks for; unsaid, it would be 256 */
constexpr uint32_t epilogue_bias = 4;

struct Algorithm {
    uint64_t data[8];
};
struct Proposal {
    Algorithm algorithm;
    size_t workspace;
    int state;
    float waves;
    int reserved[4];
};

/* The functions, by their names. */
struct Library {
    int (*cublasLtCreate)(void **);
    int (*cublasLtDestroy)(void *);
    const char *(*cublasLtGetStatusString)(int);
    int (*cublasLtMatmulDescCreate)(void **, int, int);
    int (*cublasLtMatmulDescSetAttribute)(void *, int, const void *, size_t);
    int (*cublasLtMatmulDescDestroy)(void *);
    int (*cublasLtMatrixLayoutCreate)(void **, int, uint64_t, uint64_t, int64_t);
    int (*cublasLtMatrixLayoutDestroy)(void *);
    int (*cublasLtMatmulPreferenceCreate)(void **);
    int (*cublasLtMatmulPreferenceSetAttribute)(void *, int, const void *, size_t);
    int (*cublasLtMatmulPreferenceDestroy)(void *);
    int (*cublasLtMatmulAlgoGetHeuristic)(void *, void *, void *, void *, void *, void *, void *, int, Proposal *, int *);
    int (*cublasLtMatmul)(void *, void *, const void *, const void *, void *, const void *, void *, const void *, const void *, void *,
                          void *, void *, const Algorithm *, void *, size_t, cudaStream_t);
};

/* All that decides an algorithm, apart from addresses. */
using Shape = std::array<int64_t, 11>;

Shape shape_of(const VendorCall &call) {
    return {call.a.rows, call.a.columns, call.a.stride, call.a.turned, call.b.stride, call.b.turned, call.b.dtype,
            call.c.columns, call.c.stride, call.c.dtype, call.bias != nullptr};
}

}  // namespace

struct Vendor {
    void *file = nullptr;
    Library library = {};
    void *handle = nullptr;
    void *preference = nullptr;
    void *workspace = nullptr;
    std::map<Shape, Algorithm> algorithms;
};

namespace {

leeway_status refuse(const Vendor &vendor, const char *what, int status) {
    return status == 0 ? LEEWAY_OK
                       : fail(LEEWAY_UNSUPPORTED, "cuBLASLt refuses %s: %s; run without --kernels vendor", what,
                              vendor.library.cublasLtGetStatusString(status));
}

template <class Function>
bool find(void *file, const char *name, Function **function) {
    *function = reinterpret_cast<Function *>(dlsym(file, name));
    return *function != nullptr;
}

#define LEEWAY_FIND(name) find(vendor.file, #name, &vendor.library.name)
leeway_status load(Vendor &vendor) {
    const char *named = std::getenv("LEEWAY_CUBLASLT");
    for (const char *name : {named != nullptr ? named : "libcublasLt.so.13", "libcublasLt.so.12"}) {
        vendor.file = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (vendor.file != nullptr || named != nullptr) break;
    }
    if (vendor.file == nullptr)
        return fail(LEEWAY_DEVICE_LOST, "--kernels vendor needs NVIDIA's libcublasLt.so.13 (or .12), and it was not found: %s; install it, "
                    "or name its file in LEEWAY_CUBLASLT", dlerror());
    const bool whole = LEEWAY_FIND(cublasLtCreate) && LEEWAY_FIND(cublasLtDestroy) && LEEWAY_FIND(cublasLtGetStatusString) &&
                       LEEWAY_FIND(cublasLtMatmulDescCreate) && LEEWAY_FIND(cublasLtMatmulDescSetAttribute) &&
                       LEEWAY_FIND(cublasLtMatmulDescDestroy) && LEEWAY_FIND(cublasLtMatrixLayoutCreate) &&
                       LEEWAY_FIND(cublasLtMatrixLayoutDestroy) && LEEWAY_FIND(cublasLtMatmulPreferenceCreate) &&
                       LEEWAY_FIND(cublasLtMatmulPreferenceSetAttribute) && LEEWAY_FIND(cublasLtMatmulPreferenceDestroy) &&
                       LEEWAY_FIND(cublasLtMatmulAlgoGetHeuristic) && LEEWAY_FIND(cublasLtMatmul);
    return whole ? LEEWAY_OK : fail(LEEWAY_DEVICE_LOST, "--kernels vendor: the libcublasLt that was found lacks %s", dlerror());
}

int real_type(leeway_dtype dtype) { return dtype == LEEWAY_BF16 ? real_bf16 : real_f32; }

/* The descriptors of a call, which live as long as this does. */
class Descriptors {
public:
    void *operation = nullptr;
    void *a = nullptr, *b = nullptr, *start = nullptr, *c = nullptr;

    explicit Descriptors(const Library &library) : library(library) {}
    Descriptors(const Descriptors &) = delete;
    ~Descriptors() {
        for (void *layout : {a, b, start, c})
            if (layout != nullptr) library.cublasLtMatrixLayoutDestroy(layout);
        if (operation != nullptr) library.cublasLtMatmulDescDestroy(operation);
    }

    int describe(const VendorCall &call) {
        int status = library.cublasLtMatmulDescCreate(&operation, compute_f32, real_f32);
        if (status == 0) status = set(transpose_a, int32_t(call.a.turned));
        if (status == 0) status = set(transpose_b, int32_t(call.b.turned));
        if (status == 0 && call.bias != nullptr) status = set(epilogue, epilogue_bias);
        if (status == 0 && call.bias != nullptr) status = set(bias_pointer, call.bias);
        if (status == 0) status = lay_out(&a, call.a);
        if (status == 0) status = lay_out(&b, call.b);
        if (status == 0) status = lay_out(&start, call.start);
        return status == 0 ? lay_out(&c, call.c) : status;
    }

private:
    const Library &library;

    template <class Value>
    int set(Attribute attribute, Value value) {
        return library.cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof value);
    }

    int lay_out(void **layout, const ColumnMajor &matrix) {
        return library.cublasLtMatrixLayoutCreate(layout, real_type(matrix.dtype), uint64_t(matrix.rows), uint64_t(matrix.columns),
                                                  matrix.stride);
    }
};

leeway_status choose(Vendor &vendor, const Descriptors &call, const Shape &shape, const Algorithm **algorithm) {
    auto known = vendor.algorithms.find(shape);
    if (known == vendor.algorithms.end()) {
        Proposal proposal = {};
        int count = 0;
        const int answer = vendor.library.cublasLtMatmulAlgoGetHeuristic(vendor.handle, call.operation, call.a, call.b, call.start, call.c,
                                                                   vendor.preference, 1, &proposal, &count);
        LEEWAY_TRY(refuse(vendor, "to propose an algorithm", answer));
        if (count == 0) return fail(LEEWAY_UNSUPPORTED, "cuBLASLt has no algorithm for this product; run without --kernels vendor");
        known = vendor.algorithms.emplace(shape, proposal.algorithm).first;
    }
    *algorithm = &known->second;
    return LEEWAY_OK;
}

leeway_status prepare(leeway_stream *stream, Vendor &vendor) {
    LEEWAY_TRY(load(vendor));
    LEEWAY_TRY(refuse(vendor, "to start", vendor.library.cublasLtCreate(&vendor.handle)));
    LEEWAY_TRY(refuse(vendor, "a preference", vendor.library.cublasLtMatmulPreferenceCreate(&vendor.preference)));
    const auto prefer = vendor.library.cublasLtMatmulPreferenceSetAttribute;
    LEEWAY_TRY(refuse(vendor, "32 MiB of workspace",
                      prefer(vendor.preference, preference_workspace, &workspace_bytes, sizeof workspace_bytes)));
    for (int matrix = 0; matrix < 4; matrix++)
        LEEWAY_TRY(refuse(vendor, "addresses at multiples of 16",
                          prefer(vendor.preference, preference_alignments + matrix, &least_alignment, sizeof least_alignment)));
    LEEWAY_CUDA(stream, "32 MiB for cuBLASLt", cudaMallocAsync(&vendor.workspace, workspace_bytes, stream->queue));
    return LEEWAY_OK;
}

leeway_status multiply(leeway_stream *stream, const Product &job) {
    Vendor &vendor = *stream->vendor;
    const VendorCall call = vendor_call(job);
    Descriptors descriptors(vendor.library);
    LEEWAY_TRY(refuse(vendor, "to describe a product", descriptors.describe(call)));
    const Algorithm *algorithm = nullptr;
    LEEWAY_TRY(choose(vendor, descriptors, shape_of(call), &algorithm));
    const int answer = vendor.library.cublasLtMatmul(vendor.handle, descriptors.operation, &call.alpha, call.a.data, descriptors.a,
                                                     call.b.data, descriptors.b, &call.beta, call.start.data, descriptors.start, job.c,
                                                     descriptors.c, algorithm, vendor.workspace, workspace_bytes, stream->queue);
    LEEWAY_TRY(refuse(vendor, "a product", answer));
    return launched(stream, "cublasLtMatmul", cudaGetLastError());
}

}  // namespace

leeway_status open_vendor(leeway_stream *stream, Vendor **vendor) {
    *vendor = new Vendor;
    return prepare(stream, **vendor); /* what failed half way is closed with the stream */
}

void close_vendor(leeway_stream *stream, Vendor *vendor) {
    if (vendor == nullptr) return;
    if (vendor->workspace != nullptr) cudaFreeAsync(vendor->workspace, stream->queue);
    if (vendor->preference != nullptr) vendor->library.cublasLtMatmulPreferenceDestroy(vendor->preference);
    if (vendor->handle != nullptr) vendor->library.cublasLtDestroy(vendor->handle);
    if (vendor->file != nullptr) dlclose(vendor->file);
    delete vendor;
}

leeway_status vendor_product(leeway_stream *stream, const Product &job) {
    return without_throwing("cublasLtMatmul", [&] { return multiply(stream, job); });
}

}  // namespace leeway
