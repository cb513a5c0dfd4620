/* contest.h: ops of a back end timed in turns with the same ops of other software, both on the same device.
 *
 * A turn queues its calls, waits for the last, and reads the wall clock. Calls go round several sets of operands that are together larger
 * than a GPU's cache, so each finds its operands in memory as a training step would. The peer is a process that answers lines
 * (bench/peers/pytorch). */
#pragma once

#include <memory>

#include "device_memory.h"

namespace bench {

/* What a call wrote. */
struct Output {
    const void *address;
    int64_t count;
    leeway_dtype dtype;
};

/* One set of operands: the op on it, and what to compare with the peer's after the first call. */
struct Operands {
    std::function<void()> call;
    std::vector<Output> outputs;
};

/* What is timed. Work and bytes (each operand once) are those of one call. */
struct Task {
    std::string name;
    std::string peer; /* op, dtype and sizes as the peer reads them */
    leeway_dtype dtype;
    double flops;
    double bytes;
    std::function<Operands(Memory &)> make;
};

/* The other software: a command that is started once and stays. */
class Peer {
public:
    explicit Peer(const std::vector<std::string> &command);
    ~Peer();
    Peer(const Peer &) = delete;

    /* Sends a line; the fields of the answer, which tabs separate. Empty where the peer has ended. */
    std::vector<std::string> ask(const std::string &line);

private:
    int process = -1;
    FILE *to = nullptr;
    FILE *from = nullptr;
};

/* Runs tasks, and prints a JSON object for each: a row in the format of bench/results, or {"left_out": why}. */
class Contest {
public:
    struct Settings {
        std::string filter;
        double turn_seconds = 0.05;
        double deadline_seconds = 400;
        int64_t cache_bytes = int64_t(160) << 20; /* operand sets are together as large as this */
        int turns = 7;
    };

    Contest(const Settings &settings, std::unique_ptr<Peer> peer);
    void run(const Task &task);
    /* The ceilings: a copy in device memory, the peer's square products. */
    void ceilings(int64_t copy_bytes, int64_t product_size);
    /* Whether a task was refused, or its results are not the peer's. */
    bool failed() const { return any_failed; }

private:
    void measure(const Task &task);
    double peer_turn(int64_t passes, int64_t sets);
    std::string prepare_peer(const Task &task, int64_t sets, std::vector<double> &sample);
    std::string rates(const Task &task, double seconds) const;
    void leave_out(const std::string &name, const std::string &why);

    Settings settings;
    std::unique_ptr<Peer> peer;
    std::string peer_version;
    double began;
    double copy_rate = 0;
    double product_rate[2] = {0, 0}; /* by dtype */
    bool any_failed = false;
};

}  // namespace bench
