#!/usr/bin/env bash
# Packs what a GPU machine without Java needs beside this repository into bench/device/bundle: a Java runtime, the application, reference
# cases. Usage: pack.sh [SHARED]     SHARED has fixtures/ (default: LEEWAY_SHARED, or ../shared beside the repository)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
shared=${1:-${LEEWAY_SHARED:-$root/../shared}}
bundle=bench/device/bundle
most=$((48 << 20)) # bytes
modules=java.base,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,jdk.management,jdk.unsupported
cases="fixtures/models fixtures/lora fixtures/optim fixtures/misc fixtures/reward fixtures/e2e fixtures/objectives fixtures/training
models/stories260k"

fail() {
    echo "pack: $1" >&2
    exit 5
}

jdk25() {
    local home
    for home in "${JAVA_HOME:-}" "$(dirname "$(dirname "$(readlink -f "$(command -v javac || true)")")")" /usr/lib/jvm/*; do
        if [ -x "$home/bin/jlink" ] && grep -qs '^JAVA_VERSION="25[".]' "$home/release"; then
            echo "$home"
            return
        fi
    done
    fail "needs a JDK 25 with jlink and found none; set JAVA_HOME"
}

# Runs the rest of the arguments, whose output becomes $bundle/$1.tar.xz, unless that is there already and was made from the same ($2).
archive() {
    local name=$1 key=$2
    shift 2
    [ -e "$bundle/$name.tar.xz" ] && [ "$(cat "$bundle/$name.key" 2>/dev/null)" = "$key" ] && return
    "$@" | xz -9e -T0 >"$bundle/$name.new"
    mv "$bundle/$name.new" "$bundle/$name.tar.xz"
    echo "$key" >"$bundle/$name.key"
}

runtime() {
    rm -rf "$scratch/runtime"
    "$jdk/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --compress zip-0 --output "$scratch/runtime"
    tar c -C "$scratch" runtime
}

# The contests of 4-steps.sh, which are no part of the application.
contests() {
    mkdir "$scratch/one"
    "$jdk/bin/javac" -proc:none -nowarn -d "$scratch/one" -cp "$jars/*" -sourcepath bench/src/jmh/java \
        bench/src/jmh/java/dev/leeway/bench/contest/{DeviceContest,OurDevice}.java
    "$jdk/bin/jar" cf0 "$scratch/app/contests.jar" -C "$scratch/one" .
    rm -rf "$scratch/one"
}

# The application's jars, unpacked for xz's sake, without native libraries and what reads text.
application() {
    local jar
    mkdir -p "$scratch/app"
    contests
    for jar in "$jars"/*.jar; do
        case $(basename "$jar") in tokenizers-* | api-* | gson-*) continue ;; esac
        mkdir "$scratch/one"
        (cd "$scratch/one" && "$jdk/bin/jar" xf "$jar" && rm -rf dev/leeway/ffi/linux-* && "$jdk/bin/jar" cf0 "../app/$(basename "$jar")" .)
        rm -rf "$scratch/one"
    done
    tar c -C "$scratch" app
}

[ -d "$shared/fixtures/models" ] || fail "$shared has no fixtures/models; name the folder with the reference cases: pack.sh SHARED"
jdk=$(jdk25)
./leeway --version >/dev/null # builds what is out of date
jars=$(pwd)/target/launcher/$(cat target/launcher/current)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$bundle"

archive runtime "$(cat "$jdk/release") $modules" runtime
archive app "$(cat "$jars"/*.jar bench/src/jmh/java/dev/leeway/bench/{*,contest/*}.java | sha256sum)" application
# shellcheck disable=SC2086
archive cases "$(cd "$shared" && find $cases -type f -exec sha256sum {} + | sort | sha256sum)" tar c -C "$shared" $cases
{
    echo "$(git rev-parse --short=12 HEAD)$([ -z "$(git status --porcelain --untracked-files=no)" ] || echo +changes)"
    bench/device/sources.sh
} >"$bundle/commit"

size=$(cat "$bundle"/*.tar.xz | wc -c)
(cd "$bundle" && wc -c ./*.tar.xz)
awk -v size="$size" -v most=$((most >> 20)) 'BEGIN { printf "'"$bundle"': %.1f MiB of at most %d\n", size / 1048576, most }'
[ "$size" -le "$most" ] || fail "$bundle is larger than $((most >> 20)) MiB; carry fewer cases"
