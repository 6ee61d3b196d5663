#!/usr/bin/python3
"""Killed at random moments and resumed until done: the same bytes as in one run, nothing left over.

TAGROUTE_KILLS says how many kills at least; each kind of log gets its share."""
import fcntl
import gzip
import os
import random
import signal
import subprocess
import time

from harness import PROGRAM, Scratch, default_signals, environment, jsonl, main, records

KILLS = int(os.environ.get("TAGROUTE_KILLS", "20"))
SEED = 20240817


class Resuming(Scratch):
    def hidden(self):
        return [name for name in self.names() if name.startswith(".")]

    def reference(self, *words):
        self.works("ingest", *words, "-o", "whole.h5", "-q")
        return self.read("whole.h5")

    def start(self, *words):
        return subprocess.Popen([PROGRAM, "ingest", *words, "-o", "q.h5", "-q"], cwd=self.folder,
                                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                env=environment(), preexec_fn=default_signals)

    def seconds_of(self, *words):
        begin = time.monotonic()
        self.works("ingest", *words, "-o", "timed.h5", "-q")
        os.remove(self.path("timed.h5"))
        return time.monotonic() - begin


class Kills(Resuming):
    def killed_and_resumed(self, kills, *words):
        """Kills runs until `kills` have been hit; each round goes on until the output is there."""
        whole = self.reference(*words)
        chance = random.Random(SEED + len(words[0]))
        longest = self.seconds_of(*words)
        hit, rounds, resumed = 0, 0, 0
        while hit < kills or resumed == 0: # a slow machine may be killed before any checkpoint
            rounds += 1
            self.assertLess(rounds, 20 * kills + 20, "no run gets as far as a checkpoint")
            more = ["--checkpoint", str(chance.choice((1, 300_000, 1_000_000, 3_000_000)))]
            for attempt in range(200):
                process = self.start(*words, *more, *(["--resume"] if attempt else []))
                try:
                    process.wait(timeout=chance.uniform(0, longest * (0.5 if attempt else 1.1)))
                except subprocess.TimeoutExpired:
                    process.kill()
                message = process.communicate()[1].decode()
                if process.returncode == 0:
                    break
                self.assertEqual(process.returncode, -signal.SIGKILL, message)
                hit += 1
                resumed += ".q.h5.ingest" in self.names()
                if "q.h5" in self.names(): # put in place, but killed before it was tidy
                    self.assertEqual(self.read("q.h5"), whole)
                if attempt > 6:
                    self.works("ingest", *words, "-o", "q.h5", "-q", "--resume")
                    break
            self.assertEqual(self.read("q.h5"), whole)
            self.assertEqual(self.hidden(), [])
            os.remove(self.path("q.h5"))
        print(f"{words[0]}: {hit} kills in {rounds} rounds, {resumed} with a checkpoint")

    def test_json_lines(self):
        self.generate("log.jsonl", 20000)
        rows = jsonl(records(900)).encode()
        bad = b'{"tags": 7}\nnot json\n'
        self.write("second.jsonl", (rows + bad) * 10)
        self.killed_and_resumed(-(-KILLS // 3), "log.jsonl", "second.jsonl", "--category-tag")

    def test_messagepack(self):
        self.generate("log.msgpack", 30000, "--no-text")
        self.killed_and_resumed(-(-KILLS // 3), "log.msgpack")

    def test_compressed(self):
        self.generate("log.jsonl.gz", 20000)
        self.generate("more.msgpack.zst", 20000, "--seed", "2")
        self.killed_and_resumed(-(-KILLS // 3), "log.jsonl.gz", "more.msgpack.zst", "--compress")


class States(Resuming):
    def stopped(self, *words, number=signal.SIGKILL):
        """A run that has made a checkpoint and is stopped then."""
        for _ in range(50):
            process = self.start(*words, "--checkpoint", "1")
            while process.poll() is None and ".q.h5.ingest" not in self.names():
                time.sleep(0.0005)
            process.send_signal(number)
            message = process.communicate()[1].decode()
            if process.returncode != 0:
                self.assertIn(".q.h5.ingest", self.names())
                return message
            os.remove(self.path("q.h5"))
        self.fail("it is never stopped in time")
        return None

    def test_nothing_to_resume(self):
        self.write("log.jsonl", jsonl(records()))
        whole = self.reference("log.jsonl")
        self.works("ingest", "log.jsonl", "-o", "q.h5", "--resume")
        self.assertEqual(self.read("q.h5"), whole)
        before = os.stat(self.path("q.h5"))
        done = self.works("ingest", "log.jsonl", "-o", "q.h5", "--resume")
        self.assertIn(b"nothing to resume", done.stderr)
        self.assertEqual(os.stat(self.path("q.h5")).st_ino, before.st_ino)
        self.assertEqual(self.hidden(), [])

    def test_killed_before_the_first_checkpoint(self):
        """What is under the final name is another run's: it is not taken for finished."""
        self.write("log.jsonl", jsonl(records()))
        whole = self.reference("log.jsonl")
        self.write("q.h5", "another run's")
        self.write(".q.h5.ingest.lock", "")
        self.works("ingest", "log.jsonl", "-o", "q.h5", "--resume")
        self.assertEqual(self.read("q.h5"), whole)
        self.assertEqual(self.hidden(), [])

    def test_standard_input(self):
        message = self.fails(2, "ingest", "-", "-o", "q.h5", "--resume", stdin=b"{}")
        self.assertIn("cannot be resumed", message)
        self.assertEqual(self.names(), [])

    def test_interrupted(self):
        self.generate("log.jsonl", 60000)
        whole = self.reference("log.jsonl")
        message = self.stopped("log.jsonl", number=signal.SIGINT)
        self.assertIn("--resume", message)
        self.assertNotIn("q.h5", self.names())
        self.works("ingest", "log.jsonl", "-o", "q.h5", "--resume")
        self.assertEqual(self.read("q.h5"), whole)
        self.assertEqual(self.hidden(), [])

    def test_afresh_without_resume(self):
        self.generate("log.jsonl", 60000)
        self.stopped("log.jsonl")
        self.write(".q.h5.tmp-abcdef", "of a run that was killed")
        self.write(".q.h5.backup", "a user's")
        self.write("other.jsonl", jsonl(records()))
        whole = self.reference("other.jsonl")
        self.works("ingest", "other.jsonl", "-o", "q.h5")
        self.assertEqual(self.read("q.h5"), whole)
        self.assertEqual(self.hidden(), [".q.h5.backup"])

    def test_changed_logs_and_options(self):
        self.generate("log.jsonl", 60000)
        log = self.read("log.jsonl")
        whole = self.reference("log.jsonl")
        self.stopped("log.jsonl")
        left = self.hidden()
        altered = bytearray(log)
        altered[100] ^= 1
        for other in (bytes(altered), log + b"\n", log[:-1], b""):
            self.write("log.jsonl", other)
            message = self.fails(3, "ingest", "log.jsonl", "-o", "q.h5", "--resume")
            self.assertIn("log.jsonl", message)
            self.assertIn("--resume", message)
            self.assertEqual(self.hidden(), left)
        self.write("log.jsonl", log)
        self.write("log2.jsonl", log)
        for words in (("log.jsonl", "--strict"), ("log.jsonl", "--no-text"), ("log2.jsonl",),
                      ("log.jsonl", "log2.jsonl"), ("log.jsonl", "--category-tag")):
            self.assertIn("--resume", self.fails(2, "ingest", *words, "-o", "q.h5", "--resume"))
            self.assertEqual(self.hidden(), left)
        self.works("ingest", "log.jsonl", "-o", "q.h5", "--resume")
        self.assertEqual(self.read("q.h5"), whole)
        self.assertEqual(self.hidden(), [])

    def test_damaged_checkpoint(self):
        self.generate("log.jsonl", 60000)
        whole = self.reference("log.jsonl")
        self.stopped("log.jsonl")
        checkpoint = bytearray(self.read(".q.h5.ingest"))
        checkpoint[len(checkpoint) // 2] ^= 4
        self.write(".q.h5.ingest", bytes(checkpoint))
        done = self.works("ingest", "log.jsonl", "-o", "q.h5", "--resume")
        self.assertIn(b"damaged", done.stderr)
        self.assertEqual(self.read("q.h5"), whole)
        self.assertEqual(self.hidden(), [])

    def test_temporary_data_is_gone(self):
        self.generate("log.jsonl", 60000)
        self.stopped("log.jsonl")
        os.remove(self.path(".q.h5.ingest.rows"))
        self.assertIn("afresh", self.fails(1, "ingest", "log.jsonl", "-o", "q.h5", "--resume"))
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        self.assertEqual(self.hidden(), [])

    def test_two_runs_at_once(self):
        self.write("log.jsonl", jsonl(records()))
        with open(self.path(".q.h5.ingest.lock"), "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for words in ((), ("--resume",)):
                message = self.fails(1, "ingest", "log.jsonl", "-o", "q.h5", *words)
                self.assertIn("another run", message)
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        self.assertEqual(self.hidden(), [])

    def test_bad_input_leaves_nothing(self):
        self.write("log.jsonl", jsonl(records()) * 2000 + "not json\n" + jsonl(records()))
        self.fails(3, "ingest", "log.jsonl", "-o", "q.h5", "--strict", "--checkpoint", "1")
        self.assertEqual(self.names(), ["log.jsonl"])
        log = self.read("log.jsonl")
        self.write("log.jsonl.gz", gzip.compress(log, 1)[:-2000])
        self.fails(3, "ingest", "log.jsonl.gz", "-o", "q.h5", "--checkpoint", "1")
        self.assertEqual(self.names(), ["log.jsonl", "log.jsonl.gz"])

    def test_a_full_disk_keeps_the_checkpoint(self):
        import resource
        self.generate("log.jsonl", 60000)
        whole = self.reference("log.jsonl")
        done = self.run_program("ingest", "log.jsonl", "-o", "q.h5", "--checkpoint", "1",
                                before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                  (4_000_000, 4_000_000)))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"--resume", done.stderr)
        self.assertIn(".q.h5.ingest", self.names())
        self.assertNotIn("q.h5", self.names())
        self.works("ingest", "log.jsonl", "-o", "q.h5", "--resume")
        self.assertEqual(self.read("q.h5"), whole)
        self.assertEqual(self.hidden(), [])


if __name__ == "__main__":
    main()
