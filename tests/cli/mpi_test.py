#!/usr/bin/python3
"""Several processes give the bytes of one: routing, fitting, simulating, and after kills.

TAGROUTE_KILLS: how many processes are killed at least (default 4).
"""
import json
import os
import random
import signal
import subprocess
import time
import unittest

import h5py

from harness import default_signals, environment, main
from ranks import EVERY, Together

KILLS = int(os.environ.get("TAGROUTE_KILLS", "4"))
SEED = 20261126

BOTH = ("a.h5", "b.h5")
PACKED = ("packed.h5", "b.h5", "packed.h5")
ROUTED = [ # files, options
    (("a.h5",), ()),
    (BOTH, ("--theta", "-0.02:0.02:0.001", "--margins")),
    (PACKED, ("--ids", "--margins", "--split", "test")),
    (("b.h5", "packed.h5"), ("--tau", "0.005", "--ids", "--fallback", "heron-pro")),
    (("wide.h5", "a.h5"), ("--lambda", "3", "--memory", "1M")),
    (("few.h5",), ("--ids", "--margins")), # fewer queries than processes
    (BOTH, ("--policy", "utility", "--budget", "60")),
    (PACKED, ("--policy", "margin", "--budget", "150", "--split", "train", "--margins")),
    (BOTH, ("--policy", "slack", "--target-share", "kestrel-max=35%")),
    (("packed.h5",), ("--policy", "utility", "--target-quality", "0.7")),
    (("weighed.h5",), ("--policy", "utility", "--target-quality", "0.7")),
    (("long.h5",), ("--ids",)), # each thread reads what it decides
]
ROUTED_TO_TEXT = [
    ("out.jsonl", PACKED, ("--split", "test")),
    ("out.jsonl", BOTH, ("--policy", "utility", "--budget", "60")),
    ("out.msgpack", ("b.h5", "packed.h5"), ("--theta", "-0.02:0.02:0.01")),
    ("out.msgpack", ("few.h5",), ()),
]
FITTED = [
    (BOTH, ("--scorer", "paper")),
    (PACKED, ("--scorer", "bayes")),
    (BOTH, ("--scorer", "bayes", "--kappa", "20", "--split=")),
    (("packed.h5",), ("--scorer", "ridge")),
    (BOTH, ("--scorer", "ridge", "--alpha", "100", "--memory", "1M")),
    (("a.h5",), ("--scorer", "mixed", "--count", "log", "--reference", "heron-pro")),
    (("weighed.h5", "a.h5"), ("--scorer", "paper")),
    (("b.h5", "weighed.h5"), ("--scorer", "ridge")),
]
COMPARED = [
    (("dozen.h5",), ("--folds", "2", "--min-count", "0", "--split=")),
    (("weighed.h5", "packed.h5"), ("--folds", "2", "--kappa", "20", "--alpha", "100")),
    (("a.h5", "bare.h5"), ("--each", "--folds", "2", "--alpha", "100", # other shares of their own
                           "--models", "finch-8b,kestrel-max")),
]
SIMULATED = [
    (BOTH, ("--split", "test")),
    (PACKED, ("--theta", "-0.02:0.02:0.002", "--quality", "accept")),
    (BOTH, ("--memory", "1M", "--policy", "utility")), # bins, as moves are too many
    (BOTH, ("--bootstrap", "20", "--split", "test")),
    (("packed.h5",), ("--bootstrap", "20", "--theta", "0", "--memory", "64M")),
    (BOTH, ("--policy", "utility", "--budget", "60")),
    (PACKED, ("--target-quality", "0.7", "--split", "test", "--choose-on", "train")),
    (("weighed.h5", "few.h5"), ("--bootstrap", "20", "--split", "test")),
    (("a.h5", "weighed.h5"), ("--memory", "1M", "--policy", "utility")),
    (("weighed.h5",), ("--policy", "slack", "--target-quality", "0.7", "--split", "test")),
]


class Ranks(Together):
    @staticmethod
    def make(make):
        make.generate("a.jsonl", 6000, "--prices-out", "prices.json")
        make.generate("b.jsonl", 3000, "--seed", "7")
        make.generate("few.jsonl", 3, "--seed", "8")
        make.generate("long.jsonl", 70000, "--seed", "9", "--no-text")
        make.generate("dozen.jsonl", 12, "--seed", "8")
        for name in ("a", "b", "few", "dozen", "long"):
            make.works("ingest", f"{name}.jsonl", "-o", f"{name}.h5", "--category-tag")
        make.works("ingest", "a.jsonl", "-o", "packed.h5", "--category-tag", "--compress")
        make.works("ingest", "a.jsonl", "-o", "bare.h5")
        weighed = []
        for number, line in enumerate(make.read("b.jsonl").decode().splitlines()):
            record = json.loads(line)
            record["weight"] = (number % 7 + 1) / 3
            weighed.append(json.dumps(record))
        make.write("weighed.jsonl", "\n".join(weighed))
        make.works("ingest", "weighed.jsonl", "-o", "weighed.h5", "--category-tag")
        make.works("fit", "a.h5", "-o", "router.msgpack", "--prices", "prices.json")
        make.works("ingest", "b.jsonl", "-o", "wide.h5", "--category-tag", "--router",
                   "router.msgpack")

    def test_route(self):
        for files, options in ROUTED:
            self.compare("out.h5", lambda name: ("route", *files, "-r", "router.msgpack", "-o",
                                                 name, *options))

    def test_route_to_text(self):
        for output, files, options in ROUTED_TO_TEXT:
            self.compare(output, lambda name: ("route", *files, "-r", "router.msgpack", "-o", name,
                                               *options))

    def test_what_routing_came_to(self):
        files, options = ROUTED[0]
        self.compare("out.json", lambda name: ("route", *files, "-r", "router.msgpack", "-o", "d.h5",
                                               "--json", name, *options))

    def test_fit(self):
        for files, options in FITTED:
            self.compare("out.msgpack", lambda name: ("fit", *files, "-o", name, "--prices",
                                                      "prices.json", *options))

    def test_compare(self):
        for files, options in COMPARED:
            self.compare("out.csv", lambda name: ("fit", *files, "--compare", "--csv", name, "-q",
                                                  *options))

    def test_compare_shows(self):
        words = ("fit", "a.h5", "--compare", "--folds", "2", "--kappa", "20", "--alpha", "100",
                 "--models", "finch-8b,kestrel-max")
        alone = self.works(*words)
        done = self.together(3, *words)
        self.assertIn(b"apgr over paper", done.stdout)
        self.assertEqual(done.stdout, alone.stdout)
        self.assertEqual(done.stderr, alone.stderr)

    def test_simulate(self):
        for files, options in SIMULATED:
            self.compare("out.json", lambda name: ("simulate", *files, "-r", "router.msgpack",
                                                   "--json", name, *options))

    def test_what_is_said(self):
        """One process says it, and what one alone would say."""
        words = ("route", "a.h5", "-r", "router.msgpack", "-o", "said.h5", "--lambda", "3", "--json",
                 "said.json")
        def without_rate(done):
            return [line for line in done.stderr.decode().splitlines() if "queries/s" not in line]
        alone = [line for line in without_rate(self.works(*words)) if "note:" not in line]
        report = self.read("said.json")
        os.unlink(self.path("said.h5"))
        done = self.together(3, *words, "-v", "-j", "1")
        self.assertEqual(self.read("said.json"), report)
        said = without_rate(done)
        self.assertEqual(said[-len(alone):], alone)
        self.assertEqual(sum("runs on" in line for line in said), 3)
        self.assertEqual(sum("takes rows" in line for line in said), 3)

    def test_hearsay(self):
        """What comes up in another process than the first is said all the same, once."""
        words = ("route", "a.h5", "b.h5", "a.h5", "-r", "few.msgpack", "-o", "said.h5")
        self.works("fit", "a.h5", "-o", "few.msgpack", "--min-count", "400")
        notes = [sorted(line.split(": ", 1)[1] for line in done.stderr.decode().splitlines()
                        if " note: " in line)
                 for done in (self.works(*words), self.together(4, *words))]
        self.assertTrue(any("b.h5" in note for note in notes[0]), notes)
        self.assertEqual(sorted(set(notes[0])), notes[1])
        os.unlink(self.path("said.h5"))

    def test_failures(self):
        with h5py.File(self.path("b.h5")) as file: # near the end of X, where the last process reads
            indices = file["X/indices"]
            place = indices.id.get_offset() + indices.id.get_storage_size() - 64
        damaged = bytearray(self.read("b.h5"))
        damaged[place:place + 32] = bytes(byte ^ 0x55 for byte in damaged[place:place + 32])
        self.write("bad.h5", bytes(damaged))
        lines = self.read("a.jsonl").splitlines(keepends=True) # other queries in the last process
        self.write("turned.jsonl", b"".join(lines[:-40] + lines[:-41:-1]))
        self.works("ingest", "turned.jsonl", "-o", "turned.h5", "--category-tag")
        route = ("-r", "router.msgpack", "-o", "never.h5")
        compare = ("--compare", "--each", "--csv", "never.csv")
        cases = [ # exit status, words, what is said
            (3, ("route", "a.h5", "bad.h5", *route), "bad.h5"),
            (3, ("simulate", "bad.h5", "-r", "router.msgpack", "--json", "never.json"), "bad.h5"),
            (3, ("fit", "bad.h5", "a.h5", "-o", "never.msgpack"), "bad.h5"),
            (3, ("route", "few.jsonl", *route), "few.jsonl"),
            (2, ("route", "a.h5", *route, "--shard", "1/2"), "shard"),
            (2, ("route", "a.h5", "-r", "router.msgpack", "-o", "-"), "name a file"),
            (3, ("route", "a.h5", "bad.h5", "-r", "router.msgpack", "-o", "never.jsonl"), "bad.h5"),
            (2, ("fit", "a.h5", "-o", "never.msgpack", "--shard", "1/2"), "one process"),
            (3, ("fit", "a.h5", "bare.h5", "turned.h5", *compare), "turned.h5 does not hold"),
            (3, ("fit", "a.h5", "b.h5", *compare), "b.h5 does not hold the queries of a.h5"),
            (3, ("fit", "a.h5", "bad.h5", "--compare"), "bad.h5"),
            (2, ("simulate", "a.h5", "-r", "router.msgpack", "--shard", "1/2", "--partial", "never"),
             "processes apart"),
            (2, ("merge", "a.h5"), "unknown command"),
            (1, ("route", "a.h5", *route, "--budget", "0.01"), "no threshold"),
        ]
        for status, words, sentence in cases:
            with self.subTest(words=words):
                self.fails_together(3, status, sentence, words)

    def children(self, pid):
        """The processes that mpirun has started."""
        listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(pid)],
                                stdout=subprocess.PIPE, check=False).stdout.decode().split("\n")
        return [int(line.split()[0]) for line in listed if "tagroute-mpi" in line]

    def kill_one(self, words, output, patience, chance):
        """Kills one of the processes a while after they began to write; True where all were done
        before. (An mpirun of which a process dies before it has joined the job may wait forever.)"""
        job = subprocess.Popen(words, cwd=self.folder, stderr=subprocess.PIPE, env=environment(),
                               preexec_fn=default_signals)
        deadline = time.monotonic() + 20
        begun = self.path(f".{output}.checkpoint.1")
        before = os.stat(begun).st_mtime_ns if os.path.exists(begun) else 0
        while job.poll() is None and time.monotonic() < deadline and not (
                os.path.exists(begun) and os.stat(begun).st_mtime_ns != before):
            time.sleep(0.002)
        time.sleep(patience)
        children = self.children(job.pid)
        if children:
            try:
                os.kill(chance.choice(children), signal.SIGKILL)
            except ProcessLookupError:
                pass
        _, message = job.communicate(timeout=60)
        if job.returncode == 0:
            return True
        self.assertIn("signal 9", message.decode())
        return False

    def test_kills(self):
        """A job that lost a process leaves nothing half done, and --resume ends with the same."""
        print(f"seed {SEED}, at least {KILLS} kills")
        chance = random.Random(SEED)
        route = ("route", *("a.h5", "packed.h5") * 15, "-r", "router.msgpack", "--checkpoint",
                 "0.001", "--memory", "1M", "-j", "1", "-o")
        killed = {}
        for output, *options in (("killed.h5", "--ids", "--margins"), ("killed.jsonl",)):
            self.works(*route, f"one-{output}", *options)
            expected = self.read(f"one-{output}")
            kills = resumed = 0
            while kills < KILLS / 2:
                ranks, resume, done = chance.choice((2, 3, 4)), (), False
                while not done:
                    done = self.kill_one(self.words(ranks, *route, output, *options, *resume), output,
                                         0.3 * chance.random(), chance)
                    kills += not done
                    self.assertTrue(not done or output in self.names())
                    if output in self.names():  # a process may be killed when all is done
                        self.assertEqual(self.read(output), expected)
                    noted = [n for n in self.names() if n.startswith(f".{output}.checkpoint.")]
                    resumed += not done and len(noted) > 0
                    resume = ("--resume",)
                self.assertEqual(self.read(output), expected)
                self.assertEqual([n for n in self.names() if n.startswith(f".{output}")], [])
                done = self.together(2, *route, output, *options, "--resume")
                self.assertIn("is there already", done.stderr.decode())
                os.unlink(self.path(output))
            killed[output] = (kills, resumed)
        print("processes killed, and runs resumed from checkpoints:", killed)


if __name__ == "__main__":
    unittest.main(verbosity=2) if EVERY else main()
