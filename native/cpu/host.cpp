/* host.cpp: processors and memory, from the affinity mask, /proc/meminfo and the control groups (v2, and memory of v1). */
#include "host.h"

#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace leeway {
namespace {

/* The number a file begins with, or -1 where there is none: the word "max" means no limit. */
int64_t number_in(const std::string &path) {
    std::ifstream file(path);
    int64_t number = -1;
    return file >> number ? number : -1;
}

/* The path of this process in the hierarchy of a line that begins with prefix, such as "0::" for v2. */
std::string group_path(const std::string &prefix) {
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);)
        if (line.find(prefix) != std::string::npos) return line.substr(line.find(prefix) + prefix.size());
    return "/";
}

/* Calls visit(folder) for a group and all groups above it. */
template <class Visit>
void for_each_group(const std::string &root, std::string path, Visit visit) {
    for (;; path = path.substr(0, path.rfind('/'))) {
        visit(root + path);
        if (path.empty() || path.find('/') == std::string::npos) return;
    }
}

/* The value of a key in a file of "key value" lines, or 0. */
int64_t value_of(const std::string &path, const std::string &key) {
    std::ifstream file(path);
    std::string name;
    for (int64_t value = 0; file >> name >> value;)
        if (name == key) return value;
    return 0;
}

/* What a limit leaves; pages of files that nobody uses at the moment are given back on demand. */
int64_t left(int64_t limit, int64_t used, int64_t reclaimable) {
    return limit < 0 || used < 0 ? INT64_MAX : std::max<int64_t>(0, limit - used + reclaimable);
}

int64_t group_bytes() {
    int64_t least = INT64_MAX;
    for_each_group("/sys/fs/cgroup", group_path("0::"), [&](const std::string &group) {
        least = std::min(least, left(number_in(group + "/memory.max"), number_in(group + "/memory.current"),
                                     value_of(group + "/memory.stat", "inactive_file")));
    });
    for_each_group("/sys/fs/cgroup/memory", group_path(":memory:"), [&](const std::string &group) {
        least = std::min(least, left(number_in(group + "/memory.limit_in_bytes"), number_in(group + "/memory.usage_in_bytes"),
                                     value_of(group + "/memory.stat", "total_inactive_file")));
    });
    return least;
}

/* cpu.max of v2 holds a quota and a period in microseconds. */
int64_t group_processors() {
    int64_t least = INT64_MAX;
    for_each_group("/sys/fs/cgroup", group_path("0::"), [&](const std::string &group) {
        std::ifstream file(group + "/cpu.max");
        int64_t quota = 0, period = 0;
        if (file >> quota >> period && quota > 0 && period > 0) least = std::min(least, (quota + period - 1) / period);
    });
    return least;
}

Isa processor_isa() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        return __builtin_cpu_supports("avx512bf16") ? Isa::avx512bf16 : Isa::avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::avx2;
#endif
    return Isa::portable;
}

Isa allowed_isa() {
    const char *name = std::getenv("LEEWAY_ISA");
    std::string allowed = name == nullptr ? "" : name;
    return allowed == "portable" ? Isa::portable : allowed == "avx2" ? Isa::avx2 : allowed == "avx512" ? Isa::avx512 : Isa::avx512bf16;
}

}  // namespace

void *allocate_pages(int64_t bytes) {
    constexpr int64_t page = int64_t(2) << 20;
    const int64_t alignment = bytes >= page ? page : 256;
    if (bytes > INT64_MAX - alignment) return nullptr;
    const size_t whole = size_t((bytes + alignment - 1) / alignment * alignment);
    void *block = std::aligned_alloc(size_t(alignment), whole);
#if defined(MADV_HUGEPAGE)
    if (block != nullptr && alignment == page) madvise(block, whole, MADV_HUGEPAGE); /* a wish: small pages do as well */
#endif
    return block;
}

Isa instruction_set() {
    static const Isa chosen = std::min(processor_isa(), allowed_isa());
    return chosen;
}

int64_t usable_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    bool told = sched_getaffinity(0, sizeof set, &set) == 0;
    int64_t processors = told ? CPU_COUNT(&set) : int64_t(std::thread::hardware_concurrency());
    return std::max<int64_t>(1, std::min(processors, group_processors()));
}

int64_t available_bytes(int64_t otherwise) {
    int64_t host = otherwise;
    std::ifstream file("/proc/meminfo");
    for (std::string line; std::getline(file, line);) {
        long long kib = 0;
        if (std::sscanf(line.c_str(), "MemAvailable: %lld kB", &kib) == 1) host = int64_t(kib) * 1024;
    }
    return std::min(host, group_bytes());
}

}  // namespace leeway
