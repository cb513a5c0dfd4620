/* table.h: the op table: one row per op, run on many shapes against whatever back end a shared library holds.
 *
 * A row is a function of (Run, Shape). It makes buffers, calls ops, reads results back and states what they must be. The table runs it
 * once with its oracle and then again for 1, 2, 3 and 4 threads (on a device: twice), and fails it where
 *     - an expectation fails, or an op returns a status that wasn't expected,
 *     - any byte read back differs between the runs,
 *     - a byte before or behind any buffer has changed, or an input has,
 * and prints for each row the worst error in units of its bound. Fresh outputs hold NaN bytes, so what isn't written shows.
 *
 *     void scale_row(Run &run, const Shape &shape) {
 *         auto x = run.normal(shape[0]);                        // host values, the same in every run
 *         auto buffer = run.inout(x);
 *         LEEWAY_RUN(run, scale, {.count = shape[0], .x = buffer.get(), .value = 2});
 *         auto got = run.read(buffer);
 *         if (run.checks()) run.expect("x", got, want, bound);  // the oracle, in double
 *     }
 *     const bool scale_rows = table::add("scale", {{1}, {17}}, scale_row);
 */
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "leeway.h"

namespace table {

using Shape = std::vector<int64_t>;

/* The back end opens no stream here: there is no device. */
struct NoDevice : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/* Half an ulp of 1: the unit of every bound. */
inline constexpr double u = 0x1p-24;

struct Options {
    bool fills = true;   /* fresh memory holds NaN bytes, or is left as it comes: then a tool sees what is read unwritten */
    bool vendor = false; /* LEEWAY_KERNELS_VENDOR: then same() holds of nothing */
};

/* A back end, loaded with dlopen. */
class Library {
public:
    explicit Library(const std::string &path, const Options &options);
    const Options options;
    template <class Function>
    Function function(const char *name) const {
        return reinterpret_cast<Function>(symbol(name));
    }
    std::string backend() const;

private:
    void *symbol(const char *name) const;
    void *handle;
};

/* Device memory between two canaries. */
class Memory {
public:
    Memory(const Library &library, leeway_stream *stream, int64_t bytes);
    ~Memory();
    Memory(const Memory &) = delete;

    void *address() const;
    void write(const void *source) const;
    void read(void *destination) const;
    /* Empty, or what has been overwritten. */
    std::string damage() const;
    int64_t size() const { return bytes; }

    std::vector<unsigned char> must_stay;  // contents of an input

private:
    void copy(void *destination, const void *source, int64_t count, int32_t kind) const;
    const Library &library;
    leeway_stream *stream;
    int64_t bytes;
    char *block = nullptr;
};

template <class T>
struct Buffer {
    Memory *memory = nullptr;
    int64_t count = 0;
    T *get() const { return memory ? static_cast<T *>(memory->address()) : nullptr; }
};

/* One execution of one row on one shape. */
class Run {
public:
    Run(const Library &library, leeway_stream *stream, bool checks, uint64_t seed);

    /* Whether this run compares with the oracle (once a shape; the others compare bits). */
    bool checks() const { return with_oracle; }
    const Library &library() const { return back_end; }
    leeway_stream *stream() const { return queue; }
    std::mt19937_64 &random() { return generator; }

    std::vector<float> normal(int64_t count, double deviation = 1.0, double mean = 0.0);
    std::vector<float> uniform(int64_t count, double low, double high);
    std::vector<int32_t> integers(int64_t count, int32_t below);

    /* An input, which must not change. */
    template <class T>
    Buffer<T> in(const std::vector<T> &values) {
        Buffer<T> buffer = inout(values);
        auto *bytes = reinterpret_cast<const unsigned char *>(values.data());
        buffer.memory->must_stay.assign(bytes, bytes + values.size() * sizeof(T));
        return buffer;
    }
    template <class T>
    Buffer<T> inout(const std::vector<T> &values) {
        Buffer<T> buffer = {make(int64_t(values.size() * sizeof(T))), int64_t(values.size())};
        buffer.memory->write(values.data());
        return buffer;
    }
    template <class T>
    Buffer<T> out(int64_t count) {
        return {make(count * int64_t(sizeof(T))), count};
    }
    /* The contents, which join what is compared between runs. */
    template <class T>
    std::vector<T> read(const Buffer<T> &buffer) {
        std::vector<T> values(size_t(buffer.count));
        buffer.memory->read(values.data());
        record(values.data(), values.size() * sizeof(T));
        return values;
    }

    void status(const char *op, leeway_status got, leeway_status expected);
    /* |got[i] - want[i]| <= bound[i] for every i; two NaN or two equal infinities agree. */
    void expect(const std::string &what, const std::vector<float> &got, const std::vector<double> &want, const std::vector<double> &bound);
    void expect(const std::string &what, bool holds);
    /* Bitwise; kernels of the vendor's promise no bits. */
    template <class T>
    void same(const std::string &what, const std::vector<T> &got, const std::vector<T> &want) {
        if (back_end.options.vendor) return;
        bool equal = got.size() == want.size() && (got.empty() || std::memcmp(got.data(), want.data(), got.size() * sizeof(T)) == 0);
        expect(what + ": bits differ", equal);
    }
    /* gradient = d loss / d x by central differences of the double oracle, at up to 24 coordinates spread over x. */
    void differentiate(const std::string &what, const std::function<double(const std::vector<double> &)> &loss,
                       const std::vector<double> &x, const std::vector<double> &gradient);

    void finish();  // canaries and inputs
    double worst() const { return worst_share; }
    const std::vector<std::string> &failures() const { return problems; }
    const std::vector<unsigned char> &transcript() const { return bytes_read; }

private:
    Memory *make(int64_t bytes);
    void record(const void *bytes, size_t count);

    const Library &back_end;
    leeway_stream *queue;
    bool with_oracle;
    std::mt19937_64 generator;
    std::vector<std::unique_ptr<Memory>> memories;
    std::vector<unsigned char> bytes_read;
    std::vector<std::string> problems;
    double worst_share = 0.0;
};

using Body = void (*)(Run &run, const Shape &shape);

/* Registers a row. The name begins with the op's. */
bool add(const std::string &name, const std::vector<Shape> &shapes, Body body);

/* Name, threads and bytes of memory of the device, a line each. */
void print_device(const Library &library);

/* The names of all rows in their order, one a line. */
void print_rows();

/* Runs what contains the filter, or with "=NAME" that row alone; prints; returns the exit status. */
int run_all(const Library &library, const std::string &filter);

/* Philox4x32-10 as sampling.h states it, written from the paper and checked against its authors' known answers (rows_elementwise.cpp). */
std::array<uint32_t, 4> philox(uint64_t seed, uint64_t high, uint64_t low);

inline std::vector<double> widen(const std::vector<float> &x) { return {x.begin(), x.end()}; }

template <class T>
std::vector<T> slice(const std::vector<T> &x, int64_t begin, int64_t end) {
    return {x.begin() + begin, x.begin() + end};
}

template <class Function, class Args>
leeway_status call(const Run &run, const char *name, const Args &args) {
    return run.library().function<Function>(name)(run.stream(), &args);
}

}  // namespace table

/* LEEWAY_RUN(run, glu_forward, args): calls it, waits, and fails the row unless it returns LEEWAY_OK. */
#define LEEWAY_RUN(run, op, ...) LEEWAY_EXPECT_STATUS(run, op, LEEWAY_OK, __VA_ARGS__)
/* The same for a call that must be refused. */
#define LEEWAY_EXPECT_STATUS(run, op, expected, ...)                                                                       \
    do {                                                                                                                   \
        leeway_##op##_args call_args = __VA_ARGS__;                                                                        \
        (run).status(#op, table::call<decltype(&leeway_##op)>(run, "leeway_" #op, call_args), expected);                   \
    } while (0)
