#!/usr/bin/python3
"""Routing that is killed again and again ends with the bytes of a run that never was.

TAGROUTE_KILLS: how many kills at least, over all kinds of output together (default 20).
"""
import os
import random
import shutil
import signal
import subprocess
import time

from harness import PROGRAM, Scratch, default_signals, environment, main

SEED = 20261121
KILLS = int(os.environ.get("TAGROUTE_KILLS", "20"))
MANY = "-0.06:0.06:0.002"

KINDS = [ # name, options
    ("one.h5", ()),
    ("ids.h5", ("--ids", "--margins")),
    ("many.h5", ("--theta", MANY)),
    ("many-margins.h5", ("--theta", MANY, "--margins", "--split", "test")),
    ("one.jsonl", ()),
    ("split.jsonl", ("--split", "train")),
    ("many.msgpack", ("--theta", "-0.02,0,0.01")),
    ("utility.msgpack", ("--lambda", "3")),
    ("shard.h5", ("--shard", "1/3", "--ids")),
    ("shard.jsonl", ("--shard", "2/3", "--split", "test")),
]


class Killed(Scratch):
    def setUp(self):
        super().setUp()
        self.generate("log.jsonl", 12000, "--prices-out", "prices.json")
        self.works("ingest", "log.jsonl", "-o", "a.h5")
        self.works("fit", "a.h5", "-o", "router.msgpack", "--prices", "prices.json", "--min-count",
                   "2")
        self.generate("more.jsonl", 8000, "--seed", "7")
        self.works("ingest", "more.jsonl", "-o", "b.h5")

    def words(self, name, options, *more):
        """Many small batches and a checkpoint after nearly every one, so that kills fall between."""
        return (PROGRAM, "route", *("a.h5", "b.h5") * 4, "-r", "router.msgpack", "-o", name,
                "--memory", "1M", "--checkpoint", "0.001", *options, *more)

    def beside(self, name):
        return [n for n in self.names() if n.startswith(f".{name}")]

    def run_once(self, words, patience):
        """Kills the program after a while; True where it was done before."""
        process = subprocess.Popen(words, cwd=self.folder, stderr=subprocess.PIPE,
                                   env=environment(), preexec_fn=default_signals)
        try:
            _, message = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return False
        self.assertEqual(process.returncode, 0, message.decode())
        return True

    def test_same_bytes_after_any_kills(self):
        print(f"seed {SEED}, at least {KILLS} kills")
        chance = random.Random(SEED)
        expected, seconds = {}, {}
        for name, options in KINDS:
            start = time.monotonic()
            self.works(*self.words(name, options)[1:])
            seconds[name] = time.monotonic() - start
            expected[name] = self.read(name)
            self.assertEqual(self.beside(name), [])
        kills = resumed = 0
        while kills < KILLS:
            for name, options in KINDS:
                os.unlink(self.path(name))
                resume, done = (), False
                patience = seconds[name] * chance.random()
                while not done:
                    # ever longer, so that it ends however slow the machine is now
                    done = self.run_once(self.words(name, options, *resume), patience)
                    if not done:
                        kills += 1
                        if name in self.names(): # whole, but not tidied up yet
                            self.assertEqual(self.read(name), expected[name])
                        resumed += f".{name}.checkpoint" in self.names()
                    resume = ("--resume",)
                    patience = patience * 1.2 + 0.05 * seconds[name] * chance.random()
                self.assertEqual(self.read(name), expected[name], f"{name} after {kills} kills")
                self.assertEqual(self.beside(name), [])
        print(f"{kills} kills, {resumed} of them behind a checkpoint")
        self.assertGreater(resumed, 0)


class Resumed(Scratch):
    """What --resume does with what it finds."""

    def setUp(self):
        super().setUp()
        self.chain(6000)
        self.words = ("route", *("queries.h5",) * 20, "-r", "router.msgpack", "--memory", "1M",
                      "--checkpoint", "0.001", "--theta", MANY)

    def interrupt(self, name, number, *words):
        """Stops a run once it has a checkpoint; what it said. A run that was faster is repeated."""
        for _ in range(20):
            process = subprocess.Popen((PROGRAM, *self.words, "-o", name, *words), cwd=self.folder,
                                       stderr=subprocess.PIPE, env=environment(),
                                       preexec_fn=default_signals)
            while f".{name}.checkpoint" not in self.names() and process.poll() is None:
                time.sleep(0.0005)
            process.send_signal(number)
            message = process.communicate(timeout=60)[1].decode()
            if process.returncode != 0:
                break
            os.unlink(self.path(name))
        if number != signal.SIGKILL:
            self.assertEqual(process.returncode, 1, message)
        self.assertEqual([n for n in self.names() if name in n and "new" not in n],
                         [f".{name}.checkpoint", f".{name}.partial"])
        return message

    def test_killed_on_the_way_to_its_share(self):
        """Whole batches come before the first query of a shard of a split."""
        share = ("--shard", "2/3", "--split", "test")
        for name in ("d.h5", "d.jsonl"):
            whole = "whole" + os.path.splitext(name)[1]
            self.works(*self.words, "-o", whole, *share)
            for _ in range(3):
                self.interrupt(name, signal.SIGKILL, *share)
                self.works(*self.words, "-o", name, *share, "--resume")
                self.assertEqual(self.read(name), self.read(whole))
                for made in [n for n in self.names() if n.startswith(name)]:
                    os.unlink(self.path(made))

    def test_interrupted_runs_say_how_to_continue(self):
        self.works(*self.words, "-o", "whole.h5")
        for number in (signal.SIGINT, signal.SIGTERM):
            message = self.interrupt("d.h5", number)
            self.assertRegex(message, r"(?m)^tagroute: d\.h5: stopped after \d+ of 120000 queries; .*"
                                      r"--resume")
            done = self.works(*self.words, "-o", "d.h5", "--resume")
            self.assertIn(b"before the run was resumed", done.stderr)
            self.assertEqual(self.read("d.h5"), self.read("whole.h5"))
            os.unlink(self.path("d.h5"))

    def test_report_is_that_of_the_whole_run(self):
        whole = self.works(*self.words, "-o", "whole.jsonl", "--theta", "0")
        self.interrupt("d.jsonl", signal.SIGKILL, "--theta", "0")
        done = self.works(*self.words, "-o", "d.jsonl", "--theta", "0", "--resume")
        table = [line for line in whole.stderr.decode().splitlines() if line.startswith("  ")]
        for line in table:
            self.assertIn(line, done.stderr.decode())

    def test_another_run_is_refused(self):
        self.interrupt("d.h5", signal.SIGKILL)
        self.works("fit", "queries.h5", "-o", "other.msgpack", "--min-count", "9")
        self.generate("short.jsonl", 300)
        self.works("ingest", "short.jsonl", "-o", "short.h5")
        base = list(self.words)
        inputs = list(self.words)
        inputs[1] = "short.h5"
        for words, what in ((base + ["-r", "other.msgpack"], "router"),
                            (inputs, "query files"),
                            (base + ["--policy", "utility", "--lambda", "1"], None),
                            (base + ["--theta", "0"], "thresholds"),
                            (base + ["--fallback", "wren-mini"], "fallback"),
                            (base + ["--split", "test"], "split"),
                            (base + ["--format", "jsonl"], "output format"),
                            (base + ["--ids"], "ids"),
                            (base + ["--shard", "1/2"], "shard")):
            message = self.fails(2, *words, "-o", "d.h5", "--resume")
            if what is not None:
                self.assertIn(what, message)
                self.assertIn("leave --resume out", message)
            self.assertIn(".d.h5.checkpoint", self.names())
        self.works(*self.words, "-o", "d.h5", "--resume")

    def test_damage_is_found(self):
        for name in (".d.h5.checkpoint", ".d.h5.partial"):
            self.interrupt("d.h5", signal.SIGKILL)
            content = bytearray(self.read(name))
            place = len(content) // 2 if "checkpoint" in name else self.place_of_decisions()
            content[place] ^= 1
            self.write(name, bytes(content))
            self.assertIn("damaged", self.fails(3, *self.words, "-o", "d.h5", "--resume"))
            self.assertNotIn("d.h5", self.names())
            self.works(*self.words, "-o", "d.h5")
            self.assertEqual([n for n in self.names() if n.startswith(".")], [])
            os.unlink(self.path("d.h5"))

    def place_of_decisions(self):
        import h5py
        self.works(*self.words, "-o", "whole.h5")
        with h5py.File(self.path("whole.h5"), "r") as file:
            return file["obsm/model"].id.get_offset() + 7

    def test_nothing_to_resume(self):
        self.works(*self.words, "-o", "a.h5", "--resume")
        whole = self.read("a.h5")
        before = os.stat(self.path("a.h5"))
        done = self.works(*self.words, "-o", "a.h5", "--resume")
        self.assertIn(b"is there already", done.stderr)
        self.assertEqual(os.stat(self.path("a.h5")).st_mtime_ns, before.st_mtime_ns)
        # data without a checkpoint, and what an older run left without --resume
        self.write(".b.h5.partial", "half")
        self.works(*self.words, "-o", "b.h5", "--resume")
        self.assertEqual(self.read("b.h5"), whole)
        self.write(".b.h5.partial", "half")
        self.write(".b.h5.checkpoint", "old")
        self.works(*self.words, "-o", "b.h5")
        self.assertEqual(self.read("b.h5"), whole)
        self.assertEqual([n for n in self.names() if n.startswith(".")], [])
        self.fails(2, *self.words, "-o", "-", "--resume")

    def test_one_output_one_run(self):
        process = subprocess.Popen((PROGRAM, *self.words, "-o", "d.h5"), cwd=self.folder,
                                   stderr=subprocess.DEVNULL, env=environment(),
                                   preexec_fn=default_signals)
        while ".d.h5.checkpoint" not in self.names() and process.poll() is None:
            time.sleep(0.0005)
        process.send_signal(signal.SIGSTOP)
        for more in ((), ("--resume",)):
            self.assertIn("another run", self.fails(1, *self.words, "-o", "d.h5", *more))
        process.send_signal(signal.SIGCONT)
        self.assertEqual(process.wait(timeout=60), 0)
        self.works(*self.words, "-o", "e.h5")
        self.assertEqual(self.read("d.h5"), self.read("e.h5"))


if __name__ == "__main__":
    main()
