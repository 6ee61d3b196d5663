#!/usr/bin/python3
"""drift: sizes, chance and shifts against the same counted and dealt in Python."""
import json
import math
from collections import Counter

from harness import Scratch, jsonl, main

WHOLE = (1 << 64) - 1
ROUNDS = 19


def mix(value):
    value = (value + 0x9e3779b97f4a7c15) & WHOLE
    value = ((value ^ value >> 30) * 0xbf58476d1ce4e5b9) & WHOLE
    value = ((value ^ value >> 27) * 0x94d049bb133111eb) & WHOLE
    return value ^ value >> 31


def sizes(first, second):
    """Of two Counters: Jensen-Shannon, PSI, total variation."""
    names = sorted(first.keys() | second.keys(), key=lambda name: (name is None, name or ""))
    a, b = sum(first.values()), sum(second.values())
    js = psi = tv = 0.0
    for name in names:
        p, q = first[name] / a, second[name] / b
        for share in (p, q):
            js += share * math.log2(share / ((p + q) / 2)) / 2 if share else 0
        x = (first[name] + .5) / (a + .5 * len(names))
        y = (second[name] + .5) / (b + .5 * len(names))
        psi += (y - x) * math.log(y / x)
        tv += abs(p - q) / 2
    return {"jensen_shannon": js, "psi": psi, "total_variation": tv}


class Drift(Scratch):
    def setUp(self):
        super().setUp()
        self.generate("log.jsonl", 700)
        rows = [json.loads(line) for line in self.read("log.jsonl").splitlines()]
        for row in rows:
            row["tags"] = sorted(row["tags"])
        self.sides = [rows[:400], rows[400:]]
        for row in self.sides[1][::4]:
            row["tags"].append("seen nowhere else")
        for row in self.sides[1][::50]:
            row["tags"] = []
        for row in self.sides[0][::9]:
            del row["category"]
        for name, side in zip("ab", self.sides):
            self.write(f"{name}.jsonl", jsonl(side))
            self.works("ingest", f"{name}.jsonl", "-o", f"{name}.h5")

    def drift(self, *words):
        return json.loads(self.works("drift", *words, "--json").stdout)

    def close(self, told, expected):
        """Another program's logarithms and order of sums: all but the last digits."""
        for name, value in expected.items():
            self.assertAlmostEqual(told[name], value, delta=1e-11 * max(abs(value), 1), msg=name)

    def values(self, row):
        return {"tags": set(row["tags"]), "categories": {row.get("category")}}

    def deal(self, seed):
        """Of each round, the rows that are the first side's."""
        share = len(self.sides[0]) / (len(self.sides[0]) + len(self.sides[1]))
        dealt = [([], []) for _ in range(ROUNDS)]
        for side, rows in enumerate(self.sides):
            for number, row in enumerate(rows):
                key = mix((mix(seed + side) + number) & WHOLE)
                for i in range(ROUNDS):
                    first = (mix((key + i) & WHOLE) >> 11) * 2.0 ** -53 < share
                    dealt[i][not first].append(row)
        return dealt

    def check_part(self, told, part, seed):
        def count(rows):
            return Counter(value for row in rows for value in self.values(row)[part])
        real = [count(rows) for rows in self.sides]
        rounds = [sizes(count(a), count(b)) for a, b in self.deal(seed)]
        self.close(told["measured"], sizes(*real))
        for name in ("jensen_shannon", "psi", "total_variation"):
            drawn = [each[name] for each in rounds]
            self.close(told["chance_mean"], {name: sum(drawn) / ROUNDS})
            self.close(told["chance_most"], {name: max(drawn)})
        self.assertEqual(told["beyond_chance"], sizes(*real)["jensen_shannon"] >
                         max(each["jensen_shannon"] for each in rounds))
        self.assertEqual(told["values"], len(real[0] | real[1]))
        self.check_shifts(told["shifts"], real)

    def check_shifts(self, shifts, real):
        totals = [len(rows) for rows in self.sides]
        last = math.inf
        self.assertEqual(len(shifts), len(real[0] | real[1]))
        for shift in shifts:
            counts = [side[shift["name"]] for side in real]
            self.assertEqual([shift["first"], shift["second"]], counts)
            odds = [math.log((n + .5) / (all - n + .5)) for n, all in zip(counts, totals)]
            error = math.sqrt(sum(1 / (n + .5) + 1 / (all - n + .5)
                                  for n, all in zip(counts, totals)))
            self.close(shift, {"log_odds": odds[1] - odds[0], "z": (odds[1] - odds[0]) / error,
                               "first_share": counts[0] / totals[0]})
            self.assertLessEqual(abs(shift["z"]), last)
            last = abs(shift["z"])

    def test_against_python(self):
        for seed in (1, 77):
            told = self.drift("a.h5", "b.h5", "--most", "100000", "--seed", str(seed))
            self.check_part(told["tags"], "tags", seed)
            self.check_part(told["categories"], "categories", seed)
        self.assertTrue(told["tags"]["beyond_chance"] and told["categories"]["beyond_chance"])
        self.assertEqual(told["tags"]["shifts"][0]["name"], "seen nowhere else")
        for name, rows, others in (("first", *self.sides), ("second", *self.sides[::-1])):
            tags = [tag for row in rows for tag in set(row["tags"])]
            other = {tag for row in others for tag in row["tags"]}
            side = told[name]
            self.assertEqual((side["queries"], side["tags"]), (len(rows), len(tags)))
            self.assertEqual(side["no_tag"], sum(not row["tags"] for row in rows))
            self.assertEqual(side["distinct_tags"], len(set(tags)))
            self.assertEqual(side["distinct_only_here"], len(set(tags) - other))
            self.assertEqual(side["tags_only_here"], sum(tag not in other for tag in tags))

    def test_router(self):
        self.works("fit", "a.h5", "-o", "r", "--min-count", "3")
        known = {tag for tag, count in Counter(
            tag for row in self.sides[0] if row["split"] == "train"
            for tag in row["tags"]).items() if count >= 3}
        told = self.drift("a.h5", "b.h5", "-r", "r")
        for name, rows in zip(("first", "second"), self.sides):
            self.assertEqual(told[name]["known_tags"],
                             sum(tag in known for row in rows for tag in set(row["tags"])))
            self.assertEqual(told[name]["no_known_tag"],
                             sum(not known & set(row["tags"]) for row in rows))
            self.assertEqual(told[name]["known_tags"] + told[name]["unknown_tags"],
                             told[name]["tags"])

    def test_same_for_any_run(self):
        same = [self.works("drift", "a.h5", "b.h5", *words).stdout
                for words in (("-j", "1"), ("-j", "3"), ("--memory", "1M"))]
        self.assertEqual(len(set(same)), 1)
        self.assertIn(b"tags: further apart than chance", same[0])
        alike = self.drift("a.h5", "a.h5")
        for part in ("tags", "categories"):
            self.assertEqual(set(alike[part]["measured"].values()), {0})
            self.assertFalse(alike[part]["beyond_chance"])
        split = self.drift("a.h5", "a.h5", "--split-a", "train", "--split-b", "test")
        counts = Counter(row["split"] for row in self.sides[0])
        self.assertEqual((split["first"]["queries"], split["second"]["queries"]),
                         (counts["train"], counts["test"]))
        self.assertFalse(split["categories"]["beyond_chance"])

    def test_mistakes(self):
        self.assertIn("drift needs two query files", self.fails(2, "drift", "a.h5"))
        self.assertIn("no split 'x'", self.fails(2, "drift", "a.h5", "b.h5", "--split-a", "x"))
        self.fails(2, "drift", "a.h5", "b.h5", "--most", "0")
        self.fails(2, "drift", "a.h5", "b.h5", "--seed", "-1")
        self.fails(3, "drift", "a.h5", "a.jsonl")
        self.fails(3, "drift", "a.h5", "b.h5", "-r", "a.h5")


main()
