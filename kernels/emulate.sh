#!/bin/sh
# Builds libleeway_emu into target/emu, or tests the emulator and, with the op table of native/, every op on it.
# Usage: emulate.sh build|test
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/target/emulator
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "the emulator runs on Linux on x86-64 alone: not built, not tested"
    exit 0
fi
case $1 in
    build)
        cmake -S "$here" -B "$build" -DCMAKE_BUILD_TYPE=Release -DLEEWAY_RESOURCES="$here/target/emu" --log-level=WARNING
        cmake --build "$build" --target leeway_emu emulator_test --parallel "$(getconf _NPROCESSORS_ONLN)"
        ;;
    test)
        began=$(date +%s)
        library=$here/target/emu/dev/leeway/ffi/linux-x86_64/libleeway_emu.so
        table=$here/../native/target/cmake/test/op_table
        log=$build/op_table.log
        "$build/emulator_test"
        # A row in a process of its own, as many at a time as there are cores: a block of threads runs on one.
        "$table" --rows | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I '{}' "$table" "$library" '={}' >"$log" 2>&1 || true
        # The other way in which tensor cores add.
        LEEWAY_EMU_TENSOR=16 "$build/emulator_test"
        LEEWAY_EMU_TENSOR=16 "$table" "$library" =linear >>"$log" 2>&1 || true
        grep -v '^[0-9]* passed, [0-9]* failed$' "$log" | sort
        sed -n -E 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log" |
            awk -v runs="$(($("$table" --rows | wc -l) + 1))" -v seconds="$(($(date +%s) - began))" '
                { passed += $1; failed += $2 }
                END {
                    printf "emulator: %d passed, %d failed in %d s; %d of %d runs of rows ended\n", passed, failed, seconds, NR, runs
                    exit failed > 0 || NR != runs || passed == 0
                }'
        ;;
    *)
        sed -n '2,3s/^# //p' "$0" >&2
        exit 2
        ;;
esac
