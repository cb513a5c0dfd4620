#!/usr/bin/env bash
# Does any kernel read or write what it may not? The op table under compute-sanitizer: memcheck, racecheck, synccheck, initcheck.
# Usage: 2-sanitize.sh [--dry-run] [FILTER]     FILTER chooses rows; --dry-run runs some rows plainly on the emulator, which checks the same
part=sanitize
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

finding='^=========.*(Invalid|Error|error|hazard|Uninitialized|Barrier|SUMMARY)|^FAILED'
tools="memcheck racecheck synccheck initcheck"

find_sanitizer() {
    local folder
    for folder in "$(dirname "$(command -v compute-sanitizer || echo /none/x)")" "${CUDA_HOME:-/none}/bin" /usr/local/cuda/bin \
        /opt/nvidia/compute-sanitizer; do
        if [ -x "$folder/compute-sanitizer" ]; then
            sanitizer=$folder/compute-sanitizer
            return
        fi
    done
    no_device "compute-sanitizer was not found either; it comes with the CUDA toolkit, put it on PATH"
}

# One row under one tool. initcheck sees only memory that nobody filled; the table then misses its fillings, so its own verdict is of no
# use, nor are copies to the host of what an op left alone: what counts is kernels that read.
one() {
    local tool=$1 name=$2 log=$work/sanitize/$1.$2 begun=$SECONDS status=0
    case $tool in
        plain) "$table" "$library" "=$name" >"$log" 2>&1 || status=$? ;;
        initcheck)
            "$sanitizer" --tool initcheck --print-limit 1000 "$table" --leave-unwritten "$library" "=$name" >"$log" 2>&1 || true
            ! grep -q 'Uninitialized __' "$log" && grep -q 'ERROR SUMMARY' "$log" || status=86
            ;;
        *)
            "$sanitizer" --tool "$tool" --print-limit 5 --error-exitcode 86 "$table" "$library" "=$name" >"$log" 2>&1 || status=$?
            grep -qE '(ERROR SUMMARY: 0 errors|RACECHECK SUMMARY: 0 hazards)' "$log" || status=86
            ;;
    esac
    echo "$status $((SECONDS - begun))" >"$log.status"
}

[ "$dry" = no ] || { tools=plain; [ -n "$filter" ] || filter=rmsnorm_forward; }
build_library
compile op_table native/test/*.cpp
find_device
sanitizer=
[ "$dry" = yes ] || find_sanitizer
table=$work/op_table library=$native/libleeway_$backend.so
rm -rf "$work/sanitize"
mkdir "$work/sanitize"
export work table library sanitizer
export -f one
choose_rows
for tool in $tools; do
    sed "s/^/$tool /" "$work/table.rows"
done >"$work/pairs"
jobs=$(($(nproc) < 12 ? $(nproc) : 12))
# shellcheck disable=SC2016
step sanitize "$deadline" bash -c 'xargs -P "$1" -L 1 bash -c '\''one "$1" "$2"'\'' bash <"$2"' bash "$jobs" "$work/pairs" || true

for tool in $tools; do
    : >"$logs/sanitize-$tool.log"
    clean=0 wrong=0 undone=0 seconds=0
    while IFS= read -r name; do
        log=$work/sanitize/$tool.$name
        if [ ! -e "$log.status" ]; then
            undone=$((undone + 1))
            continue
        fi
        read -r status spent <"$log.status"
        seconds=$((seconds + spent))
        if [ "$status" = 0 ]; then
            clean=$((clean + 1))
        else
            wrong=$((wrong + 1))
            fail "$tool, row $name: $(grep -m 1 -E "$finding" "$log" || tail -n 1 "$log")"
        fi
        { echo "## $tool $name"; cat "$log"; } >>"$logs/sanitize-$tool.log"
    done <"$work/table.rows"
    [ "$undone" = 0 ] || leave_out "$tool: $undone rows not done when the time was over; run them with a filter"
    row "$tool over the op table" "rows clean" "$clean" "\"failed\": $wrong, \"not_done\": $undone, \"seconds\": $seconds" \
        "compute-sanitizer --tool $tool op_table libleeway_$backend.so $filter"
    echo "$tool: $clean rows clean, $wrong with findings, $undone not done"
done
