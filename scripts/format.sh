#!/bin/sh
# format.sh [--fix] - checks (or mends) the formatting of C and C++ files. Versions of clang-format
# differ in what they want: the check is made with version 14 only.
set -eu
cd "$(dirname "$0")/.."

format=""
for candidate in clang-format-14 clang-format; do
    if command -v "$candidate" >/dev/null && "$candidate" --version | grep -q ' version 14\.'; then
        format=$candidate
        break
    fi
done
if [ -z "$format" ]; then
    echo "format.sh: skipped, there is no clang-format 14"
    exit 0
fi
case "${1:-}" in
"") set -- --dry-run -Werror ;;
--fix) set -- -i ;;
*)
    echo "usage: scripts/format.sh [--fix]" >&2
    exit 2
    ;;
esac
find include engine kernels datasets bench tests -name '*.[ch]' -o -name '*.cpp' |
    LC_ALL=C sort | xargs "$format" "$@"
echo "format.sh: done"
