#!/usr/bin/python3
"""Weights: a query of weight n is as n queries, to the bit, wherever a router is learnt from it."""
import csv
import json
import random

import anndata
import numpy

from harness import Scratch, jsonl, main

SEED = 20240917
MODELS = ("heron", "kestrel", "wren")
SCORERS = ("paper", "bayes", "ridge", "mixed")
REALS = (("paper",), ("bayes", "--count", "raw", "--split=", "--min-count", "20"),
         ("ridge", "--count", "log", "--models", "wren,heron", "--reference", "heron"))


def log(count, reals=False):
    """Queries with texts, some judged by scores, some by outcomes, some not at all; and weights."""
    draw = random.Random(SEED)
    for i in range(count):
        tags = {f"t{draw.randrange(12)}": draw.randrange(1, 4) / (8 if reals else 1) for _ in range(4)}
        models = {}
        for place, model in enumerate(MODELS):
            entry = {"cost": draw.randrange(1, 50) / 64 * 4 ** place}
            if draw.random() < 0.7:
                entry["score"] = draw.randrange(-8, 9) / 8 + (0.5 if f"t{place}" in tags else 0)
            if draw.random() < 0.3:
                entry["outcome"] = draw.choice(("win", "tie", "loss"))
            if draw.random() < 0.5:
                entry["completion_tokens"] = draw.randrange(1, 400)
            models[model] = entry
        yield {"id": f"q{i}", "text": f"text {i // 2}", "tags": tags, "category": f"c{i % 3}",
               "split": "test" if i % 7 == 0 else "train", "prompt_tokens": draw.randrange(5, 500),
               "models": models if draw.random() < 0.9 else {}}


def weighted(records):
    draw = random.Random(SEED + 1)
    for record in records:
        yield record if draw.random() < 0.3 else {**record, "weight": draw.randrange(1, 5)}


def repeated(records):
    """Each as often as its weight says, under names of their own and with one text."""
    for record in records:
        for copy in range(record.get("weight", 1)):
            one = {**record, "id": f"{record['id']}-{copy}"}
            one.pop("weight", None)
            yield one


class Weights(Scratch):
    def ingest(self, name, records, *words):
        self.write(f"{name}.jsonl", jsonl(records))
        self.works("ingest", f"{name}.jsonl", "-o", f"{name}.h5", "-q", *words)

    def order_columns(self, records, *words):
        """A router with which all files have their tags, and so scores their terms, in one order."""
        self.ingest("order", records, *words)
        self.works("fit", "order.h5", "-o", "order.msgpack", "--split=", "--min-count", "0", "-q")
        return ("--router", "order.msgpack", *words)

    def fit(self, name, *words):
        files = [f"{one}.h5" for one in name.split("+")]
        self.works("fit", *files, "-o", "r.msgpack", "-q", *words)
        return self.read("r.msgpack")

    def test_whole_weights_are_repeated_rows(self):
        for reals in (False, True):
            records = list(weighted(log(100, reals)))
            order = self.order_columns(records, "--category-tag")
            self.ingest("w", records, *order)
            self.ingest("n", list(repeated(records)), *order)
            for scorer, *words in REALS if reals else (("bayes",), ("mixed",)):
                words = ("--scorer", scorer, *words)
                self.assertEqual(self.fit("w", *words), self.fit("n", *words), words)
        self.ingest("once", list(log(100, True)), *order)
        self.assertNotEqual(self.fit("w"), self.fit("once"))
        self.assertEqual(self.fit("w", "--scorer", "ridge", "--memory", "1K"), self.fit("n", "--scorer", "ridge"))

    def test_comparison(self):
        records = list(weighted(log(100)))
        order = self.order_columns(records)
        self.ingest("w", records, *order)
        self.ingest("n", list(repeated(records)), *order)
        tables = []
        for name in "wn":
            self.works("fit", f"{name}.h5", "--compare", "--csv", f"{name}.csv", "-q", "--folds", "2")
            with open(self.path(f"{name}.csv"), newline="") as file:
                tables.append([(row["scorer"], row["figure"], row["value"]) for row in csv.DictReader(file)])
        self.assertEqual(*tables)
        self.assertEqual({row[0] for row in tables[0]}, set(SCORERS))

    def test_fractions(self):
        """An eighth of the weight, an eighth of the doubt: the same weights of tags, however rows are read."""
        draw = random.Random(SEED + 2)
        records = [{**record, "weight": draw.randrange(1, 64) / 4} for record in log(120)]
        order = self.order_columns(records)
        self.ingest("w", records, *order)
        self.ingest("less", [{**record, "weight": record["weight"] / 8} for record in records], *order)
        self.ingest("a", records[:50], *order)
        self.ingest("b", records[50:], *order)
        import msgpack
        for scorer, parameter in (("bayes", "--kappa"), ("ridge", "--alpha")):
            whole = self.fit("w", "--scorer", scorer, parameter, "24", "--min-count", "16")
            less = self.fit("less", "--scorer", scorer, parameter, "3", "--min-count", "2")
            whole, less = msgpack.unpackb(whole), msgpack.unpackb(less)
            self.assertEqual(whole["tags"], less["tags"])
            self.assertEqual(whole["quantiles"], less["quantiles"])
            if scorer == "bayes":
                self.assertEqual(whole["weights"], less["weights"])
            else:
                self.assertTrue(numpy.allclose(numpy.frombuffer(whole["weights"], "<f4"),
                                               numpy.frombuffer(less["weights"], "<f4"), atol=1e-4))
        for scorer in ("paper", "ridge"):
            found = self.fit("w", "--scorer", scorer, "--threads", "1")
            self.assertEqual(found, self.fit("w", "--scorer", scorer, "--threads", "3"))
            self.assertEqual(found, self.fit("a+b", "--scorer", scorer))

    def test_parts(self):
        self.ingest("w", [{**record, "weight": record.get("weight", 1) * 0.7}
                          for record in weighted(log(100))])
        for words in (("--scorer", "paper"), ("--scorer", "bayes", "--folds", "9")):
            words = (*words, "--reference", "wren")
            whole = self.fit("w", *words)
            for i in (1, 2, 3):
                self.works("fit", "w.h5", "-o", f"p{i}", "--shard", f"{i}/3", *words)
            self.works("merge", "p3", "p1", "p2", "--queries", "w.h5", "-o", "m.msgpack")
            self.assertEqual(self.read("m.msgpack"), whole)
        self.works("fit", "w.h5", "-o", "p1", "--shard", "1/3", "--scorer", "bayes", "--reference", "wren")
        self.assertIn("another number of folds", self.fails(3, "merge", "p1", "p2", "p3", "-o", "m.msgpack"))

    def test_files(self):
        """However weights come, the file says them once; files united keep them."""
        records = list(weighted(log(60)))
        self.ingest("w", records)
        found = anndata.read_h5ad(self.path("w.h5"))
        wanted = [record.get("weight", numpy.nan) for record in records]
        self.assertTrue(numpy.array_equal(found.obs["weight"], wanted, equal_nan=True))
        bare = [{key: value for key, value in record.items() if key != "weight"} for record in records]
        inside = json.loads(json.dumps(bare))
        for record, of in zip(inside, records):
            if "weight" in of and record["models"]:
                record["models"]["wren"]["weight"] = of["weight"]
            elif "weight" in of:
                record["weight"] = of["weight"]
        self.ingest("i", inside)
        self.ingest("b", bare)
        for name in ("a", "c"):
            self.ingest(name, records[:25] if name == "a" else records[25:])
        self.works("merge", "a.h5", "c.h5", "-o", "m.h5")
        for name in ("i", "m"):
            other = anndata.read_h5ad(self.path(f"{name}.h5"))
            self.assertTrue(found.obs["weight"].equals(other.obs["weight"]), name)
        total = sum(record.get("weight", 1) for record in records)
        self.assertIn(f"(all queries together {total})", self.works("info", "m.h5").stdout.decode())
        told = json.loads(self.works("info", "--json", "m.h5").stdout)
        self.assertEqual((told["weighted"], told["weight"]), (sum("weight" in one for one in records), total))
        self.works("fit", "w.h5", "-o", "r.msgpack", "--reference", "wren", "--min-count", "0")
        judged = [{"id": record["id"], "model": "wren", "score": 0.5, "weight": record["weight"]}
                  for record in records if "weight" in record]
        self.write("o.jsonl", jsonl(judged))
        self.write("o.csv", "weight,id,model,score\n" + "".join(
            f"{row['weight']},{row['id']},wren,0.5\n" for row in judged))
        for name in ("o.jsonl", "o.csv"):
            self.works("join", "b.h5", "--outcomes", name, "-o", "j.h5")
            other = anndata.read_h5ad(self.path("j.h5"))
            self.assertTrue(found.obs["weight"].equals(other.obs["weight"]), name)
        self.works("join", "w.h5", "--outcomes", "o.jsonl", "-o", "k.h5")
        self.assertTrue(found.obs["weight"].equals(anndata.read_h5ad(self.path("k.h5")).obs["weight"]))

    def test_propensities(self):
        records = [{"id": f"q{i}", "tags": ["a" if i % 3 else "b"], "models": {
            "large": {"score": 1.0, "cost": 0.5}, "small": {"score": i % 3 / 2, "cost": 0.1}}}
            for i in range(30)]
        chances = [0.25 if i % 2 else 0.75 for i in range(30)]
        self.ingest("b", records)
        self.ingest("p", [{**record, "models": {**record["models"], "small": {
            **record["models"]["small"], "propensity": chance}}} for record, chance in zip(records, chances)])
        self.write("o.csv", "id,model,score,propensity\n" + "".join(
            f"q{i},small,{i % 3 / 2},{chances[i]}\n" for i in range(30)))
        self.works("join", "b.h5", "--outcomes", "o.csv", "-o", "j.h5")
        self.works("merge", "p.h5", "-o", "m.h5")
        self.works("fit", "b.h5", "-o", "r.msgpack", "--reference", "large")
        estimates = {}
        for name in ("p", "j", "m"):
            data = anndata.read_h5ad(self.path(f"{name}.h5"))
            models = list(data.uns["tagroute"]["models"])
            self.assertEqual(list(data.obsm["propensity"][:, models.index("small")]), chances)
            self.assertTrue(numpy.isnan(data.obsm["propensity"][:, models.index("large")]).all())
            data.obs["logged_model"] = ["small"] * 30
            data.write_h5ad(self.path("l.h5"))
            text = self.works("simulate", "l.h5", "-r", "r.msgpack", "--logged", "--theta", "9", "--json", "-").stdout
            estimates[name] = json.loads(text)["logged"]["estimates"]
            data.obs["propensity"] = chances # beside the logged model: that alone is copied, too
            data.write_h5ad(self.path("l.h5"))
            self.works("merge", "l.h5", "-o", "n.h5")
            self.assertEqual(list(anndata.read_h5ad(self.path("n.h5")).obs["propensity"]), chances)
        self.assertEqual(estimates["p"], estimates["j"])
        self.assertEqual(estimates["p"], estimates["m"])
        self.assertEqual(estimates["p"][0]["matched"], 0)

    def test_folds(self):
        self.ingest("w", list(log(100)))
        found = self.fit("w", "--scorer", "bayes")
        self.assertEqual(found, self.fit("w", "--scorer", "bayes", "--folds", "5"))
        import msgpack
        self.assertNotIn("folds", msgpack.unpackb(found)["scorer"])
        other = msgpack.unpackb(self.fit("w", "--scorer", "bayes", "--folds", "64"))
        self.assertEqual(other["scorer"]["folds"], 64)
        self.assertNotIn("folds", msgpack.unpackb(self.fit("w", "--scorer", "ridge", "--alpha", "8"))["scorer"])
        told = self.works("fit", "w.h5", "--compare", "--folds", "3", "--kappa", "9", "--alpha", "9").stderr.decode()
        self.assertIn("means of 3 folds", told, told)
        for words, why in ((("--folds", "1"), "folds"), (("--folds", "65"), "folds"), (("--folds", "x"), "folds"),
                           (("--folds", "3"), "nothing is chosen by cross-validation"),
                           (("--folds", "3", "--scorer", "bayes", "--kappa", "2"), "leave it out")):
            self.assertIn(why, self.fails(2, "fit", "w.h5", "-o", "n.msgpack", *words))

    def test_judged_queries_are_told(self):
        records = list(log(100))
        judged = sum(1 for record in records if record["split"] == "train" and any(
            "score" in entry or "outcome" in entry for entry in record["models"].values()))
        trained = sum(record["split"] == "train" for record in records)
        self.ingest("w", records)
        told = self.works("fit", "w.h5", "-o", "r.msgpack").stderr.decode()
        self.assertIn(f"learnt from {judged} judged queries of 100", told)
        self.assertIn(f"{trained - judged} more are not judged", told)

    def test_what_is_wrong_is_named(self):
        self.ingest("w", list(log(10)))
        good = {"id": "q1", "model": "wren", "score": 1}
        for changed, why in (({"weight": 0}, '"weight" is not a number from 2^-20 to 2^20'),
                             ({"weight": -1}, '"weight"'), ({"weight": "much"}, '"weight"'),
                             ({"weight": 2 ** 21}, '"weight"'), ({"propensity": 0}, '"propensity" is not a number'),
                             ({"propensity": 1.5}, '"propensity"'), ({"propensity": "x"}, '"propensity"')):
            self.write("o.jsonl", jsonl([good, {**good, **changed}]))
            self.assertIn("o.jsonl: line 2: " + why if len(why) > 20 else why,
                          self.fails(3, "join", "w.h5", "--outcomes", "o.jsonl", "-o", "j.h5"))
        self.write("o.jsonl", jsonl([{**good, "weight": 2}, {**good, "model": "heron", "weight": 3}]))
        self.assertIn("the judgements of q1 have the weights 2 and 3, and a query has one",
                      self.fails(3, "join", "w.h5", "--outcomes", "o.jsonl", "-o", "j.h5"))
        self.write("o.jsonl", jsonl([{**good, "weight": 2}, {**good, "weight": 3}, {**good, "model": "heron"}]))
        self.works("join", "w.h5", "--outcomes", "o.jsonl", "-o", "j.h5")
        for record, why in (({"weight": "x"}, '"weight" is not a number from 2^-20 to 2^20'),
                            ({"weight": 1, "models": {"a": {"weight": 2}}}, 'two "weight"s that differ'),
                            ({"models": {"a": {"weight": 0}}}, "a model's \"weight\" is not"),
                            ({"models": {"a": {"propensity": 2}}}, "a model's \"propensity\" is not")):
            self.write("log.jsonl", jsonl([{"id": "x", "tags": ["a"], **record}]))
            self.assertIn(why, self.fails(3, "ingest", "log.jsonl", "--strict", "-o", "x.h5"))
        data = anndata.read_h5ad(self.path("w.h5"))
        data.obs["weight"] = 0.0
        data.write_h5ad(self.path("l.h5"))
        self.assertIn("which is no weight", self.fails(3, "fit", "l.h5", "-o", "r.msgpack"))


if __name__ == "__main__":
    main()
