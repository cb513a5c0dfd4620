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
        "$build/emulator_test"
        began=$(date +%s)
        "$here/../native/target/cmake/test/op_table" "$here/target/emu/dev/leeway/ffi/linux-x86_64/libleeway_emu.so"
        # The other way in which tensor cores add.
        LEEWAY_EMU_TENSOR=16 "$build/emulator_test"
        LEEWAY_EMU_TENSOR=16 "$here/../native/target/cmake/test/op_table" "$here/target/emu/dev/leeway/ffi/linux-x86_64/libleeway_emu.so" =linear
        echo "the op table took $(($(date +%s) - began)) s on the emulator"
        ;;
    *)
        sed -n '2,3s/^# //p' "$0" >&2
        exit 2
        ;;
esac
