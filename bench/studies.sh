#!/usr/bin/env bash
# Carries out all studies at toy scale, or those that are named, and records seconds and contrasts in bench/results/studies-*.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
found=$(java -version 2>&1 | head -n 1)
case $found in
    *\"25*) ;;
    *) echo "bench/studies.sh: needs the java of a JDK 25 on the PATH; found $found" >&2; exit 5 ;;
esac
lib=bench/target/lib
[ -d "$lib" ] || mvn -B -q package -DskipTests
exec java -cp "$lib/*" dev.leeway.bench.RunStudies "$@"
