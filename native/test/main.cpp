/* op_table [--leave-unwritten | --vendor] LIBRARY.so [FILTER]: checks every op (whose row's name contains FILTER, or is NAME where
 * FILTER is =NAME) of a back end. Ends with "N passed, N failed"; exit code 1 where a row failed, 5 without a device. op_table --rows
 * prints the rows' names, op_table --device LIBRARY.so what the back end runs on: its name, threads (multiprocessors) and bytes of
 * memory, a line each. --vendor: products by the vendor's kernels, which promise no bits. */
#include <cstdio>
#include <cstring>
#include <exception>

#include "table.h"

int main(int count, char **values) {
    if (count == 2 && std::strcmp(values[1], "--rows") == 0) return table::print_rows(), 0;
    const bool asks = count == 3 && std::strcmp(values[1], "--device") == 0;
    const auto has = [&](const char *option) { return count > 1 && std::strcmp(values[1], option) == 0; };
    const table::Options options = {.fills = !has("--leave-unwritten"), .vendor = has("--vendor")};
    const int first = options.fills && !options.vendor && !asks ? 1 : 2;
    if (count <= first || count > first + 2) {
        std::fprintf(stderr, "usage: op_table [--leave-unwritten | --vendor] LIBRARY.so [FILTER], op_table --rows, "
                             "op_table --device LIBRARY.so\n");
        return 2;
    }
    try {
        table::Library library(values[first], options);
        if (asks) return table::print_device(library), 0;
        return table::run_all(library, count == first + 2 ? values[first + 1] : "");
    } catch (const table::NoDevice &none) {
        std::fprintf(stderr, "op_table: no device: %s\n", none.what());
        return 5;
    } catch (const std::exception &cause) {
        std::fprintf(stderr, "op_table: %s\n", cause.what());
        return 1;
    }
}
