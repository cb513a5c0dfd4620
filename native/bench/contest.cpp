/* contest.cpp: see contest.h. */
#include "contest.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <ctime>

namespace bench {
namespace {

constexpr int64_t samples = 16; /* compared of each output */
constexpr double longest_pass = 3.0; /* seconds */

double now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

std::string quoted(const std::string &text) {
    std::string result = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c < ' ' ? ' ' : c;
    }
    return result + '"';
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

std::string list(const std::vector<double> &values) {
    std::string text;
    for (double value : values) text += (text.empty() ? "" : ", ") + number(value);
    return "[" + text + "]";
}

/* The element of an output, on the host. */
double element(const Output &output, int64_t index) {
    const int64_t size = bytes_of(output.dtype);
    unsigned char raw[4];
    const char *source = static_cast<const char *>(output.address) + index * size;
    LEEWAY_CALL(copy, {.bytes = size, .destination = raw, .source = source, .kind = LEEWAY_DEVICE_TO_HOST});
    uint16_t half;
    float single;
    std::memcpy(&half, raw, 2);
    std::memcpy(&single, raw, 4);
    return output.dtype == LEEWAY_BF16 ? from_bf16(half) : single;
}

std::vector<double> sampled(const std::vector<Output> &outputs) {
    std::vector<double> values;
    for (const Output &output : outputs)
        for (int64_t s = 0; s < samples; s++)
            values.push_back(element(output, std::min(output.count - 1, s * (output.count / samples) + s)));
    return values;
}

/* Empty where both did the same work. Allowed beside the largest sample of an output: in bf16 some roundings of 2^-9 on the way, in fp32
 * sums in other orders. */
std::string difference(const std::vector<double> &ours, const std::vector<double> &theirs, leeway_dtype dtype) {
    if (ours.size() != theirs.size())
        return "the peer has " + std::to_string(theirs.size()) + " samples, we have " + std::to_string(ours.size());
    const double share = dtype == LEEWAY_BF16 ? 0.05 : 1e-3;
    for (size_t begin = 0; begin < ours.size(); begin += size_t(samples)) {
        double largest = 0;
        for (size_t i = begin; i < begin + size_t(samples); i++) largest = std::max(largest, std::fabs(theirs[i]));
        for (size_t i = begin; i < begin + size_t(samples); i++)
            if (!(std::fabs(ours[i] - theirs[i]) <= share * largest))
                return "in output " + std::to_string(begin / size_t(samples)) + " ours is " + number(ours[i]) + " where the peer's is " +
                       number(theirs[i]);
    }
    return "";
}

std::vector<double> parsed(const std::string &text) {
    std::vector<double> values;
    const char *at = text.c_str();
    for (char *end = nullptr;; at = end) {
        const double value = std::strtod(at, &end);
        if (end == at) return values;
        values.push_back(value);
    }
}

}  // namespace

Peer::Peer(const std::vector<std::string> &command) {
    int down[2], up[2];
    if (pipe(down) != 0 || pipe(up) != 0) throw std::runtime_error("no pipe to the peer");
    std::signal(SIGPIPE, SIG_IGN);
    process = fork();
    if (process == 0) {
        dup2(down[0], 0), dup2(up[1], 1);
        for (int end : {down[0], down[1], up[0], up[1]}) close(end);
        std::vector<char *> arguments;
        for (const std::string &part : command) arguments.push_back(const_cast<char *>(part.c_str()));
        arguments.push_back(nullptr);
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    close(down[0]), close(up[1]);
    to = fdopen(down[1], "w"), from = fdopen(up[0], "r");
}

Peer::~Peer() {
    std::fclose(to), std::fclose(from);
    waitpid(process, nullptr, 0);
}

std::vector<std::string> Peer::ask(const std::string &line) {
    std::fprintf(to, "%s\n", line.c_str());
    std::fflush(to);
    std::string answer;
    for (int c; (c = std::fgetc(from)) != EOF && c != '\n';) answer += char(c);
    std::vector<std::string> fields;
    for (size_t begin = 0; !answer.empty() && begin != std::string::npos;) {
        const size_t end = answer.find('\t', begin);
        fields.push_back(answer.substr(begin, end == std::string::npos ? end : end - begin));
        begin = end == std::string::npos ? end : end + 1;
    }
    return fields;
}

Contest::Contest(const Settings &settings, std::unique_ptr<Peer> other) : settings(settings), peer(std::move(other)), began(now()) {
    if (!peer) return;
    const auto answer = peer->ask("version");
    if (answer.size() == 2 && answer[0] == "version") {
        peer_version = answer[1];
    } else {
        leave_out("the peer", answer.empty() ? "it ended at once" : answer.back());
        peer.reset();
    }
}

void Contest::leave_out(const std::string &name, const std::string &why) {
    std::printf("{\"left_out\": %s}\n", quoted(name + ": " + why).c_str());
    std::fflush(stdout);
}

/* Seconds of one call. */
double Contest::peer_turn(int64_t passes, int64_t sets) {
    const auto answer = peer->ask("turn " + std::to_string(passes));
    if (answer.size() != 2 || answer[0] != "seconds") throw std::runtime_error(answer.empty() ? "the peer ended" : answer.back());
    return std::stod(answer[1]) / double(passes * sets);
}

/* What the peer runs, or empty where it has left the task out. */
std::string Contest::prepare_peer(const Task &task, int64_t sets, std::vector<double> &sample) {
    const auto answer = peer->ask("prepare " + std::to_string(sets) + " " + task.peer);
    if (answer.size() == 3 && answer[0] == "ready") {
        sample = parsed(answer[2]);
        return answer[1];
    }
    leave_out(task.name + ", " + peer_version, answer.empty() ? "it ended" : answer.back());
    if (answer.empty()) peer.reset();
    return "";
}

void Contest::run(const Task &task) {
    if (task.name.find(settings.filter) == std::string::npos) return;
    if (now() - began > settings.deadline_seconds) return leave_out(task.name, "no time left");
    try {
        measure(task);
    } catch (const std::exception &cause) {
        any_failed = true;
        std::printf("{\"failed\": %s}\n", quoted(task.name + ": " + cause.what()).c_str());
        std::fflush(stdout);
    }
    if (peer && peer->ask("drop").empty()) {
        leave_out("the peer from here on", "it ended");
        peer.reset();
    }
}

void Contest::measure(const Task &task) {
    Memory memory;
    const int64_t sets = std::clamp<int64_t>(int64_t(std::ceil(double(settings.cache_bytes) / task.bytes)), 1, 32);
    std::vector<Operands> all;
    for (int64_t s = 0; s < sets; s++) all.push_back(task.make(memory));
    auto turn = [&](int64_t passes) {
        synchronize();
        const double start = now();
        for (int64_t p = 0; p < passes; p++)
            for (const Operands &one : all) one.call();
        synchronize();
        return (now() - start) / double(passes * sets);
    };
    all[0].call();
    const std::vector<double> ours = sampled(all[0].outputs);
    std::vector<double> theirs;
    const std::string variant = peer ? prepare_peer(task, sets, theirs) : "";
    if (!variant.empty()) {
        const std::string why = difference(ours, theirs, task.dtype);
        if (!why.empty()) throw std::runtime_error("not the same work: " + why);
    }
    turn(1);
    const double once = turn(1) * double(sets);
    if (once > longest_pass) return leave_out(task.name, "one pass takes " + number(once) + " s");
    const int64_t passes = std::max<int64_t>(1, std::llround(settings.turn_seconds / once));
    int64_t peer_passes = 0;
    if (!variant.empty()) peer_passes = std::max<int64_t>(1, std::llround(settings.turn_seconds / (peer_turn(1, sets) * double(sets))));
    std::vector<double> our_turns, peer_turns, ratios;
    for (int i = 0; i < settings.turns; i++) {
        our_turns.push_back(turn(passes));
        if (variant.empty()) continue;
        peer_turns.push_back(peer_turn(peer_passes, sets));
        ratios.push_back(peer_turns.back() / our_turns.back());
    }
    const double seconds = median(our_turns);
    std::string row = "\"name\": " + quoted(task.name) + ", \"unit\": \"s\", \"ours\": " + number(seconds);
    row += ", \"runs\": " + list(our_turns);
    if (!variant.empty())
        row += ", \"peer\": " + number(median(peer_turns)) + ", \"peer_name\": \"PyTorch\", \"peer_version\": " +
               quoted(peer_version + ", " + variant) + ", \"ratio\": " + number(median(ratios)) + ", \"peer_runs\": " + list(peer_turns);
    std::printf("{%s, \"work\": {%s, \"operand_sets\": %lld, \"calls_a_turn\": %lld}}\n", row.c_str(), rates(task, seconds).c_str(),
                (long long)sets, (long long)(passes * sets));
    std::fflush(stdout);
}

/* What a call does, in one second and as shares of the ceilings. */
std::string Contest::rates(const Task &task, double seconds) const {
    const double flops = task.flops / seconds, bytes = task.bytes / seconds;
    std::string text = "\"flops\": " + number(task.flops) + ", \"bytes\": " + number(task.bytes) + ", \"gflops_per_second\": " +
                       number(flops * 1e-9) + ", \"gigabytes_per_second\": " + number(bytes * 1e-9);
    if (product_rate[task.dtype] > 0) text += ", \"share_of_peak\": " + number(flops / product_rate[task.dtype]);
    if (copy_rate > 0) text += ", \"share_of_copy\": " + number(bytes / copy_rate);
    return text;
}

void Contest::ceilings(int64_t copy_bytes, int64_t product_size) {
    {
        Memory memory;
        void *from = memory.numbers(copy_bytes / 4, LEEWAY_F32, 1), *to = memory.fresh(copy_bytes);
        std::vector<double> rates;
        for (int i = 0; i <= settings.turns; i++) {
            synchronize();
            const double start = now();
            for (int k = 0; k < 8; k++)
                LEEWAY_CALL(copy, {.bytes = copy_bytes, .destination = to, .source = from, .kind = LEEWAY_DEVICE_TO_DEVICE});
            synchronize();
            if (i > 0) rates.push_back(16.0 * double(copy_bytes) / (now() - start));
        }
        copy_rate = median(rates);
        std::printf("{\"ceiling\": \"copy_bytes_per_second\", \"value\": %s}\n", number(copy_rate).c_str());
    }
    if (!peer) return;
    const std::string size = std::to_string(product_size);
    for (leeway_dtype dtype : {LEEWAY_F32, LEEWAY_BF16}) {
        std::vector<double> ignored, rates;
        const std::string line = std::string("product_forward ") + name_of(dtype) + " " + size + " " + size + " " + size;
        const Task square = {std::string("ceiling of products, ") + name_of(dtype), line, dtype, 0, 0, nullptr};
        if (prepare_peer(square, 1, ignored).empty()) continue;
        peer_turn(1, 1);
        for (int i = 0; i < settings.turns; i++) rates.push_back(2.0 * std::pow(double(product_size), 3) / peer_turn(4, 1));
        product_rate[dtype] = median(rates);
        std::printf("{\"ceiling\": \"peer_product_%s_flops\", \"value\": %s}\n", name_of(dtype), number(product_rate[dtype]).c_str());
        peer->ask("drop");
    }
}

}  // namespace bench
