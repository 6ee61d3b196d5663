#!/bin/sh
# packages.sh BUILD - makes the Debian packages of a build, and uses what is in them.
set -eu
build=$1
command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null || {
    echo "skipped: there is no dpkg-dev to make packages with"
    exit 77
}
work=$(mktemp -d "${TMPDIR:-/tmp}/tagroute-packages.XXXXXX")
trap 'rm -rf "$work"' EXIT
cpack --config "$build/CPackConfig.cmake" -B "$work/made" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
for package in "$work"/made/*.deb; do
    dpkg-deb -I "$package" | grep -E '^ (Package|Depends):'
    dpkg-deb -x "$package" "$work/unpacked"
done
tree=$work/unpacked/usr
"$tree/bin/tagroute" --version
"$tree/bin/tagroute-gen" --version
test -f "$tree/share/man/man1/tagroute-route.1"
test -f "$tree/share/bash-completion/completions/tagroute"
test -f "$tree/include/tagroute/tagroute.h"
dpkg-deb -I "$work"/made/tagroute_*.deb | grep -q 'Depends: .*libhdf5'
if [ -d "$tree/lib/python3" ]; then
    PYTHONPATH=$tree/lib/python3/dist-packages /usr/bin/python3 -B -c 'import tagroute; print(tagroute.__version__)'
fi
