"""Every policy against exact arithmetic.

Weights, counts and thresholds are small dyadic numbers, so a score is the same number in any order of
addition and any precision. Plain Python then gives the one right decision, ties included, and the
program must give it too: for any number of models, eligibility, costs, fallback, split and block.
"""
import json
import random
import struct
import sys

import harness

try:
    import msgpack
except ImportError:
    print("skipped: Python has no msgpack (Debian: python3-msgpack)")
    sys.exit(77)

SEED = 991


def write_router(path, models, tags, weights, bias, reference, prices):
    router = {
        "format": "tagroute.router", "version": 1,
        "models": [dict({"name": name}, **prices[i]) for i, name in enumerate(models)],
        "reference": reference,
        "scorer": {"name": "paper", "count": "raw", "min_count": 1,
                   "rewards": {"win": 1.0, "tie": 0.15, "loss": -1.0}},
        "tagger": {"kind": "given", "version": 1, "category_tag": False},
        "tags": tags,
        "counts": struct.pack("<%dd" % len(tags), *[1.0] * len(tags)),
        "bias": struct.pack("<%df" % len(models), *bias),
        "weights": struct.pack("<%df" % (len(tags) * len(models)), *[w for row in weights for w in row]),
    }
    with open(path, "wb") as out:
        out.write(msgpack.packb(router))


class World:
    """A random router and log of one shape."""

    def __init__(self, seed, models, tags, queries, floats=False, eligibility=False, prices="mean"):
        self.random = random.Random(seed)
        draw = self.random
        self.models = ["m%03d" % i for i in range(models)]
        draw.shuffle(self.models)
        self.tags = ["tag %d" % i for i in range(tags)]
        self.weights = [[draw.randrange(-8, 9) / 8 for _ in range(models)] for _ in range(tags)]
        self.bias = [draw.randrange(-2, 3) / 8 for _ in range(models)]
        self.reference = draw.randrange(models)
        self.prices = []
        for _ in range(models):
            price = {"mean_cost": draw.randrange(1, 5) / 64}
            if prices == "tokens":
                price.update(input_cost_per_token=draw.randrange(1, 4) / 1024,
                             output_cost_per_token=draw.randrange(1, 4) / 1024,
                             mean_completion_tokens=float(draw.randrange(1, 64)))
            if eligibility:
                price["supports"] = ["vision"] if draw.random() < .5 else []
                if draw.random() < .3:
                    price["max_input_tokens"] = draw.randrange(20, 90)
            self.prices.append(price)
        self.queries = [self.query(i, floats, eligibility) for i in range(queries)]

    def query(self, number, floats, eligibility):
        draw = self.random
        query = {"id": "q%d" % number, "split": draw.choice(["a", "b"])}
        kind = draw.randrange(10)
        names = self.tags + ["unknown 1", "unknown 2"]
        if kind == 0:
            query["tags"] = []
        elif kind == 1:
            query["tags"] = ["unknown 1"]
        else:
            chosen = draw.sample(names, min(len(names), draw.randrange(1, 8)))
            value = (lambda: draw.choice([.5, -.25, 1.5, 2])) if floats else \
                    (lambda: draw.choice([1, 1, 1, 2, 3, 300]))
            query["tags"] = {t: value() for t in chosen}
        if draw.random() < .8:
            query["prompt_tokens"] = draw.randrange(1, 100)
        if eligibility:
            if draw.random() < .3:
                query["allow"] = draw.sample(self.models, draw.randrange(0, len(self.models) + 1))
            if draw.random() < .3:
                query["deny"] = draw.sample(self.models, draw.randrange(0, len(self.models) + 1))
            if draw.random() < .3:
                query["needs"] = ["vision"]
        return query

    def scores(self, query):
        total = list(self.bias)
        tags = query["tags"] if isinstance(query["tags"], dict) else {t: 1 for t in query["tags"]}
        for tag, count in tags.items():
            if tag in self.tags:
                row = self.weights[self.tags.index(tag)]
                total = [s + count * w for s, w in zip(total, row)]
        return total

    def known(self, query):
        return any(t in self.tags for t in query["tags"])

    def cost(self, query, k):
        price = self.prices[k]
        if "input_cost_per_token" in price and "prompt_tokens" in query:
            return (price["input_cost_per_token"] * query["prompt_tokens"]
                    + price["output_cost_per_token"] * price["mean_completion_tokens"])
        return price["mean_cost"]

    def may_serve(self, query, k):
        name, price = self.models[k], self.prices[k]
        if "allow" in query and name not in query["allow"]:
            return False
        if name in query.get("deny", ()):
            return False
        if "vision" in query.get("needs", ()) and "vision" not in price["supports"]:
            return False
        return not query.get("prompt_tokens", 0) > price.get("max_input_tokens", 1e9)

    def decide(self, query, policy, threshold, fallback):
        """The contract's rules, in words of Python."""
        score = self.scores(query)
        able = [k for k in range(len(self.models)) if self.may_serve(query, k)]
        if fallback is not None and (not able or (not self.known(query) and fallback in able)):
            return self.models[fallback]
        if not able:
            return None
        rank = lambda k: (self.prices[k]["mean_cost"], k)
        if policy == "margin":
            others = [k for k in able if k != self.reference]
            best = min(others, key=lambda k: (-score[k],) + rank(k)) if others else None
            if self.reference not in able:
                return self.models[best]
            if best is not None and score[best] - score[self.reference] >= threshold:
                return self.models[best]
            return self.models[self.reference]
        if policy == "utility":
            worth = lambda k: score[k] - threshold * self.cost(query, k) if threshold else score[k]
            return self.models[min(able, key=lambda k: (-worth(k), -score[k]) + rank(k))]
        top = max(score[k] for k in able)
        near = [k for k in able if top - score[k] <= threshold]
        return self.models[min(near, key=lambda k: (self.cost(query, k), -score[k]) + rank(k))]


OPTION = {"margin": "--theta", "utility": "--lambda", "slack": "--tau"}


SHAPES = [
    dict(models=1, tags=1, queries=60),
    dict(models=2, tags=5, queries=400),
    dict(models=5, tags=30, queries=600, eligibility=True, prices="tokens"),
    dict(models=5, tags=30, queries=300, floats=True),
    dict(models=8, tags=3, queries=200, eligibility=True),
    dict(models=65, tags=20, queries=200, eligibility=True, prices="tokens"),
    dict(models=300, tags=40, queries=120, eligibility=True),
]


class Decisions(harness.Scratch):
    def variants(self):
        """The instruction sets that run here; the others are refused in so many words."""
        for name in ("scalar", "avx2", "avx512", "neon"):
            done = self.run_program("route", "q.h5", "-r", "r.msgpack", "-o", "d.jsonl",
                                    TAGROUTE_ISA=name)
            if done.returncode == 0:
                yield name
            else:
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr.decode(), "TAGROUTE_ISA is '%s', which" % name)

    def check(self, world, *case):
        for variant in self.isas:
            self.check_variant(variant, world, *case)

    def check_variant(self, variant, world, policy, thresholds, fallback, split, threads):
        words = ["route", "q.h5", "-r", "r.msgpack", "-o", "d.jsonl", "--policy", policy,
                 OPTION[policy], ",".join(map(repr, thresholds)), "--threads", str(threads), "--json", "j.json"]
        if fallback is not None:
            words += ["--fallback", world.models[fallback]]
        if split:
            words += ["--split", split]
        self.works(*words, TAGROUTE_ISA=variant)
        asked = [q for q in world.queries if not split or q["split"] == split]
        decisions = [json.loads(line) for line in self.read("d.jsonl").splitlines()]
        self.assertEqual([d["id"] for d in decisions], [q["id"] for q in asked])
        for query, decision in zip(asked, decisions):
            got = decision["models"] if len(thresholds) > 1 else [decision["model"]]
            expected = [world.decide(query, policy, t, fallback) for t in thresholds]
            self.assertEqual(got, expected, (policy, thresholds, query))
        self.check_json(world, asked, thresholds, [d["models"] if len(thresholds) > 1 else [d["model"]] for d in decisions])

    def check_json(self, world, asked, thresholds, decisions):
        """What the run says of itself is what its decisions add up to."""
        told = json.loads(self.read("j.json"))
        self.assertEqual([told["queries"], told["no_known_tag"], told["was_complete"]],
                         [len(asked), sum(not world.known(q) for q in asked), False])
        self.assertEqual(told["undecided"], sum(models[0] is None for models in decisions))
        self.assertEqual([t["threshold"] for t in told["thresholds"]], thresholds)
        for i, point in enumerate(told["thresholds"]):
            chosen = [models[i] for models in decisions]
            self.assertEqual(point["queries"], {name: chosen.count(name) for name in world.models})
            self.assertEqual(point["cost"], sum(world.cost(q, world.models.index(m)) for q, m in zip(asked, chosen) if m))

    def decide_worlds(self, number, shape):
        world = World(SEED + number, **shape)
        self.write("log.jsonl", harness.jsonl(world.queries))
        write_router(self.path("r.msgpack"), world.models, world.tags, world.weights, world.bias,
                     world.reference, world.prices)
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        fallback = world.random.randrange(len(world.models))
        self.isas = list(self.variants())
        self.check(world, "margin", [-.5], None, None, 1)
        self.check(world, "margin", [-1.25, 0.0, .125, 300.5], fallback, "a", 2)
        self.check(world, "utility", [0.0], None, None, 2)
        self.check(world, "utility", [0.0, 4.0, 8.5, 64.0], fallback, "b", 1)
        self.check(world, "slack", [0.0, .125, 2.0], None, None, 3)
        self.check(world, "slack", [.25], fallback, None, 1)

    def test_every_policy_on_every_shape(self):
        print("seed", SEED)
        for number, shape in enumerate(SHAPES):
            with self.subTest(shape=shape):
                self.decide_worlds(number, shape)


if __name__ == "__main__":
    harness.main()
