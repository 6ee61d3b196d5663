#!/usr/bin/python3
"""router: models come and go to the bytes of a fit of all; what two routers differ in, counted."""
import json
import os
import random

import msgpack
import numpy

from harness import Scratch, jsonl, main

MODELS = ["finch-8b", "heron-pro", "kestrel-max", "osprey-70b", "wren-mini"]
REFERENCE = "kestrel-max"


class Upkeep(Scratch):
    def setUp(self):
        super().setUp()
        self.generate("full.jsonl", 500, "--prices-out", "prices.json")
        drawn = random.Random(5)
        self.log = [json.loads(line) for line in self.read("full.jsonl").splitlines()]
        for row in self.log:  # each model is judged on some queries only
            row["models"] = {name: answer for name, answer in row["models"].items()
                             if name == REFERENCE or drawn.random() < .7}
        self.write("log.jsonl", jsonl(self.log))
        self.works("ingest", "log.jsonl", "-o", "q.h5")

    def fit(self, output, *words, models=MODELS, queries="q.h5"):
        self.works("fit", queries, "-o", output, "--reference", REFERENCE, "--models",
                   ",".join(models), "--prices", "prices.json", "-q", *words)

    def same(self, first, second):
        self.assertEqual(self.read(first), self.read(second))

    def router(self, name):
        return msgpack.unpackb(self.read(name))

    def test_add_is_fit_of_all(self):
        cases = [("paper",), ("paper", "--count", "log", "--rewards", "1,.4,-2"),
                 ("bayes", "--kappa", "7"), ("bayes", "--kappa", "3", "--count", "raw"),
                 ("ridge", "--alpha", "40"), ("mixed", "--alpha", "40", "--count", "log")]
        for i, scorer in enumerate(cases):
            new = MODELS[(0, 1, 3, 4)[i % 4]]
            rest = [name for name in MODELS if name != new]
            words = ("--scorer", *scorer, "--min-count", "2")
            with self.subTest(scorer=scorer, new=new):
                self.fit("all", *words)
                self.fit("some", *words, models=rest)
                self.works("router", "add-model", "some", "--fit", "q.h5", "--model", new,
                           "--prices", "prices.json", "-o", "grown", "-j", str(1 + i % 3))
                self.same("grown", "all")
                self.works("router", "drop-model", "all", "--model", new, "--queries", "q.h5",
                           "-o", "less")
                self.same("less", "some")
                self.fit("two", *words, models=sorted([REFERENCE, new]))
                self.works("router", "merge", "two", "some", "--queries", "q.h5", "-o", "both")
                self.same("both", "all")

    def test_reference_without_records(self):
        """Where the reference is a tie for want of a record, its own column alone hangs on who else
        is in the pool."""
        for row in self.log[::3]:
            row["models"].pop(REFERENCE)
        self.write("sparse.jsonl", jsonl(self.log))
        self.works("ingest", "sparse.jsonl", "-o", "q.h5")
        for scorer in (("paper",), ("bayes", "--kappa", "4"), ("mixed", "--alpha", "9")):
            self.fit("all", "--scorer", *scorer)
            self.fit("some", "--scorer", *scorer, models=MODELS[1:])
            self.works("router", "add-model", "some", "--fit", "q.h5", "--model", MODELS[0],
                       "--prices", "prices.json", "-o", "grown")
            columns = [numpy.frombuffer(self.router(name)["weights"], "<i4").reshape(-1, 5)
                       for name in ("all", "grown", "grown")]
            columns[2] = numpy.frombuffer(self.router("some")["weights"], "<i4").reshape(-1, 4)
            for k, name in enumerate(MODELS):
                if name != REFERENCE:
                    self.assertTrue((columns[0][:, k] == columns[1][:, k]).all(), name)
                else:
                    self.assertTrue((columns[1][:, k] == columns[2][:, k - 1]).all(), name)

    def test_chosen_parameter(self):
        """kappa that was chosen is the router's, and stays."""
        rest = MODELS[:-1]
        self.fit("some", "--scorer", "bayes", models=rest)
        kappa = self.router("some")["scorer"]["kappa"]
        self.fit("all", "--scorer", "bayes", "--kappa", repr(kappa))
        self.works("router", "add-model", "some", "--fit", "q.h5", "--model", MODELS[-1],
                   "--prices", "prices.json", "-o", "grown")
        self.same("grown", "all")
        foreign = self.router("some")
        del foreign["scorer"]["kappa"], foreign["digest"]
        self.write("foreign", msgpack.packb(foreign))
        add = ("router", "add-model", "foreign", "--fit", "q.h5", "--model", MODELS[-1], "-o", "x")
        self.assertIn("does not say which kappa", self.fails(2, *add))
        self.works(*add, "--kappa", repr(kappa))

    def test_other_queries(self):
        """Learnt elsewhere, the others stay; a name out of order goes to the end."""
        self.fit("r", models=["wren-mini", REFERENCE])
        self.works("ingest", "full.jsonl", "-r", "r", "-o", "other.h5")
        before = self.router("r")
        self.works("router", "add-model", "r", "--fit", "other.h5", "--model", "finch-8b",
                   "--split", "test", "-o", "r")
        after = self.router("r")
        self.assertEqual([model["name"] for model in after["models"]],
                         ["wren-mini", REFERENCE, "finch-8b"])
        self.assertEqual(after["models"][:2], before["models"])
        for key in ("tags", "counts", "tagger", "scorer", "reference"):
            self.assertEqual(after[key], before[key])
        old = numpy.frombuffer(before["weights"], "<f4").reshape(-1, 2)
        new = numpy.frombuffer(after["weights"], "<f4").reshape(-1, 3)
        self.assertTrue((new[:, :2] == old).all() and (new[:, 2] != 0).any())

    def scores(self, router, row):
        told = json.loads(self.works("explain", "q.h5", "-r", router, "--row", str(row),
                                     "--json").stdout)
        return {model["name"]: model["score"] for model in told["models"]}

    def test_merge_keeps_scores(self):
        """Of routers with other tags: every model scores every query as it did."""
        for name, rows in (("a", self.log[:200]), ("b", self.log[150:])):
            self.write("half.jsonl", jsonl(rows))
            self.works("ingest", "half.jsonl", "-o", f"{name}.h5")
        words = ("--scorer", "bayes", "--kappa", "5", "--min-count", "2")
        self.fit("a", *words, models=["finch-8b", REFERENCE], queries="a.h5")
        self.fit("b", *words, models=["heron-pro", REFERENCE, "wren-mini"], queries="b.h5")
        done = self.works("router", "merge", "a", "b", "-o", "c")
        self.assertIn(b"model kestrel-max differs between the routers", done.stderr)
        self.assertIn(b"no margin quantiles", done.stderr)
        merged = self.router("c")
        self.assertEqual(set(merged["tags"]),
                         set(self.router("a")["tags"]) | set(self.router("b")["tags"]))
        counts = numpy.frombuffer(merged["counts"], "<f8")
        self.assertTrue((counts[:-1] >= counts[1:]).all())
        for row in (0, 160, 499):
            expected = {**self.scores("b", row), **self.scores("a", row)}
            self.assertEqual(self.scores("c", row), expected)

    def test_small_changes(self):
        self.fit("r")
        self.works("router", "rename", "r", "--model", "heron-pro", "--to", "héron", "-o", "n")
        before, after = self.router("r"), self.router("n")
        self.assertEqual([m["name"] for m in after["models"]],
                         [m["name"].replace("heron-pro", "héron") for m in before["models"]])
        self.assertEqual({k: after[k] for k in ("weights", "bias", "tags", "quantiles")},
                         {k: before[k] for k in ("weights", "bias", "tags", "quantiles")})
        self.assertEqual(self.works("router", "reference", "r").stdout, b"kestrel-max\n")
        self.works("router", "reference", "r", "--model", "wren-mini", "--queries", "q.h5", "-o",
                   "w")
        self.assertEqual(self.works("router", "reference", "w").stdout, b"wren-mini\n")
        self.assertNotEqual(self.router("w")["quantiles"], before["quantiles"])
        self.works("router", "reference", "w", "--model", REFERENCE, "--queries", "q.h5", "-o",
                   "w")
        self.same("w", "r")
        self.works("router", "set-price", "r", "--price", "wren-mini=1,2/M", "-o", "p")
        self.assertEqual(self.router("p")["models"][4]["output_cost_per_token"], 2e-6)
        self.works("info", "--verify", "n", "w", "p")

    def decisions(self, router, *words):
        self.works("route", "q.h5", "-r", router, "-o", "d.jsonl", "-q", *words)
        return [json.loads(line)["model"] for line in self.read("d.jsonl").splitlines()]

    def test_diff(self):
        self.fit("a", "--min-count", "2")
        self.fit("b", "--min-count", "4", "--scorer", "bayes", "--kappa", "9", "--count", "raw",
                 models=MODELS[1:])
        for words in (("--theta=-0.01",), ("--lambda", "5"), ("--tau", "0.01", "--split", "test")):
            told = json.loads(self.works("router", "diff", "a", "b", "q.h5", "--json", *words,
                                         "--most", "1000000").stdout)
            first, second = self.decisions("a", *words), self.decisions("b", *words)
            decided = told["decisions"]
            self.assertEqual(decided["queries"], len(first))
            self.assertEqual(decided["changed"], sum(a != b for a, b in zip(first, second)))
            moves = {(m["from"], m["to"]): m["queries"] for m in decided["moves"]}
            pairs = [(a, b) for a, b in zip(first, second) if a != b]
            self.assertEqual(moves, {pair: pairs.count(pair) for pair in set(pairs)})
            for model in told["models"]:
                self.assertEqual(model["chosen"], first.count(model["name"]))
                self.assertEqual(model["chosen_after"], second.count(model["name"]))
            change = sum(move["cost"] for move in decided["moves"])
            self.assertAlmostEqual(change, decided["cost_after"] - decided["cost"], delta=1e-9)
        self.check_tags(told["tags"])
        text = self.works("router", "diff", "a", "b", "q.h5", "-j", "1").stdout
        self.assertEqual(text, self.works("router", "diff", "a", "b", "q.h5", "-j", "3",
                                          "--memory", "1M").stdout)
        self.assertRegex(text.decode(), r"\n  finch-8b +gone ")
        same = json.loads(self.works("router", "diff", "a", "a", "q.h5", "--json").stdout)
        self.assertEqual((same["tags"]["changed"], same["decisions"]["changed"]), (0, 0))

    def check_tags(self, told):
        weights = []
        for name in ("a", "b"):
            router = self.router(name)
            names = [model["name"] for model in router["models"]]
            rows = numpy.frombuffer(router["weights"], "<f4").reshape(len(router["tags"]), -1)
            columns = [names.index(model) for model in MODELS[1:]]
            counts = numpy.frombuffer(router["counts"], "<f8")
            weights.append({tag: (row[columns].astype(float), count) for tag, row, count
                            in zip(router["tags"], rows, counts)})
        nothing = (numpy.zeros(4), 0)
        last = numpy.inf
        self.assertEqual(told["in_first"], len(weights[0].keys() - weights[1].keys()))
        self.assertEqual(told["in_both"], len(weights[0].keys() & weights[1].keys()))
        for tag in told["most"]:
            before, after = (each.get(tag["tag"], nothing) for each in weights)
            moved = after[0] - before[0]
            mean = 0.0
            for change in moved:
                mean += change / 4
            self.assertEqual(tag["change"], abs(moved - mean).max())
            self.assertEqual(tag["count"], max(before[1], after[1]))
            self.assertLessEqual(tag["change"] * tag["count"], last)
            last = tag["change"] * tag["count"]

    def test_mistakes(self):
        self.fit("r", models=MODELS[1:])
        self.fit("b", "--scorer", "bayes", "--kappa", "2")
        out = ("-o", "x")
        for words, part in (
                (("add-model", "r", "--fit", "q.h5", "--model", "wren-mini", *out), "already"),
                (("add-model", "r", "--fit", "q.h5", "--model", "nobody", *out), "no query file"),
                (("add-model", "r", "--model", "finch-8b", *out), "needs --fit"),
                (("add-model", "r", "--fit", "q.h5", "--model", "finch-8b", "--kappa", "2", *out),
                 "no parameter"),
                (("add-model", "r", "--fit", "q.h5", "--model", "finch-8b"), "needs --output"),
                (("drop-model", "r", "--model", REFERENCE, *out), "is the reference"),
                (("drop-model", "r", "--model", "kestrel", *out), "near: kestrel-max"),
                (("rename", "r", "--model", "wren-mini", "--to", REFERENCE, *out), "already"),
                (("rename", "r", "--model", "wren-mini", "--to", "", *out), "1 to 1024 bytes"),
                (("rename", "r", "--model", "wren-mini", "--to", b"\xff", *out), "UTF-8"),
                (("set-price", "r", *out), "needs a price"),
                (("reference", "r", *out), "leave --output"),
                (("reference", "r", "--model", "x", *out), "no model"),
                (("merge", "r", "b", *out), "different scorers"),
                (("merge", "r", *out), "needs two routers"),
                (("drop-model", "r", "--model", "wren-mini", "--split", "x", *out), "--queries"),
                (("diff", "r", "b", "--theta", "1"), "name a query file"),
                (("diff", "r", "b", "q.h5", "--theta", "1,2"), "one threshold"),
                (("diff", "r", "b", "q.h5", "--policy", "slack"), "needs --tau"),
                (("diff", "r"), "needs two routers"),
                (("drop", "r", "--model", "x"), "no 'router drop'"), ((), "router needs"),
                (("merg", "r"), "did you mean merge?"), (("-q", "merge"), "comes first")):
            self.assertIn(part, self.fails(2, "router", *words))
        self.assertFalse(os.path.exists(self.path("x")))
        self.fails(3, "router", "drop-model", "q.h5", "--model", "wren-mini", *out)
        unjudged = [{**row, "models": {"finch-8b": {"cost": 1}}} for row in self.log]
        self.write("u.jsonl", jsonl(unjudged))
        self.works("ingest", "u.jsonl", "-o", "u.h5")
        self.assertIn("no query is judged for model finch-8b", self.fails(
            3, "router", "add-model", "r", "--fit", "u.h5", "--model", "finch-8b", *out))


main()
