#!/bin/sh
# deps.sh [build|demo|test] - installs what is missing on Debian or Ubuntu, and nothing else.
#   build   compiler, cmake and libraries (default)
#   demo    the same: what scripts/demo.sh needs
#   test    also clang, cmocka, Open MPI, the Python libraries that tests compare with, and what it takes
#           to run the NEON kernels on another processor
set -eu

build="cmake ninja-build gcc g++ pkg-config libhdf5-dev libmsgpack-dev libsimdjson-dev
    libxxhash-dev libdeflate-dev libzstd-dev zlib1g-dev libutf8proc-dev libstemmer-dev
    libcurl4-openssl-dev"
# libxsmm is for x86-64 alone.
if [ "$(uname -m)" = x86_64 ]; then
    build="$build libxsmm-dev"
fi
test="libcmocka-dev clang libomp-dev dpkg-dev groff-base gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    qemu-user libopenmpi-dev openmpi-bin
    python3 python3-dev python3-cffi python3-pytest python3-anndata python3-h5py python3-msgpack
    python3-numpy python3-pandas python3-scipy python3-sklearn"

case "${1:-build}" in
build | demo) wanted=$build ;;
test) wanted="$build $test" ;;
*)
    echo "usage: scripts/deps.sh [build|demo|test]" >&2
    exit 2
    ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "deps.sh: this is no Debian: install by hand what docs/dependencies.md lists" >&2
    exit 1
fi

missing=""
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "deps.sh: as root, run: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

install_missing() {
    # shellcheck disable=SC2086 # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends $missing </dev/null
}

echo "deps.sh: installing$missing" >&2
# Package lists may be absent or stale: fetch them where installing without does not work.
if ! install_missing >/dev/null 2>&1; then
    $as_root apt-get update </dev/null >&2
    if ! install_missing >&2; then
        echo "deps.sh: apt-get could not install:$missing" >&2
        exit 1
    fi
fi
