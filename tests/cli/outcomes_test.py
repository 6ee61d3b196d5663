#!/usr/bin/python3
"""Judgements laid over a log while it is ingested: the bytes of ingesting first and joining then."""
import csv
import io
import json
import os
import random
import signal
import subprocess
import time

from harness import PROGRAM, Scratch, default_signals, environment, jsonl, main, records

SEED = 7


def judgements(names, count, chance):
    """Of some queries, some of them twice, and of some that no log has."""
    for _ in range(count):
        name = chance.choice(names) if chance.random() < 0.8 else f"none-{chance.randrange(9)}"
        yield {"id": name,
               "model": chance.choice(("small", "large", "new")),
               **({"score": chance.choice((0, 0.5, 1))} if chance.random() < 0.7 else
                  {"outcome": chance.choice(("win", "tie", "loss"))}),
               **({"propensity": chance.choice((0.25, 0.5))} if chance.random() < 0.3 else {}),
               **({"weight": 0.5 + ord(name[-1]) % 7} if chance.random() < 0.5 else {})}


class Outcomes(Scratch):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)

    def same(self, *words, outcomes=("o.jsonl",), joined=()):
        """Both ways to the file; what each said."""
        files = [word for name in outcomes for word in ("--outcomes", name)]
        self.works("ingest", *words, "-o", "plain.h5", "-q")
        then = self.works("join", "plain.h5", *files, "-o", "two.h5", *joined)
        told = self.works("ingest", *words, *files, "-o", "one.h5")
        self.assertEqual(self.read("one.h5"), self.read("two.h5"))
        self.works("info", "one.h5")
        return told.stderr.decode(), then.stderr.decode()

    def test_as_ingest_and_join(self):
        log = [dict(record) for record in records(200)]
        for record in log[50:]:
            del record["models"]
        found = list(judgements([record["id"] for record in log], 120, self.chance))
        self.write("o.jsonl", jsonl(found))
        for name, rows in (("some.jsonl", log), ("all.jsonl", log[:50]), ("none.jsonl", log[50:])):
            self.write(name, jsonl(rows))
            told, then = self.same(name)
            self.assertIn("next: tagroute fit", told)
            unmatched = [line for line in then.splitlines() if "of no query" in line]
            self.assertEqual(len(unmatched), 1)
            self.assertEqual([line for line in told.splitlines() if "of no query" in line], unmatched)
            pairs = {(one["id"], one["model"]) for one in found}
            ids = {one["id"] for one in found}
            joined = len(ids & {record["id"] for record in rows})
            self.assertIn(f"{joined} queries judged, by {len(pairs)} judgements of {len(ids)} ids", told)
        self.same("some.jsonl", "--category-tag", "--compact", joined=("--compact",))
        self.same("some.jsonl", "--compress", joined=("--compress",))
        out = io.StringIO()
        rows = csv.DictWriter(out, ["id", "model", "score", "outcome", "propensity", "weight"])
        rows.writeheader()
        rows.writerows(found)
        self.write("o.csv", out.getvalue())
        self.write("more.jsonl", jsonl(judgements(["q1", "q2"], 5, self.chance)))
        self.same("some.jsonl", outcomes=("o.csv", "more.jsonl"))

    def test_ids_that_a_log_does_not_say(self):
        log = jsonl({"tags": ["a"]} for _ in range(5))
        self.write("log.jsonl", log)
        self.write("o.jsonl", jsonl([{"id": "log.jsonl@32", "model": "m", "score": 1}]))
        self.assertEqual(log[:32].count("\n"), 2)
        told, _ = self.same("log.jsonl")
        self.assertIn("1 queries judged", told)

    def test_another_schema(self):
        calls = [{"id": f"c{at}", "call_type": "completion", "status": "success", "model": "m",
                  "messages": [{"role": "user", "content": f"question {at}"}], "response_cost": 0.5}
                 for at in range(30)]
        self.write("log.jsonl", jsonl(calls))
        self.write("o.jsonl", jsonl(judgements([f"c{at}" for at in range(30)], 20, self.chance)))
        self.same("log.jsonl", "--keep", "status", "--assign-split", "train=0.5,test=0.5")

    def test_shards(self):
        self.write("log.jsonl", jsonl(records(300)))
        self.write("o.jsonl", jsonl(judgements(["q1", "q2", "q250"], 9, self.chance)))
        self.works("ingest", "log.jsonl", "-o", "t.h5", "-q")
        self.works("fit", "t.h5", "-o", "r.msgpack", "--min-count", "1", "-q")
        self.same("log.jsonl", "-r", "r.msgpack")
        parts = [f"part{shard}.h5" for shard in (1, 2, 3)]
        for shard, part in enumerate(parts, 1):
            self.works("ingest", "log.jsonl", "-r", "r.msgpack", "--outcomes", "o.jsonl", "-o", part,
                       "--shard", f"{shard}/3")
        self.works("merge", *parts, "-o", "merged.h5", "-q")
        self.assertEqual(self.read("merged.h5"), self.read("one.h5"))
        self.write("o.jsonl", jsonl([{"id": "q1", "model": "small", "score": 1}]))
        self.works("ingest", "log.jsonl", "-r", "r.msgpack", "--outcomes", "o.jsonl", "-o", parts[1],
                   "--shard", "2/3")
        self.fails(3, "merge", *parts, "-o", "wrong.h5")

    def test_going_on(self):
        self.generate("log.jsonl", 40000)
        names = [f"q{at:010}" for at in range(40000)]
        found = jsonl(judgements(names, 500, self.chance))
        self.write("o.jsonl", found)
        self.same("log.jsonl")
        words = ("ingest", "log.jsonl", "--outcomes", "o.jsonl", "-o", "q.h5", "-q")
        for _ in range(50):
            process = subprocess.Popen([PROGRAM, *words, "--checkpoint", "1"], cwd=self.folder,
                                       env=environment(), preexec_fn=default_signals)
            while process.poll() is None and ".q.h5.ingest" not in self.names():
                time.sleep(0.0005)
            process.send_signal(signal.SIGKILL)
            if process.wait() != 0:
                break
            os.remove(self.path("q.h5"))
        self.write("o.jsonl", found + "\n")
        self.assertIn("--resume", self.fails(2, *words, "--resume"))
        self.fails(2, "ingest", "log.jsonl", "-o", "q.h5", "-q", "--resume")
        self.write("o.jsonl", found)
        told = self.works("ingest", "log.jsonl", "--outcomes", "o.jsonl", "-o", "q.h5", "--resume")
        self.assertIn(b"going on after", told.stderr)
        self.assertEqual(self.read("q.h5"), self.read("one.h5"))
        self.assertEqual([name for name in self.names() if name.startswith(".")], [])
        self.works(*words, "--resume")

    def test_what_is_wrong(self):
        self.write("log.jsonl", jsonl(records()))
        self.write("o.jsonl", json.dumps({"id": "elsewhere", "model": "m", "score": 1}))
        self.write("bad.csv", "id,model,score\nq1,small,x\n")
        before = self.names()
        for status, name, sentence in (
                (3, "o.jsonl", "no query has the id of a judgement"), (3, "bad.csv", "bad.csv: line 2"),
                (2, "-", "not from standard input"), (1, "nowhere.csv", "nowhere.csv")):
            told = self.fails(status, "ingest", "log.jsonl", "--outcomes", name, "-o", "q.h5")
            self.assertIn(sentence, told)
            self.assertEqual(self.names(), before)
        self.assertIn("is both read and to be replaced",
                      self.fails(2, "ingest", "log.jsonl", "--outcomes", "o.jsonl", "-o", "o.jsonl"))


if __name__ == "__main__":
    main()
