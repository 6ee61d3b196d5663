#!/usr/bin/python3
"""Other programs open what tagroute writes, and tagroute reads what they write."""
import json
import warnings

import numpy
import scipy.sparse

from harness import Scratch, main

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import anndata
    import h5py
    import msgpack


def occurrences(queries):
    return numpy.asarray(scipy.sparse.csr_matrix(queries.X, dtype=float).sum(axis=0)).ravel()


def scores_by_numpy(queries, router):
    """S in float64 from the two files, as docs/formats.md describes them."""
    counts = scipy.sparse.csr_matrix(queries.X, dtype=numpy.float64)
    models = len(router["models"])
    weights = numpy.frombuffer(router["weights"], "<f4").reshape(-1, models)
    row_of = {tag: row for row, tag in enumerate(router["tags"])}
    gathered = numpy.zeros((len(queries.var_names), models))
    for column, tag in enumerate(queries.var_names):
        if tag in row_of:
            gathered[column] = weights[row_of[tag]]
    return counts @ gathered + numpy.frombuffer(router["bias"], "<f4").astype(numpy.float64)


class Interop(Scratch):
    def setUp(self):
        super().setUp()
        self.chain(1500, "--judged", "0.8")
        self.log = [json.loads(line) for line in self.read("log.jsonl").splitlines()]

    def test_anndata_opens_and_slices(self):
        for words in ((), ("--compress",), ("--compact",), ("--category-tag", "--no-text")):
            self.works("ingest", "log.jsonl", "-o", "other.h5", *words)
            for backed in (None, "r"):
                data = anndata.read_h5ad(self.path("other.h5"), backed=backed)
                self.assertEqual(list(data.obs_names), [record["id"] for record in self.log])
                part = data[100:200]
                part = part.to_memory() if backed else part
                self.assertEqual(part.shape[0], 100)
                self.check_row(part, 7, self.log[107])
                if backed:
                    data.file.close()

    def check_row(self, data, row, record):
        tags = record["tags"]
        counts = {tag: tags.count(tag) for tag in tags} if isinstance(tags, list) else tags
        matrix = scipy.sparse.csr_matrix(data.X)[row]
        found = {data.var_names[c]: v for c, v in zip(matrix.indices, matrix.data)}
        found = {tag: v for tag, v in found.items() if not tag.startswith("cat:")}
        self.assertEqual(found, counts)
        self.assertEqual(data.obs["category"].iloc[row], record["category"])
        self.assertEqual(data.obs["split"].iloc[row], record["split"])
        models = list(data.uns["tagroute"]["models"])
        for column, model in enumerate(models):
            entry = record["models"].get(model, {})
            score = data.obsm["score"][row, column]
            outcome = data.obsm["outcome"][row, column]
            self.assertEqual(entry.get("score"), None if numpy.isnan(score) else score)
            self.assertEqual(outcome, {None: -1, "loss": 0, "tie": 1, "win": 2}[
                entry.get("outcome")])

    def test_tags_by_falling_frequency(self):
        data = anndata.read_h5ad(self.path("queries.h5"))
        counts = occurrences(data)
        order = sorted(range(len(counts)), key=lambda t: (-counts[t], data.var_names[t].encode()))
        self.assertEqual(order, list(range(len(counts))))
        self.assertEqual(data.var["count"].tolist(), counts.tolist())

    def test_router_loads_in_three_lines(self):
        router = msgpack.unpackb(self.read("router.msgpack"))
        weights = numpy.frombuffer(router["weights"], "<f4").reshape(len(router["tags"]), -1)
        scores = dict(zip(router["tags"], weights))

        self.assertEqual(router["format"], "tagroute.router")
        self.assertEqual(weights.shape, (len(router["tags"]), len(router["models"])))
        self.assertEqual(len(scores), len(router["tags"]))
        self.assertEqual(len(numpy.frombuffer(router["counts"], "<f8")), len(router["tags"]))
        self.assertTrue(numpy.isfinite(weights).all())
        names = [model["name"] for model in router["models"]]
        self.assertEqual(names, sorted(names, key=str.encode))

    def test_decisions_equal_numpy(self):
        queries = anndata.read_h5ad(self.path("queries.h5"))
        router = msgpack.unpackb(self.read("router.msgpack"))
        scores = scores_by_numpy(queries, router)
        reference = router["reference"]
        others = scores.copy()
        others[:, reference] = -numpy.inf
        best = others.argmax(axis=1)
        margin = others.max(axis=1) - scores[:, reference]
        threshold = float(numpy.median(margin))
        self.works("route", "queries.h5", "-r", "router.msgpack", f"--theta={threshold!r}",
                   "-o", "d.h5", "--margins", "--ids")
        decided = anndata.read_h5ad(self.path("d.h5")) if self.is_anndata("d.h5") else None
        with h5py.File(self.path("d.h5")) as file:
            group = file["obs/model"]
            names = [name.decode() if isinstance(name, bytes) else name
                     for name in group["categories"][:]]
            models = [names[code] for code in group["codes"][:]]
            margins = file["obs/margin"][:]
        if decided is not None:
            self.assertEqual(list(decided.obs["model"].astype(str)), models)
        expected = numpy.where(margin >= threshold, best, reference)
        spread = margin.max() - margin.min()
        top = numpy.sort(others, axis=1)[:, -2:]
        sure = (abs(margin - threshold) > 1e-5 * spread) & (top[:, 1] - top[:, 0] > 1e-5 * spread)
        self.assertGreater(sure.mean(), 0.9)
        wanted = [router["models"][model]["name"] for model in expected]
        self.assertEqual([m for m, s in zip(models, sure) if s],
                         [w for w, s in zip(wanted, sure) if s])
        self.assertLess(abs(margins - margin).max(), 1e-5 * spread)

    def is_anndata(self, name):
        with h5py.File(self.path(name)) as file:
            return file.attrs.get("encoding-type") == "anndata"

    def test_files_that_anndata_writes_are_read(self):
        data = anndata.read_h5ad(self.path("queries.h5"))
        shuffled = data[:, numpy.random.default_rng(1).permutation(data.shape[1])].copy()
        for number, matrix in enumerate((scipy.sparse.csr_matrix(shuffled.X),
                                         scipy.sparse.csc_matrix(shuffled.X),
                                         scipy.sparse.csr_matrix(shuffled.X).toarray(),
                                         scipy.sparse.csr_matrix(shuffled.X, dtype="int64"))):
            shuffled.X = matrix
            shuffled.write_h5ad(self.path("foreign.h5ad"), compression="gzip" if number else None)
            self.works("route", "foreign.h5ad", "-r", "router.msgpack", "-o", "foreign.jsonl")
            self.works("route", "queries.h5", "-r", "router.msgpack", "-o", "own.jsonl")
            foreign = [json.loads(line) for line in self.read("foreign.jsonl").splitlines()]
            own = [json.loads(line) for line in self.read("own.jsonl").splitlines()]
            self.assertEqual([d["id"] for d in foreign], [d["id"] for d in own])
            differ = [f for f, o in zip(foreign, own) if f["model"] != o["model"]]
            self.assertEqual([f for f in differ if abs(f["margin"]) > 1e-9], [], number)

    def test_a_router_changed_by_python_is_read(self):
        router = msgpack.unpackb(self.read("router.msgpack"))
        router["note"] = {"kept": [1, "two"]}
        router.pop("digest")
        self.write("mine.msgpack", msgpack.packb(router))
        self.works("route", "queries.h5", "-r", "router.msgpack", "-o", "own.jsonl")
        self.works("route", "queries.h5", "-r", "mine.msgpack", "-o", "mine.jsonl")
        self.assertEqual(self.read("own.jsonl"), self.read("mine.jsonl"))
        router["digest"] = "0" * 32
        self.write("mine.msgpack", msgpack.packb(router))
        self.fails(3, "route", "queries.h5", "-r", "mine.msgpack", "-o", "x.jsonl")
        router.pop("digest")
        for name, value in (("weights", router["weights"][:-4]), ("reference", 99),
                            ("tags", router["tags"][:-1] + router["tags"][:1]),
                            ("bias", b"\0\0\xc0\x7f" * len(router["models"]))):
            self.write("mine.msgpack", msgpack.packb({**router, name: value}))
            self.fails(3, "route", "queries.h5", "-r", "mine.msgpack", "-o", "x.jsonl")


if __name__ == "__main__":
    main()
