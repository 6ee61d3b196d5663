#!/usr/bin/python3
"""explain: flip thresholds that `route` obeys, sums to the bit, texts as ingest tags them."""
import json
from collections import Counter
from fractions import Fraction

import msgpack
import numpy

from harness import Scratch, jsonl, main


def to_float(exact):
    """The float32 nearest to a fraction, ties to even."""
    near = numpy.float32(float(exact))
    around = [near, numpy.nextafter(near, numpy.float32("-inf")),
              numpy.nextafter(near, numpy.float32("inf"))]
    return min(around, key=lambda f: (abs(Fraction(float(f)) - exact), int(f.view("u4")) & 1))


def fmaf(a, b, c):
    return to_float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))


class Explain(Scratch):
    def setUp(self):
        super().setUp()
        self.chain(600)
        self.options = ("-r", "router.msgpack", "--prices", "prices.json")

    def explain(self, *words):
        return json.loads(self.works("explain", "queries.h5", *self.options, "--json",
                                     *words).stdout)

    def decide(self, option, *thresholds):
        """The model of each query at each threshold."""
        listed = ",".join(repr(t) for t in thresholds)
        self.works("route", "queries.h5", *self.options, f"--{option}={listed}", "-o", "d.jsonl",
                   "--quiet")
        rows = [json.loads(line) for line in self.read("d.jsonl").splitlines()]
        return [[row["models"][i] for row in rows] for i in range(len(thresholds))]

    def test_flips(self):
        """At the flip threshold the query moves, at its neighbour it does not; no query moves in
        between whose own explanation does not say so."""
        for option, threshold in (("theta", -0.002), ("lambda", 3.0), ("tau", 0.0005)):
            for row in (0, 17, 101, 333, 599):
                told = self.explain(f"--{option}={threshold}", "--row", str(row))
                flips = [told[name] for name in ("flips_below", "flips_above")]
                for flip, below in zip(flips, (True, False)):
                    if flip is None:
                        continue
                    kind = float if option == "lambda" else numpy.float32
                    near = numpy.nextafter(kind(flip), kind("inf" if below else "-inf"))
                    at_flip, near_flip, here = self.decide(option, flip, float(near), threshold)
                    self.assertEqual(here[row], told["model"])
                    self.assertEqual(near_flip[row], told["model"])
                    self.assertNotEqual(at_flip[row], told["model"])
                    moved = [i for i in range(600) if at_flip[i] != near_flip[i]]
                    for other in moved:
                        own = self.explain(f"--{option}={near!r}", "--row", str(other))
                        self.assertEqual(own["flips_below" if below else "flips_above"], flip)
                    self.assertIn(row, moved)

    def test_sums(self):
        router = msgpack.unpackb(self.read("router.msgpack"))
        models = [model["name"] for model in router["models"]]
        weights = numpy.frombuffer(router["weights"], "<f4").reshape(len(router["tags"]), -1)
        bias = numpy.frombuffer(router["bias"], "<f4")
        number = {tag: i for i, tag in enumerate(router["tags"])}
        log = [json.loads(line) for line in self.read("log.jsonl").splitlines()]
        for row in (3, 44, 555):
            told = self.explain("--id", log[row]["id"])
            self.assertEqual((told["row"], told["id"]), (row, log[row]["id"]))
            self.assertEqual([model["name"] for model in told["models"]], models)
            self.assertEqual({tag["tag"]: tag["value"] for tag in told["tags"]},
                             dict(Counter(log[row]["tags"])))
            for k in range(len(models)):
                score = bias[k]
                for tag in told["tags"]:
                    weight = weights[number[tag["tag"]], k] if tag["known"] else 0
                    self.assertEqual(tag["contributions"][k], tag["value"] * float(weight))
                    score = fmaf(tag["value"], weight, score)
                    self.assertEqual(numpy.float32(tag["scores"][k]), score)
                self.assertEqual(numpy.float32(told["models"][k]["score"]), score)

    def test_text(self):
        """A text's tags, and all that follows, as if it stood in a log ingested with the router."""
        words = ["algebra", "proof", "sql", "index", "cell", "energy", "market", "novel"]
        rows = [{"id": f"q{i}", "text": f"{words[i % 8]} and {words[(i * 3 + i // 8) % 8]}, the "
                 f"{words[i % 5]}", "category": "odd" if i % 2 else "even", "prompt_tokens": i,
                 "models": {"a": {"score": i % 3 / 2, "cost": .01},
                            "b": {"score": i % 2, "cost": .001}}} for i in range(200)]
        self.write("texts.jsonl", jsonl(rows))
        self.works("tag", "--learn", "texts.jsonl", "-o", "vocab.msgpack")
        self.works("ingest", "texts.jsonl", "--vocab", "vocab.msgpack", "--category-tag", "-o",
                   "t.h5")
        self.works("fit", "t.h5", "-o", "t.msgpack", "--scorer", "bayes", "--kappa", "5",
                   "--min-count", "20")
        new = [{"id": "x", "text": "Novel SQL proof; the energy of SQL", "category": "odd",
                "prompt_tokens": 12}, {"id": "y", "text": "nothing of this is known"}]
        self.write("new.jsonl", jsonl(new))
        self.works("ingest", "new.jsonl", "-r", "t.msgpack", "-o", "new.h5")
        for i, row in enumerate(new):
            in_file = json.loads(self.works("explain", "new.h5", "-r", "t.msgpack", "--row", str(i),
                                            "--json").stdout)
            extra = ["--category", "odd", "--prompt-tokens", "12"] if i == 0 else []
            text = json.loads(self.works("explain", "-r", "t.msgpack", "--text", row["text"],
                                         "--json", *extra).stdout)
            del in_file["id"], text["id"], in_file["row"], text["row"]
            self.assertEqual(text, in_file)
        self.assertEqual(len(text["tags"]), 0)
        self.assertGreater(len(json.loads(self.works(
            "explain", "-r", "t.msgpack", "--text", new[0]["text"], "--json").stdout)["tags"]), 3)
        self.fails(2, "explain", "-r", "t.msgpack", "--text", b"\xff\xfe")

    def test_top(self):
        same = [self.works("explain", "queries.h5", *self.options, "--top", "5", "--theta=-0.002",
                           *words).stdout
                for words in ((), ("-j", "1"), ("-j", "3"), ("--memory", "1M"))]
        self.assertEqual(len(set(same)), 1)
        told = self.explain("--top", "1000000", "--by", "money", "--split", "test",
                            "--theta=-0.002")
        self.assertEqual(len(told["top"]), told["moving"])
        split = sum(json.loads(line)["split"] == "test"
                    for line in self.read("log.jsonl").splitlines())
        self.assertEqual(told["queries"], split)
        costs = [abs(tag["cost"]) for tag in told["top"]]
        self.assertEqual(costs, sorted(costs, reverse=True))

    def test_words(self):
        rows = self.works("explain", "queries.h5", *self.options, "--row", "7", "--lambda", "2",
                          "--why-not", "kestrel-max").stdout.decode()
        for word in ("policy utility, --lambda 2: to ", "bias", "expected cost", "<- here",
                     "why not kestrel-max: "):
            self.assertIn(word, rows)
        self.works("simulate", "queries.h5", *self.options, "--save-policy", "p.msgpack", "-q",
                   "--json", "s.json")
        best = json.loads(self.read("s.json"))["best_threshold"]
        told = self.explain("--policy-file", "p.msgpack", "--row", "1")
        self.assertEqual(numpy.float32(told["threshold"]), numpy.float32(best))

    def test_mistakes(self):
        for words, part in (
                (("--row", "600"), "has no row 600"),
                (("--id", "nobody"), "no query has the id 'nobody'"),
                (("--row", "-1"), "--row"), (("--row", "x"), "--row"),
                ((), "needs --id, --row, --text or --top"),
                (("--row", "1", "--top", "3"), "give one of them"),
                (("--row", "1", "--by", "money"), "--by is for --top"),
                (("--row", "1", "--split", "test"), "--split is for --top"),
                (("--top", "3", "--why-not", "x"), "--why-not"),
                (("--top", "0"), "--top"), (("--top", "3", "--by", "tags"), "--by is"),
                (("--row", "1", "--theta=0,1"), "one threshold"),
                (("--row", "1", "--policy", "slack"), "needs --tau"),
                (("--row", "1", "--why-not", "kestrel"), "kestrel-max"),
                (("--text", "x"), "takes no query file")):
            message = self.fails(2, "explain", "queries.h5", "-r", "router.msgpack", *words)
            self.assertIn(part, message)
        message = self.fails(2, "explain", "-r", "router.msgpack", "--text", "x")
        self.assertIn("the router has no tagger", message)
        self.fails(2, "explain", "queries.h5", "--row", "1")
        self.fails(3, "explain", "log.jsonl", "-r", "router.msgpack", "--row", "1")
        self.fails(3, "explain", "queries.h5", "-r", "queries.h5", "--row", "1")


main()
