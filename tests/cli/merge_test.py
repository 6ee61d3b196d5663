#!/usr/bin/python3
"""Shards joined are the whole run, byte for byte; what does not belong together is never joined."""
import os
import warnings

from harness import Scratch, jsonl, main, records

warnings.filterwarnings("ignore") # of pandas, and of ids that stand twice

KINDS = [ # output, options
    ("one.h5", ()),
    ("all.h5", ("--ids", "--margins")),
    ("many.h5", ("--theta", "-0.02,0,0.01", "--margins")),
    ("one.jsonl", ()),
    ("split.jsonl", ("--split", "test")),
    ("many.msgpack", ("--theta", "-0.02,0,0.01", "--split", "train")),
    ("fallback.h5", ("--lambda", "5", "--fallback", "wren-mini")),
]


class Decisions(Scratch):
    def setUp(self):
        super().setUp()
        self.chain(3000)
        self.generate("more.jsonl", 1001, "--seed", "5")
        self.works("ingest", "more.jsonl", "-o", "more.h5")
        self.inputs = ("queries.h5", "more.h5")

    def route(self, output, *options):
        self.works("route", *self.inputs, "-r", "router.msgpack", "-o", output, *options)

    def shards(self, count, ending, *options):
        names = []
        for i in range(1, count + 1):
            names.append(f"part{i}of{count}.{ending}")
            self.route(names[-1], "--shard", f"{i}/{count}", *options)
        return names

    def test_same_bytes_for_any_number_of_shards(self):
        for name, options in KINDS:
            self.route(name, *options)
            whole = self.read(name)
            for count in (1, 2, 3, 7) if name == "all.h5" else (3,):
                parts = self.shards(count, name.split(".")[1], *options)
                self.works("merge", "--check", *parts)
                self.works("merge", *reversed(parts), "-o", f"m-{name}")
                self.assertEqual(self.read(f"m-{name}"), whole, (name, count))
                self.works("info", *(["m-" + name] if name.endswith(".h5") else ["queries.h5"]))

    def test_row_numbers_written_beforehand(self):
        """From 100,000 rows on: shards below that, above it, and none that begins at a round number."""
        self.generate("many.jsonl", 107003, "--no-text", "--max-tags", "2", "--models", "1")
        self.works("ingest", "many.jsonl", "-o", "many.h5")
        self.inputs = ("many.h5", "many.h5")
        self.route("numbers.h5", "--margins")
        for count in (2, 3):
            self.works("merge", *self.shards(count, "h5", "--margins"), "-o", "m.h5")
            self.assertEqual(self.read("m.h5"), self.read("numbers.h5"), count)
        self.works("info", "--verify", "m.h5", "part2of2.h5")

    def test_more_shards_than_queries(self):
        self.write("few.jsonl", b"".join(b'{"id": "x%d", "tags": ["t0"]}\n' % i for i in range(3)))
        self.works("ingest", "few.jsonl", "-o", "few.h5")
        self.inputs = ("few.h5",)
        for ending in ("h5", "jsonl"):
            self.route(f"whole.{ending}")
            parts = self.shards(5, ending)
            self.works("merge", *parts, "-o", f"m.{ending}")
            self.assertEqual(self.read(f"m.{ending}"), self.read(f"whole.{ending}"))

    def test_what_is_missing_or_twice(self):
        for ending in ("h5", "jsonl", "msgpack"):
            parts = self.shards(5, ending)
            for given, said in (([0, 1, 3, 4], "shard 3/5 is missing"),
                                ([1, 2, 3, 4], "shard 1/5 is missing"),
                                ([0, 1], "shards 3/5 to 5/5 are missing"),
                                ([0, 1, 2, 3, 4, 3], "is shard 4/5, as is")):
                names = [parts[i] for i in given]
                self.assertIn(said, self.fails(3, "merge", *names, "-o", f"m.{ending}"))
                self.assertIn(said, self.fails(3, "merge", "--check", *names))
            message = self.fails(3, "merge", "--check", parts[0], parts[2], parts[4])
            self.assertIn("shard 2/5 is missing", message)
            self.assertIn("shard 4/5 is missing", message)
            self.assertNotIn(f"m.{ending}", self.names())

    def test_what_does_not_belong_together(self):
        self.works("fit", "queries.h5", "-o", "other.msgpack", "--min-count", "9")
        for ending in ("h5", "jsonl"):
            first, second = self.shards(2, ending)
            self.route(f"whole.{ending}")
            for options, said in ((("-r", "other.msgpack"), "another router"),
                                  (("--theta", "0.01"), "thresholds"),
                                  (("--split", "test"), "another run"),
                                  (("--shard", "2/3"), "another number of shards")):
                self.route(f"bad.{ending}", "--shard", "2/2", *options)
                for words in (("-o", f"m.{ending}"), ("--check",)):
                    self.assertIn(said, self.fails(3, "merge", first, f"bad.{ending}", *words))
            inputs, self.inputs = self.inputs, ("more.h5", "queries.h5")
            self.route(f"bad.{ending}", "--shard", "2/2")
            self.inputs = inputs
            self.assertIn("another run", self.fails(3, "merge", first, f"bad.{ending}", "--check"))
            self.fails(3, "merge", first, f"whole.{ending}", "-o", f"m.{ending}")
            self.assertIn("query file", self.fails(3, "merge", first, "queries.h5", "--check"))
            self.assertIn("No such file", self.fails(3, "merge", first, "none", "--check"))
            self.fails(1, "merge", first, "none", "-o", f"m.{ending}")
        self.assertIn("another format",
                      self.fails(3, "merge", "part1of2.h5", "part2of2.jsonl", "-o", "m.h5"))
        self.fails(2, "merge", "part1of2.h5")
        for shard in ("0/2", "3/2", "1", "-1/2", "0/0", "a/b", "1/2x", "/2", "1/", "1/9" + 20 * "9"):
            self.fails(2, "route", "queries.h5", "-r", "router.msgpack", "-o", "x.h5", "--shard",
                       shard)
        self.fails(2, "route", "queries.h5", "-r", "router.msgpack", "-o", "-", "--shard", "1/2")

    def test_damage_is_found(self):
        import h5py
        first, second = self.shards(2, "h5")
        with h5py.File(self.path(second), "r") as file:
            place = file["obs/model/codes"].id.get_offset() + 100
        for name, at in ((second, place), (self.shards(2, "jsonl")[1], 500)):
            ending = name.split(".")[1]
            content = bytearray(self.read(name))
            content[at] ^= 1
            self.write(name, bytes(content))
            for words in (("-o", f"m.{ending}"), ("--check",)):
                self.fails(3, "merge", first.replace("h5", ending), name, *words)
        os.unlink(self.path("part1of2.jsonl.shard"))
        self.assertIn("part1of2.jsonl.shard",
                      self.fails(3, "merge", "part1of2.jsonl", "part2of2.jsonl", "-o", "m.jsonl"))
        self.assertEqual([n for n in self.names() if n.startswith((".", "m."))], [])

        self.fails(2, "merge", "part1of2.h5", "part2of2.h5", "-o", "m.h5", "--compress")


class Fits(Scratch):
    def setUp(self):
        super().setUp()
        self.chain(1500)
        self.generate("more.jsonl", 700, "--seed", "5")
        self.works("ingest", "more.jsonl", "-o", "more.h5")
        self.queries = ("queries.h5", "more.h5")

    def parts(self, count, *options):
        names = [f"fit{i}of{count}.msgpack" for i in range(1, count + 1)]
        for i, name in enumerate(names):
            self.works("fit", *self.queries, "-o", name, "-q", "--shard", f"{i + 1}/{count}",
                       *options)
        return names

    def test_the_router_of_one_run(self):
        reference = ("--reference", "kestrel-max", "--prices", "prices.json")
        for options, counts in (((), (1, 2, 3, 7)), (("--scorer", "bayes", "--kappa", "9"), (3,)),
                                (("--scorer", "bayes"), (2,))):
            self.works("fit", *self.queries, "-o", "whole.msgpack", *reference, *options)
            for count in counts:
                parts = self.parts(count, *reference, *options)
                self.works("merge", "--check", *parts)
                message = self.works("merge", *reversed(parts), "-o", "m.msgpack", "--queries",
                                     *self.queries).stderr.decode()
                self.assertEqual(self.read("m.msgpack"), self.read("whole.msgpack"), count)
                self.assertIn("learnt from", message)
                self.assertIn("next: tagroute simulate queries.h5 -r m.msgpack", message)
                self.works("merge", "--queries=queries.h5", "--queries=more.h5", *parts, "-o",
                           "again.msgpack", "-q")
                self.assertEqual(self.read("again.msgpack"), self.read("whole.msgpack"))

    def test_without_queries(self):
        parts = self.parts(2, "--reference", "kestrel-max")
        self.assertIn("--queries", self.works("merge", *parts, "-o", "m.msgpack").stderr.decode())
        self.works("route", "queries.h5", "-r", "m.msgpack", "-o", "d.h5")

    def test_what_does_not_belong_together(self):
        parts = self.parts(3, "--reference", "kestrel-max")
        self.works("fit", *self.queries, "-o", "other.msgpack", "--reference", "wren-mini",
                   "--shard", "2/3")
        for given, said in (([parts[0], parts[2]], "missing 2 of 3"),
                            ([*parts, parts[1]], "both shard 2 of 3"),
                            ([parts[0], "other.msgpack", parts[2]], "other options"),
                            ([*parts, "queries.h5"], "not a partial fit")):
            self.assertIn(said, self.fails(3, "merge", *given, "-o", "m.msgpack"))
            self.assertIn(said, self.fails(3, "merge", "--check", *given))
        message = self.fails(3, "merge", "--check", parts[0], "other.msgpack", "none")
        for said in ("other options", "missing 3 of 3", "No such file", "3 findings"):
            self.assertIn(said, message)
        self.assertIn("same order", self.fails(2, "merge", *parts, "-o", "m.msgpack", "--queries",
                                               "more.h5", "queries.h5"))
        for words in (("--compress",), ("--compact",)):
            self.fails(2, "merge", *parts, "-o", "m.msgpack", *words)
        self.fails(2, "merge", "--check", *parts, "--queries", "queries.h5")
        content = bytearray(self.read(parts[1]))
        content[len(content) // 2] ^= 4
        self.write(parts[1], bytes(content))
        self.fails(3, "merge", "--check", *parts)
        self.fails(3, "merge", *parts, "-o", "m.msgpack")
        self.assertNotIn("m.msgpack", self.names())


class QueryShards(Scratch):
    """Shards of ingest."""

    def setUp(self):
        super().setUp()
        self.write("small.jsonl", jsonl(records(60)))
        self.works("ingest", "small.jsonl", "-o", "small.h5", "-q")
        self.works("fit", "small.h5", "-o", "router.msgpack", "--min-count", "1", "-q")
        self.generate("a.jsonl", 500)
        self.write("empty.jsonl", "")
        self.write("b.jsonl", jsonl(records(40)))
        self.generate("c.msgpack", 300, "--seed", "2")
        self.logs = ("a.jsonl", "empty.jsonl", "b.jsonl", "c.msgpack")

    def shards(self, count, *words, logs=None, prefix="part"):
        names = [f"{prefix}{i}of{count}.h5" for i in range(1, count + 1)]
        for i, name in enumerate(names):
            self.works("ingest", *(logs or self.logs), "-r", "router.msgpack", "-q", *words, "-o",
                       name, "--shard", f"{i + 1}/{count}")
        return names

    def whole(self, *words):
        self.works("ingest", *self.logs, "-r", "router.msgpack", "-q", *words, "-o", "whole.h5")
        return self.read("whole.h5")

    def test_the_file_of_one_run(self):
        for options in ((), ("--compress", "--compact"), ("--no-text",), ("--category-tag",)):
            if "--category-tag" in options:
                self.works("ingest", "small.jsonl", "-o", "small.h5", "-q", *options)
                self.works("fit", "small.h5", "-o", "router.msgpack", "--min-count", "1", "-q")
            whole = self.whole(*options)
            for count in (1, 2, 3, 7) if not options else (3,):
                parts = self.shards(count, *options)
                writing = [word for word in options if word in ("--compress", "--compact")]
                self.works("merge", "--check", *parts)
                message = self.works("merge", *reversed(parts), "-o", "m.h5", *writing)
                self.assertIn(f"840 queries of {count} shards", message.stderr.decode())
                self.assertEqual(self.read("m.h5"), whole, (options, count))
                self.works("merge", *parts, "-o", "m.h5", *writing, "--memory", "1M", "--threads",
                           "1")
                self.assertEqual(self.read("m.h5"), whole, (options, count))

    def test_more_shards_than_records(self):
        self.write("few.jsonl", jsonl(records(3)))
        self.logs = ("few.jsonl",)
        whole = self.whole()
        self.works("merge", *self.shards(9), "-o", "m.h5")
        self.assertEqual(self.read("m.h5"), whole)

    def test_what_is_missing_twice_or_foreign(self):
        parts = self.shards(5)
        self.write("b.jsonl", jsonl(records(40)).replace("q7", "q8")) # of the same size
        others = self.shards(5, prefix="other")
        three = self.shards(3)
        self.whole()
        for given, said in (([0, 1, 3, 4], "shard 3/5 is missing"),
                            ([1, 2, 3, 4], "shard 1/5 is missing"),
                            ([0, 1], "shards 3/5 to 5/5 are missing"),
                            ([0, 1, 2, 3, 4, 3], "is shard 4/5, as is")):
            names = [parts[i] for i in given]
            self.assertIn(said, self.fails(3, "merge", *names, "-o", "m.h5"))
            self.assertIn(said, self.fails(3, "merge", "--check", *names))
        for odd, said in ((others[4], "is of another run, with other logs, options or router"),
                          (three[2], "is of a run cut into another number of shards"),
                          ("whole.h5", "is no shard")):
            names = [*parts[:4], odd]
            self.assertIn(said, self.fails(3, "merge", *names, "-o", "m.h5"))
            message = self.fails(3, "merge", "--check", *names)
            self.assertIn(said, message)
            self.assertIn("shard 5/5 is missing", message)
        self.assertIn("shard", self.works("info", parts[0]).stdout.decode())
        self.assertEqual([n for n in self.names() if n.startswith((".", "m."))], [])

    def test_damage_is_found(self):
        import h5py
        parts = self.shards(2)
        for place in ("X/indices", "obs/_index", "obs/position", "obsm/score"):
            content = bytearray(self.read(parts[1]))
            with h5py.File(self.path(parts[1]), "r") as file:
                at = file[place].id.get_offset() + 9
            content[at] ^= 1
            self.write("bad.h5", bytes(content))
            self.fails(3, "merge", "--check", parts[0], "bad.h5")
            self.fails(3, "merge", parts[0], "bad.h5", "-o", "m.h5")
        content = self.read(parts[1])
        text = b"as a heading" if b"as a heading" in content else b"What"
        self.write("bad.h5", content.replace(text, text.upper(), 1))
        for words in (("--check",), ("-o", "m.h5")):
            self.assertIn("/obs/text", self.fails(3, "merge", parts[0], "bad.h5", *words))
        self.write("bad.h5", content[:len(content) // 2])
        self.fails(3, "merge", parts[0], "bad.h5", "-o", "m.h5")
        self.assertNotIn("m.h5", self.names())


LOGS = { # what only some logs have
    "plain.jsonl": [{"id": "p1", "tags": {"sql": 2, "b": 1}}, {"id": "p2", "tags": ["b"]},
                    {"tags": ["b"]}],
    "models.jsonl": [{"id": f"m{i}", "tags": ["sql", "new"], "category": "c%d" % (i % 3),
                      "models": {"z": {"score": i, "cost": 0.5}, "a": {"outcome": "tie"}}}
                     for i in range(5)],
    "weights.jsonl": [{"id": "a very long id indeed", "tags": {"b": 0.5, "w": -2.25}, "text": "x"},
                      {"id": "w2", "text": "no tags", "prompt_tokens": 7, "split": "test"}],
    "large.jsonl": [{"id": "l1", "tags": {"sql": 300}, "prompt_tokens": 1.5, "allow": ["a"],
                     "needs": ["vision"], "models": {"m": {"completion_tokens": 3}}}],
    "tokens.jsonl": [{"id": "t1", "tags": ["b"], "prompt_tokens": 1},
                     {"id": "t2", "tags": ["b"], "prompt_tokens": 2, "deny": ["z", "a"]}],
}


class QueryFiles(Scratch):
    """Query files of several logs."""

    def setUp(self):
        super().setUp()
        self.ingested = {} # options with which a log was read last
        for name, rows in LOGS.items():
            self.write(name, jsonl(rows))

    def check(self, logs, *words):
        self.works("ingest", *logs, "-o", "whole.h5", "-q", *words)
        files = [log.replace(".jsonl", ".h5") for log in logs]
        writing = [word for word in words if word in ("--compress", "--compact")]
        for log, file in zip(logs, files):
            if self.ingested.get(log) != words:
                self.works("ingest", log, "-o", file, "-q", *words)
                self.ingested[log] = words
        self.works("merge", "--check", *files)
        self.works("merge", *files, "-o", "m.h5", *writing)
        self.assertEqual(self.read("m.h5"), self.read("whole.h5"), (logs, words))
        return files

    def test_the_file_of_all_logs(self):
        names = list(LOGS)
        for first in range(len(names)):
            for second in range(len(names)):
                if first != second:
                    self.check((names[first], names[second]))
        for words in ((), ("--category-tag",), ("--compress",), ("--compact", "--no-text")):
            self.check(names, *words)
            self.check(names[::-1], *words)
        self.check(names[:1])

    def test_large_logs(self):
        self.generate("a.jsonl", 4000)
        self.generate("b.jsonl", 2500, "--seed", "7")
        files = self.check(("a.jsonl", "plain.jsonl", "b.jsonl"))
        self.works("merge", "a.h5", "plain.h5", "-o", "m1.h5") # step by step
        self.works("merge", "m1.h5", "b.h5", "-o", "m2.h5")
        self.assertEqual(self.read("m2.h5"), self.read("whole.h5"))
        self.works("fit", *files, "-o", "many.msgpack")
        self.works("fit", "m.h5", "-o", "one.msgpack")
        self.assertEqual(self.read("many.msgpack"), self.read("one.msgpack"))

    def test_the_tags_of_a_router(self):
        self.works("ingest", "models.jsonl", "-o", "models.h5", "-q")
        self.works("fit", "models.h5", "-o", "router.msgpack", "--min-count", "1", "--reference",
                   "a", "-q")
        self.check(list(LOGS), "-r", "router.msgpack")
        # only some of the files: numbered as if there were no router
        names = list(LOGS)
        self.works("ingest", *names, "-o", "whole.h5", "-q")
        self.works("ingest", names[0], "-o", "plain.h5", "-q")
        self.works("merge", *[name.replace("jsonl", "h5") for name in names], "-o", "m.h5")
        self.assertEqual(self.read("m.h5"), self.read("whole.h5"))

    def test_files_of_others(self):
        import anndata
        import numpy
        import pandas
        import scipy.sparse
        rng = numpy.random.default_rng(3)
        self.generate("a.jsonl", 300)
        self.works("ingest", "a.jsonl", "-o", "a.h5", "-q")
        own = anndata.read_h5ad(self.path("a.h5"))
        counts = rng.integers(0, 3, (40, 6)) * 1.5
        obs = pandas.DataFrame(
            {"category": pandas.Categorical(["x", None] * 20), "split": ["train", "dev"] * 20,
             "text": [f"text {i}" for i in range(40)], "other": range(40)},
            index=[f"f{i}" for i in range(40)])
        dense = anndata.AnnData(
            counts, obs=obs, var=pandas.DataFrame(index=[*own.var_names[3:6], "u", "v", "w"]),
            obsm={"score": pandas.DataFrame({"kestrel-max": rng.random(40), "zz": rng.random(40)},
                                            index=obs.index), "pca": rng.random((40, 2))})
        dense.write_h5ad(self.path("dense.h5ad"))
        anndata.AnnData(scipy.sparse.csc_matrix(counts)).write_h5ad(self.path("bare.h5ad"))
        own[50:150].copy().write_h5ad(self.path("slice.h5ad"))
        names = ("dense.h5ad", "a.h5", "bare.h5ad", "slice.h5ad")
        message = self.works("merge", *names, "-o", "m.h5").stderr.decode()
        self.assertIn("left out: obs/other, obsm/pca", message)
        self.works("info", "m.h5")
        self.works("merge", "--check", *names)
        joined = anndata.read_h5ad(self.path("m.h5"))
        parts = [anndata.read_h5ad(self.path(name)) for name in names]
        self.assertEqual(list(joined.obs_names), [i for part in parts for i in part.obs_names])
        self.same_rows(joined, parts)
        self.assertEqual(list(joined.obs["source"].astype(str)),
                         ["dense.h5ad"] * 40 + ["a.jsonl"] * 300 + ["bare.h5ad"] * 40 +
                         ["a.jsonl"] * 100)
        positions = list(range(40)), parts[1].obs["position"], list(range(40)), \
            parts[3].obs["position"]
        self.assertEqual(list(joined.obs["position"]), [p for some in positions for p in some])
        found = numpy.asarray(joined.X.sum(axis=0)).ravel()
        self.assertEqual(list(joined.var["count"]), list(found))
        keys = [(-count, tag.encode()) for count, tag in zip(found, joined.var_names)]
        self.assertEqual(keys, sorted(keys))

    def same_rows(self, joined, parts):
        """X, texts and scores of every row, by name."""
        import numpy
        models = list(joined.uns["tagroute"]["models"])
        at = 0
        for part in parts:
            rows = slice(at, at + part.n_obs)
            at += part.n_obs
            columns = joined.var_names.get_indexer(part.var_names)
            counts = part.X.toarray() if hasattr(part.X, "toarray") else part.X
            wide = numpy.zeros((part.n_obs, joined.n_vars))
            wide[:, columns[columns >= 0]] = counts[:, columns >= 0]
            self.assertEqual(counts[:, columns < 0].sum(), 0) # tags that no query has
            self.assertTrue((joined.X[rows].toarray() == wide).all())
            for column in ("text", "category", "split"):
                had = list(part.obs[column].astype(object).fillna("")) if column in part.obs \
                    else [""] * part.n_obs
                self.assertEqual(list(joined.obs[column][rows].astype(object).fillna("")), had)
            scores = part.obsm.get("score")
            want = numpy.full((part.n_obs, len(models)), numpy.nan, dtype="float32")
            names = [] if scores is None else \
                list(scores.columns) if hasattr(scores, "columns") else \
                list(part.uns["tagroute"]["models"])
            for k, name in enumerate(names):
                want[:, models.index(name)] = numpy.asarray(scores)[:, k]
            self.assertTrue(numpy.array_equal(joined.obsm["score"][rows], want, equal_nan=True))

    def test_what_cannot_be_joined(self):
        self.works("ingest", "models.jsonl", "-o", "models.h5", "-q")
        self.works("ingest", "plain.jsonl", "-o", "plain.h5", "-q", "--category-tag")
        self.works("fit", "models.h5", "-o", "router.msgpack", "--min-count", "1", "-q",
                   "--reference", "a")
        for words in (("-o", "m.h5"), ("--check",)):
            self.assertIn("tagged in another way",
                          self.fails(3, "merge", "models.h5", "plain.h5", *words))
            self.fails(3, "merge", "models.h5", "router.msgpack", *words)
            self.fails(3, "merge", "models.h5", "models.jsonl", *words)
            self.assertIn("same queries",
                          self.works("merge", "models.h5", "models.h5", *words).stderr.decode())
        self.fails(1, "merge", "models.h5", "none.h5", "-o", "n.h5")
        self.assertIn("No such file", self.fails(3, "merge", "models.h5", "none.h5", "--check"))
        self.fails(2, "merge", "models.h5", "plain.h5")
        self.fails(2, "merge", "models.h5", "--check", "--compress")
        self.fails(2, "merge", "models.h5", "-o", "n.h5", "--queries", "models.h5")
        self.fails(1, "merge", "models.h5", "-o", "none/n.h5")
        wide = [{"id": "w", "tags": ["t"], "models": {f"k{n}x{i}": {"score": 1}
                                                     for i in range(600)}} for n in range(2)]
        for n in range(2):
            self.write(f"wide{n}.jsonl", jsonl([wide[n]]))
            self.works("ingest", f"wide{n}.jsonl", "-o", f"wide{n}.h5", "-q")
        self.assertIn("1200 models", self.fails(3, "merge", "wide0.h5", "wide1.h5", "-o", "n.h5"))
        self.assertEqual([n for n in self.names() if n.startswith((".", "n."))], [])


class Simulations(Scratch):
    """Sums of shards are those of one run; curves do not depend on how many there were."""

    def setUp(self):
        super().setUp()
        self.chain(3000)

    def parts(self, count, *options):
        names = [f"part{i}of{count}" for i in range(1, count + 1)]
        for i, name in enumerate(names):
            self.works("simulate", "queries.h5", "-r", "router.msgpack", *options, "--shard",
                       f"{i + 1}/{count}", "--partial", name)
        return names

    def test_any_number_of_shards(self):
        import json
        for options in ((), ("--lambda", "0,1,5"), ("--tau", "0:0.01:0.001", "--split", "test")):
            self.works("simulate", "queries.h5", "-r", "router.msgpack", *options, "--json",
                       "one.json")
            one, before = json.loads(self.read("one.json")), None
            for count in (1, 2, 3, 7):
                parts = self.parts(count, *options)
                self.works("merge", "--check", *parts)
                self.works("merge", *reversed(parts), "--json", "whole.json")
                whole = self.read("whole.json")
                self.assertIn(before, (None, whole), (options, count))
                before = whole
            whole = json.loads(before)
            self.assertEqual(whole["queries"], one["queries"])
            self.assertEqual(whole["alone"], one["alone"])
            if options:
                self.assertEqual(whole["curve"], one["curve"])

    def test_what_is_missing(self):
        parts = self.parts(3)
        self.fails(3, "merge", "--check", *parts[:2])
        self.fails(3, "merge", *parts[:2], "--json", "whole.json")
        self.fails(3, "merge", *parts, parts[0])
        self.fails(3, "merge", *parts[:2], *self.parts(2)[:1])
        self.fails(2, "merge", *parts, "-o", "whole.json")
        self.fails(2, "merge", *parts, "--check", "--json", "-")
        self.assertNotIn("whole.json", self.names())


if __name__ == "__main__":
    main()
