#!/usr/bin/env bash
# Carries out all studies at toy scale, or those that are named, and records seconds and contrasts in bench/results/studies-*.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lib=bench/target/lib
[ -d "$lib" ] || mvn -B -q package -DskipTests
exec java -cp "$lib/*" dev.leeway.bench.RunStudies "$@"
