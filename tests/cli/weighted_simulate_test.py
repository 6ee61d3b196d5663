#!/usr/bin/python3
"""Weights: in what is simulated, solved for and compared, a query of weight n is as n queries."""
import csv
import json
import random

import anndata
import numpy

from harness import Scratch, jsonl, main

SEED = 20240917
MODELS = ("heron", "kestrel", "wren")
# Of rows, and of how sure something is: neither is the same where rows are repeated.
OF_ROWS = ("queries", "weighted_queries", "effective_queries", "undecided", "no_known_tag", "training", "others",
           "chances", "matched", "effective", "ips_range", "robust_range", "intervals", "origin", "range", "p")


def log(count, models=MODELS, seed=SEED):
    """Queries, some judged by scores, some by outcomes, some not at all, and not all for every model."""
    draw = random.Random(seed)
    for i in range(count):
        tags = {f"t{draw.randrange(12)}": draw.randrange(1, 4) for _ in range(4)}
        answers = {}
        for place, model in enumerate(models):
            entry = {}
            if draw.random() < 0.9:
                entry["cost"] = draw.random() / 64 * 4 ** place
            if draw.random() < 0.8:
                entry["score"] = draw.randrange(-8, 9) / 8 + (0.5 if f"t{place}" in tags else 0)
            if draw.random() < 0.3:
                entry["outcome"] = draw.choice(("win", "tie", "loss"))
            answers[model] = entry
        yield {"id": f"q{i}", "tags": tags, "category": f"c{i % 3}", "split": "test" if i % 3 else "train",
               "prompt_tokens": draw.randrange(5, 500), "models": answers if draw.random() < 0.95 else {}}


def weighted(records, seed=SEED + 1, most=6):
    draw = random.Random(seed)
    for record in records:
        yield record if draw.random() < 0.3 else {**record, "weight": draw.randrange(1, most)}


def repeated(records):
    for record in records:
        for copy in range(record.get("weight", 1)):
            one = {**record, "id": f"{record['id']}-{copy}"}
            one.pop("weight", None)
            yield one


def of_queries(value):
    """What is said of queries, whatever rows they stand in."""
    if isinstance(value, dict):
        return {key: of_queries(one) for key, one in value.items() if key not in OF_ROWS}
    return [of_queries(one) for one in value] if isinstance(value, list) else value


class WeightedSimulate(Scratch):
    def ingest(self, name, records, *words):
        self.write(f"{name}.jsonl", jsonl(records))
        self.works("ingest", f"{name}.jsonl", "-o", f"{name}.h5", "-q", *words)

    def prepare(self, records, *words):
        """w.h5 has weights, n.h5 the rows as often; r.msgpack is a router, with which both have columns in one
        order."""
        records = list(records)
        self.ingest("w0", records, *words)
        self.works("fit", "w0.h5", "-o", "r.msgpack", "--split=", "--min-count", "0", "--scorer", "bayes", "-q",
                   "--reference", "wren")
        self.ingest("w", records, "--router", "r.msgpack", *words)
        self.ingest("n", list(repeated(records)), "--router", "r.msgpack", *words)

    def simulate(self, name, *words, router="r.msgpack"):
        files = [f"{one}.h5" for one in name.split("+")]
        with_router = () if router is None else ("-r", router)
        done = self.works("simulate", *files, *with_router, "--json", "-", *words)
        self.assertNotIn("weight", done.stderr.decode())
        return json.loads(done.stdout)

    def same(self, *words, **options):
        found, wanted = self.simulate("w", *words, **options), self.simulate("n", *words, **options)
        self.assertEqual(of_queries(found), of_queries(wanted), words)
        return found, wanted

    def test_whole_weights_are_repeated_rows(self):
        records = list(weighted(log(300)))
        self.prepare(records)
        found, wanted = self.same()
        self.assertEqual((found["queries"], found["weighted_queries"]), (300, wanted["queries"]))
        self.assertNotIn("weighted_queries", wanted)
        weights = [record.get("weight", 1) for record in records]
        self.assertEqual(found["effective_queries"], sum(weights) ** 2 / sum(weight ** 2 for weight in weights))
        details = ("--by", "category", "--by", "split", "--predictions", "--category-mean", "--baseline", "heron",
                   "--split", "test")
        for policy in ("--policy", "margin"), ("--policy", "utility"), ("--tau", "0:1:0.125"), ("--lambda", "0"):
            self.same(*policy, *details, "--quality", "accept", "--threads", "3")
            binned = self.same(*policy, "--memory", "4K", "--quality", "score")[0]
            self.assertEqual(binned["binned"], policy != ("--lambda", "0"), policy)
        self.same("--policy", "slack", "--grid", "9")
        slices = self.simulate("w", "--by", "category")["by"][0]["values"]
        self.assertEqual(sum(one["weighted_queries"] for one in slices), wanted["queries"])
        self.assertNotEqual(of_queries(self.simulate("w")), of_queries(self.simulate("w0", "--theta", "0")))
        for policy, *goal in ("margin", "--budget", "30"), ("utility", "--max-cost-per-query", "0.03"), \
                ("slack", "--target-quality", "0.97*wren"), ("utility", "--target-share", "wren=30%"), \
                ("slack", "--budget", "30"), ("margin", "--target-share", "heron=20%"):
            self.same("--policy", policy, *goal)
        self.same("--target-quality", "0.6", "--quality", "accept", "--by", "category")

    def test_rules_that_need_rows(self):
        """Eligibility and fallbacks, expected costs, two models, choosing on another split."""
        draw = random.Random(SEED + 5)
        records = []
        for record in weighted(log(200, MODELS[1:])):
            if draw.random() < 0.2:
                record = {**record, "deny": draw.choice((["wren"], ["kestrel"], list(MODELS)))}
            if draw.random() < 0.1:
                record = {**record, "tags": {"unknown": 1}}
            records.append(record)
        self.prepare(records)
        prices = ("--price", "wren=0.001,0", "--price", "kestrel=0.0001,0")
        for words in (), ("--fallback", "kestrel"), ("--policy", "utility", "--fallback", "kestrel"), prices, \
                ("--policy", "slack", *prices):
            self.same(*words, "--by", "category")
        self.same("--choose-on", "train", "--split", "test")
        self.same("--policy", "utility", "--budget", "20", *prices)

    def test_made_elsewhere_and_logged(self):
        records = [{**record, "models": {model: {"cost": 0.25, **entry} for model, entry in record["models"].items()}}
                   for record in weighted(log(120))]
        self.prepare(records)
        draw = random.Random(SEED + 6)
        rows = numpy.repeat(numpy.arange(120), [record.get("weight", 1) for record in records])
        scores = numpy.random.default_rng(SEED).integers(-8, 9, (120, 3)).astype(numpy.float32) / 8
        logged = [draw.choice((*MODELS, "stork")) for _ in records]
        chances = [draw.choice((0.25, 0.3, 0.7, numpy.nan)) for _ in records]
        for name, take in (("w", numpy.arange(120)), ("n", rows)):
            numpy.save(self.path("s.npy"), scores[take])
            numpy.save(self.path("d.npy"), scores[take].argmax(axis=1).astype(numpy.int64))
            data = anndata.read_h5ad(self.path(f"{name}.h5"))
            data.obs["logged_model"] = [logged[i] for i in take]
            data.obs["propensity"] = [chances[i] for i in take]
            data.write_h5ad(self.path("l.h5"))
            self.works("merge", "l.h5", "-o", f"{name}l.h5")
            found = [self.works("simulate", f"{name}l.h5", "--reference", "wren", "--json", "-", *words).stdout
                     for words in (("--scores", "x=s.npy"), ("--decisions", "x=d.npy", "--by", "category"))]
            found.append(self.works("simulate", f"{name}l.h5", "-r", "r.msgpack", "--json", "-", "--logged",
                                    "--baseline", "logged", "--theta", "-1,0,1").stdout)
            found = [of_queries(json.loads(one)) for one in found]
            if name == "w":
                wanted = found
        self.assertEqual(found, wanted)
        self.assertGreater(len(found[2]["logged"]["estimates"]), 0)

    def test_judged_sample(self):
        records = list(weighted(log(200)))
        self.prepare(records)
        bare = [{**record, "models": {model: {key: value for key, value in entry.items() if key == "cost"}
                                      for model, entry in record["models"].items()}}
                for record in weighted(log(150, seed=7), seed=8)]
        self.ingest("logw", bare, "--router", "r.msgpack")
        self.ingest("logn", list(repeated(bare)), "--router", "r.msgpack")
        wanted = of_queries(self.simulate("logn", "--judged", "n.h5"))
        self.assertEqual(of_queries(self.simulate("logw", "--judged", "w.h5")), wanted)
        self.assertEqual(of_queries(self.simulate("logn", "--judged", "w.h5")), wanted)
        for goal in ("--target-quality", "0.95*wren"), ("--budget", "8"):
            self.assertEqual(of_queries(self.simulate("logw", "--judged", "w.h5", *goal)),
                             of_queries(self.simulate("logn", "--judged", "n.h5", *goal)))

    def test_several_routers(self):
        self.prepare(weighted(log(200)))
        self.works("fit", "w.h5", "-o", "s.msgpack", "--scorer", "paper", "--split=", "--reference", "wren")
        found, wanted = self.same("-r", "s.msgpack", "--bootstrap", "20")
        for one in found, wanted:
            self.assertEqual(one["replicates"], 20)

    def parts(self, name, *words, count=3):
        for i in range(1, count + 1):
            self.works("simulate", f"{name}.h5", "-r", "r.msgpack", "--shard", f"{i}/{count}", "--partial", f"p{i}",
                       *words)
        return [f"p{i}" for i in range(1, count + 1)]

    def test_parts(self):
        self.prepare(weighted(log(150)))
        for words in ("--policy", "utility", "--grid", "7"), ("--tau", "0,0.5", "--split", "test"):
            goal = ("--target-quality", "0.9*wren")
            merged = []
            for name in "wn":
                parts = self.parts(name, *words)
                merged.append(of_queries(json.loads(self.works("merge", *parts, "--json", "-", *goal).stdout)))
            self.assertEqual(*merged)
            parts = self.parts("w", *words)
            whole = self.simulate("w", *words, "--memory", "4K")
            found = json.loads(self.works("merge", *reversed(parts), "--json", "-").stdout)
            for one in whole, found:
                one.pop("origin")
            self.assertEqual(found, whole)
        self.works("simulate", "n.h5", "-r", "r.msgpack", "--shard", "3/3", "--partial", "p3", *words)
        self.assertIn("another simulation", self.fails(3, "merge", *parts, "--json", "-"))
        self.assertEqual(self.read("p3").count(b"tagroute.partial-simulation\xa7version\x01"), 1)
        self.assertEqual(self.read("p1").count(b"tagroute.partial-simulation\xa7version\x02"), 1)

    def test_weights_of_one_are_none(self):
        """Nothing but the column itself, which is no part of any figure, tells them apart."""
        records = list(log(100))
        self.prepare(records)
        self.ingest("one", [{**record, "weight": 1} for record in records], "--router", "r.msgpack")
        for words in (), ("--policy", "utility", "--by", "category", "--bootstrap", "20"):
            found, wanted = self.simulate("one", *words), self.simulate("w", *words)
            for one in found, wanted:
                one.pop("origin")
            self.assertEqual(found, wanted)

    def test_fractions(self):
        """Against sums of whole numbers: costs and scores in units of 2^-64, weights of the unit that all have."""
        draw = random.Random(SEED + 9)
        for scale, bits in ((1, 3), (2 ** -17, 20), (0.3, 40)):
            records = [{**record, "weight": draw.randrange(1, 80) / 8 * scale} for record in log(150)]
            self.prepare([{key: value for key, value in record.items() if key != "weight"} for record in records])
            self.ingest("w", records, "--router", "r.msgpack")
            data = anndata.read_h5ad(self.path("w.h5"))
            models = list(data.uns["tagroute"]["models"])
            weights = [round(weight * 2 ** 40) for weight in data.obs["weight"]]
            # 2 models' bits and 6 spare ones, and those of the sum: the unit leaves none of 63 unused
            bits = min(bits, 63 - 6 - 2 - (sum(weights) >> 40).bit_length())
            weights = [(weight + (1 << 40 - bits >> 1)) >> 40 - bits for weight in weights]
            found = self.simulate("w", "--quality", "score", "--theta", "-9,9")
            self.assertEqual(found["weighted_queries"], sum(weights) / 2 ** bits)
            self.assertEqual(found["effective_queries"],
                             float(sum(weights)) ** 2 / float(sum(weight ** 2 for weight in weights)))
            scores, costs = data.obsm["score"], data.obsm["cost"]
            for one in found["alone"]:
                place = models.index(one["model"])
                total = count = 0
                for row, weight in enumerate(weights):
                    if not numpy.isnan(scores[row, place]):
                        term = int(float(scores[row, place]) * 2 ** 64)
                        total += (term * weight + (1 << bits >> 1)) >> bits
                        count += weight
                self.assertEqual(one["mean_score"], float(total) * 2 ** -64 / (float(count) * 2 ** -bits))
                self.assertEqual(one["coverage"], count / sum(weights))
            for words in ("--policy", "utility"), ("--policy", "slack", "--memory", "4K"):
                self.assertEqual(self.simulate("w", *words, "--threads", "1"),
                                 self.simulate("w", *words, "--threads", "3"))
        whole = self.simulate("w", "--policy", "utility", "--memory", "4K")
        parts = self.parts("w", "--policy", "utility")
        merged = json.loads(self.works("merge", *parts, "--json", "-").stdout)
        for one in whole, merged:
            one.pop("origin")
        self.assertEqual(merged, whole)

    def test_intervals(self):
        """Queries are drawn, each with its weight: one that is nearly all of the log is drawn or not."""
        records = list(log(60))
        self.prepare(records)
        even = self.simulate("w", "--bootstrap", "100", "--theta", "0")
        self.ingest("w", [{**record, "weight": 4} for record in records], "--router", "r.msgpack")
        four = self.simulate("w", "--bootstrap", "100", "--theta", "0")
        for figure in "accept_rate", "mean_score":
            self.assertEqual(four["intervals"]["curve"][0][figure], even["intervals"]["curve"][0][figure])
        self.ingest("w", [{**record, "weight": 4 if i else 400} for i, record in enumerate(records)],
                    "--router", "r.msgpack")
        one = self.simulate("w", "--bootstrap", "100", "--theta", "0")
        low, high = one["intervals"]["curve"][0]["accept_rate"]
        least, most = even["intervals"]["curve"][0]["accept_rate"]
        self.assertGreater(high - low, 1.2 * (most - least))

    def test_route(self):
        """A quality is that of the population; money, and shares, are of the requests themselves."""
        self.prepare(weighted(log(200)))
        self.ingest("b", list(log(200)), "--router", "r.msgpack")
        thresholds = [[], [], []]
        for target in "1.1*wren", "0.3", "0.35":
            for name, found in zip("wnb", thresholds):
                told = self.works("route", f"{name}.h5", "-r", "r.msgpack", "--target-quality", target, "-o", "d.h5",
                                  "--policy", "utility", "--json", "-").stdout
                found.append(json.loads(told)["thresholds"][0]["threshold"])
        self.assertEqual(thresholds[0], thresholds[1])
        self.assertNotEqual(thresholds[0], thresholds[2])
        for goal in ("--budget", "6"), ("--target-share", "wren=40%"):
            told = [self.works("route", f"{name}.h5", "-r", "r.msgpack", *goal, "-o", "d.h5", "--json", "-").stdout
                    for name in "wb"]
            self.assertEqual(*[json.loads(one)["thresholds"][0]["threshold"] for one in told])

    def test_reports(self):
        self.prepare(weighted(log(100)))
        total = self.simulate("n")["queries"]
        done = self.works("simulate", "w.h5", "-r", "r.msgpack", "--csv", "w.csv", "--html", "w.html",
                          "--by", "category")
        self.assertIn(f"100 queries, which stand for {total}", done.stdout.decode())
        self.assertIn(f"which stand for {total}", self.read("w.html").decode())
        with open(self.path("w.csv"), newline="") as file:
            rows = {(row["kind"], row["name"]): row["value"] for row in csv.DictReader(file)}
        self.assertEqual(rows["queries", "weighted"], str(total))

    def test_too_many(self):
        self.prepare(log(30))
        data = anndata.read_h5ad(self.path("w.h5"))
        data.obs["weight"] = 2.0 ** 21
        data.write_h5ad(self.path("l.h5"))
        self.assertIn("which is no weight", self.fails(3, "simulate", "l.h5", "-r", "r.msgpack"))


if __name__ == "__main__":
    main()
