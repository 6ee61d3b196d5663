#!/bin/sh
# test.sh [PRESET...] - builds presets with warnings as errors and runs every test in each.
# Default: release (gcc), clang, asan. Real data for some tests: TAGROUTE_DATA=FOLDER.
set -eu
cd "$(dirname "$0")/.."
exec </dev/null

scripts/deps.sh test
[ $# -gt 0 ] || set -- release clang asan
jobs=$(nproc) # one test more runs at a time: some wait for a disk, a server or a clock
failed=""
scripts/format.sh || failed=" format"
for preset in "$@"; do
    echo "== $preset: build"
    cmake --preset "$preset"
    if ! cmake --build --preset "$preset" -j "$jobs"; then
        failed="$failed $preset(build)"
        continue
    fi
    echo "== $preset: test"
    ctest --preset "$preset" -j "$((jobs + 1))" || failed="$failed $preset(tests)"
done
if [ -n "$failed" ]; then
    echo "test.sh: FAILED:$failed"
    exit 1
fi
echo "test.sh: all tests passed in: $*"
