#!/usr/bin/python3
"""ingest --prices: what calls cost whose cost was not logged, worked out in fractions."""
import json
import random
from fractions import Fraction

import anndata
import numpy

from harness import Scratch, jsonl, main

SEED = 5
IN, OUT, CACHED = "input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost"
MAP = {"openai/large": {IN: 1e-5, OUT: 3e-5, CACHED: 1e-6, IN + "_above_128k_tokens": 2e-5,
                        IN + "_batches": 5e-6, OUT + "_batches": 1.5e-5},
       "small": {IN: 1e-7, OUT: 4e-7}}


def fma(a, b, c):
    """One rounding: Python rounds fractions correctly."""
    return float(Fraction(a) * Fraction(b) + Fraction(c))


def spent(price, prompt, cached, completion):
    """As docs/formats.md has it."""
    price_in = price[IN + "_above_128k_tokens"] if prompt > 128000 and IN + "_above_128k_tokens" in price \
        else price[IN]
    out = price[OUT] * completion
    if cached and CACHED in price and price_in == price[IN]:
        return fma(prompt - cached, price_in, fma(cached, price[CACHED], out))
    return fma(prompt, price_in, out)


def call(number, model, prompt, completion, cached=0, cost=None):
    usage = {"prompt_tokens": prompt, "completion_tokens": completion}
    found = {"id": f"c{number}", "call_type": "completion", "status": "success", "model": model,
             "messages": [{"role": "user", "content": f"question {number}"}], **usage}
    if cached:
        found["metadata"] = {"usage_object": {"prompt_tokens_details": {"cached_tokens": cached}}}
    return found if cost is None else {**found, "response_cost": cost}


class Paid(Scratch):
    def setUp(self):
        super().setUp()
        chance = random.Random(SEED)
        self.calls = [(number, chance.choice(("large", "small", "other")),
                       chance.choice((chance.randrange(1, 500), 200000)), chance.randrange(900),
                       chance.choice((0, 1)), chance.choice((None, 0.5))) for number in range(400)]
        self.calls = [one for one in self.calls if one[4] == 0 or one[2] < 1000]
        self.write("log.jsonl", jsonl(call(*one) for one in self.calls))
        self.write("prices.json", json.dumps(MAP))

    def costs(self, *words):
        self.told = self.works("ingest", "log.jsonl", "-o", "q.h5", *words).stderr.decode()
        found = anndata.read_h5ad(self.path("q.h5"))
        return found, numpy.asarray(found.obs["logged_cost"])

    def expected(self, prices):
        for _, model, prompt, completion, cached, cost in self.calls:
            if cost is not None:
                yield cost
            elif model in prices:
                yield spent(prices[model], prompt, cached, completion)
            else:
                yield float("nan")

    def same(self, costs, prices):
        wanted = numpy.array(list(self.expected(prices)))
        self.assertTrue(numpy.array_equal(costs, wanted, equal_nan=True))
        return int((~numpy.isnan(wanted)).sum()) - sum(one[5] is not None for one in self.calls)

    def test_what_was_not_logged_is_worked_out(self):
        _, plain = self.costs()
        self.same(plain, {})
        found, costs = self.costs("--prices", "prices.json")
        count = self.same(costs, {"large": MAP["openai/large"], "small": MAP["small"]})
        self.assertIn(f"costs of {count} calls that were not logged come from tokens and prices", self.told)
        self.assertIn('the price map has no model "other"', self.told)
        recorded = ~numpy.isnan(found.obsm["cost"])
        self.assertEqual(int(recorded.sum()), sum(one[5] is not None for one in self.calls))
        self.assertIn("differ from tokens times price", self.told)
        _, costs = self.costs("--prices", "prices.json", "--alias", "other=small", "--price",
                              "small=2,3/M", "--cold-cache")
        cold = {key: value for key, value in MAP["openai/large"].items() if key != CACHED}
        self.same(costs, {"large": cold, "other": MAP["small"], "small": {IN: 2 / 1e6, OUT: 3 / 1e6}})

    def test_tiers_and_words_about_nobody(self):
        _, costs = self.costs("--prices", "prices.json", "--price-tier", "batch", "--price", "ghost=1,2")
        large = {IN: MAP["openai/large"][IN + "_batches"], OUT: MAP["openai/large"][OUT + "_batches"]}
        self.same(costs, {"large": large})
        self.assertIn("it stays without", self.told)
        self.assertIn('"ghost=1,2": no call in the logs is of that model', self.told)

    def test_pieces_shards_and_going_on(self):
        words = ("--prices", "prices.json", "--price", "other=1,1/M")
        _, costs = self.costs(*words)
        whole = self.read("q.h5")
        self.works("ingest", "log.jsonl", "-o", "q.h5", *words, "--threads", "1")
        self.assertEqual(self.read("q.h5"), whole)
        self.write("tags.jsonl", jsonl([{"tags": ["a"], "models": {"m": {"score": 1}, "n": {"score": 0}}}]))
        self.works("ingest", "tags.jsonl", "-o", "t.h5")
        self.works("fit", "t.h5", "-o", "r.msgpack", "--min-count", "1", "--reference", "m")
        parts = [f"p{shard}.h5" for shard in (1, 2)]
        for shard, part in enumerate(parts, 1):
            self.works("ingest", "log.jsonl", "-r", "r.msgpack", *words, "-o", part, "--shard", f"{shard}/2")
        self.works("merge", *parts, "-o", "merged.h5")
        merged = anndata.read_h5ad(self.path("merged.h5"))
        self.assertTrue(numpy.array_equal(numpy.asarray(merged.obs["logged_cost"]), costs, equal_nan=True))
        self.works("ingest", "log.jsonl", "-r", "r.msgpack", "-o", parts[1], "--shard", "2/2")
        self.fails(3, "merge", *parts, "-o", "wrong.h5")
        told = self.works("simulate", "merged.h5", "-r", "r.msgpack", "--logged", "--theta", "0", "--cost", "m=1",
                          "--cost", "n=0.5")
        self.assertIn(b"logged", told.stdout + told.stderr)

    def test_wrong_words(self):
        self.write("bad.json", "[]")
        for status, words in ((2, ("--price", "small")), (2, ("--price", "small=x,y")),
                              (2, ("--alias", "a=small")), (2, ("--price-tier", "batch")),
                              (2, ("--prices", "prices.json", "--price-tier", "cheap")),
                              (2, ("--prices", "prices.json", "--alias", "small=nobody")),
                              (1, ("--prices", "nowhere.json")), (3, ("--prices", "bad.json"))):
            self.fails(status, "ingest", "log.jsonl", "-o", "q.h5", *words)
            self.assertNotIn("q.h5", self.names())


if __name__ == "__main__":
    main()
