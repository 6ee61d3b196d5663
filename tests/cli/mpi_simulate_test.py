#!/usr/bin/python3
"""Several processes simulate in detail, and what others scored or decided, to the bytes of one."""
import json
import unittest
import warnings

import numpy

from harness import main
from ranks import EVERY, Together

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import anndata
    import pandas

BOTH = ("a.h5", "b.h5")
MIXED = ("teams.h5", "few.h5", "others.h5")
ROUTER = ("-r", "router.msgpack")
BAYES = ("-r", "bayes.msgpack")
DETAILED = [ # files, options
    (MIXED, (*ROUTER, "--by", "team", "--by", "split", "--predictions", "--category-mean", "--theta",
             "0", "--baseline", "heron-pro", "--log-days", "7", "--scale-days", "30")),
    (MIXED, (*BAYES, "--by", "hour", "--policy", "utility", "--bootstrap", "10", "--predictions",
             "--category-mean", "--split", "test", "--choose-on", "train")),
    (("logged.h5", "others.h5"), (*BAYES, "--logged", "--baseline", "logged")),
    (("logged.h5",), (*ROUTER, "--logged", "--policy", "slack", "--tau", "0:0.1:0.01")),
    (("log.h5", "b.h5"), (*ROUTER, "--judged", "teams.h5", "--judged", "few.h5", "--bootstrap",
                          "10")),
    (("log.h5",), (*ROUTER, "--judged", "a.h5", "--judged-split", "test", "--target-quality", "0.7")),
    (MIXED, (*ROUTER, "--by", "team", "--predictions", "--baseline", "kestrel-max",
             "--target-share", "kestrel-max=35%", "--split", "test")),
]
ELSEWHERE = [ # rows for all queries, and for those of the split
    (MIXED, ("--scores", "mine=all.npy", "--split", "test", "--by", "team", "--predictions",
             "--category-mean", "--choose-on", "train", "--bootstrap", "10")),
    (MIXED, ("--scores", "mine=test.npy", "--split", "test", "--bootstrap", "10")),
    (MIXED, ("--decisions", "them=all.csv", "--split", "test", "--by", "category", "--bootstrap",
             "10", "--baseline", "heron-pro")),
    (MIXED, ("--decisions", "them=test.csv", "--split", "test", "--reference", "finch-8b")),
]
SIDE_BY_SIDE = [
    (*ROUTER, *BAYES, "--against-policy", "utility", "--split", "test", "--choose-on", "train"),
    (*BAYES, "--scores", "mine=all.npy", "--decisions", "them=all.csv", "--split", "test"),
]


class Simulations(Together):
    @staticmethod
    def make(make):
        make.generate("a.jsonl", 3000, "--prices-out", "prices.json")
        make.generate("b.jsonl", 1500, "--seed", "7")
        make.generate("few.jsonl", 3, "--seed", "8")
        for name in ("a", "b", "few"):
            make.works("ingest", f"{name}.jsonl", "-o", f"{name}.h5", "--category-tag")
        make.works("fit", "a.h5", "-o", "router.msgpack", "--prices", "prices.json")
        make.works("fit", "b.h5", "-o", "bayes.msgpack", "--prices", "prices.json", "--scorer",
                   "bayes", "--kappa", "5")
        files = {name: anndata.read_h5ad(make.path(f"{name}.h5")) for name in ("a", "b", "few")}
        add_teams(files["b"].copy(), "abc").write_h5ad(make.path("teams.h5"))
        add_teams(files["a"].copy(), "edcb").write_h5ad(make.path("others.h5"))
        add_log(files["a"].copy()).write_h5ad(make.path("logged.h5"))
        del files["a"].obsm
        files["a"].write_h5ad(make.path("log.h5"))
        write_elsewhere(make)

    def test_details(self):
        for files, options in DETAILED:
            self.compare("out.json", lambda name: ("simulate", *files, "--json", name, *options))

    def test_short_of_memory(self):
        """Moves are too many to be kept, and pairs are cut, though not by each where there are 7."""
        for memory in ("2M", "512K"):
            words = ("simulate", *BOTH, *BAYES, "--by", "category", "--policy", "slack",
                     "--predictions", "--memory", memory, "--json")
            self.compare("out.json", lambda name: (*words, name))
            told = json.loads(self.read("one-out.json"))
            self.assertGreater(told["predictions"]["cut_bits"], 0)
        self.assertTrue(told["by"][0]["without_metrics"])

    def test_pages_and_tables(self):
        words = (*MIXED, *BAYES, "--by", "team", "--predictions", "--category-mean", "--baseline",
                 "finch-8b")
        self.compare("out.html", lambda name: ("simulate", *words, "--html", name, "--csv",
                                               f"{name}.csv"))
        self.assertEqual(self.read("out.html.csv"), self.read("one-out.html.csv"))

    def test_elsewhere(self):
        for files, options in ELSEWHERE:
            self.compare("out.json", lambda name: ("simulate", *files, "--json", name, *options))

    def test_side_by_side(self):
        for options in SIDE_BY_SIDE:
            self.compare("out.json", lambda name: ("simulate", *MIXED, "--json", name, *options))

    def test_tables_shown(self):
        for ranks, words in (3, (*BAYES, "--bootstrap", "10")), (1, ("--by", "team")):
            words = ("simulate", *MIXED, *ROUTER, *words, "--split", "test")
            done = self.together(ranks, *words, TERM="xterm")
            self.assertEqual(done.stdout, self.works(*words).stdout)

    def test_failures(self):
        """One of the processes alone comes to what is wrong."""
        scores = numpy.load(self.path("all.npy"))
        scores[-1, 0] = numpy.nan
        numpy.save(self.path("bad.npy"), scores)
        decisions = self.read("all.csv").decode().splitlines()
        self.write("bad.csv", "\n".join([*decisions[:-1], f"nobody,{decisions[-1].split(',')[1]}"]))
        data = anndata.read_h5ad(self.path("logged.h5"))
        data.obs.iloc[-1, data.obs.columns.get_loc("propensity")] = 1.5
        data.write_h5ad(self.path("bad.h5"))
        for status, words, sentence in (
                (3, (*MIXED, "--scores", "mine=bad.npy"), "bad.npy"),
                (3, (*MIXED, "--scores", "mine=test.npy"), "it needs one for each"),
                (3, (*MIXED, *ROUTER, "--decisions", "them=bad.csv"), "bad.csv: row"),
                (3, ("bad.h5", *ROUTER, "--logged"), "which is no chance"),
                (2, (*BOTH, *ROUTER, "--logged"), "no column 'logged_model'"),
                (2, (*BOTH, *ROUTER, *BAYES, "--html", "never.html"), "--html and --csv")):
            with self.subTest(words=words):
                self.fails_together(3, status, sentence, ("simulate", *words, "--json", "never.json"))


def add_teams(data, teams):
    """Columns whose values other files have too, in another order, or not; and weights."""
    rows = range(len(data))
    data.obs["team"] = pandas.Categorical([f"team {teams[i // 7 % len(teams)]}" if i % 5 else None
                                           for i in rows])
    data.obs["hour"] = [(i * i) % (len(teams) * 3) for i in rows]
    data.obs["weight"] = [(i % 7 + 1) / 3 if i % 4 else None for i in rows]
    return data


def add_log(data):
    """One model of each query was used, by chance."""
    random = numpy.random.default_rng(5)
    models = numpy.array(data.uns["tagroute"]["models"], dtype=object)
    chances = random.dirichlet(numpy.full(len(models), 2.0), len(data)) * 0.9 + 0.02
    went = random.integers(0, len(models), len(data))
    names = models[went]
    names[::50] = "somebody else"
    data.obs["logged_model"] = pandas.Categorical(names)
    data.obs["logged_cost"] = numpy.where(went == 1, numpy.nan, 0.002 + random.random(len(data)))
    data.obs["propensity"] = chances[numpy.arange(len(data)), went]
    return data


def write_elsewhere(make):
    """Scores and decisions for MIXED, and for its split test."""
    random = numpy.random.default_rng(11)
    obs = pandas.concat([anndata.read_h5ad(make.path(name)).obs for name in MIXED])
    models = anndata.read_h5ad(make.path(MIXED[0])).uns["tagroute"]["models"]
    scores = random.random((len(obs), len(models)), numpy.float32)
    chosen = numpy.array(models)[random.integers(0, len(models), len(obs))]
    test = numpy.flatnonzero(obs["split"] == "test")
    for name, rows in (("all", numpy.arange(len(obs))), ("test", test)):
        numpy.save(make.path(f"{name}.npy"), scores[rows])
        make.write(f"{name}.csv", "id,model\n" + "".join(
            f"{obs.index[row]},{chosen[row]}\n" for row in rows))


if __name__ == "__main__":
    unittest.main(verbosity=2) if EVERY else main()
