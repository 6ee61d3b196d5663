#!/usr/bin/python3
"""Several threads that each read the queries they decide, beside one thread that reads for all: the same bytes, the same
figures and the same complaints, however the file is stored."""
import json
import os
import re
import shutil
import tempfile
import unittest

import h5py
import numpy

from harness import GENERATOR, Scratch, jsonl, main

ROWS = 120000  # threads have several parts each, of some 18,000 rows
FOLDER = None


def setUpModule():
    """One log for all tests: contiguous, with sums, tokens, and models that some queries rule out."""
    global FOLDER
    FOLDER = tempfile.mkdtemp(prefix="tagroute-lanes.")
    unittest.addModuleCleanup(shutil.rmtree, FOLDER)
    make = Scratch()
    make.folder = FOLDER
    make.works("--queries", str(ROWS), "--no-text", "-o", "log.msgpack", program=GENERATOR)
    make.works("ingest", "log.msgpack", "-o", "plain.h5", "-q")
    make.works("fit", "plain.h5", "-o", "router.msgpack", "-q", "--prices", prices(make))
    os.remove(make.path("log.msgpack"))


def prices(make):
    with h5py.File(make.path("plain.h5")) as file:
        models = [name.decode() for name in file["uns/tagroute/models"][:]]
    make.write("prices.json", json.dumps({
        name: {"input_cost_per_token": 1e-6 * (i + 1), "output_cost_per_token": 3e-6 * (i + 1)}
        for i, name in enumerate(models)}))
    return "prices.json"


def store(source, target, **how):
    """X and the tokens of a file anew, by h5py: no sums are written."""
    shutil.copy(source, target)
    with h5py.File(target, "a") as file:
        for name in ("X/indptr", "X/indices", "X/data", "obs/prompt_tokens"):
            values, attributes = file[name][:], {
                key: value for key, value in file[name].attrs.items() if "xxh3" not in key and "checksum" not in key}
            del file[name]
            options = dict(how)
            if "cast" in options:
                values = values.astype(options.pop("cast").get(name, values.dtype))
            if options.get("chunks"):
                options["chunks"] = (options["chunks"],)
            file.create_dataset(name, data=values, **options).attrs.update(attributes)


class Lanes(Scratch):
    def setUp(self):
        super().setUp()
        for name in ("plain.h5", "router.msgpack"):
            os.link(os.path.join(FOLDER, name), self.path(name))

    def route(self, queries, threads, *words, output="d.h5", router="router.msgpack"):
        done = self.works("route", queries, "-r", router, "-o", output, "-j", str(threads), *words)
        told = re.sub(r" in [0-9.]+ s, [0-9.]+ ?[kM]? queries/s", "", done.stderr.decode())
        return told, self.read(output)

    def same(self, queries, *words, threads=(2, 3, 5), **changes):
        """By one thread, which reads for all that decide, and by several, each for itself."""
        alone = self.route(queries, 1, *words, **changes)
        for count in threads:
            found = self.route(queries, count, *words, **changes)
            self.assertEqual(found[0], alone[0], (queries, words, count))
            self.assertTrue(found[1] == alone[1], (queries, words, count))

    def test_policies(self):
        for words in (["--theta", "0"], ["--theta", "-0.01", "--margins"], ["--policy", "utility", "--lambda", "0.5"],
                      ["--policy", "slack", "--tau", "0.001", "--margins"], ["--theta", "-0.02,-0.01,-0.005,0"]):
            self.same("plain.h5", *words)

    def test_memory(self):
        self.same("plain.h5", "--theta", "0", "--memory", "16M")

    def test_as_stored(self):
        wide = {"X/indptr": "i8", "X/indices": "i8", "X/data": "u2", "obs/prompt_tokens": "f8"}
        for name, how in (("bare", {}), ("wide", {"cast": wide}), ("floats", {"cast": {"X/data": "f4"}}),
                          ("gzip", {"chunks": 5000, "compression": "gzip", "shuffle": True, "fletcher32": True}),
                          ("chunks", {"chunks": 70001})):
            store(self.path("plain.h5"), self.path(name + ".h5"), **how)
            self.same(name + ".h5", "--theta", "0")

    def test_ids(self):
        """Of one length, of several, padded, too wide to be read at once, and of any length."""
        self.same("plain.h5", "--theta", "0", "--ids", "--margins")
        kinds = {"short": numpy.array([f"q{i}" for i in range(ROWS)], "S12"),
                 "wide": numpy.array([f"q{i}" for i in range(ROWS)], "S100"),
                 "any": [f"q{i}\u00e9" for i in range(ROWS)]}
        for name, ids in kinds.items():
            shutil.copy(self.path("plain.h5"), self.path(name + ".h5"))
            with h5py.File(self.path(name + ".h5"), "a") as file:
                attributes = {key: value for key, value in file["obs/_index"].attrs.items() if "xxh3" not in key}
                del file["obs/_index"]
                kept = {} if name != "any" else {"dtype": h5py.string_dtype()}
                file["obs"].create_dataset("_index", data=ids, **kept).attrs.update(attributes)
            self.same(name + ".h5", "--theta", "0", "--ids", threads=[3])
        self.same("short.h5", "plain.h5", "--theta", "0", "--ids", threads=[2])

    def test_eligibility_and_costs(self):
        """Models that a query rules out or whose context it exceeds, tokens that some queries lack, prompts partly cached."""
        rng = numpy.random.default_rng(5)
        with h5py.File(self.path("plain.h5")) as file:
            models = [name.decode() for name in file["uns/tagroute/models"][:]]
        rows = [{"tags": [f"t{tag}" for tag in rng.integers(0, 40, 3)]} for _ in range(50000)]
        for row, tokens, kind in zip(rows, rng.integers(1, 9000, len(rows)), rng.integers(0, 9, len(rows))):
            if kind:
                row["prompt_tokens"] = int(tokens)
            if kind % 3 == 1:
                row["cached_prompt_tokens"] = int(tokens) // 2
            if kind in (2, 5):
                row["allow" if kind == 2 else "deny"] = models[:2]
            if kind == 7:
                row["needs"] = ["vision"]
        self.write("log.jsonl", jsonl(rows))
        self.write("prices.json", json.dumps({
            name: {"input_cost_per_token": 1e-6 * (i + 1), "output_cost_per_token": 3e-6 * (i + 1),
                   "cache_read_input_token_cost": 2e-7 * (i + 1), "max_input_tokens": 2000 * (i + 1),
                   "supports_vision": i % 2 == 0}
            for i, name in enumerate(models)}))
        self.works("ingest", "log.jsonl", "-o", "log.h5", "-q")
        self.works("fit", "plain.h5", "-o", "priced.msgpack", "-q", "--prices", "prices.json")
        self.works("ingest", "log.jsonl", "-o", "packed.h5", "-q", "--compress")
        for name in "log.h5", "packed.h5":
            for words in (["--policy", "utility", "--lambda", "0,3,100", "--margins"],
                          ["--policy", "slack", "--tau", "0.01", "--fallback", models[1]]):
                self.same(name, *words, router="priced.msgpack", threads=[2])

    def test_compressed(self):
        self.works("merge", "plain.h5", "--compress", "-o", "small.h5", "-q")
        self.same("small.h5", "--theta", "0")
        self.same("small.h5", "--theta", "0", "--memory", "16M", threads=[3])
        self.same("small.h5", "--theta", "0", "--ids", threads=[2])

    def test_several_files(self):
        self.works("merge", "plain.h5", "--compress", "-o", "small.h5", "-q")
        self.same("plain.h5", "small.h5", "plain.h5", "--theta", "0", threads=[2, 3])

    def test_unsorted(self):
        """Rows whose columns fall, repeat, or hold zeros are put in order part by part."""
        store(self.path("plain.h5"), self.path("odd.h5"))
        with h5py.File(self.path("odd.h5"), "a") as file:
            starts, indices, data = (file["X"][name][:] for name in ("indptr", "indices", "data"))
            for row in range(0, ROWS, 1000):
                at = slice(starts[row], starts[row + 1])
                indices[at] = indices[at][::-1]
                data[starts[row]] = row % 2
            for row in range(17, ROWS, 7000):
                indices[starts[row]:starts[row + 1]] = 3
            file["X/indices"][:], file["X/data"][:] = indices, data
        self.same("odd.h5", "--theta", "0")

    def test_long_rows(self):
        """A few rows that hold more than a thread reads at once come in several steps, and every sum is checked."""
        rows = numpy.full(40000, 1)
        rows[[5, 20000, 39999]] = 400
        columns = numpy.concatenate([numpy.sort(numpy.arange(count)) for count in rows])
        store(self.path("plain.h5"), self.path("long.h5"))
        with h5py.File(self.path("long.h5"), "a") as file:
            for name in list(file["obs"]):
                del file["obs"][name]
            del file["obsm"]
            x = file["X"]
            shape = x.attrs["shape"]
            for name, values in (("indptr", numpy.concatenate([[0], rows.cumsum()]).astype("i4")),
                                 ("indices", columns.astype("i4")), ("data", numpy.ones(len(columns), "u1"))):
                del x[name]
                x[name] = values
            x.attrs["shape"] = [len(rows), shape[1]]
            file["obs/_index"] = numpy.arange(len(rows)).astype("S6")
            file["obs"].attrs["column-order"] = numpy.array([], dtype=h5py.string_dtype())
        self.works("merge", "long.h5", "-o", "summed.h5", "-q")
        self.same("summed.h5", "--theta", "0", "--memory", "16M", threads=[2])

    def test_shards_and_goals(self):
        """What begins or ends anywhere: at a shard's first query, at a cut among equal margins."""
        self.same("plain.h5", "--theta", "0", "--shard", "2/3")
        self.same("plain.h5", "--policy", "margin", "--target-share", "kestrel-max=0.5", threads=[3])

    def damage(self, name, row, by):
        shutil.copy(os.path.join(FOLDER, "plain.h5"), self.path("bad.h5"))
        with h5py.File(self.path("bad.h5"), "a") as file:
            file[name][row] += by

    def test_damage(self):
        """The first of several faults is told, in the words of one thread."""
        for name, places in (("X/indices", [3, 150001, 400000]), ("X/data", [77, 333333]),
                             ("X/indptr", [9, 60000, ROWS]), ("obs/prompt_tokens", [1, 100000])):
            for at in places:
                self.damage(name, at, 1 if name != "X/indptr" or at == ROWS else 12345)
                told = {self.fails(3, "route", "bad.h5", "-r", "router.msgpack", "--theta", "0", "-o", "d.h5", "-j", j)
                        for j in ("1", "2", "5")}
                self.assertEqual(len(told), 1, told)
                self.assertIn(name, told.pop())
                self.assertNotIn("d.h5", self.names())

    def test_bad_rows(self):
        """Without sums: the lowest row is named, whichever thread comes to its fault first."""
        store(self.path("plain.h5"), self.path("bad.h5"))
        with h5py.File(self.path("bad.h5"), "a") as file:
            starts = file["X/indptr"][:]
            for row in (118000, 70000, 30001):
                file["X/indices"][starts[row]] = 99999
        for j in "1", "2", "5":
            self.assertIn("row 30001 of /X has a column index out of bounds",
                          self.fails(3, "route", "bad.h5", "-r", "router.msgpack", "--theta", "0", "-o", "d.h5", "-j", j))

    def test_bad_chunk(self):
        """A chunk that cannot be inflated is told when its rows are due."""
        self.works("merge", "plain.h5", "--compress", "-o", "bad.h5", "-q")
        with h5py.File(self.path("bad.h5")) as file:
            chunk = file["X/indices"].id.get_chunk_info(1)
        with open(self.path("bad.h5"), "r+b") as file:
            file.seek(chunk.byte_offset + chunk.size // 2)
            file.write(b"\xff" * 64)
        told = {self.fails(3, "route", "bad.h5", "-r", "router.msgpack", "--theta", "0", "-o", "d.h5", "-j", j)
                for j in ("1", "2", "5")}
        self.assertEqual(len(told), 1, told)

    def test_bad_chunk_elsewhere(self):
        """Nobody hears of damage behind the rows that they wanted."""
        store(self.path("plain.h5"), self.path("bad.h5"), chunks=20000, compression="gzip", shuffle=True)
        with h5py.File(self.path("bad.h5")) as file:
            chunk = file["X/indptr"].id.get_chunk_info(4)
        with open(self.path("bad.h5"), "r+b") as file:
            file.seek(chunk.byte_offset + chunk.size // 2)
            file.write(b"\xff" * 64)
        for memory in "12M", "16M", "24M", "256M": # where stretches end differs
            self.same("bad.h5", "--theta", "0", "--shard", "1/2", "--memory", memory, threads=[2])


if __name__ == "__main__":
    main()
