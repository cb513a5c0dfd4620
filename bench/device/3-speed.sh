#!/usr/bin/env bash
# How fast is it? Every op at the shapes of models, through the C ABI, in turns with PyTorch on the same GPU.
# Usage: 3-speed.sh [--dry-run] [FILTER]     FILTER chooses tasks; --dry-run takes tiny shapes on the emulator. LEEWAY_MODELS=8B,1B,135M
part=speed
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

models=${LEEWAY_MODELS:-8B,1B,135M}
[ "$dry" = no ] || { models=tiny; [ -n "$filter" ] || filter=rmsnorm; }
build_library
compile op_table native/test/*.cpp
compile device_bench native/bench/device_bench.cpp native/bench/contest.cpp
find_device
find_python
kind=cuda
[ "$dry" = no ] || kind=cpu
peer=()
[ ${#python[@]} = 0 ] || peer=(-- "${python[@]}" bench/peers/pytorch/ops.py "$kind")
status=0
step speed "$deadline" "$work/device_bench" "$native/libleeway_$backend.so" "$models" "$filter" $(($(seconds_left) - 40)) \
    ${peer[@]+"${peer[@]}"} || status=$?
said="device_bench libleeway_$backend.so $models '$filter' ${peer[*]-}"
grep '^{"name"' "$logs/speed.log" | sed "s|}\$|, \"command\": $(json "$said")}|" >>"$rows" ||
    [ "$status" = 124 ] || fail "no task with \"$filter\" in its name came to its end"
sed -n -E 's/^\{"ceiling": ("[a-z0-9_]+"), "value": ([-+.e0-9]+)\}$/\1: \2/p' "$logs/speed.log" >"$work/ceilings"
sed -n -E 's/^\{"left_out": "(.*)"\}$/\1/p' "$logs/speed.log" | while IFS= read -r line; do leave_out "$line"; done
sed -n -E 's/^\{"failed": "(.*)"\}$/\1/p' "$logs/speed.log" | while IFS= read -r line; do fail "$line"; done
[ "$status" != 124 ] || leave_out "the rest: the time was over"
[ "$status" = 0 ] || [ "$status" = 124 ] || [ -s "$failed" ] || fail "device_bench: exit code $status: $(tail -n 1 "$logs/speed.log")"
pair='s/^\{"name": "([^"]*)", .*"ours": ([-+.e0-9]+),.*"ratio": ([-+.e0-9]+),.*$/\2 s, \3 times as fast as PyTorch: \1/p'
[ "$dry" = yes ] || sed -n -E "$pair" "$logs/speed.log" # the emulator's times mean nothing
write_results
