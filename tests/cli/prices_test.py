#!/usr/bin/python3
"""Prices by tier, by length of prompt and of cached tokens, against costs worked out in fractions."""
import csv
import json
import random
from fractions import Fraction

import msgpack
import numpy

from harness import Scratch, jsonl, main

SEED = 20240721
MODELS = ["large", "mid", "small"]
NAMES = {"large": "openai/large", "mid": "mid", "small": "small-v2"}
FLAT = {"large": 0.1, "mid": 0.03, "small": 0.001}
IN, OUT, CACHED = "input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost"
MAP = {
    "sample_spec": {IN: 0},
    "openai/large": {
        IN: 1e-5, OUT: 3e-5, CACHED: 1e-6, "max_tokens": 7,
        IN + "_above_128k_tokens": 2e-5, OUT + "_above_128k_tokens": 4.5e-5,
        IN + "_above_200k_tokens": 3e-5, CACHED + "_above_200k_tokens": 3e-6,
        IN + "_above_90k_tokens_batches": 7e-6, IN + "_above_soon_tokens": 9,
        IN + "_batches": 5e-6, OUT + "_batches": 1.5e-5, CACHED + "_batches": 5e-7,
        IN + "_priority": 2e-5, OUT + "_priority": 6e-5},
    "mid": {IN: 3e-6, OUT: 9e-6, CACHED: 3e-7, IN + "_batches": 1.5e-6, OUT + "_batches": 4.5e-6},
    "small-v2": {IN: 1e-7, OUT: 4e-7, IN + "_batches": 5e-8, OUT + "_batches": 2e-7},
}
ENDINGS = {"standard": "", "batch": "_batches", "priority": "_priority"}


def money(usd):
    """As the program prints it."""
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.3g}"


def fma(a, b, c):
    """One rounding: Python rounds fractions correctly."""
    return float(Fraction(a) * Fraction(b) + Fraction(c))


def fmaf(a, b, c):
    """The float32 nearest to an exact sum; scores here are far from halfway cases' trouble."""
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    near = numpy.float32(float(exact))
    inf = numpy.float32(numpy.inf)
    return min((numpy.nextafter(near, -inf), near, numpy.nextafter(near, inf)),
               key=lambda f: (abs(Fraction(float(f)) - exact), int(f.view("uint32")) & 1))


class Prices:
    """What a model costs under some options."""

    def __init__(self, model, tier="standard", ratio=1.0, cold=False, completions=None, words=None):
        self.flat, self.ratio = FLAT[model], ratio
        entry, end = MAP[NAMES[model]], ENDINGS[tier]
        steps = {0: {IN: entry.get(IN + end), OUT: entry.get(OUT + end),
                     CACHED: entry.get(CACHED + end)}}
        for above in (90, 128, 200):
            own = {name: entry[f"{name}_above_{above}k_tokens{end}"] for name in (IN, OUT, CACHED)
                   if f"{name}_above_{above}k_tokens{end}" in entry}
            if own:
                steps[above * 1000] = {**steps[max(steps)], **own}
        if words:
            steps = {0: dict(zip((IN, OUT, CACHED), words))}
        self.steps = steps
        self.cold, self.completions = cold, completions

    def cost(self, prompt, cached):
        if prompt is None:
            return self.flat
        step = self.steps[max(above for above in self.steps
                              if above == 0 or prompt * self.ratio > above)]
        price_in, out = step[IN] * self.ratio, step[OUT] * self.completions
        if self.cold or step[CACHED] is None or not cached:
            return fma(prompt, price_in, out)
        cached = min(cached, prompt)
        return fma(prompt - cached, price_in, fma(cached, step[CACHED] * self.ratio, out))


def make_rows():
    draw = random.Random(SEED)
    for i in range(240):
        prompt = draw.choice([draw.randrange(3000), draw.randrange(100000, 400000), None,
                              draw.choice([90000, 90001, 128000, 128001, 200000, 200001])])
        row = {"id": f"q{i}", "tags": draw.sample([f"t{j}" for j in range(12)], 3),
               "split": "train" if i % 2 else "test", "models": {}}
        if prompt is not None:
            row["prompt_tokens"] = prompt
            if draw.random() < .6:
                row["cached_prompt_tokens"] = draw.choice([0, draw.randrange(prompt + 500)])
        for model in MODELS:
            score = draw.random()
            row["models"][model] = {"score": round(score, 3),
                                    "outcome": "win" if score > .6 else "loss",
                                    "completion_tokens": draw.randrange(10, 900)}
        yield row


ROWS = list(make_rows())


def without_cached(rows):
    return [{key: value for key, value in row.items() if key != "cached_prompt_tokens"}
            for row in rows]


class Tiers(Scratch):
    def setUp(self):
        super().setUp()
        print("seed", SEED)
        self.write("map.json", json.dumps(MAP))
        self.ingest(ROWS)
        self.fit("--prices", "map.json")

    def ingest(self, rows):
        self.rows = [row for row in rows if row["split"] == "test"]
        self.write("log.jsonl", jsonl(rows))
        self.works("ingest", "log.jsonl", "-o", "queries.h5")

    def fit(self, *words):
        costs = [word for model in MODELS for word in ("--cost", f"{model}={FLAT[model]}")]
        done = self.works("fit", "queries.h5", "-o", "router.msgpack", "--reference", "large",
                          "--alias", "small=small-v2", *costs, *words)
        self.router = msgpack.unpackb(self.read("router.msgpack"))
        self.means = {model["name"]: model.get("mean_completion_tokens")
                      for model in self.router["models"]}
        return done

    def scores(self, row):
        tags = {tag: i for i, tag in enumerate(self.router["tags"])}
        weights = numpy.frombuffer(self.router["weights"], "<f4").reshape(len(tags), -1)
        scores = numpy.frombuffer(self.router["bias"], "<f4").copy()
        for tag in sorted(set(row["tags"]), key=self.order.index):
            if tag in tags:
                scores = [fmaf(1, weights[tags[tag]][k], scores[k]) for k in range(len(MODELS))]
        return scores

    def check(self, words, **prices):
        """Decisions and their cost, by two policies, are those of the plain rules."""
        import h5py
        with h5py.File(self.path("queries.h5")) as file:
            self.order = [tag.decode() for tag in file["var"]["_index"][:]]
        models = [Prices(model, completions=prices.get("completions", self.means[model]),
                         **{key: value.get(model, default) for key, default, value in (
                             ("ratio", 1.0, prices.get("ratio", {})),
                             ("words", None, prices.get("said", {})))},
                         tier=prices.get("tier", "standard"), cold=prices.get("cold", False))
                  for model in MODELS]
        costs = [[model.cost(row.get("prompt_tokens"), row.get("cached_prompt_tokens"))
                  for model in models] for row in self.rows]
        scores = [self.scores(row) for row in self.rows]
        lambdas = [0.001, 0.01, 0.1, 1.0]
        utility = [[max(range(3), key=lambda k: fma(-l, cost[k], float(score[k])))
                    for l in lambdas] for cost, score in zip(costs, scores)]
        self.compare(("utility", "--lambda", lambdas), utility, costs, words)
        taus = [float(numpy.float32(t)) for t in (0.0, 0.01, 0.05, 0.2)]
        slack = [[min((k for k in range(3) if float(max(score) - score[k]) <= t),
                      key=lambda k: (cost[k], -score[k]))
                  for t in taus] for cost, score in zip(costs, scores)]
        self.compare(("slack", "--tau", taus), slack, costs, words)

    def compare(self, policy, expected, costs, words):
        name, option, thresholds = policy
        common = ("queries.h5", "-r", "router.msgpack", "--policy", name, option,
                  ",".join(map(repr, thresholds)), "--split", "test", *words)
        done = self.works("route", *common, "-o", "out.jsonl")
        got = [json.loads(line)["models"] for line in self.read("out.jsonl").decode().splitlines()]
        self.assertEqual(got, [[MODELS[k] for k in row] for row in expected], (name, words))
        def total(i, unit):
            return float(Fraction(sum(round(Fraction(cost[row[i]]) * unit)
                                      for cost, row in zip(costs, expected)), unit))
        printed = done.stderr.decode()
        for i in range(len(thresholds)):
            self.assertIn(money(total(i, 2**40)), printed, (name, words))
        self.explain(name, option, thresholds[1], [row[1] for row in expected], costs, words)
        if "--memory" in words:
            return
        self.works("simulate", *common, "--json", "s.json")
        curve = json.loads(self.read("s.json"))["curve"]
        for i, point in enumerate(curve):
            self.assertEqual(point["cost"], total(i, 2**64), (name, words, point["threshold"]))

    def explain(self, name, option, threshold, expected, costs, words):
        """Costs of single queries, and where these go."""
        for row in range(7, len(self.rows), 100):
            done = self.works("explain", "queries.h5", "-r", "router.msgpack", "--id",
                              self.rows[row]["id"], "--policy", name, option, repr(threshold),
                              "--json", *words)
            told = json.loads(done.stdout)
            self.assertEqual([model["cost"] for model in told["models"]], costs[row])
            here = [r["model"] for r in told["ranges"]
                    if r["from"] <= threshold and (r["to"] is None or threshold <= r["to"])]
            self.assertIn(MODELS[expected[row]], here)

    def test_budget(self):
        """Goals know such costs: a budget is kept, and less than a query's cost is left."""
        done = self.works("route", "queries.h5", "-r", "router.msgpack", "--policy", "utility",
                          "--budget", "20", "--split", "test", "-o", "out.jsonl")
        self.assertIn("budget", done.stderr.decode())
        chosen = {line["id"]: line["model"]
                  for line in map(json.loads, self.read("out.jsonl").decode().splitlines())}
        models = {model: Prices(model, completions=self.means[model]) for model in MODELS}
        costs = [{name: model.cost(row.get("prompt_tokens"), row.get("cached_prompt_tokens"))
                  for name, model in models.items()} for row in self.rows]
        spent = sum(cost[chosen[row["id"]]] for cost, row in zip(costs, self.rows))
        dearest = max(max(cost.values()) for cost in costs)
        self.assertTrue(20 - dearest < spent <= 20, spent)

    def test_standard(self):
        self.check(())
        self.check(("--threads", "1", "--memory", "64K"))

    def test_tiers(self):
        self.check(("--price-tier", "batch"), tier="batch") # of the entries that the router keeps
        self.check(("--prices", "map.json", "--alias", "small=small-v2", "--price-tier", "batch"),
                   tier="batch")
        self.check(("--price-tier", "batch", "--price-tier", "standard"))
        self.fit("--prices", "map.json", "--price-tier", "batch")
        self.check((), tier="batch")
        self.check(("--price-tier", "standard"))

    def test_other_words(self):
        self.check(("--cold-cache",), cold=True)
        self.check(("--token-ratio", "large=1.3", "--token-ratio", "mid=0.7"),
                   ratio={"large": 1.3, "mid": 0.7})
        self.check(("--price", "large=20,60,2/M", "--price", "mid=1,2/M"),
                   said={"large": (20 / 1e6, 60 / 1e6, 2 / 1e6), "mid": (1 / 1e6, 2 / 1e6, None)})

    def test_nothing_cached(self):
        self.ingest(without_cached(ROWS))
        self.check(())

    def test_assumed_completions(self):
        """A number alone is for models of which nothing better is known."""
        rows = json.loads(json.dumps(ROWS))
        for row in rows:
            for done in row["models"].values():
                del done["completion_tokens"]
        self.ingest(rows)
        self.fit("--prices", "map.json")
        self.assertEqual(set(self.means.values()), {None})
        self.check(("--completion-tokens", "250"), completions=250.0)
        self.ingest(ROWS)
        self.fit("--prices", "map.json", "--completion-tokens", "250")
        self.assertNotIn(250, self.means.values())
        self.check(())

    def test_shown(self):
        """Every tier that the router carries, in JSON, CSV and the page."""
        self.works("simulate", "queries.h5", "-r", "router.msgpack", "--price-tier", "batch",
                   "--token-ratio", "large=1.3", "--price", "mid=1,2/M", "--json", "s.json",
                   "--csv", "s.csv", "--html", "s.html")
        origin = json.loads(self.read("s.json"))["origin"]
        rows = list(csv.DictReader(self.read("s.csv").decode().splitlines()))
        page = self.read("s.html").decode()
        told = {(row["kind"], row["name"]): row["value"] for row in rows}
        for price in origin["prices"]:
            model, mapped = price["model"], price["model"] != "mid"
            tiers = [tier for tier in ("batch", "standard", "priority")
                     if IN + ENDINGS[tier] in MAP[NAMES[model]]] if mapped else [None]
            expected = [(tier, above, tier in (None, "batch"), step[IN], step[CACHED], step[OUT])
                        for tier in tiers
                        for above, step in sorted(
                            Prices(model, tier or "standard", words=None if mapped else (1 / 1e6, 2 / 1e6, None))
                            .steps.items())]
            self.assertEqual(
                [(level["tier"], level["above"], level["in_use"], level[IN], level[CACHED],
                  level[OUT]) for level in price["levels"]], expected)
            self.assertEqual((price[IN], price[CACHED], price[OUT]), expected[0][3:])
            self.assertEqual((price["tier"], price["price_entry"]),
                             ("batch", NAMES[model]) if mapped else (None, None))
            self.assertEqual(price["token_ratio"], 1.3 if model == "large" else None)
            self.assertEqual(("price_tier", f"{model}=batch") in told, mapped)
            if mapped:
                self.assertIn(price["price_map"], page)
            for tier, above, _, *usd in expected:
                for name, value in zip(("input", "cached", "output"), usd):
                    kind = "price:" + (f"{tier}:" if tier else "") + name
                    kind += f":above={above}" if above else ""
                    self.assertEqual(float(told.get((kind, model), "nan")),
                                     value) if value is not None else self.assertNotIn(
                                         (kind, model), told)
                    self.assertTrue(value is None or f'value="{value!r}"' in page
                                    or f'value="{value:g}"' in page, (kind, value))
        self.assertEqual(float(told["token_ratio", "large"]), 1.3)
        self.assertIn("prompts above 128,000 tokens", page)

    def test_refusals(self):
        route = ("route", "queries.h5", "-r", "router.msgpack", "-o", "out.jsonl")
        for words, said in (
                (("--price-tier", "priority"),
                 'no priority prices for model "mid" (it has: standard, batch)'),
                (("--price-tier", "flex"),
                 'no flex prices for model "large", as "openai/large" '
                 '(it has: standard, batch, priority)'),
                (("--price-tier", "cheap"), "tiers are standard, batch, flex and priority"),
                (("--token-ratio", "mid=0"), "with a number above zero"),
                (("--token-ratio", "midd=2"), "near: mid"),
                (("--completion-tokens", "many"), "or N for every model"),
                (("--price", "mid=1"), "a price is MODEL=IN,OUT"),
                (("--prices", "map.json", "--alias", "mid=md"), 'no model "md"; near: mid')):
            self.assertIn(said, self.fails(2, *route, *words), words)
        self.works(*route, "--price-tier", "priority", "--price", "mid=1,2/M", "--price",
                   "small=1,2/M")

    def test_info_of_what_has_no_prices(self):
        self.works("route", "queries.h5", "-r", "router.msgpack", "-o", "d.h5")
        self.assertIn("prices say something of query files and routers",
                      self.fails(2, "info", "d.h5", "--prices", "map.json"))
        self.assertIn("leave one of them out",
                      self.fails(2, "info", "--verify", "queries.h5", "--cold-cache"))

    def test_unpinned(self):
        self.fit("--price", "large=1,2/M", "--prices", "map.json", "--alias", "mid=small-v2")
        message = self.fails(2, "route", "queries.h5", "-r", "router.msgpack", "-o", "out.jsonl",
                             "--price-tier", "batch")
        self.assertIn('no price map says what model "large" costs in the tier batch', message)

    def test_pinned(self):
        """The router keeps the entries used, and the map's hash; both go round."""
        kept = {model["name"]: model["price_entry"] for model in self.router["models"]}
        self.assertEqual({name: entry["name"] for name, entry in kept.items()}, NAMES)
        large = {name: price for name, price in MAP["openai/large"].items()
                 if name not in ("max_tokens", IN + "_above_soon_tokens")}
        self.assertEqual(kept["large"]["prices"], large)
        self.assertEqual({entry["tier"] for entry in kept.values()}, {"standard"})
        hashes = {entry["map"] for entry in kept.values()}
        self.assertEqual(len(hashes), 1)
        told = self.works("info", "router.msgpack").stdout.decode()
        self.assertIn(hashes.pop(), told)
        self.write("map.json", json.dumps(MAP) + "\n")
        self.fit("--prices", "map.json")
        other = {model["price_entry"]["map"] for model in self.router["models"]}
        self.assertNotIn(other.pop(), told)

    def test_damaged_routers(self):
        whole = msgpack.unpackb(self.read("router.msgpack"))
        for change, said in (
                (lambda m: m.update(long_prompts=[[1, 2, 3]]), "long_prompts"),
                (lambda m: m.update(long_prompts=[[5, 1.0, 1.0, None], [5, 1.0, 1.0, None]]),
                 "long_prompts"),
                (lambda m: m.update(long_prompts=[[5, -1.0, 1.0, None]]), "long_prompts"),
                (lambda m: m.update(token_ratio=0.0), "token_ratio"),
                (lambda m: m["price_entry"].update(tier="dear"), "tier"),
                (lambda m: m["price_entry"].update(map="xyz"), "map"),
                (lambda m: m["price_entry"].update(prices={OUT: 1.0, IN: 1.0}), "prices"),
                (lambda m: m["price_entry"].update(prices={"price": 1.0}), "prices"),
                (lambda m: m["price_entry"].pop("name"), "name")):
            router = json.loads(json.dumps({"models": whole["models"]}))
            change(router["models"][0])
            router = {**whole, **router}
            del router["digest"]
            self.write("bad.msgpack", msgpack.packb(router))
            self.assertIn(said, self.fails(3, "info", "bad.msgpack"))


class Odd(Scratch):
    """Logs whose tokens or costs cannot be true are warned of, by how much they are off."""

    def setUp(self):
        super().setUp()
        draw = random.Random(SEED)
        self.rows = []
        for i in range(300):
            prompt, completion = draw.randrange(9, 4000), draw.randrange(9, 900)
            row = {"id": f"q{i}", "tags": ["a", f"t{i % 3}"], "prompt_tokens": prompt,
                   "cached_prompt_tokens": prompt // 2, "models": {}}
            for model in MODELS:
                cost = Prices(model, completions=completion).cost(prompt, prompt // 2)
                row["models"][model] = {"score": draw.random(), "outcome": draw.choice(["win", "loss"]),
                                        "completion_tokens": completion, "cost": cost}
            self.rows.append(row)
        self.write("map.json", json.dumps(MAP))

    def look(self, info=("--prices", "map.json", "--alias", "small=small-v2")):
        """The log as it is now, and its description."""
        self.write("log.jsonl", jsonl(self.rows))
        said = self.works("ingest", "log.jsonl", "-o", "queries.h5").stderr.decode()
        self.told = self.works("info", "queries.h5", *info).stdout.decode()
        counted = self.works("info", "queries.h5", "--json", *info).stdout
        self.counted = json.loads(counted)["plausibility"]
        return said

    def test_honest(self):
        self.assertNotIn("warning", self.look())
        self.assertNotIn("odd ", self.told)
        for model in self.counted["models"]:
            self.assertEqual((model["compared"], model["differing"], model["zero_costs"]),
                             (300, 0, 0))
        self.look(info=())
        self.assertEqual({model["compared"] for model in self.counted["models"]}, {0})

    def test_constant_tokens(self):
        for row in self.rows:
            row["prompt_tokens"] = 512
            row["models"]["mid"]["completion_tokens"] = 64
        said = self.look()
        for text in (said, self.told):
            self.assertIn("all 300 queries whose prompt tokens were logged have 512", text)
            self.assertIn('all 300 answers of "mid" have 64 completion tokens', text)
            self.assertNotIn('answers of "large" have', text)
        self.rows = self.rows[:19] # too few to tell
        self.assertNotIn("have 512", self.look())

    def test_costs(self):
        recorded = computed = 0
        for i, row in enumerate(self.rows):
            done = row["models"]["mid"]
            computed += round(Fraction(done["cost"]) * 2**40)
            done["cost"] *= 1.04 if i % 4 else 1.2
            recorded += round(Fraction(float(numpy.float32(done["cost"]))) * 2**40)
            if i % 10 == 0:
                row["models"]["small"]["cost"] = 0
        said = self.look()
        self.assertIn('the recorded cost of "small" is 0 for 10.0 % of its answers', said)
        self.assertIn('the recorded cost of "small" is 0 for 10.0 % of its answers', self.told)
        more = 100 * (recorded / computed - 1)
        self.assertIn('recorded costs of "mid" differ from tokens times price by more than 5 % for '
                      f"25.0 % of its answers; in all ${recorded / 2**40:.6g} are recorded, and "
                      f"tokens times price make ${computed / 2**40:.6g} ({more:+.1f} %)", self.told)
        small, mid = self.counted["models"][2], self.counted["models"][1]
        self.assertEqual((small["zero_costs"], small["differing"]), (30, 30))
        self.assertEqual((mid["differing"], mid["recorded_cost"], mid["computed_cost"]),
                         (75, recorded / 2**40, computed / 2**40))
        self.works("fit", "queries.h5", "-o", "r.msgpack", "--reference", "large", "--prices",
                   "map.json", "--alias", "small=small-v2")
        said = self.works("simulate", "queries.h5", "-r", "r.msgpack").stderr.decode()
        self.assertIn("costs are recorded for answers of large (100 %), mid (100 %), small (100 %); "
                      "these go before computed ones", said)
        self.assertIn('recorded costs of "mid" differ', said)

    def test_estimates_prove_nothing(self):
        for row in self.rows:
            row["text"] = "always these very words"
            del row["prompt_tokens"], row["cached_prompt_tokens"]
        self.write("log.jsonl", jsonl(self.rows))
        done = self.works("ingest", "log.jsonl", "-o", "queries.h5", "--estimate-tokens")
        self.assertNotIn("hardly counted", done.stderr.decode())
        done = self.works("info", "queries.h5", "--json", "--prices", "map.json")
        self.assertEqual(json.loads(done.stdout)["plausibility"]["models"][0]["compared"], 0)
        self.assertEqual(json.loads(done.stdout)["prompt_tokens_estimated"], 300)


if __name__ == "__main__":
    main()
