#!/usr/bin/python3
"""On public MMLU answers, the numbers of an independent float64 reference come out.

Needs TAGROUTE_DATA to name a folder with mmlu_tagged.jsonl.gz and golden_routellm_mmlu.json.gz (the
answers of RouteLLM's evaluation reduced to tags); exits with 77, skipped, where there is none.
"""
import gzip
import json
import os
import sys

DATA = os.environ.get("TAGROUTE_DATA", "")
LOG = os.path.join(DATA, "mmlu_tagged.jsonl.gz")
TEXTS = os.path.join(DATA, "routellm_mmlu.jsonl.gz")
GOLDEN = os.path.join(DATA, "golden_routellm_mmlu.json.gz")
if not DATA or not os.path.exists(LOG):
    print("skipped: TAGROUTE_DATA names no folder with mmlu_tagged.jsonl.gz")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "cli"))
import anndata
import msgpack
import numpy

from harness import Scratch, main
from interop_test import scores_by_numpy

SMALL, LARGE = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
# tags, auc, apgr, cpt50, cpt80
EXPECTED = {
    (): (16307, .7631, .6384, .3045, .6550),
    ("--category-tag",): (16364, .7635, .6417, .3059, .6489),
}
BAYES = (13694, .7665, .6632, .2829, .5933)


class Mmlu(Scratch):
    def learn(self, *words):
        self.works("ingest", LOG, "-o", "queries.h5", *words)
        self.works("fit", "queries.h5", "-o", "router.msgpack", "--reference", LARGE)
        return msgpack.unpackb(self.read("router.msgpack"))

    def simulate(self, *words):
        return json.loads(self.works("simulate", "queries.h5", "-r", "router.msgpack", "--split",
                                     "test", "--json", "-", *words).stdout)

    def recorded_scores(self):
        """Of the test queries, small and large."""
        with gzip.open(LOG, "rt") as lines:
            rows = [json.loads(line) for line in lines]
        return numpy.array([[row["models"][model]["score"] for model in (SMALL, LARGE)]
                            for row in rows if row["split"] == "test"])

    def test_reference_numbers(self):
        for words, (tags, auc, apgr, cpt50, cpt80) in EXPECTED.items():
            router = self.learn(*words)
            self.assertEqual(len(router["tags"]), tags)
            report = self.simulate()
            self.assertEqual(report["queries"], 4212)
            found = [round(report["metrics"][m], 4) for m in ("auc", "apgr", "cpt50", "cpt80")]
            self.assertEqual(found, [auc, apgr, cpt50, cpt80], words)
            baselines = report["baselines"]
            both = self.recorded_scores()
            self.assertAlmostEqual(baselines["oracle"]["mean_score"], both.max(axis=1).mean())
            self.assertAlmostEqual(baselines["random"]["mean_score"], both.mean())
            self.assertAlmostEqual(baselines["best_single"]["mean_score"], both.mean(axis=0).max())

    def test_bayes_reference_numbers(self):
        self.works("ingest", LOG, "-o", "queries.h5", "--category-tag")
        self.works("fit", "queries.h5", "-o", "router.msgpack", "--reference", LARGE, "--scorer",
                   "bayes", "--kappa", "20")
        router = msgpack.unpackb(self.read("router.msgpack"))
        self.assertEqual(router["scorer"]["kappa"], 20)
        metrics = self.simulate()["metrics"]
        found = [round(metrics[m], 4) for m in ("auc", "apgr", "cpt50", "cpt80")]
        self.assertEqual((len(router["tags"]), *found), BAYES)

    def test_from_texts_alone(self):
        """Tags by the embedded tagger, the same split, no category."""
        if not os.path.exists(TEXTS):
            self.skipTest("TAGROUTE_DATA has no routellm_mmlu.jsonl.gz")
        with gzip.open(LOG, "rt") as lines:
            split = {row["id"]: row["split"] for row in map(json.loads, lines)}
        with gzip.open(TEXTS, "rt") as lines:
            rows = [{"id": row["id"], "text": row["text"], "models": row["models"], "split": split[row["id"]]}
                    for row in map(json.loads, lines) if row["id"] in split]
        self.write("texts.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        self.works("tag", "--learn", "texts.jsonl", "--split", "train", "-o", "vocab.msgpack")
        self.works("ingest", "texts.jsonl", "--vocab", "vocab.msgpack", "-o", "queries.h5")
        for scorer, least in (("paper", .63), ("bayes", .65)):
            self.works("fit", "queries.h5", "-o", "router.msgpack", "--reference", LARGE, "--scorer", scorer)
            apgr = self.simulate()["metrics"]["apgr"]
            print(f"{scorer} from texts alone: apgr {apgr:.4f}")
            self.assertGreaterEqual(apgr, least, scorer)

    def test_scorers_beat_the_paper(self):
        self.works("ingest", LOG, "-o", "queries.h5", "--category-tag")
        for scorer, least in (("bayes", .65), ("ridge", .66), ("mixed", .68)):
            self.works("fit", "queries.h5", "-o", "router.msgpack", "--reference", LARGE,
                       "--scorer", scorer)
            self.assertGreater(self.simulate()["metrics"]["apgr"], least, scorer)

    def test_weights_equal_the_golden_ones(self):
        router = self.learn("--category-tag")
        with gzip.open(GOLDEN, "rt") as file:
            golden = json.load(file)
        self.assertEqual(sorted(router["tags"]), sorted(golden["tags"]))
        names = [model["name"] for model in router["models"]]
        columns = [golden["models"].index(name) for name in names]
        found = numpy.frombuffer(router["weights"], "<f4").reshape(-1, 2)
        place = {tag: row for row, tag in enumerate(golden["tags"])}
        rows = [place[tag] for tag in router["tags"]]
        weights = numpy.array(golden["score"])[rows][:, columns]
        self.assertLess(abs(found - weights).max(), 1e-6 * abs(weights).max())
        counts = numpy.frombuffer(router["counts"], "<f8")
        self.assertEqual(counts.tolist(), numpy.array(golden["count"])[rows].tolist())

    def test_decisions_equal_numpy(self):
        router = self.learn()
        queries = anndata.read_h5ad(self.path("queries.h5"))
        queries = queries[queries.obs["split"] == "test"]
        scores = scores_by_numpy(queries, router)
        names = [model["name"] for model in router["models"]]
        margin = scores[:, names.index(SMALL)] - scores[:, names.index(LARGE)]
        spread = scores.max() - scores.min()
        thresholds = [float(numpy.float32(q)) for q in numpy.quantile(margin, [.1, .3, .5, .7, .9])]
        self.works("route", "queries.h5", "-r", "router.msgpack", "--split", "test", "-o", "d.jsonl",
                   "--theta=" + ",".join(map(repr, thresholds)))
        lines = [json.loads(line) for line in self.read("d.jsonl").splitlines()]
        self.assertEqual([line["id"] for line in lines], list(queries.obs_names))
        wrong = [(line["id"], t)
                 for line, m in zip(lines, margin)
                 for t, chosen in zip(thresholds, line["models"])
                 if abs(m - t) > 1e-5 * spread and chosen != (SMALL if m >= t else LARGE)]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    main()
