#!/usr/bin/python3
"""Every write, sync, rename and creation of a file is made to fail once: one clear sentence each
time, and a final name holds what it held before, or all of the new."""
import os
import subprocess
import sys

from harness import PROGRAM, Scratch, default_signals, environment, main

LIBRARY = os.environ.get("TAGROUTE_FAULTS", "")
CALLS = ("write", "pwrite", "fsync", "fdatasync", "ftruncate", "rename", "open")
MOST = 400 # of one call in one run


class Faults(Scratch):
    def setUp(self):
        super().setUp()
        self.chain(1500)
        os.mkdir(self.path("out"))

    def run_with(self, words, **faults):
        log = self.path("struck")
        if os.path.exists(log):
            os.unlink(log)
        done = subprocess.run([PROGRAM, *words], cwd=self.folder, preexec_fn=default_signals,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                              env=environment(LD_PRELOAD=LIBRARY, FAULT_LOG=log,
                                              FAULT_FOLDER=os.path.realpath(self.path("out")),
                                              **faults))
        return done, os.path.exists(log)

    def sweep(self, words, output, prepare=lambda: None):
        """Fails each call of each kind in turn; how many there were."""
        struck_in_all = 0
        prepare()
        self.works(*words)
        whole = self.read(f"out/{output}")
        for call in CALLS:
            for number in range(1, MOST):
                prepare()
                self.write(f"out/{output}", "what was there")
                faults = {"FAULT_CALL": call, "FAULT_AT": str(number),
                          "FAULT_ERRNO": "ENOSPC" if number % 2 else "EIO"}
                if number % 3 == 0:
                    faults["FAULT_STICKY"] = "1"
                done, struck = self.run_with(words, **faults)
                message = done.stderr.decode()
                where = f"{words}: {call} {number}: {message}"
                if not struck:
                    self.assertEqual(done.returncode, 0, where)
                    self.assertEqual(self.read(f"out/{output}"), whole, where)
                    break
                struck_in_all += 1
                if done.returncode == 0: # what does not matter may fail
                    self.assertEqual(self.read(f"out/{output}"), whole, where)
                else:
                    self.assertEqual(done.returncode, 1, where)
                    self.assertRegex(message, r"(?m)^tagroute: .*(No space left|Input/output error)",
                                     where)
                    self.assertEqual(message.count("\ntagroute: ") +
                                     message.startswith("tagroute: "),
                                     1 + message.count("tagroute: note:") +
                                     message.count("tagroute: warning:"), where)
                    self.assertIn(self.read(f"out/{output}"), (b"what was there", whole), where)
                left = [n for n in os.listdir(self.path("out")) if n.startswith(f".{output}")]
                self.assertEqual(left, [], where)
            else:
                self.fail(f"{call} is called more than {MOST} times")
        return struck_in_all

    def test_route(self):
        for output, options in (("d.h5", ("--ids", "--margins")), ("d.jsonl", ()),
                                ("d.msgpack", ("--shard", "1/2"))):
            words = ("route", "queries.h5", "queries.h5", "-r", "router.msgpack", "-o",
                     f"out/{output}", "--checkpoint", "0.000001", "--memory", "1M", *options)
            self.assertGreater(self.sweep(words, output), 8)

    def test_merge(self):
        for ending in ("h5", "jsonl"):
            for i in (1, 2):
                self.works("route", "queries.h5", "-r", "router.msgpack", "-o",
                           f"part{i}.{ending}", "--shard", f"{i}/2")
            words = ("merge", f"part1.{ending}", f"part2.{ending}", "-o", f"out/m.{ending}")
            self.assertGreater(self.sweep(words, f"m.{ending}"), 3)

    def test_file_systems_without_locks(self):
        """Every lock fails as it does on some network file systems: nothing else changes."""
        words = ("route", "queries.h5", "-r", "router.msgpack", "-o", "out/d.h5")
        self.works(*words)
        whole = self.read("out/d.h5")
        faults = {"FAULT_CALL": "flock", "FAULT_AT": "1", "FAULT_STICKY": "1"}
        done, struck = self.run_with(words, FAULT_ERRNO="ENOLCK", **faults)
        self.assertTrue(struck)
        self.assertEqual((done.returncode, self.read("out/d.h5")), (0, whole), done.stderr)
        done, _ = self.run_with(words, FAULT_ERRNO="EAGAIN", **faults)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"another program has it open for writing", done.stderr)


if __name__ == "__main__":
    if not LIBRARY:
        sys.exit(77)
    main()
