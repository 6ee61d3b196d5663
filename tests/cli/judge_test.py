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
    import msgpack
    import pandas
    import scipy.sparse


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
                   "heft": [i % 4 / 2 for i in rows],
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


class Bootstrap(Scratch):
    def test_threads_change_nothing(self):
        """Not even where a batch has more queries than thresholds are looked for in."""
        self.chain(40000)
        for split in ((), ("--split", "test")):
            words = ("simulate", "queries.h5", "-r", "router.msgpack", "--bootstrap", "5", *split)
            written = []
            for threads in ("1", "2", "5"):
                self.works(*words, "-j", threads, "--json", f"{threads}.json")
                written.append(self.read(f"{threads}.json"))
            self.assertEqual(written[0], written[1])
            self.assertEqual(written[0], written[2])


class Logged(Scratch):
    """A log of what was really done: each query went to one model, by chance."""
    THETAS = (-0.05, -0.01, -0.002, 0.0, 0.003)

    def setUp(self):
        super().setUp()
        self.chain(2500)
        data = anndata.read_h5ad(self.path("queries.h5"))
        self.models = list(data.uns["tagroute"]["models"])
        random = numpy.random.default_rng(7)
        chances = random.dirichlet(numpy.full(len(self.models), 2.0), len(data))
        chances = chances.astype(numpy.float32)
        self.went = numpy.array([random.choice(len(self.models), p=row / row.sum())
                                 for row in chances.astype(float)])
        other = numpy.arange(len(self.models)) != self.went[:, None]
        self.score, self.cost = data.obsm["score"].copy(), data.obsm["cost"].copy()
        for name in ("score", "cost"):
            data.obsm[name][other] = numpy.nan
        data.obsm["outcome"][other] = -1
        rows = numpy.arange(len(data))
        data.obsm["score"][rows % 9 == 4] = numpy.nan  # not judged
        self.score = data.obsm["score"][rows, self.went].astype(float)
        self.chance = chances[rows, self.went].astype(float)
        names = numpy.array(self.models, dtype=object)[self.went]
        names[rows % 50 == 3] = "somebody else"
        data.obs["logged_model"] = pandas.Categorical(names)
        self.paid = numpy.where(rows % 4 == 1, numpy.nan, 0.002 + rows * 1e-6)
        data.obs["logged_cost"] = self.paid
        self.known = rows % 50 != 3
        self.data, self.all_chances = data, chances

    def write_log(self, columns):
        """The chance of the logged model alone, or of each model."""
        if columns:
            self.data.obsm["propensity"] = self.all_chances
        else:
            self.data.obs["propensity"] = self.chance
        self.data.write_h5ad(self.path("log.h5"))

    def simulate(self, router):
        thetas = ",".join(map(str, self.THETAS))
        done = self.works("simulate", "log.h5", "-r", router, f"--theta={thetas}", "--logged",
                          "--baseline", "logged", "--json", "-")
        self.works("route", "log.h5", "-r", router, f"--theta={thetas}", "-o", "d.h5")
        chosen = numpy.asarray(anndata.read_h5ad(self.path("d.h5")).obsm["model"])
        return json.loads(done.stdout), chosen

    def check(self, told, chosen, predicted):
        logged = told["logged"]
        self.assertEqual(logged["queries"], self.known.sum())
        self.assertEqual(logged["others"], (~self.known).sum())
        paid = numpy.where(numpy.isnan(self.paid), self.cost[numpy.arange(len(self.cost)),
                                                             self.went].astype(float), self.paid)
        self.assertAlmostEqual(logged["cost"], paid[self.known].sum(), delta=1e-9)
        self.assertAlmostEqual(logged["mean_score"], numpy.nanmean(self.score[self.known]),
                               delta=1e-12)
        self.assertEqual(told["savings"]["cost"], logged["cost"])
        self.assertEqual(logged["chances"], self.known.sum())
        for column, estimate in enumerate(logged["estimates"]):
            self.assertEqual(estimate["threshold"], self.THETAS[column])
            self.check_estimate(estimate, chosen[:, column], predicted)

    def check_estimate(self, told, chosen, predicted):
        hit = self.known & (chosen == self.went) & ~numpy.isnan(self.score)
        weight = 1 / self.chance[hit]
        measured = self.score[hit]
        mean = (weight * measured).sum() / weight.sum()
        half = 1.959963984540054 * numpy.sqrt((weight**2 * (measured - mean)**2).sum()) / weight.sum()
        self.assertEqual(told["matched"], hit.sum())
        self.assertAlmostEqual(told["effective"], weight.sum()**2 / (weight**2).sum(), delta=1e-6)
        self.assertAlmostEqual(told["ips"], mean, delta=1e-9)
        numpy.testing.assert_allclose(told["ips_range"], [mean - half, mean + half], atol=1e-6)
        rows = numpy.arange(len(chosen))
        term = predicted[rows, chosen].copy()
        term[hit] += (self.score[hit] - term[hit]) / self.chance[hit]
        term = term[self.known]
        half = 1.959963984540054 * term.std() / numpy.sqrt(len(term))
        self.assertAlmostEqual(told["robust"], term.mean(), delta=2e-6)
        numpy.testing.assert_allclose(told["robust_range"],
                                      [term.mean() - half, term.mean() + half], atol=1e-5)

    def test_means(self):
        self.write_log(columns=False)
        told, chosen = self.simulate("router.msgpack")
        self.assertEqual(told["logged"]["robust_from"], "means")
        means = [alone["mean_score"] for alone in told["alone"]]
        self.check(told, chosen, numpy.tile(means, (len(chosen), 1)))

    def test_scores(self):
        self.works("fit", "queries.h5", "-o", "bayes.msgpack", "--scorer", "bayes", "--kappa", "5",
                   "--prices", "prices.json")
        self.write_log(columns=True)
        told, chosen = self.simulate("bayes.msgpack")
        self.assertEqual(told["logged"]["robust_from"], "scores")
        with open(self.path("bayes.msgpack"), "rb") as file:
            router = msgpack.unpackb(file.read())
        row_of = {tag: row for row, tag in enumerate(router["tags"])}
        weights = numpy.frombuffer(router["weights"], "<f4").reshape(len(row_of), -1)
        there = scipy.sparse.csr_matrix(self.data.X, dtype=float)
        there.data[:] = 1
        gathered = numpy.array([weights[row_of[tag]] if tag in row_of else weights[0] * 0
                                for tag in self.data.var_names], dtype=float)
        self.check(told, chosen, there @ gathered + numpy.frombuffer(router["bias"], "<f4"))

    def test_threads_and_tables(self):
        self.write_log(columns=False)
        words = ("simulate", "log.h5", "-r", "router.msgpack", "--logged", "--policy", "slack")
        one = self.works(*words, "--json", "-", "--threads", "1").stdout
        self.assertEqual(self.works(*words, "--json", "-", "--threads", "3").stdout, one)
        text = self.works(*words).stdout.decode()
        self.assertIn("as logged: 2,450 queries, $", text)
        self.assertIn("50 more went to none of the router's models", text)
        self.assertIn("mean score, estimated from 2,450 queries with a known chance", text)

    def test_refused(self):
        message = self.fails(2, "simulate", "queries.h5", "-r", "router.msgpack", "--logged")
        self.assertIn("it has no column 'logged_model' in /obs", message)
        self.chance[5] = 1.5
        self.write_log(columns=False)
        message = self.fails(3, "simulate", "log.h5", "-r", "router.msgpack", "--logged")
        self.assertIn("is 1.5, which is no chance from 2^-20 to 1", message)


class Judged(Scratch):
    """Cost and shares from a log without outcomes, quality from a sample."""

    def setUp(self):
        super().setUp()
        self.chain(3000)
        data = anndata.read_h5ad(self.path("queries.h5"))
        self.parts = {"log": data[:2200].copy(), "sample": data[2200:].copy()}
        self.parts["log"].obsm.clear()
        for name, part in self.parts.items():
            part.write_h5ad(self.path(name + ".h5"))

    def test_both(self):
        words = ("-r", "router.msgpack", "--bootstrap", "50", "--json", "-")
        told = json.loads(self.works("simulate", "log.h5", "--judged", "sample.h5", *words).stdout)
        thetas = ",".join(repr(point["threshold"]) for point in told["curve"])
        alone = {name: json.loads(self.works("simulate", name + ".h5", f"--theta={thetas}",
                                             *words).stdout) for name in self.parts}
        self.check_points(told["curve"], alone["log"]["curve"], alone["sample"]["curve"])
        self.check_points(told["intervals"]["curve"], alone["log"]["intervals"]["curve"],
                          alone["sample"]["intervals"]["curve"])
        self.assertEqual(told["metrics"], alone["sample"]["metrics"])
        self.assertEqual(told["intervals"]["metrics"], alone["sample"]["intervals"]["metrics"])
        self.assertEqual(told["queries"], 2200)
        self.assertIsNone(told["baselines"]["oracle"]["cost"])
        for part in ("margins", "origin"):  # are told of the whole alone
            del alone["sample"][part]
        self.assertEqual(told["judged"]["simulation"], alone["sample"])
        self.check_tags(told["judged"])

    def check_points(self, told, log, sample):
        self.assertGreater(len(told), 10)
        for point, costs, quality in zip(told, log, sample):
            for key in ("threshold", "cost", "share"):
                self.assertEqual(point[key], costs[key])
            for key in ("accept_rate", "mean_score", "coverage"):
                self.assertEqual(point[key], quality[key])

    def check_tags(self, told):
        with open(self.path("router.msgpack"), "rb") as file:
            tags = set(msgpack.unpackb(file.read())["tags"])
        counts = {}
        for name, part in self.parts.items():
            there = scipy.sparse.csr_matrix(part.X)
            there.data = numpy.ones(there.nnz)
            known = numpy.array([tag in tags for tag in part.var_names])
            counts[name] = numpy.asarray(there.sum(axis=0)).ravel()[known]
            view = told[name]
            self.assertEqual(view["queries"], len(part))
            self.assertAlmostEqual(view["tags"], counts[name].sum() / len(part), delta=1e-12)
            self.assertAlmostEqual(view["known_tags"], counts[name].sum() / there.nnz, delta=1e-12)
            rows = numpy.asarray(there[:, numpy.flatnonzero(known)].sum(axis=1)).ravel()
            self.assertEqual(view["no_known_tag"], (rows == 0).sum())
        shares = [counts[name] / counts[name].sum() for name in ("log", "sample")]
        self.assertAlmostEqual(told["drift"], numpy.abs(shares[0] - shares[1]).sum() / 2,
                               delta=1e-12)
        self.assertAlmostEqual(told["unseen"], shares[0][counts["sample"] == 0].sum(), delta=1e-12)

    def test_tables_and_mistakes(self):
        done = self.works("simulate", "log.h5", "--judged", "sample.h5", "-r", "router.msgpack",
                          "--judged-split", "test", "--baseline", "kestrel-max")
        self.assertIn("judged queries, costs and shares those of the log's 2,200",
                      done.stdout.decode())
        message = self.fails(3, "simulate", "sample.h5", "--judged", "log.h5", "-r",
                             "router.msgpack")
        self.assertIn("log.h5: none of its queries is judged", message)
        message = self.fails(2, "simulate", "log.h5", "--judged", "sample.h5", "-r",
                             "router.msgpack", "--predictions")
        self.assertIn("simulate the sample by itself", message)


class Comparing(Scratch):
    def setUp(self):
        super().setUp()
        self.chain(1500)
        self.works("fit", "queries.h5", "-o", "bayes.msgpack", "--scorer", "bayes", "--kappa", "5",
                   "--prices", "prices.json")

    def told(self, *words):
        done = self.works("simulate", "queries.h5", "--json", "-", *words)
        return json.loads(done.stdout)

    def test_threshold_from_another_split(self):
        router = ("-r", "bayes.msgpack", "--bootstrap", "20")
        told = self.told(*router, "--choose-on", "train", "--split", "test")
        train = self.told(*router[:2], "--split", "train")
        thetas = ",".join(repr(point["threshold"]) for point in train["curve"])
        test = self.told(*router, f"--theta={thetas}", "--split", "test")
        self.assertEqual(told["best_threshold"], train["best_threshold"])
        self.assertNotEqual(told["best_threshold"], test["best_threshold"])
        for key in ("curve", "alone", "queries", "error_bound"):
            self.assertEqual(told[key], test[key])
        alone = self.told(*router, f"--theta={train['best_threshold']!r}", "--split", "test")
        for key in ("uplift", "rank"):
            self.assertEqual(told["metrics"][key], alone["metrics"][key])
        self.assertEqual(told["baselines"], alone["baselines"])
        best = [point for point in train["curve"]
                if point["threshold"] == train["best_threshold"]][0]
        self.assertEqual(told["chosen"]["split"], "train")
        self.assertEqual(told["chosen"]["queries"], train["queries"])
        for key, value in told["chosen"]["promised"].items():
            self.assertEqual(value, best[key])

    def test_two_routers(self):
        words = ("--split", "test", "--bootstrap", "30")
        told = self.told("-r", "router.msgpack", "-r", "bayes.msgpack", *words)
        for told_one, router in zip(told["simulations"], ("router.msgpack", "bayes.msgpack")):
            self.assertEqual(told_one, self.told("-r", router, *words))
        names = [figure["figure"] for figure in told["comparison"]]
        self.assertEqual(names[:4], ["cost", "accept_rate", "mean_score", "auc"])
        apgr = told["comparison"][names.index("apgr")]
        self.assertEqual([apgr["first"], apgr["second"]],
                         [one["metrics"]["apgr"] for one in told["simulations"]])
        self.assertLess(apgr["range"][0], apgr["difference"])
        text = self.works("simulate", "queries.h5", "-r", "bayes.msgpack", "--against-policy",
                          "slack", *words).stdout.decode()
        self.assertIn("first: bayes.msgpack, policy margin", text)
        self.assertIn("second: bayes.msgpack, policy slack", text)

    def test_training_data_is_noticed(self):
        for words, expected in (((), True), (("--split", "train"), True),
                                (("--split", "test"), False)):
            done = self.works("simulate", "queries.h5", "-r", "router.msgpack", *words)
            self.assertEqual("which fit learns from" in done.stderr.decode(), expected)


if __name__ == "__main__":
    main()
