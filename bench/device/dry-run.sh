#!/usr/bin/env bash
# Packs, then runs the scripts of this folder on the emulator; fails where one doesn't end with "no device", exit code 5, and results
# without failures. Usage: dry-run.sh [SHARED]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bench/device/pack.sh "$@"
rm -rf bench/device/target/dry-run

# dry SCRIPT UNIT...: runs it; its results have rows in these units.
dry() {
    local script=$1 status=0 output file unit
    shift
    output=$("bench/device/$script.sh" --dry-run 2>&1) || status=$?
    echo "$output"
    file=$(echo bench/device/target/dry-run/*-"${script#*-}".json)
    for unit in "$@"; do
        if [ "$status" != 5 ] || [[ $output != *"no device"* ]] || ! grep -q '"failed": \[\]' "$file" ||
            ! grep -q "\"unit\": *\"$unit\"" "$file"; then
            echo "dry-run: $script.sh ended with exit code $status; expected 5 and \"no device\"," \
                "nothing failed and a row in \"$unit\" in $file" >&2
            exit 1
        fi
    done
}

dry 1-check "shapes passed" "cases passed"
dry 2-sanitize "rows clean"
dry 3-speed s
dry 4-steps s
