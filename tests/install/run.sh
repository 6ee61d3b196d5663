#!/bin/sh
# run.sh BUILD SOURCE CC CXX FLAGS - installs the build into a scratch folder, moves the folder, and
# builds and runs consumers from there: by find_package and by pkg-config, shared and static.
set -eu
build=$1 source=$2 cc=$3 cxx=$4 flags=$5

work=$(mktemp -d "${TMPDIR:-/tmp}/tagroute-install.XXXXXX")
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/first" >"$work/log" || {
    cat "$work/log"
    exit 1
}
mv "$work/first" "$work/moved"
prefix=$work/moved

echo "== programs"
"$prefix/bin/tagroute" --version
test -f "$prefix/include/tagroute/tagroute.h"

echo "== find_package"
cmake -S "$source/tests/install" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" >"$work/log" 2>&1 &&
    cmake --build "$work/build" >>"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
for consumer in shared static cpp; do
    "$work/build/consumer_$consumer"
done

echo "== the examples of docs/"
(
    cd "$work"
    build/example_fit router.msgpack
    build/example_decide router.msgpack | tee decided
    grep -q '^query 0: large' decided
    grep -q '^query 1: small' decided
)

echo "== pkg-config"
pc=$(find "$prefix" -name tagroute.pc)
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046,SC2086 # flags are words
"$cc" $flags "$source/tests/install/consumer.c" -o "$work/shared" \
    $(pkg-config --cflags --libs tagroute)
library=$(pkg-config --variable=libdir tagroute)
LD_LIBRARY_PATH=$library "$work/shared"
# shellcheck disable=SC2046,SC2086
"$cc" $flags "$source/tests/install/consumer.c" -o "$work/static" \
    $(pkg-config --static --cflags --libs tagroute | sed "s|-ltagroute|$library/libtagroute.a|")
"$work/static"

echo "== what the shared library shows: tgr_ functions only, with a version"
if nm -D --defined-only "$library/libtagroute.so" | awk '{print $3}' |
    grep -v -e '^tgr_[a-z_]*@@TAGROUTE_0.1$' -e '^TAGROUTE_0.1' -e '^__asan' -e '^__ubsan' -e '^__odr_asan' -e '^\.gomp_critical'; then
    echo "these symbols must not leave the library"
    exit 1
fi
