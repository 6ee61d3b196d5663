"""Goals on the command line: budgets kept to a query, policies saved and routed with, what is refused."""
import json
import random

import harness

SEED = 5150
COSTS = {"big": 0.01, "mid": 0.004, "small": 0.001}


def log(count):
    """Costs a query differ by prompt_tokens; scores hang on the tag. Few distinct margins: many tie."""
    draw = random.Random(SEED)
    rows = []
    for i in range(count):
        tag = draw.choice(["easy", "fair", "hard"])
        right = {"big": 0.95, "mid": {"easy": 0.95, "fair": 0.7, "hard": 0.3}[tag],
                 "small": {"easy": 0.9, "fair": 0.4, "hard": 0.1}[tag]}
        rows.append({"id": f"q{i}", "tags": [tag], "prompt_tokens": draw.randrange(10, 1000),
                     "split": "train" if i % 2 else "test",
                     "models": {m: {"score": float(draw.random() < right[m]), "cost": c,
                                    "completion_tokens": 100} for m, c in COSTS.items()}})
    return rows


class Solve(harness.Scratch):
    def setUp(self):
        super().setUp()
        self.write("log.jsonl", harness.jsonl(log(1200)))
        self.works("ingest", "log.jsonl", "-o", "queries.h5")
        self.prices = [word for model, usd in COSTS.items()
                       for word in ("--price", f"{model}={usd * 1000},{usd * 2000}/M")]
        self.works("fit", "queries.h5", "-o", "router.msgpack", "--reference", "big", *self.prices)
        self.base = ("queries.h5", "-r", "router.msgpack", "--split", "test")

    def cost_of(self, row, model):
        return row["prompt_tokens"] * COSTS[model] * 1e-3 + 100 * COSTS[model] * 2e-3

    def test_budget_is_kept_to_a_query(self):
        rows = {row["id"]: row for row in log(1200)}
        for policy in ("margin", "utility", "slack"):
            for budget in (1.9, 2.5, 3.1):
                self.works("route", *self.base, "--policy", policy, "--budget", str(budget), "-o",
                           "d.jsonl", "--threads", "2")
                spent = sum(self.cost_of(rows[d["id"]], d["model"])
                            for d in map(json.loads, self.read("d.jsonl").splitlines()))
                dearest = max(self.cost_of(row, "big") for row in rows.values())
                self.assertLessEqual(spent, budget + 1e-9, (policy, budget))
                self.assertGreater(spent, budget - dearest, (policy, budget))

    def test_same_bytes_for_threads_and_cut_is_recorded(self):
        words = (*self.base, "--budget", "2.5")
        self.works("route", *words, "-o", "one.h5", "--threads", "1")
        self.works("route", *words, "-o", "four.h5", "--threads", "4")
        self.assertEqual(self.read("one.h5"), self.read("four.h5"))
        told = json.loads(self.works("info", "one.h5", "--json").stdout)
        self.assertGreater(told["cut_rows"], 0)
        self.assertGreater(told["cut_threshold"], told["thresholds"][0]["threshold"])
        self.works("route", *self.base, "--theta", str(told["cut_threshold"]), "-o", "a.jsonl")
        self.works("route", *self.base, "--theta", str(told["thresholds"][0]["threshold"]), "-o",
                   "b.jsonl")
        self.works("route", *words, "-o", "c.jsonl")
        a, b, c = (self.read(name).splitlines() for name in ("a.jsonl", "b.jsonl", "c.jsonl"))
        cut = told["cut_rows"]
        models = [json.loads(line)["model"] for line in c]
        self.assertEqual(models, [json.loads(line)["model"] for line in a[:cut] + b[cut:]])

    def test_share_to_the_nearest_query(self):
        self.works("route", *self.base, "--target-share", "big=30%", "-o", "d.jsonl")
        models = [json.loads(line)["model"] for line in self.read("d.jsonl").splitlines()]
        self.assertEqual(models.count("big"), round(0.3 * len(models)))

    def test_quality_is_measured_and_saved(self):
        words = (*self.base, "--policy", "utility", "--target-quality", "0.9*big")
        told = json.loads(self.works("simulate", *words, "--bootstrap", "20", "--save-policy",
                                     "policy.msgpack", "--json", "-").stdout)
        solution = told["solution"]
        self.assertEqual((solution["goal"], solution["model"]), ("quality", "big"))
        alone = next(one for one in told["alone"] if one["model"] == "big")
        self.assertEqual(solution["target"], 0.9 * alone["mean_score"])
        self.assertGreaterEqual(solution["point"]["mean_score"], solution["target"])
        self.assertEqual(solution["measured"], 600)
        low, high = solution["intervals"]["mean_score"]
        self.assertLess(low, high)
        self.works("route", *self.base, "--policy-file", "policy.msgpack", "-o", "a.jsonl")
        self.works("route", *self.base, "--lambda", repr(solution["threshold"]), "-o", "b.jsonl")
        self.assertEqual(self.read("a.jsonl"), self.read("b.jsonl"))
        message = self.fails(2, "route", *self.base, "--policy-file", "policy.msgpack", "-o",
                             "d.jsonl", "--price", "big=1,1")
        self.assertIn("the policy was saved for router", message)
        self.assertNotIn("d.jsonl", self.names())

    def test_shards_merge_solve_and_route(self):
        words = (*self.base, "--policy", "utility")
        for i in (1, 2):
            self.works("simulate", *words, "--shard", f"{i}/2", "--partial", f"part{i}")
        done = self.works("merge", "part1", "part2", "--budget", "1.9", "--save-policy", "p",
                          "--json", "whole.json")
        self.assertIn(b"--budget 1.9", done.stdout)
        solution = json.loads(self.read("whole.json"))["solution"]
        self.assertLessEqual(solution["point"]["cost"], 1.9)
        self.assertIsNone(solution["best_score"])
        for i in (1, 2):
            self.works("route", *self.base, "--policy-file", "p", "--shard", f"{i}/2", "-o",
                       f"d{i}.jsonl")
        self.works("merge", "d1.jsonl", "d2.jsonl", "-o", "d.jsonl")
        self.works("route", *self.base, "--policy-file", "p", "-o", "e.jsonl")
        self.assertEqual(self.read("d.jsonl"), self.read("e.jsonl"))

    def test_resumed_with_a_goal(self):
        words = ("route", *self.base, "--budget", "2.5", "-o", "d.jsonl")
        self.works(*words)
        whole = self.read("d.jsonl")
        done = self.works(*words, "--resume")
        self.assertIn(b"is there already", done.stderr)
        self.assertEqual(self.read("d.jsonl"), whole)

    def test_refused(self):
        route = ("route", *self.base, "-o", "d.jsonl")
        for words, status, says in (
                (("--budget", "1", "--theta", "0"), 2, "leave --theta out"),
                (("--budget", "1", "--target-share", "big=1"), 2, "two goals"),
                (("--budget", "x"), 2, "--budget"),
                (("--budget", "-1"), 2, "number of USD"),
                (("--target-share", "big"), 2, "MODEL=P"),
                (("--target-share", "bug=1%"), 2, "big"),
                (("--target-quality", "0.9*bug"), 2, "big"),
                (("--budget", "0.0001"), 1, "the cheapest costs $"),
                (("--target-quality", "2"), 1, "the highest found is"),
                (("--budget", "2", "--shard", "1/2"), 2, "--policy-file"),
                (("--policy-file", "router.msgpack"), 3, "no policy file"),
                (("--policy-file", "none"), 1, "none"),
                (("--policy-file", "p", "--tau", "1"), 2, "leave --tau out")):
            self.assertIn(says, self.fails(status, *route, *words), words)
        self.assertNotIn("d.jsonl", self.names())
        message = self.fails(2, "simulate", *self.base, "--shard", "1/2", "--partial", "p",
                             "--budget", "1")
        self.assertIn("tagroute merge", message)
        message = self.fails(2, "simulate", *self.base, "-r", "router.msgpack", "--budget", "2")
        self.assertIn("simulate each by itself", message)
        unjudged = [{"id": row["id"], "tags": row["tags"]} for row in log(20)]
        self.write("plain.jsonl", harness.jsonl(unjudged))
        self.works("ingest", "plain.jsonl", "-o", "plain.h5")
        message = self.fails(3, "route", "plain.h5", "-r", "router.msgpack", "-o", "d.jsonl",
                             "--target-quality", "0.5")
        self.assertIn("--save-policy", message)


if __name__ == "__main__":
    harness.main()
