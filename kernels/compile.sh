#!/bin/sh
# Compiles kernels/*.cu with nvcc, one object a file and what ptxas says of it beside it; a second run compiles what changed.
# Usage: compile.sh FOLDER TARGET...     targets: sm_80 sm_86 sm_89 sm_90a (machine code), compute_90 (PTX for later chips)
set -eu
[ $# -ge 2 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
folder=$1
shift
here=$(cd "$(dirname "$0")" && pwd)

nvcc=$(command -v nvcc || true)
for home in "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda; do
    [ -n "$nvcc" ] || { [ -n "$home" ] && [ -x "$home/bin/nvcc" ] && nvcc=$home/bin/nvcc; } || true
done
[ -n "$nvcc" ] || { echo "nvcc of CUDA 13 was not found; put it on PATH or set CUDA_HOME" >&2; exit 3; }

version=$("$nvcc" --version | sed -n 's/.*release \([0-9]*\).*/\1/p')
[ "${version:-0}" -ge 13 ] || { echo "$nvcc is of CUDA ${version:-unknown}, and CUDA 13 is needed; set CUDA_HOME" >&2; exit 3; }

codes=
for target in "$@"; do
    codes="$codes -gencode arch=compute_${target#*_},code=$target"
done
mkdir -p "$folder"
# Objects of another compiler, other targets or flags, older than a header, or of a source that is gone, are of no use.
made=$(echo "$*"; "$nvcc" --version; cat "$0")
if [ "$(cat "$folder/made" 2>/dev/null)" != "$made" ] ||
    [ -n "$(find "$here" "$here/../native/include" "$here/../native/contract" -name '*.h' -newer "$folder/made" -print)" ]; then
    rm -f "$folder"/*.o "$folder"/*.ptxas
    echo "$made" >"$folder/made"
fi
for object in "$folder"/*.o; do
    [ -e "$here/$(basename "$object" .o).cu" ] || rm -f "$object" "${object%.o}.ptxas" "$folder/linked"
done

export nvcc codes folder here
# shellcheck disable=SC2016
find "$here" -maxdepth 1 -name '*.cu' | sort | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I '{}' sh -euc '
    object=$folder/$(basename "$1" .cu).o
    [ "$object" -nt "$1" ] && exit 0
    if ! "$nvcc" -std=c++20 -O3 --expt-relaxed-constexpr -Xptxas -v -Werror all-warnings $codes \
            -Xcompiler -fPIC,-fvisibility=hidden,-Wall,-Wextra,-Wno-unknown-pragmas -DLEEWAY_BACKEND=\"cuda\" \
            -I "$here" -I "$here/../native/include" -I "$here/../native/contract" \
            -c "$1" -o "$object.new" >"${object%.o}.ptxas" 2>&1; then
        cat "${object%.o}.ptxas" >&2
        exit 255
    fi
    mv "$object.new" "$object"' sh '{}'
echo "$nvcc" >"$folder/nvcc"
