/* faults.cpp: see faults.h. At the start LEEWAY_EMU_FAULT=NAME or NAME:COUNT in the environment plants the fault of that name. */
#include "faults.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "leeway.h"

namespace emu {

namespace {

bool plant(Faults &faults, const char *name, int64_t count) {
    struct Named {
        const char *name;
        Driver driver;
    };
    static constexpr Named drivers[] = {{"driver-none", Driver::none}, {"driver-old", Driver::old},   {"no-device", Driver::no_device},
                                        {"old-chip", Driver::old_chip}, {"no-image", Driver::no_image}, {"none", Driver::present}};
    for (const Named &known : drivers) {
        if (std::strcmp(name, known.name) != 0) continue;
        faults = {known.driver, -1, -1};
        start_again();
        return true;
    }
    if (std::strcmp(name, "allocation") == 0) faults.allocations_until_failure = count;
    else if (std::strcmp(name, "kernel") == 0) faults.kernels_until_failure = count;
    else return false;
    return true;
}

Faults from_environment() {
    Faults faults;
    const char *wanted = std::getenv("LEEWAY_EMU_FAULT");
    if (wanted == nullptr) return faults;
    char name[32] = "";
    long long count = 0;
    std::sscanf(wanted, "%31[^:]:%lld", name, &count);
    if (!plant(faults, name, count)) std::fprintf(stderr, "LEEWAY_EMU_FAULT=%s names no fault of the emulator\n", wanted);
    return faults;
}

}  // namespace

Faults &faults() {
    static Faults planted = from_environment();
    return planted;
}

}  // namespace emu

/* Plants a fault: "allocation" or "kernel", of which the one after count others fails; or one that a new process would meet: "driver-none",
 * "driver-old", "no-device", "old-chip", "no-image", or "none", with a device that works again. 0 where the name is unknown. */
extern "C" LEEWAY_API int32_t leeway_emu_plant(const char *name, int64_t count) { return emu::plant(emu::faults(), name, count) ? 1 : 0; }

/* How often the host has waited for the device since the process began. */
extern "C" LEEWAY_API int64_t leeway_emu_waits(void) { return emu::waits_of_host(); }

/* How many graphs were launched since the process began. */
extern "C" LEEWAY_API int64_t leeway_emu_graphs(void) { return emu::graphs_launched(); }
