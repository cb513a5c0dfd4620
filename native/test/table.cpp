/* table.cpp: see table.h. */
#include "table.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <map>
#include <stdexcept>

namespace table {
namespace {

constexpr int64_t canary_bytes = 256;  // keeps the alignment of leeway_allocate
constexpr unsigned char canary = 0xA5;
constexpr unsigned char unwritten = 0xFF;  // NaN in every float type
constexpr size_t most_problems = 5;        // printed a run

struct Row {
    std::string name;
    std::vector<Shape> shapes;
    Body body;
};

std::vector<Row> &rows() {
    static std::vector<Row> registered;
    return registered;
}

std::string label(const Row &row, const Shape &shape) {
    std::string text = row.name + " (";
    for (size_t i = 0; i < shape.size(); i++) text += (i ? "," : "") + std::to_string(shape[i]);
    return text + ")";
}

[[gnu::format(printf, 1, 2)]] std::string text(const char *format, ...) {
    char line[512];
    va_list values;
    va_start(values, format);
    std::vsnprintf(line, sizeof line, format, values);
    va_end(values);
    return line;
}

class Stream {
public:
    Stream(const Library &library, int64_t threads) : library(library) {
        leeway_stream_create_args args = {.threads = threads, .device = 0, .stream = &stream,
                                          .kernels = library.options.vendor ? LEEWAY_KERNELS_VENDOR : LEEWAY_KERNELS_OWN, .reserved = 0};
        if (library.function<decltype(&leeway_stream_create)>("leeway_stream_create")(nullptr, &args) != LEEWAY_OK)
            throw NoDevice(library.function<decltype(&leeway_message)>("leeway_message")());
    }
    ~Stream() {
        leeway_stream_destroy_args args = {};
        library.function<decltype(&leeway_stream_destroy)>("leeway_stream_destroy")(stream, &args);
    }
    Stream(const Stream &) = delete;
    leeway_stream *get() const { return stream; }

private:
    const Library &library;
    leeway_stream *stream = nullptr;
};

}  // namespace

Library::Library(const std::string &path, const Options &options) : options(options), handle(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!handle) throw std::runtime_error(dlerror());
    int32_t version = function<decltype(&leeway_abi_version)>("leeway_abi_version")();
    if (version != LEEWAY_ABI_VERSION)
        throw std::runtime_error(text("%s has ABI version %d, the table expects %d", path.c_str(), version, LEEWAY_ABI_VERSION));
}

void *Library::symbol(const char *name) const {
    void *address = dlsym(handle, name);
    if (!address) throw std::runtime_error(text("the library does not export %s", name));
    return address;
}

std::string Library::backend() const { return function<decltype(&leeway_backend)>("leeway_backend")(); }

Memory::Memory(const Library &library, leeway_stream *stream, int64_t bytes) : library(library), stream(stream), bytes(bytes) {
    void *address = nullptr;
    leeway_allocate_args args = {bytes + 2 * canary_bytes, &address};
    if (library.function<decltype(&leeway_allocate)>("leeway_allocate")(stream, &args) != LEEWAY_OK)
        throw std::runtime_error(text("no device memory for %lld bytes", (long long)bytes));
    block = static_cast<char *>(address);
    const std::vector<unsigned char> canaries(size_t(canary_bytes), canary);
    copy(block, canaries.data(), canary_bytes, LEEWAY_HOST_TO_DEVICE);
    copy(block + canary_bytes + bytes, canaries.data(), canary_bytes, LEEWAY_HOST_TO_DEVICE);
    if (library.options.fills) write(std::vector<unsigned char>(size_t(bytes), unwritten).data());
}

Memory::~Memory() {
    leeway_free_args args = {block};
    library.function<decltype(&leeway_free)>("leeway_free")(stream, &args);
}

void *Memory::address() const { return block + canary_bytes; }

void Memory::copy(void *destination, const void *source, int64_t count, int32_t kind) const {
    leeway_copy_args args = {count, destination, source, kind};
    if (library.function<decltype(&leeway_copy)>("leeway_copy")(stream, &args) != LEEWAY_OK) throw std::runtime_error("copy failed");
}

void Memory::write(const void *source) const { copy(address(), source, bytes, LEEWAY_HOST_TO_DEVICE); }

void Memory::read(void *destination) const { copy(destination, address(), bytes, LEEWAY_DEVICE_TO_HOST); }

std::string Memory::damage() const {
    std::vector<unsigned char> all(size_t(bytes + 2 * canary_bytes));
    copy(all.data(), block, int64_t(all.size()), LEEWAY_DEVICE_TO_HOST);
    for (int64_t i = 0; i < canary_bytes; i++) {
        if (all[size_t(canary_bytes - 1 - i)] != canary)
            return text("byte %lld before a buffer of %lld", (long long)i + 1, (long long)bytes);
        if (all[size_t(canary_bytes + bytes + i)] != canary)
            return text("byte %lld behind a buffer of %lld", (long long)i, (long long)bytes);
    }
    if (!must_stay.empty() && !std::equal(must_stay.begin(), must_stay.end(), all.begin() + canary_bytes))
        return text("an input of %lld bytes", (long long)bytes);
    return "";
}

Run::Run(const Library &library, leeway_stream *stream, bool checks, uint64_t seed)
    : back_end(library), queue(stream), with_oracle(checks), generator(seed) {}

Memory *Run::make(int64_t bytes) {
    memories.push_back(std::make_unique<Memory>(back_end, queue, bytes));
    return memories.back().get();
}

void Run::record(const void *bytes, size_t count) {
    auto *first = static_cast<const unsigned char *>(bytes);
    bytes_read.insert(bytes_read.end(), first, first + count);
}

std::vector<float> Run::normal(int64_t count, double deviation, double mean) {
    std::normal_distribution<double> draw(mean, deviation);
    std::vector<float> values(static_cast<size_t>(count));
    for (float &x : values) x = float(draw(generator));
    return values;
}

std::vector<float> Run::uniform(int64_t count, double low, double high) {
    std::uniform_real_distribution<double> draw(low, high);
    std::vector<float> values(static_cast<size_t>(count));
    for (float &x : values) x = float(draw(generator));
    return values;
}

std::vector<int32_t> Run::integers(int64_t count, int32_t below) {
    std::uniform_int_distribution<int32_t> draw(0, below - 1);
    std::vector<int32_t> values(static_cast<size_t>(count));
    for (int32_t &x : values) x = draw(generator);
    return values;
}

void Run::status(const char *op, leeway_status got, leeway_status expected) {
    leeway_synchronize_args wait = {};
    leeway_status later = back_end.function<decltype(&leeway_synchronize)>("leeway_synchronize")(queue, &wait);
    if (got == LEEWAY_OK) got = later;
    if (got == expected) return;
    const char *message = got == LEEWAY_OK ? "" : back_end.function<decltype(&leeway_message)>("leeway_message")();
    problems.push_back(text("%s returned %d, expected %d: %s", op, int(got), int(expected), message));
}

void Run::expect(const std::string &what, bool holds) {
    if (!holds) problems.push_back(what);
}

void Run::expect(const std::string &what, const std::vector<float> &got, const std::vector<double> &want,
                 const std::vector<double> &bound) {
    if (got.size() != want.size() || got.size() != bound.size()) {
        problems.push_back(what + ": the oracle has another size");
        return;
    }
    size_t bad = 0;
    for (size_t i = 0; i < got.size(); i++) {
        double x = got[i];
        if ((std::isnan(x) && std::isnan(want[i])) || x == want[i]) continue;
        double error = std::fabs(x - want[i]);
        if (error <= bound[i]) {
            worst_share = std::max(worst_share, error / bound[i]);
        } else if (bad++ == 0) {
            problems.push_back(
                text("%s[%zu] is %.9g, expected %.9g within %.2g, off by %.2g", what.c_str(), i, x, want[i], bound[i], error));
        }
    }
    if (bad > 1) problems.push_back(text("%s: %zu of %zu elements are out of bounds", what.c_str(), bad, got.size()));
}

/* Central difference with h = 6e-6 (1 + |x|): truncation h^2 f'''/6 and rounding 2^-53 f / h are both below 1e-9 of the scale of loss,
 * its derivatives and x; 1e-6 leaves room for sums. */
void Run::differentiate(const std::string &what, const std::function<double(const std::vector<double> &)> &loss,
                        const std::vector<double> &x, const std::vector<double> &gradient) {
    if (!with_oracle) return;
    double scale = 1e-3;
    for (double g : gradient) scale = std::max(scale, std::fabs(g));
    std::vector<double> moved = x;
    size_t stride = std::max<size_t>(1, x.size() / 24);
    for (size_t i = 0; i < x.size(); i += stride) {
        double h = 6e-6 * (1.0 + std::fabs(x[i]));
        moved[i] = x[i] + h;
        double above = loss(moved);
        moved[i] = x[i] - h;
        double below = loss(moved);
        moved[i] = x[i];
        double slope = (above - below) / (2.0 * h);
        if (!(std::fabs(slope - gradient[i]) <= 1e-6 * scale + 1e-9 * (std::fabs(above) + std::fabs(below)))) {
            problems.push_back(text("oracle %s[%zu] is %.9g, its finite difference %.9g", what.c_str(), i, gradient[i], slope));
            return;
        }
    }
}

void Run::finish() {
    for (const auto &memory : memories) {
        std::string damage = memory->damage();
        if (!damage.empty()) problems.push_back("overwritten: " + damage);
    }
}

std::array<uint32_t, 4> philox(uint64_t seed, uint64_t high, uint64_t low) {
    uint32_t x0 = uint32_t(low), x1 = uint32_t(low >> 32), x2 = uint32_t(high), x3 = uint32_t(high >> 32);
    uint32_t k0 = uint32_t(seed), k1 = uint32_t(seed >> 32);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        uint64_t a = uint64_t(x0) * 0xD2511F53u, b = uint64_t(x2) * 0xCD9E8D57u;
        uint32_t y0 = uint32_t(b >> 32) ^ x1 ^ k0, y2 = uint32_t(a >> 32) ^ x3 ^ k1;
        x1 = uint32_t(b), x3 = uint32_t(a), x0 = y0, x2 = y2;
    }
    return {x0, x1, x2, x3};
}

bool add(const std::string &name, const std::vector<Shape> &shapes, Body body) {
    rows().push_back({name, shapes, body});
    return true;
}

namespace {

std::vector<Row> sorted_rows() {
    std::vector<Row> sorted = rows();
    std::sort(sorted.begin(), sorted.end(), [](const Row &a, const Row &b) { return a.name < b.name; });
    return sorted;
}

bool is_chosen(const std::string &name, const std::string &filter) {
    return filter[0] == '=' ? name == filter.substr(1) : name.find(filter) != std::string::npos;
}

struct Outcome {
    std::vector<std::string> problems;
    double worst = 0.0;
    std::vector<unsigned char> transcript;
};

Outcome run_once(const Library &library, leeway_stream *stream, const Row &row, const Shape &shape, bool checks) {
    Run run(library, stream, checks, std::hash<std::string>{}(label(row, shape)));
    std::string thrown;
    try {
        row.body(run, shape);
        run.finish();
    } catch (const std::exception &cause) {
        thrown = cause.what();
    }
    Outcome outcome = {run.failures(), run.worst(), run.transcript()};
    if (!thrown.empty()) outcome.problems.push_back(thrown);
    return outcome;
}

Outcome run_shape(const Library &library, const std::vector<std::unique_ptr<Stream>> &streams, const Row &row, const Shape &shape) {
    Outcome first = run_once(library, streams[0]->get(), row, shape, true);
    for (size_t s = 0; s < streams.size() && first.problems.empty(); s++) {
        Outcome again = run_once(library, streams[s]->get(), row, shape, false);
        for (const std::string &problem : again.problems) first.problems.push_back(text("run %zu: %s", s + 2, problem.c_str()));
        if (again.transcript != first.transcript) first.problems.push_back(text("run %zu (%zu threads) gave other bits", s + 2, s + 1));
    }
    return first;
}

}  // namespace

void print_device(const Library &library) {
    Stream stream(library, 0);
    int64_t total = 0, available = 0, scratch = 0, threads = 0;
    char name[128] = "";
    leeway_device_query_args args = {&total, &available, &scratch, &threads, name};
    if (library.function<decltype(&leeway_device_query)>("leeway_device_query")(stream.get(), &args) != LEEWAY_OK)
        throw std::runtime_error(library.function<decltype(&leeway_message)>("leeway_message")());
    std::printf("%s\n%lld\n%lld\n", name, (long long)threads, (long long)total);
}

void print_rows() {
    for (const Row &row : sorted_rows()) std::printf("%s\n", row.name.c_str());
}

int run_all(const Library &library, const std::string &filter) {
    std::vector<std::unique_ptr<Stream>> streams;
    for (int64_t threads = 1; threads <= (library.backend() == "cpu" ? 4 : 1); threads++)
        streams.push_back(std::make_unique<Stream>(library, threads));
    int64_t passed = 0, failed = 0;
    for (const Row &row : sorted_rows()) {
        if (!is_chosen(row.name, filter)) continue;
        double worst = 0.0;
        for (const Shape &shape : row.shapes) {
            Outcome outcome = run_shape(library, streams, row, shape);
            worst = std::max(worst, outcome.worst);
            outcome.problems.empty() ? passed++ : failed++;
            for (size_t i = 0; i < std::min(outcome.problems.size(), most_problems); i++)
                std::printf("FAILED %s: %s\n", label(row, shape).c_str(), outcome.problems[i].c_str());
        }
        std::printf("%-36s %3zu shapes, worst error %.2f of its bound\n", row.name.c_str(), row.shapes.size(), worst);
        std::fflush(stdout);
    }
    std::printf("%lld passed, %lld failed\n", (long long)passed, (long long)failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace table
