#!/bin/sh
# A digest of what a GPU machine compiles and runs, by which it knows whether the bundle's commit is that of the sources beside it.
set -eu
cd "$(dirname "$0")/../.."
find kernels native bench/device bench/peers/pytorch \( -name target -o -name bundle -o -name __pycache__ \) -prune -o -type f -print |
    LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-16
