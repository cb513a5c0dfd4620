#!/bin/sh
# Builds libleeway_cuda from kernels/*.cu into the resources that go into the engine's jar.
# Usage: build.sh auto|yes RESOURCES     auto = only where this machine has a GPU or LEEWAY_CUDA=1 asks for it; yes = build or fail.
set -eu
asked=$1
resources=$2
here=$(cd "$(dirname "$0")" && pwd)
out=$resources/dev/leeway/ffi/linux-$(uname -m)
[ "${LEEWAY_CUDA:-}" != 1 ] || asked=yes

not_built() {
    rm -f "$out/libleeway_cuda.so"
    echo "libleeway_cuda is not built: $1"
    exit 0
}

gpu_present() {
    [ -e /dev/nvidia0 ] || { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; }
}

if [ "$asked" != yes ] && ! gpu_present; then
    not_built "this machine has no NVIDIA GPU; ask for it with LEEWAY_CUDA=1"
fi
objects=$here/target/cuda
# sm_90a holds the paths that only Hopper has; compute_90 PTX serves later chips. Unasked, the chip that is here is enough.
targets="sm_80 sm_86 sm_89 sm_90a compute_90"
if [ "$asked" != yes ]; then
    case $(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1) in
        8.0) targets=sm_80 ;;
        8.6) targets=sm_86 ;;
        8.9) targets=sm_89 ;;
        9.0) targets=sm_90a ;;
    esac
fi
status=0
# shellcheck disable=SC2086
"$here/compile.sh" "$objects" ${LEEWAY_CUDA_TARGETS:-$targets} || status=$?
if [ "$status" = 3 ] && [ "$asked" != yes ]; then
    not_built "this machine has a GPU but no nvcc; install CUDA 13 and build again"
fi
[ "$status" = 0 ] || exit "$status"

library=$out/libleeway_cuda.so
mkdir -p "$out"
if [ ! -e "$library" ] || [ ! -e "$objects/linked" ] || [ -n "$(find "$objects" -name '*.o' -newer "$library" -print)" ]; then
    echo '{ global: leeway_*; local: *; };' >"$objects/exports.map"
    "$(cat "$objects/nvcc")" --shared -cudart static -Xcompiler -static-libstdc++,-static-libgcc -Xlinker "--version-script=$objects/exports.map" \
        "$objects"/*.o -o "$library.new"
    mv "$library.new" "$library"
    : >"$objects/linked"
fi
