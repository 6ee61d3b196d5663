"""What the Python peers do alike: arrays in, then one pass over them a command, as peer.h says.

Called with: FOLDER of `tagroute bench --dump`, threads."""
import json
import os
import sys
import time

import numpy

BLOCK_SCORES = 1 << 16  # of a block of rows: they stay in the second-level cache


class Data:
    def __init__(self, folder):
        with open(os.path.join(folder, "shape.json")) as file:
            shape = json.load(file)
        self.queries, self.models = shape["queries"], shape["models"]
        self.indptr = self.read(folder, "indptr.i64", numpy.int64)
        self.indices = self.read(folder, "indices.u32", numpy.int32)
        self.values = self.read(folder, "values.f32", numpy.float32)
        self.bias = self.read(folder, "bias.f32", numpy.float32)
        self.weights = self.read(folder, "weights.f32", numpy.float32).reshape(-1, self.models)
        self.decision = numpy.zeros(self.queries, numpy.int16)

    @staticmethod
    def read(folder, name, kind):
        return numpy.fromfile(os.path.join(folder, name), kind)

    def blocks(self, scores=BLOCK_SCORES):
        """Rows [first, last) and their entries [begin, end), block by block."""
        rows = max(1024, scores // self.models)
        for first in range(0, self.queries, rows):
            last = min(first + rows, self.queries)
            yield first, last, self.indptr[first], self.indptr[last]


def timed(work):
    wall, busy = time.perf_counter(), time.process_time()
    work()
    return f"{time.perf_counter() - wall:.9f} {time.process_time() - busy:.9f}"


def main(version, prepare):
    """prepare(data, threads) gives two functions: one fills data.decision, one scores alone."""
    folder, threads = sys.argv[1:]
    data = Data(folder)
    decide, score = prepare(data, int(threads))
    decide()
    print(json.dumps({"version": version, "scores": True}), flush=True)
    for line in sys.stdin:
        words = line.split(maxsplit=1)
        if words[0] == "write":
            data.decision.tofile(words[1].rstrip("\n"))
            print("written", flush=True)
        else:
            print(timed(score if words[0] == "score" else decide), flush=True)
