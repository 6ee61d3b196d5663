#!/usr/bin/python3
"""Simulations in detail, of files that anndata wrote, against sums over the log in Python."""
import json
import math
import warnings

import numpy

from harness import Scratch, main

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import anndata
    import pandas


class Columns(Scratch):
    def setUp(self):
        super().setUp()
        self.chain(800)
        self.log = [json.loads(line) for line in self.read("log.jsonl").splitlines()]

    def add_columns(self, **columns):
        data = anndata.read_h5ad(self.path("queries.h5"))
        for name, values in columns.items():
            data.obs[name] = values
        data.write_h5ad(self.path("more.h5"))

    def simulate(self, *words):
        done = self.works("simulate", "more.h5", "-r", "router.msgpack", "--json", "-", *words)
        return json.loads(done.stdout)

    def chosen(self, threshold):
        self.works("route", "more.h5", "-r", "router.msgpack", f"--theta={threshold}", "-o",
                   "d.jsonl")
        return [json.loads(line)["model"] for line in self.read("d.jsonl").splitlines()]

    def test_any_column(self):
        rows = range(len(self.log))
        columns = {"tier": pandas.Categorical(["gold" if i % 7 == 0 else "basic" for i in rows]),
                   "hour": [i % 24 for i in rows], "paid": [i % 3 == 0 for i in rows],
                   "weight": [i % 4 / 2 for i in rows],
                   "team": [f"team {i % 5}" if i % 6 else None for i in rows]}
        self.add_columns(**columns)
        words = [word for name in columns for word in ("--by", name)]
        told = self.simulate(*words)
        chosen = self.chosen(told["best_threshold"])
        for part, (name, values) in zip(told["by"], columns.items()):
            self.assertEqual(part["column"], name)
            self.check_column(part["values"], list(values), chosen)

    def check_column(self, told, values, chosen):
        names = [v if v is None or isinstance(v, str) else str(int(v)) if isinstance(v, bool)
                 else repr(v).removesuffix(".0") for v in values]
        self.assertEqual({slice["value"] for slice in told}, set(names))
        for slice in told:
            answers = [record["models"][model] for record, name, model
                       in zip(self.log, names, chosen) if name == slice["value"]]
            self.assertEqual(slice["queries"], len(answers))
            routed = slice["routed"]
            cost = math.fsum(float(numpy.float32(answer["cost"])) for answer in answers)
            score = math.fsum(float(numpy.float32(answer["score"])) for answer in answers)
            self.assertAlmostEqual(routed["cost"], cost, delta=1e-12 * cost)
            self.assertAlmostEqual(routed["mean_score"], score / len(answers), delta=1e-12)
            accepted = sum(answer["outcome"] != "loss" for answer in answers)
            self.assertAlmostEqual(routed["accept_rate"], accepted / len(answers), delta=1e-12)

    def test_too_many_values(self):
        self.log = self.log * 6
        self.write("log.jsonl", "".join(json.dumps({**record, "id": f"q{i}"}) + "\n"
                                        for i, record in enumerate(self.log)))
        self.works("ingest", "log.jsonl", "-o", "queries.h5")
        self.add_columns(serial=list(range(len(self.log))))
        message = self.fails(3, "simulate", "more.h5", "-r", "router.msgpack", "--by", "serial")
        self.assertIn("column 'serial' of /obs: holds more than 4096 distinct values", message)

    def test_tables(self):
        self.add_columns(tier=["gold" if i % 7 == 0 else "\x1b[31mbasic" for i in range(800)])
        done = self.works("simulate", "more.h5", "-r", "router.msgpack", "--by", "tier",
                          "--predictions", "--category-mean", "--baseline", "kestrel-max",
                          "--log-days", "7", "--scale-days", "30", "--volume", "1.4")
        text = done.stdout.decode()
        self.assertNotIn("\x1b", text)
        for expected in ("gold", "?[31mbasic", "rank corr.", "kestrel-max, measured",
                         "routing by each category's mean instead, learnt from split train",
                         "against everything to kestrel-max: $", "money is 6 times"):
            self.assertIn(expected, text)


if __name__ == "__main__":
    main()
