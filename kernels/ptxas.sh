#!/bin/sh
# Compiles every kernel for every target and writes what each one uses of a multiprocessor: bench/results/ptxas.txt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
objects=$here/target/ptxas
"$here/compile.sh" "$objects" sm_80 sm_86 sm_89 sm_90a compute_90
table=$here/../bench/results/ptxas.txt
{
    echo "# $("$(cat "$objects/nvcc")" --version | tail -1); kernels/ptxas.sh"
    printf '# %-18s %-8s %9s %9s %9s %9s  %s\n' file target registers shared stack spilled kernel
    for log in "$objects"/*.ptxas; do
        awk -v file="$(basename "$log" .ptxas)" '
            /Compiling entry function/ { split($0, quoted, "\047"); kernel = quoted[2]; target = quoted[4] }
            /bytes stack frame/ { stack = $1; spilled = $5 + $9 }
            /Used [0-9]+ registers/ {
                match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5); shared = 0
                if (match($0, /[0-9]+ bytes smem/)) shared = substr($0, RSTART, RLENGTH) + 0
                printf "%-20s %-8s %9d %9d %9d %9d  %s\n", file, target, registers, shared, stack, spilled, kernel
            }' "$log"
    done | c++filt | sed -e 's/(anonymous namespace):://g' -e 's/  void /  /' -e 's/(.*//' -e 's/leeway:://g' | sort
} >"$table.new"
mv "$table.new" "$table"
awk '!/^#/ { kernels++; if ($6 > 0) spilling++; if ($3 > most) most = $3 }
     END { printf "%d kernels and targets, %d spill, at most %d registers\n", kernels, spilling, most }' "$table"
