/* faults.h: what a test can plant in the emulated device, through functions of libleeway_emu that no other back end has. */
#pragma once

#include <cstdint>

namespace emu {

enum class Driver { present, none, old, no_device, old_chip, no_image };

struct Faults {
    Driver driver = Driver::present;
    int64_t allocations_until_failure = -1; /* -1: none fails */
    int64_t kernels_until_failure = -1;

    bool allocation_fails() { return strikes(allocations_until_failure); }
    bool kernel_fails() { return strikes(kernels_until_failure); }

private:
    static bool strikes(int64_t &countdown) { return countdown >= 0 && countdown-- == 0; }
};

Faults &faults();

/* How often the host has waited for the device (host.cpp). */
int64_t waits_of_host();
/* How often a graph was launched. */
int64_t graphs_launched();

/* As in a new process: the device works again, and its memory is free (host.cpp). */
void start_again();

}  // namespace emu
