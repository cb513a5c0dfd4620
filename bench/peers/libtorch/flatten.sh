#!/bin/sh
# Puts what the peer loads into one folder, target/lib: DJL's libtorch (plain or gzipped) and the glue that Bytedeco built for it.
set -eu
unpacked=$1/unpacked
lib=$1/lib
rm -rf "$lib"
mkdir -p "$lib"
for name in libc10.so libtorch.so libtorch_cpu.so libgomp-98b21ff3.so.1 libjnitorch.so libjnijavacpp.so libjniopenblas.so \
    libjniopenblas_nolapack.so libopenblas.so.0 libgfortran.so.5 libquadmath.so.0; do
    # DJL's copy comes first where both have a library: pytorch/ sorts behind org/.
    found=$(find "$unpacked" -name "$name" -o -name "$name.gz" | sort -r | head -n 1)
    [ -n "$found" ] || { echo "$name is in none of the unpacked jars under $unpacked; check their versions in pom.xml" >&2; exit 1; }
    case $found in
        *.gz) gzip -dc "$found" >"$lib/$name" ;;
        *) cp "$found" "$lib/$name" ;;
    esac
done
ln -s libopenblas.so.0 "$lib/libopenblas_nolapack.so.0"
rm -rf "$unpacked"
