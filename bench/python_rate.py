#!/usr/bin/env python3
"""python_rate.py - `tagroute.route` on queries in memory, beside the C library's call and SciPy, one process.

usage: PYTHONPATH=BUILD/python bench/python_rate.py BUILD/tagroute [QUERIES] [ROUNDS] [THREADS]

`tagroute bench main --dump` makes the queries (10 million, 1 to 9 of 1,601 tags, 5 models) and says
what the kernels alone do with them. Then, round after round in turn: `tagroute.route`, policy utility
at 0, which is plain argmax, with everything that it makes around the call; `tgr_decide_rows` of the
same library on the same arrays, described once and with room for decisions that is there already; and
SciPy, the CSR matrix times the weights in float32 plus the bias, and NumPy's argmax, in one product or
block by block. Weights are multiples of 2^-16, so that every sum is exact however it is formed: all
decisions have to be the same, and are compared. Says the medians of processor time and of the clock,
and by how much the most memory held grows beyond that of the queries.
"""
import ctypes
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import msgpack
import numpy as np
import scipy.sparse

import tagroute
from tagroute._rows import Rows
from tagroute._tagroute import ffi, lib


def dump(program, folder, queries):
    """The queries as files, and what the kernels do with them, seconds of processor time."""
    done = subprocess.run([program, "bench", "main", "--queries", str(queries), "--threads", "1", "--processor-time",
                           "--only", "route", "--index", "u32", "--repeats", "7", "--json", "-", "--dump", folder],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(done.stdout)


def router_of(folder, tags, models):
    random = np.random.default_rng(1)
    weights = (random.integers(-2**14, 2**14, (tags, models)) / 2**16).astype(np.float32)
    bias = (random.integers(-2**14, 2**14, models) / 2**16).astype(np.float32)
    path = os.path.join(folder, "router.msgpack")
    with open(path, "wb") as file:
        file.write(msgpack.packb({
            "format": "tagroute.router", "version": 1, "models": [{"name": f"m{i}"} for i in range(models)],
            "reference": 0, "scorer": {"name": "ridge", "count": "raw", "rewards": {"win": 1.0, "tie": 0.15, "loss": -1.0}, "min_count": 1.0},
            "tagger": {"kind": "given", "version": 1, "category_tag": False},
            "tags": [f"t{i}" for i in range(tags)], "counts": np.ones(tags).tobytes(),
            "bias": bias.tobytes(), "weights": weights.tobytes()}))
    return tagroute.Router.load(path), weights, bias


def most_memory():
    with open("/proc/self/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) / 1024


def forget_most():
    with open("/proc/self/clear_refs", "w", encoding="ascii") as clear:
        clear.write("5")


def library(x, router, threads):
    """The same library's call, without the package around it."""
    rows = Rows(x)
    model = np.zeros(x.shape[0], np.int16)
    decided, options = ffi.new("tgr_decided *"), ffi.new("tgr_decide_options *")
    decided.size = ffi.sizeof("tgr_decided")
    decided.model = ffi.from_buffer("int16_t[]", model)
    lib.tgr_decide_options_init(options)
    thresholds = ffi.new("double[]", [0.0])
    options.policy, options.thresholds, options.threshold_count = lib.TGR_POLICY_UTILITY, thresholds, 1
    counts, error, run = ffi.new("tgr_decided_counts *"), ffi.new("tgr_error *"), ffi.new("tgr_run *")
    run.size, run.threads = ffi.sizeof("tgr_run"), threads

    def call(kept=(rows, thresholds)):
        if lib.tgr_decide_rows(router._pointer, rows.pointer, options, decided, counts, run, error) != 0:
            raise SystemExit(ffi.string(error.message).decode())
        return model
    return call


def in_blocks(x, weights, bias, rows=1 << 14):
    model = np.empty(x.shape[0], np.int16)
    for first in range(0, x.shape[0], rows):
        model[first:first + rows] = (x[first:first + rows] @ weights + bias).argmax(axis=1)
    return model


def timed(work):
    wall, busy = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - busy, result


def main():
    program, queries, rounds, threads = (sys.argv[1:] + ["10000000", "7", "1"][len(sys.argv) - 2:])[:4]
    queries, rounds, threads = int(queries), int(rounds), int(threads)
    with tempfile.TemporaryDirectory() as folder:
        kernels = dump(program, folder, queries)
        read = lambda name, kind: np.fromfile(os.path.join(folder, name), kind)
        with open(os.path.join(folder, "shape.json"), encoding="utf-8") as file:
            shape = json.load(file)
        values, indices = read("values.f32", np.float32), read("indices.u32", np.int32)
        indptr = read("indptr.i64", np.int64).astype(np.int32)
        router, weights, bias = router_of(folder, shape["tags"], shape["models"])
    size = (queries, shape["tags"])
    x = scipy.sparse.csr_matrix((values.astype(np.uint8), indices, indptr), size)
    floats = scipy.sparse.csr_matrix((values, indices, indptr), size)  # SciPy would convert others at each product
    call = library(x, router, threads)
    ways = {
        "tagroute.route": lambda: tagroute.route(x, router, policy="utility", threads=threads).model,
        "tgr_decide_rows": call,
        "SciPy + argmax": lambda: (floats @ weights + bias).argmax(axis=1),
        "the same, in blocks": lambda: in_blocks(floats, weights, bias),
    }
    figures, most, expected = {name: [] for name in ways}, {}, None
    for number in range(rounds + 1):
        for name, work in ways.items():
            model = None
            ctypes.CDLL(None).malloc_trim(0)
            forget_most()
            before = most_memory()
            wall, busy, model = timed(work)
            most[name] = most_memory() - before
            expected = model.astype(np.int16) if expected is None else expected
            if not np.array_equal(model, expected):
                raise SystemExit(f"{name}: {np.count_nonzero(model != expected)} decisions differ")
            if number > 0:
                figures[name].append((wall, busy))
    print(f"{queries} queries, {len(indices)} tags of {size[1]}, {shape['models']} models, {threads} thread(s), "
          f"medians of {rounds} rounds in turn; all decisions the same; X has "
          f"{(x.data.nbytes + indices.nbytes + indptr.nbytes) / 2**20:.0f} MB")
    base = figures["tagroute.route"]
    for name, pairs in figures.items():
        wall, busy = (statistics.median(p[i] for p in pairs) for i in (0, 1))
        ratio = [statistics.median(p[i] / b[i] for p, b in zip(pairs, base)) for i in (0, 1)]
        print(f"{name:20} {queries / busy / 1e6:7.1f} Mq/s of processor time, {queries / wall / 1e6:7.1f} by the clock; "
              f"takes {ratio[1]:5.2f} (processor), {ratio[0]:5.2f} (clock) of route's time; {most[name]:6.0f} MB more")
    for entry in kernels["runs"][0]["entries"]:
        print(f"{entry['name'] + ', the kernel alone':20} {entry['queries_per_second'] / 1e6:7.1f} Mq/s of processor time")


if __name__ == "__main__":
    main()
