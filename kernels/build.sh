#!/bin/sh
# Builds libleeway_cuda from kernels/*.cu into the resources that go into the engine's jar.
# Usage: build.sh auto|yes RESOURCES     auto = only where this machine has a GPU and nvcc; yes = build or fail.
set -eu
asked=$1
resources=$2
here=$(cd "$(dirname "$0")" && pwd)
out=$resources/dev/leeway/ffi/linux-$(uname -m)
ask="ask for it with -Pcuda"

not_built() {
    rm -f "$out/libleeway_cuda.so"
    echo "libleeway_cuda is not built: $1; $ask"
    exit 0
}

gpu_present() {
    [ -e /dev/nvidia0 ] || { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; }
}

set -- "$here"/*.cu
if [ ! -e "$1" ]; then
    ask="the CPU library does all the work"
    not_built "there are no CUDA sources in kernels/ yet"
fi
if [ "$asked" != yes ] && ! gpu_present; then
    not_built "this machine has no NVIDIA GPU"
fi

nvcc=$(command -v nvcc || true)
for home in "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda; do
    [ -n "$nvcc" ] || { [ -n "$home" ] && [ -x "$home/bin/nvcc" ] && nvcc=$home/bin/nvcc; } || true
done
if [ -z "$nvcc" ]; then
    [ "$asked" != yes ] || { echo "-Pcuda needs nvcc of CUDA 13: put it on PATH or set CUDA_HOME" >&2; exit 1; }
    ask="install CUDA 13 and build again"
    not_built "this machine has a GPU but nvcc was not found"
fi

library=$out/libleeway_cuda.so
if [ -e "$library" ] && [ -z "$(find "$here" "$here/../native/include" -newer "$library" \
        \( -name '*.cu' -o -name '*.cuh' -o -name '*.h' -o -name build.sh \) -print)" ]; then
    exit 0
fi
mkdir -p "$out"
# sm_90a holds the paths that only Hopper has; compute_90 PTX serves later chips.
"$nvcc" -std=c++20 -O3 --threads 0 --shared -cudart static -Xcompiler -fPIC,-fvisibility=hidden \
    -gencode arch=compute_80,code=sm_80 -gencode arch=compute_86,code=sm_86 -gencode arch=compute_89,code=sm_89 \
    -gencode arch=compute_90a,code=sm_90a -gencode arch=compute_90,code=compute_90 \
    -I "$here/../native/include" -I "$here" "$@" -o "$library.new"
mv "$library.new" "$library"
