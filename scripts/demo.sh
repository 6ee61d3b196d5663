#!/bin/sh
# demo.sh [QUERIES] - from nothing to what a manager wants to know: builds, makes a log (a million
# queries unless told otherwise), and takes it through every command. With TAGROUTE_DATA=FOLDER that
# holds mmlu_tagged.jsonl.gz, does it on those public MMLU answers instead.
set -eu
cd "$(dirname "$0")/.."
exec </dev/null

queries=${1:-1M}
scripts/deps.sh demo
# What the program prints itself is enough: the build speaks only when it fails.
quietly() {
    "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        exit 1
    }
}
show() {
    printf '\n$ %s\n' "$*"
    "$@"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/tagroute-demo.XXXXXX")
log=$work/build.log
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP PIPE
echo "demo.sh: building"
quietly cmake --preset release -B build/demo -DTAGROUTE_TESTS=OFF
quietly cmake --build build/demo -j "$(nproc)"
PATH=$PWD/build/demo:$PATH
data=${TAGROUTE_DATA:+$(cd "$TAGROUTE_DATA" && pwd)/mmlu_tagged.jsonl.gz}
cd "$work"

if [ -n "$data" ] && [ -f "$data" ]; then
    show tagroute ingest "$data" -o queries.h5
    show tagroute fit queries.h5 -o router.msgpack --reference gpt-4-1106-preview
else
    show tagroute-gen --queries "$queries" --no-text -o log.jsonl.zst --prices-out prices.json
    show tagroute ingest log.jsonl.zst -o queries.h5
    show tagroute fit queries.h5 -o router.msgpack --prices prices.json
fi
# the threshold that sends half of the training queries away from the reference
theta=$(tagroute info router.msgpack | sed -n 's/.*--theta \([^ ]*\) *sends 50 %.*/\1/p')
show tagroute route queries.h5 -r router.msgpack --split test --theta "${theta:-0}" -o decisions.h5
show tagroute simulate queries.h5 -r router.msgpack --split test
