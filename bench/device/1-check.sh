#!/usr/bin/env bash
# Is everything right on this GPU? Builds libleeway_cuda, runs the op table, then the reference cases of the bundle in fp32 and bf16.
# Usage: 1-check.sh [--dry-run] [FILTER]     FILTER chooses rows of the op table; --dry-run takes the emulator and one case
part=check
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

one_row='"$1" "$2" "=$3" >"$4/$3" 2>&1 || echo "exit code $?" >>"$4/$3"'

# Every row in a process of its own, as many at a time as there are processors: most of the time is the oracle's.
op_table() {
    local library=$native/libleeway_$backend.so status=0 passed wrong count
    rm -rf "$work/table"
    mkdir "$work/table"
    choose_rows
    count=$(wc -l <"$work/table.rows")
    # shellcheck disable=SC2016
    step op-table 300 sh -c 'xargs -P "$(nproc)" -I "{}" sh -c "$1" sh "$2" "$3" "{}" "$4" <"$5"' \
        sh "$one_row" "$work/op_table" "$library" "$work/table" "$work/table.rows" || status=$?
    (cd "$work/table" && LC_ALL=C grep -H '' ./*) | sed 's|^\./||' >"$logs/op-table.log"
    passed=$(sed -n -E 's/.*:([0-9]+) passed, [0-9]+ failed$/\1/p' "$logs/op-table.log" | awk '{n += $1} END {print n + 0}')
    wrong=$(sed -n -E 's/.*:[0-9]+ passed, ([0-9]+) failed$/\1/p' "$logs/op-table.log" | awk '{n += $1} END {print n + 0}')
    row "op table" "shapes passed" "$passed" "\"failed\": $wrong, \"rows\": $count, \"seconds\": $took" \
        "op_table libleeway_$backend.so $filter"
    while IFS= read -r one; do
        if ! grep -q ' passed, 0 failed$' "$work/table/$one" 2>/dev/null; then
            if [ "$status" = 124 ] && ! grep -q '^exit code' "$work/table/$one" 2>/dev/null; then
                leave_out "op table, row $one: not done when its time was over"
            else
                fail "op table, row $one: $(grep -m 1 -v 'of its bound$' "$work/table/$one" || echo "no output")"
            fi
        fi
    done <"$work/table.rows"
    echo "op table: $passed passed, $wrong failed"
}

# The table's products once more by cuBLASLt, where it is installed: the measured alternative must be the same op.
vendor_table() {
    local status=0 counts
    local library
    library=$(find_cublaslt)
    LEEWAY_CUBLASLT=${library:-libcublasLt.so.13} step vendor 120 "$work/op_table" --vendor "$native/libleeway_$backend.so" linear || status=$?
    counts=$(tail -n 1 "$logs/vendor.log")
    case $status:$counts in
        *"was not found"*) leave_out "the op table with cuBLASLt: it is not installed; name its file in LEEWAY_CUBLASLT" ;;
        0:*passed*) row "op table, products by cuBLASLt" "shapes passed" "${counts%% *}" "\"seconds\": $took" "op_table --vendor linear" ;;
        124:*) leave_out "the op table with cuBLASLt: not done when its time was over" ;;
        *) fail "op table with cuBLASLt: $(grep -m 1 FAILED "$logs/vendor.log" || echo "$counts")" ;;
    esac
}

# cuBLASLt as the toolkit or PyTorch's wheels bring it.
find_cublaslt() {
    local folder
    for folder in "${LEEWAY_CUBLASLT:-}" "${CUDA_HOME:-/usr/local/cuda}"/lib64/libcublasLt.so.1[23] \
        "$("${LEEWAY_PYTHON:-python3}" -c 'import site; print(site.getsitepackages()[0])' 2>/dev/null)"/nvidia/*/lib/libcublasLt.so.1[23]; do
        [ ! -e "$folder" ] || { echo "$folder"; return; }
    done
}

# verify NAME DTYPE PATH…: reference cases of the bundle.
verify() {
    local name=$1 dtype=$2 status=0 counts
    shift 2
    step "verify-$dtype" 180 "$work/bundle/runtime/bin/java" -ea:dev.leeway... -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
        "-Dleeway.native.path=$native" -cp "$work/bundle/app/*" \
        dev.leeway.cli.Main verify --device "$backend" --dtype "$dtype" "$@" || status=$?
    [ "$status" != 124 ] || leave_out "$name: not done when its time was over"
    counts=$(tail -n 1 "$logs/verify-$dtype.log" 2>/dev/null || true)
    if [[ $counts =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ not\ checked$ ]]; then
        row "$name" "cases passed" "${BASH_REMATCH[1]}" \
            "\"failed\": ${BASH_REMATCH[2]}, \"not_checked\": ${BASH_REMATCH[3]}, \"seconds\": $took" \
            "leeway verify --device $backend --dtype $dtype"
        echo "$name: $counts"
    fi
    grep '^FAILED' "$logs/verify-$dtype.log" | while IFS= read -r line; do fail "$name: $line"; done || true
    [ "$status" = 0 ] || [ "$status" = 124 ] || grep -q '^FAILED' "$logs/verify-$dtype.log" || fail "$name: exit code $status: $counts"
}

[ "$dry" = no ] || [ -n "$filter" ] || filter=rmsnorm
build_library
compile op_table native/test/*.cpp
unpack || leave_out "the reference cases: bench/device/bundle is not there; make it with bench/device/pack.sh and carry it along"
find_device
op_table
[ "$dry" = yes ] || vendor_table
if [ -n "$java" ]; then
    cases=$work/bundle/fixtures
    if [ "$dry" = yes ]; then
        verify "reference cases, fp32" float32 "$cases/models/llama-gqa"
        verify "reference cases, bf16" bfloat16 "$cases/models/llama-gqa"
    else
        verify "reference cases, fp32" float32 "$cases"
        verify "reference cases, bf16" bfloat16 "$cases/models"
    fi
fi
