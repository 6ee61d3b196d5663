"""generate_test.py - tagroute-gen as its users run it. Usage: generate_test.py TAGROUTE_GEN"""
import csv
import gzip
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

GENERATE = sys.argv.pop(1)
QUERIES = 2000
SCHEMAS = ("litellm", "openai", "otel", "langfuse")


def decode(data):
    """All MessagePack objects of data, by the format's own words."""
    at = 0

    def take(count):
        nonlocal at
        at += count
        assert at <= len(data), "cut off"
        return data[at - count:at]

    def big(count):
        return int.from_bytes(take(count), "big")

    def pairs(count):
        return {value(): value() for _ in range(count)}

    def value():
        head = big(1)
        if head < 0x80:
            return head
        if head < 0x90:
            return pairs(head & 15)
        if head < 0xa0:
            return [value() for _ in range(head & 15)]
        if head < 0xc0:
            return take(head & 31).decode("utf-8")
        return {0xcb: lambda: struct.unpack(">d", take(8))[0],
                0xcc: lambda: big(1), 0xcd: lambda: big(2), 0xce: lambda: big(4), 0xcf: lambda: big(8),
                0xd9: lambda: take(big(1)).decode("utf-8"), 0xda: lambda: take(big(2)).decode("utf-8"),
                0xdc: lambda: [value() for _ in range(big(2))], 0xde: lambda: pairs(big(2))}[head]()

    found = []
    while at < len(data):
        found.append(value())
    return found


def run(*arguments, status=0):
    done = subprocess.run([GENERATE, *arguments], capture_output=True)
    assert done.returncode == status, (arguments, done.returncode, done.stderr)
    return done.stdout if status == 0 else done.stderr.decode()


def records(*arguments):
    text = run("--queries", str(QUERIES), *arguments).decode("utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def default_interrupt():
    """Test runners in the background hand SIGINT down ignored, and the program would honour it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Generate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_lines_are_records(self):
        found = records("--eligibility", "0.2", "--judged", "0.9")
        self.assertEqual([record["id"] for record in found], [f"q{i:010}" for i in range(QUERIES)])
        for record in found:
            self.assertLessEqual(set(record), {"id", "text", "tags", "category", "split", "prompt_tokens",
                                               "needs", "allow", "deny", "models"})
            tags = record["tags"]
            self.assertIn(len(tags), range(1, 10))
            self.assertEqual(len(tags), len(set(tags)))
            if isinstance(tags, dict):
                self.assertTrue(all(count in (1, 2, 3) for count in tags.values()))
            self.assertTrue(any(tag in record["text"] for tag in tags))
            self.assertIn(len(record["text"].encode("utf-8")), range(40, 401))
            self.assertIn(record["split"], ("train", "test"))
            barred = set(record.get("deny", []))
            self.assertFalse(barred & set(record.get("models", {})))
            self.assertLessEqual(set(record.get("models", {})), set(record.get("allow", record.get("models", {}))))
        train = sum(record["split"] == "train" for record in found) / QUERIES
        self.assertTrue(0.66 < train < 0.74, train)
        self.assertEqual(len({record["category"] for record in found}), 12)
        self.assertTrue(any(record.get("needs") == ["vision"] for record in found))
        self.assertTrue(any("allow" in record for record in found))

    def test_outcomes_follow_from_scores(self):
        for record in records("--judged", "0.8", "--models", "12"):
            models = record.get("models", {})
            reference = models.get("kestrel-max")
            for answer in models.values():
                if reference is None:
                    self.assertNotIn("outcome", answer)
                    continue
                own, other = answer["score"], reference["score"]
                expected = "win" if own > other else "tie" if own == other and own > 0 else "loss"
                self.assertEqual(answer["outcome"], expected)

    def test_formats_hold_the_same(self):
        for more in ([], ["--no-text"], ["--no-tags"], ["--eligibility", "1", "--models", "40"],
                     ["--min-tags", "40", "--max-tags", "64", "--judged", "0"], ["--tags", "100000", "--zipf", "0"]):
            packed = run("--queries", "500", "--format", "msgpack", *more)
            self.assertEqual(decode(packed), records(*more, "--queries", "500"))

    def test_schemas_in_both_formats(self):
        for schema in SCHEMAS:
            for more in ([], ["--eligibility", "1", "--models", "40"], ["--fluentd"]):
                words = ["--queries", "500", "--schema", schema, *more]
                lines = records(*words)
                self.assertEqual(decode(run(*words, "--format", "msgpack")), lines)
                self.assertEqual(len(lines), 500)
                if more == ["--fluentd"]:
                    self.assertEqual([line[2] for line in lines], records(*words[:-1]))
                    self.assertEqual({(line[0], line[1]) for line in lines}, {("gateway", 1700000000)})
        self.assertEqual(run("--queries", "9", "--schema", "tagroute"), run("--queries", "9"))

    def test_outcomes_apart_from_the_log(self):
        def table(*more):
            run("--queries", "3000", "-o", self.path("log"), "--outcomes-out", self.path("o.csv"), *more)
            with open(self.path("o.csv"), encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
        for more in ([], ["--judged", "0.5", "--eligibility", "0.3"]):
            known = {record["id"]: record for record in records(*more, "--queries", "3000")}
            rows = table("--outcomes-of", "200", *more)
            ids = list(dict.fromkeys(row["id"] for row in rows))
            self.assertEqual(ids, sorted(ids))
            self.assertLessEqual(len(ids), 200)
            self.assertGreater(len(ids), 150)
            self.assertEqual([(row["id"], row["model"], row["outcome"], float(row["score"])) for row in rows],
                             [(name, model, answer.get("outcome", ""), answer["score"]) for name in ids
                              for model, answer in known[name].get("models", {}).items()])
        self.assertEqual(len({row["id"] for row in table("--outcomes-of", "5000")}), 3000)
        self.assertEqual(len({row["id"] for row in table("--outcomes-of", "7", "--schema", "otel")}), 7)
        self.assertNotEqual(table("--outcomes-of", "9"), table("--outcomes-of", "9", "--seed", "2"))

    def test_parts_can_be_left_out(self):
        for key in ("text", "tags"):
            without = records(f"--no-{key}")
            for record, less in zip(records(), without):
                del record[key]
                self.assertEqual(record, less)

    def test_more_models_change_nothing_for_the_first(self):
        for few, many in zip(records("--models", "2"), records("--models", "9")):
            self.assertEqual(few["tags"], many["tags"])
            self.assertEqual(len(many["models"]), 9)
            self.assertEqual(few["prompt_tokens"], many["prompt_tokens"])

    def test_same_bytes_for_any_threads(self):
        for name in ("log.jsonl", "log.jsonl.gz", "log.jsonl.zst", "log.msgpack", "log.msgpack.gz", "log.msgpack.zst"):
            seen = set()
            for threads in ("1", "2", "3"):
                run("--queries", "5k", "--threads", threads, "-q", "-o", self.path(name))
                with open(self.path(name), "rb") as file:
                    seen.add(file.read())
            self.assertEqual(len(seen), 1, name)
        with gzip.open(self.path("log.jsonl.gz")) as file:
            self.assertEqual(file.read(), run("--queries", "5000"))
        with gzip.open(self.path("log.msgpack.gz")) as file:
            self.assertEqual(file.read(), run("--queries", "5000", "--format", "msgpack"))
        self.assertNotEqual(run("--queries", "10"), run("--queries", "10", "--seed", "2"))

    def test_prices_explain_costs(self):
        run("--queries", "1", "--models", "9", "-o", self.path("log"), "--prices-out", self.path("prices.json"))
        with open(self.path("prices.json"), encoding="utf-8") as file:
            prices = json.load(file)
        self.assertEqual(len(prices), 9)
        for record in records("--models", "9"):
            for name, answer in record["models"].items():
                price = prices[name]
                cost = (price["input_cost_per_token"] * record["prompt_tokens"] +
                        price["output_cost_per_token"] * answer["completion_tokens"])
                self.assertAlmostEqual(cost, answer["cost"], delta=1e-12)
                self.assertLess(record["prompt_tokens"], price["max_input_tokens"])

    def test_wrong_usage(self):
        for word, arguments in (("--queries", ["--queries", "ten"]), ("--queries", ["--queries", "99999999999G"]),
                                ("--frobnicate", ["--frobnicate"]), ("--seed", ["--seed"]),
                                ("topics", ["--tags", "20", "--topics", "30"]), ("max-tags", ["--tags", "3"]),
                                ("--judged", ["--judged", "nan"]), ("jsonl", ["--format", "xml"]),
                                ("--no-tags", ["--no-tags", "--no-text"]), ("surplus", ["surplus"]),
                                ("both", ["-o", "x", "--prices-out", "x"]), ("--schema", ["--schema", "x"]),
                                ("both", ["--outcomes-out", "x", "--prices-out", "x"]),
                                ("--no-text", ["--schema", "otel", "--no-text"]),
                                ("--outcomes-of", ["--outcomes-of", "-1"]), ("--zipf", ["--zipf", "-1"])):
            message = run(*arguments, status=2)
            self.assertIn(word, message)
            self.assertIn("--help", message)
        self.assertIn("nowhere", run("-o", self.path("nowhere/log"), status=1))
        self.assertEqual(os.listdir(self.folder), [])

    def test_help_and_version(self):
        text = run("--help").decode()
        self.assertLess(text.index("Examples"), text.index("--seed"))
        self.assertTrue(all(len(line) <= 100 for line in text.split("\n")))
        self.assertTrue(run("--version").decode().startswith("tagroute-gen "))

    def test_interrupted_it_leaves_nothing(self):
        for ending in ("", ".gz", ".zst"):
            running = subprocess.Popen([GENERATE, "--queries", "1G", "-o", self.path("log" + ending)],
                                       stderr=subprocess.PIPE, preexec_fn=default_interrupt)
            while not os.listdir(self.folder) and running.poll() is None:
                time.sleep(0.01)
            running.send_signal(signal.SIGINT)
            message = running.communicate()[1].decode()
            self.assertEqual(running.returncode, 1, message)
            self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    unittest.main()
