# What the scripts of this folder share: a deadline, steps with logs, a results file that is complete after each step. For bash; sourced.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
deadline=${LEEWAY_SECONDS:-520}
command="$0 $*"
dry=no
filter=
for argument in "$@"; do
    case $argument in
        --dry-run) dry=yes ;;
        -*)
            echo "$0: unknown option $argument; known are --dry-run and a filter" >&2
            exit 2
            ;;
        *) filter=$argument ;;
    esac
done

work=$root/bench/device/target
bundle=$root/bench/device/bundle
results=${OUT:-bench/results}
[ "$dry" = no ] || results=$work/dry-run
logs=${OUT:-$work/logs}
mkdir -p "$work" "$results" "$logs"
rows=$work/$part-$dry.rows left_out=$work/$part-$dry.left failed=$work/$part-$dry.failed
: >"$rows" >"$left_out" >"$failed"
date=$(date -u +%F)
backend=cuda
native=$root/kernels/target/resources/dev/leeway/ffi/linux-$(uname -m)
device='' multiprocessors=0 driver=''
sampler=

seconds_left() { echo $((deadline - SECONDS > 0 ? deadline - SECONDS : 0)); }

# Text as a JSON string.
json() { printf '"%s"' "$(printf '%s' "$1" | tr '\t\n' '  ' | tr -d '\000-\037' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')"; }

# A file of lines as a JSON list of strings.
json_list() {
    local line separator=
    printf '['
    while IFS= read -r line; do
        printf '%s%s' "$separator" "$(json "$line")"
        separator=', '
    done <"$1"
    printf ']'
}

commit() {
    local head
    if head=$(git rev-parse --short=12 HEAD 2>/dev/null); then
        echo "$head$([ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ] || echo +changes)"
    elif [ -e "$bundle/commit" ]; then # a copy of the tree without its history
        head=$(head -n 1 "$bundle/commit")
        [ "$(tail -n 1 "$bundle/commit")" = "$(bench/device/sources.sh)" ] || head=${head%+changes}+changes
        echo "$head"
    else
        echo unknown
    fi
}

# The minimum, median and maximum of a column of what nvidia-smi said while this script ran.
clock() {
    awk -F, -v column="$1" '$column + 0 > 0 {print $column + 0}' "$work/clocks.csv" 2>/dev/null | sort -n |
        awk '{ all[NR] = $1 }
             END {
                 if (NR) printf "{\"least\": %s, \"median\": %s, \"most\": %s}", all[1], all[int((NR + 1) / 2)], all[NR]
                 else printf "null"
             }'
}

# Rewrites the results from what is known so far.
write_results() {
    local file slug
    slug=$(echo "${device:-no-device}" | tr '[:upper:]' '[:lower:]' |
        sed -E -e 's/, compute capability.*//' -e 's/[^a-z0-9]+/-/g' -e 's/^-|-$//g')
    file=$results/$slug-$date-$commit-$part.json
    {
        printf '{"device": %s, "threads": %s, "processors": %s, "java": %s, "commit": %s, "date": %s, "command": %s, "depth": %s,\n' \
            "$(json "$device")" "$multiprocessors" "$(nproc)" "$(json "$java")" "$(json "$commit")" "$(json "$date")" "$(json "$command")" \
            "$([ "$dry" = yes ] && echo '"dry run"' || echo '"full"')"
        printf '"driver": %s, "cuda": %s, "clocks": {"multiprocessor_mhz": %s, "memory_mhz": %s, "watts": %s, "celsius": %s},\n' \
            "$(json "$driver")" "$(json "$cuda")" "$(clock 1)" "$(clock 2)" "$(clock 3)" "$(clock 4)"
        printf '"cpu_flags": %s, "ceilings": {%s}, "seconds": %d, "failed": %s, "left_out": %s, "rows": [\n' \
            "$cpu_flags" "$(paste -sd, "$work/ceilings" 2>/dev/null)" "$SECONDS" "$(json_list "$failed")" "$(json_list "$left_out")"
        sed '$!s/$/,/' "$rows"
        printf ']}\n'
    } >"$file.new"
    mv "$file.new" "$file"
    written=$file
}

# row NAME UNIT VALUE WORK COMMAND: adds a figure that was taken once; WORK is what stands between the braces of a JSON object.
row() {
    printf '{"name": %s, "unit": %s, "ours": %s, "runs": [%s], "work": {%s}, "command": %s}\n' \
        "$(json "$1")" "$(json "$2")" "$3" "$3" "$4" "$(json "$5")" >>"$rows"
    write_results
}

fail() {
    echo "FAILED: $1" >&2
    echo "$1" >>"$failed"
}

leave_out() {
    echo "left out: $1" >&2
    echo "$1" >>"$left_out"
}

# step NAME SECONDS COMMAND…: runs it with its output in logs/NAME.log, for so long at most; the deadline of the script holds too.
# Sets `took`; returns the status, 124 where time ran out.
step() {
    local name=$1 most=$2 began=$EPOCHREALTIME status=0
    shift 2
    [ "$most" -lt "$(seconds_left)" ] || most=$(seconds_left)
    took=0
    [ "$most" -gt 0 ] || return 124
    timeout -k 5 "$most" "$@" >"$logs/$name.log" 2>&1 || status=$?
    took=$(awk "BEGIN {printf \"%.1f\", $EPOCHREALTIME - $began}")
    echo "$name: $took s, exit code $status"
    return "$status"
}

no_device() {
    echo "no device: $1"
    exit 5
}

# What nvcc compiles for: the chip that is here; sm_90a where none is; PTX for one without a target of its own.
target() {
    local capability
    capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 || true)
    case $capability in
        8.0 | 8.6 | 8.9) echo "sm_${capability/./}" ;;
        9.0 | '') echo sm_90a ;;
        *) echo compute_90 ;;
    esac
}

# The library for the chip that is here (or for sm_90a where none is), or in a dry run the emulator's.
build_library() {
    if [ "$dry" = yes ]; then
        backend=emu
        native=$root/kernels/target/emu/dev/leeway/ffi/linux-$(uname -m)
        [ -e "$native/libleeway_emu.so" ] || {
            echo "$0: a dry run needs the emulator; build it with kernels/emulate.sh build" >&2
            exit 5
        }
        return
    fi
    local targets=${LEEWAY_CUDA_TARGETS:-$(target)}
    if ! step build "$deadline" env LEEWAY_CUDA_TARGETS="$targets" kernels/build.sh yes "$root/kernels/target/resources"; then
        tail -n 30 "$logs/build.log" >&2
        fail "the kernels do not build: $(tail -n 1 "$logs/build.log")"
        exit 1
    fi
    row "build of libleeway_cuda" s "$took" "\"targets\": $(json "$targets")" "kernels/build.sh yes kernels/target/resources"
}

# A program of C++ files beside leeway.h, compiled file by file. compile NAME FILE…
compile() {
    local name=$1 folder=$work/$1.o
    shift
    mkdir -p "$folder"
    export folder
    # shellcheck disable=SC2016
    if ! step "compile-$name" 240 sh -ec 'printf "%s\n" "$@" | grep "[.]cpp$" | xargs -P "$(nproc)" -I "{}" sh -ec '\''
        object=$folder/$(basename "$1" .cpp).o
        [ -z "$(find "$1" "$(dirname "$1")" native/include -name "*.h" -newer "$object" 2>&1)" ] && [ "$object" -nt "$1" ] ||
            g++ -std=gnu++20 -O2 -I native/include -I "$(dirname "$1")" -c "$1" -o "$object"'\'' sh "{}"' sh "$@"; then
        tail -n 30 "$logs/compile-$name.log" >&2
        fail "$name does not compile: $(grep -m 1 error "$logs/compile-$name.log" || tail -n 1 "$logs/compile-$name.log")"
        exit 1
    fi
    g++ "$folder"/*.o -ldl -o "$work/$name"
}

# The rows of the op table that the filter chooses, one a line in table.rows.
choose_rows() {
    "$work/op_table" --rows | grep -F -e "$filter" >"$work/table.rows" || {
        echo "$0: no row of the op table has \"$filter\" in its name" >&2
        exit 2
    }
}

# python = the first one that has PyTorch; it is empty, and said so in the results, where there is none.
find_python() {
    local candidate
    python=()
    for candidate in "${LEEWAY_PYTHON:-python3}" python3 python; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import torch' 2>/dev/null; then
            python=("$candidate")
            return
        fi
    done
    leave_out "PyTorch: no Python has it; name one with LEEWAY_PYTHON"
}

# Asks the library what it runs on, and ends here where that is nothing.
find_device() {
    local facts status=0
    facts=$("$work/op_table" --device "$native/libleeway_$backend.so" 2>"$work/why") || status=$?
    [ "$status" != 5 ] || no_device "$(sed 's/^op_table: no device: //' "$work/why")"
    [ "$status" = 0 ] || {
        fail "the library does not start: $(cat "$work/why")"
        exit 1
    }
    device=$(sed -n 1p <<<"$facts")
    multiprocessors=$(sed -n 2p <<<"$facts")
    echo "device: $device"
    command -v nvidia-smi >/dev/null && [ "$dry" = no ] || return 0
    driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1)
    nvidia-smi --query-gpu=clocks.sm,clocks.mem,power.draw,temperature.gpu --format=csv,noheader,nounits -lms 500 \
        >"$work/clocks.csv" 2>/dev/null &
    sampler=$!
}

# The Java runtime, the application and the cases of the bundle, unpacked once. Returns 1 where there is no bundle.
unpack() {
    local archive
    for archive in runtime app cases; do
        [ -e "$bundle/$archive.tar.xz" ] || return 1
        cmp -s "$work/bundle/$archive.key" "$bundle/$archive.key" && continue
        mkdir -p "$work/bundle"
        if command -v xz >/dev/null; then
            tar xJf "$bundle/$archive.tar.xz" -C "$work/bundle"
        else
            python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$bundle/$archive.tar.xz" "$work/bundle"
        fi
        cp "$bundle/$archive.key" "$work/bundle/$archive.key"
    done
    java=$("$work/bundle/runtime/bin/java" --version | sed -n 3p)
}

finish() {
    local status=$?
    trap - EXIT
    [ -z "$sampler" ] || kill "$sampler" 2>/dev/null || true
    if [ -n "$device" ] || [ -s "$failed" ]; then
        write_results
        echo "results: $written"
    fi
    echo "$(wc -l <"$rows") rows, $(wc -l <"$failed") failed, $(wc -l <"$left_out") left out, $SECONDS s"
    [ "$status" != 0 ] || [ ! -s "$failed" ] || status=1
    [ "$status" != 0 ] || [ ! -s "$left_out" ] || [ "$dry" = yes ] || status=1
    if [ "$status" = 0 ] && [ "$dry" = yes ]; then
        echo "no device: this was a dry run on the emulator"
        status=5
    fi
    exit "$status"
}

java=
cuda=$(nvcc --version 2>/dev/null | sed -n 's/.*release \([0-9.]*\).*/\1/p')
relevant='\b(avx2|fma|avx512f|avx512bw|avx512vl|avx512dq|avx512_bf16|asimd|bf16)\b'
cpu_flags="[$(grep -m 1 -E '^(flags|Features)' /proc/cpuinfo | grep -oE "$relevant" | sort -u | sed 's/.*/"&"/' | paste -sd, || true)]"
commit=$(commit)
rm -f "$work/clocks.csv" "$work/ceilings"
: >"$work/ceilings"
trap finish EXIT
trap 'exit 143' TERM INT
