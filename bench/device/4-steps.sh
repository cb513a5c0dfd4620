#!/usr/bin/env bash
# How fast are whole steps? LoRA and full training steps and generation, by turns with PyTorch, transformers and peft on the same GPU.
# Usage: 4-steps.sh [--dry-run] [FILTER]     FILTER chooses contests; --dry-run takes one of a tiny model on the emulator
part=steps
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# FLOP/s of dense bf16 products by NVIDIA's data sheets, where MFU is wanted; 0 = unknown, and then no MFU is told.
peak() {
    case ${LEEWAY_PEAK_FLOPS:-$device} in
        [0-9]*) echo "$LEEWAY_PEAK_FLOPS" ;;
        *"H100 PCIe"*) echo 756e12 ;;
        *"H100 NVL"*) echo 835.5e12 ;;
        *H100* | *H200* | *GH200*) echo 989.4e12 ;;
        *A100*) echo 312e12 ;;
        *) echo 0 ;;
    esac
}

[ "$dry" = no ] || [ -n "$filter" ] || filter=lora
build_library
compile op_table native/test/*.cpp
unpack || {
    fail "whole steps need bench/device/bundle; make it with bench/device/pack.sh and carry it along"
    exit 1
}
find_device
find_python
status=0
begin=$(($(seconds_left) - 150)) # a contest that has begun takes up to two minutes, of which torch.compile is the most
mkdir -p "$work/contests"
step steps "$deadline" "$work/bundle/runtime/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED "-Dleeway.native.path=$native" \
    -cp "$work/bundle/app/*" dev.leeway.bench.contest.DeviceContest "$backend" "$(peak)" "$begin" "$filter" "$work/contests" \
    ${python[@]+"${python[@]}"} || status=$?
grep '^{"name"' "$logs/steps.log" >>"$rows" || [ "$status" = 124 ] || fail "no contest with \"$filter\" in its name came to its end"
sed -n -E 's/^\{"left_out":"(.*)"\}$/\1/p' "$logs/steps.log" | while IFS= read -r line; do leave_out "$line"; done
sed -n -E 's/^\{"failed":"(.*)"\}$/\1/p' "$logs/steps.log" | while IFS= read -r line; do fail "$line"; done
[ "$status" != 124 ] || leave_out "the rest: the time was over"
[ "$status" = 0 ] || [ "$status" = 124 ] || fail "DeviceContest: exit code $status: $(tail -n 1 "$logs/steps.log")"
pair='s/^\{"name":"([^"]*)",.*"ours":([-+.eE0-9]+),.*"ratio":([-+.eE0-9]+),.*$/\2 s, \3 times as fast: \1/p'
[ "$dry" = yes ] || sed -n -E "$pair" "$logs/steps.log" # the emulator's times mean nothing
write_results
