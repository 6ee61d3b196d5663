#!/usr/bin/python3
"""route beside the same with h5py and SciPy: from a query file to a file of decisions.

    bench/peers/io.py BUILD/tagroute QUERIES.h5 ROUTER.msgpack [runs]

The script reads X with h5py, multiplies it with the router's weights by SciPy, decides the margin policy
at threshold 0 with NumPy, and writes the codes with h5py: no checksums, costs, checkpoints,
eligibility or row names, and the output is not synced to the disk. Of a router with prices a token tagroute
tells the expected cost as well, for which it reads the column of token counts; the script's job is that of a router
without them (`fit` without `--prices`). Whole process against whole process,
in turn, medians; the query file in the page cache. Decisions are compared: sums of float32 that are
added in another order may be rounded differently, so margins nearer to 0 than rounding are counted
apart."""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

BLOCK = 1 << 18
UNIT = 2.0 ** -24 * 1.01


def load(router_path, tags):
    """Weights by the file's columns, bias, names in order of preference, the reference's place."""
    import msgpack
    import numpy
    with open(router_path, "rb") as file:
        router = msgpack.unpack(file, strict_map_key=False)
    models = router["models"]
    costs = [model.get("mean_cost") or float("inf") for model in models]
    order = sorted(range(len(models)), key=lambda k: (costs[k], k))
    rows = {tag: row for row, tag in enumerate(router["tags"])}
    stored = numpy.frombuffer(router["weights"], "<f4").reshape(-1, len(models))[:, order]
    weights = numpy.zeros((len(tags), len(models)), numpy.float32)
    for column, tag in enumerate(tags):
        if tag in rows:
            weights[column] = stored[rows[tag]]
    bias = numpy.frombuffer(router["bias"], "<f4")[order]
    return weights, bias, order, [model["name"] for model in models], order.index(router["reference"])


def decide(scores, reference):
    import numpy
    others = scores.copy()
    others[:, reference] = -numpy.inf
    best = others.argmax(axis=1)
    margin = others[numpy.arange(len(best)), best] - scores[:, reference]
    return numpy.where(margin >= 0, best, reference)


def route(queries, router, output):
    import h5py
    import numpy
    import scipy.sparse
    with h5py.File(queries, "r") as source, h5py.File(output, "w") as made:
        x = source["X"]
        tags = [tag.decode() for tag in source["var/_index"][:]]
        weights, bias, order, names, reference = load(router, tags)
        indptr = x["indptr"][:]
        rows = len(indptr) - 1
        codes = made.create_dataset("obs/model/codes", (rows,), numpy.int8)
        made["obs/model/categories"] = names
        numbers = numpy.array(order, numpy.int8)
        for first in range(0, rows, BLOCK):
            last = min(rows, first + BLOCK)
            begin, end = indptr[first], indptr[last]
            block = scipy.sparse.csr_matrix(
                (x["data"][begin:end].astype(numpy.float32), x["indices"][begin:end],
                 indptr[first:last + 1] - begin), shape=(last - first, len(weights)))
            codes[first:last] = numbers[decide(block @ weights + bias, reference)]


def compare(queries, router, ours, theirs):
    """(rounded, wrong): decisions that differ, with and without rounding as a reason."""
    import h5py
    import numpy
    with h5py.File(ours, "r") as one, h5py.File(theirs, "r") as other, h5py.File(queries, "r") as of:
        mine, yours = (file["obs/model/codes"][:] for file in (one, other))
        x = of["X"]
        indptr, indices, data = x["indptr"][:], x["indices"], x["data"]
        tags = [tag.decode() for tag in of["var/_index"][:]]
        weights, bias, order, _, _ = load(router, tags)
        places = numpy.argsort(order)
        rounded = wrong = 0
        for row in numpy.nonzero(mine != yours)[0]:
            entries = slice(indptr[row], indptr[row + 1])
            pair = places[[mine[row], yours[row]]]
            terms = (data[entries].astype(numpy.float64)[:, None]
                     * weights[indices[entries]][:, pair].astype(numpy.float64))
            scores = bias[pair] + terms.sum(axis=0)
            sizes = abs(bias[pair]) + abs(terms).sum(axis=0)
            near = abs(scores[0] - scores[1]) <= (len(terms) + 2) * UNIT * sizes.sum()
            rounded, wrong = rounded + near, wrong + (not near)
        return int(rounded), int(wrong), len(mine)


def timed(command):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    tagroute, queries, router = sys.argv[1:4]
    runs = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = os.path.join(folder, "ours.h5"), os.path.join(folder, "theirs.h5")
        commands = {
            "tagroute": [tagroute, "route", queries, "-r", router, "--theta", "0", "-o", ours, "-q"],
            "h5py + SciPy": [sys.executable, __file__, "--script", queries, router, theirs],
        }
        times = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                times[name].append(timed(command))
        for name, all_of in times.items():
            wall, busy = (statistics.median(time[i] for time in all_of) for i in range(2))
            print(f"{name:14} {wall:8.2f} s, {busy:8.2f} s of processors")
        for i, clock in enumerate(("the clock", "processor time")):
            ratio = statistics.median(
                b[i] / a[i] for a, b in zip(times["tagroute"], times["h5py + SciPy"]))
            print(f"tagroute is {ratio:.1f} times as fast by {clock}")
        rounded, wrong, count = compare(queries, router, ours, theirs)
        print(f"of {count:,} decisions {rounded:,} differ by rounding, {wrong:,} otherwise")
        sys.exit(wrong > 0)


if sys.argv[1:2] == ["--script"]:
    route(*sys.argv[2:5])
elif len(sys.argv) < 4:
    sys.exit(__doc__)
else:
    main()
