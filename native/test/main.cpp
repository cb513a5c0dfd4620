/* op_table LIBRARY [FILTER]: checks every op (whose row's name contains FILTER) of a back end. Ends with "N passed, N failed". */
#include <cstdio>
#include <exception>

#include "table.h"

int main(int count, char **values) {
    if (count < 2 || count > 3) {
        std::fprintf(stderr, "usage: op_table LIBRARY.so [FILTER]\n");
        return 2;
    }
    try {
        table::Library library(values[1]);
        return table::run_all(library, count == 3 ? values[2] : "");
    } catch (const std::exception &cause) {
        std::fprintf(stderr, "op_table: %s\n", cause.what());
        return 1;
    }
}
