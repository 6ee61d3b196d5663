#!/usr/bin/python3
"""Nothing lost or half written: full disks, signals, closed and full streams, damaged files."""
import os
import pty
import resource
import select
import signal
import struct
import subprocess
import time

from harness import PROGRAM, Scratch, default_signals, environment, jsonl, main, records


class FullDisk(Scratch):
    """A limit on the size of files stands for a disk that is full."""
    def limited(self, size, *words):
        before = self.names()
        message = self.fails(1, *words, before=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (size, size)))
        self.assertIn("large", message)
        self.assertEqual(self.names(), before)

    def test_each_command(self):
        self.chain(5000)
        self.limited(100_000, "ingest", "log.jsonl", "-o", "full.h5")
        self.limited(4096, "ingest", "log.jsonl", "-o", "full.h5")
        self.limited(4096, "fit", "queries.h5", "-o", "full.msgpack")
        for name in ("full.h5", "full.jsonl", "full.msgpack"):
            self.limited(4096, "route", "queries.h5", "-r", "router.msgpack", "-o", name, "--ids")
        self.limited(1024, "simulate", "queries.h5", "-r", "router.msgpack", "--json", "full.json")

    def test_what_was_there_stays(self):
        self.chain(5000)
        before = self.read("queries.h5")
        self.limited(100_000, "ingest", "log.jsonl", "-o", "queries.h5")
        self.write("bad.jsonl", "x\n")
        self.fails(3, "ingest", "bad.jsonl", "-o", "queries.h5")
        self.assertEqual(self.read("queries.h5"), before)

    def test_folders_and_read_only_places(self):
        self.chain(500)
        os.mkdir(self.path("folder"))
        before = self.names()
        for words in (("ingest", "log.jsonl"), ("fit", "queries.h5"),
                      ("route", "queries.h5", "-r", "router.msgpack", "--format", "jsonl")):
            for output in ("folder", "no/such/folder/out", "/proc/out"):
                self.assertIn(self.run_program(*words, "-o", output).returncode, (1, 2))
        self.fails(1, "simulate", "queries.h5", "-r", "router.msgpack", "--json", "no/such/out")
        self.assertEqual(self.names(), before)
        self.assertEqual(os.listdir(self.path("folder")), [])


class Heaps(Scratch):
    def test_strings_that_differ_from_their_heap(self):
        """libhdf5 would copy as much as the heap says to where an element says how long it is."""
        rows = [{"id": f"q{i}", "tags": ["a"], "text": f"text {i} " + "x" * 600} for i in range(50)]
        self.write("log.jsonl", jsonl(rows))
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        self.works("merge", "q.h5", "q.h5", "-o", "whole.h5")
        content = bytearray(self.read("q.h5"))
        size = struct.pack("<Q", len(rows[0]["text"]))
        at = content.index(size, content.index(b"GCOL"))
        content[at:at + 8] = struct.pack("<Q", len(rows[0]["text"]) + 3000)
        self.write("q.h5", bytes(content))
        message = self.fails(3, "merge", "q.h5", "q.h5", "-o", "out.h5")
        self.assertIn("is not the string that its heap holds", message)


class Signals(Scratch):
    def start(self):
        """An ingest that has read some of its log and waits for more."""
        process = subprocess.Popen([PROGRAM, "ingest", "-", "-o", "q.h5"], cwd=self.folder,
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment(), preexec_fn=default_signals)
        process.stdin.write(jsonl(records()).encode() * 200)
        process.stdin.flush()
        return process

    def end(self, process, status, patience=20):
        """More log comes until the program ends; it must leave nothing."""
        more = jsonl(records()).encode() * 20
        deadline = time.monotonic() + patience
        while process.poll() is None and time.monotonic() < deadline:
            try:
                process.stdin.write(more)
                process.stdin.flush()
            except BrokenPipeError:
                break
        message = process.stderr.read().decode()
        self.assertEqual(process.wait(timeout=patience), status, message)
        process.stderr.close()
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        self.assertNotIn("q.h5", self.names())
        return message

    def test_stops_cleanly(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start()
            process.send_signal(number)
            self.assertRegex(self.end(process, 1), r"\Atagroute: .*nothing was written")
            self.assertEqual(self.names(), [])

    def test_stops_while_waiting_for_input(self):
        process = self.start()
        time.sleep(0.3) # it has read all there is by now
        process.send_signal(signal.SIGINT)
        try:
            self.assertEqual(process.wait(timeout=10), 1)
        finally:
            process.kill()
            process.communicate()
        self.assertEqual(self.names(), [])

    def test_ignored_signals_stay_ignored(self):
        def ignore():
            default_signals()
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        process = subprocess.Popen([PROGRAM, "ingest", "-", "-o", "q.h5", "-q"], cwd=self.folder,
                                   stdin=subprocess.PIPE, env=environment(), preexec_fn=ignore)
        process.stdin.write(jsonl(records()).encode() * 200)
        process.send_signal(signal.SIGHUP)
        process.stdin.close()
        self.assertEqual(process.wait(timeout=20), 0)
        self.assertEqual(self.names(), ["q.h5"])


class Streams(Scratch):
    def test_full_standard_output(self):
        self.chain(500)
        simulate = ("simulate", "queries.h5", "-r", "router.msgpack")
        for words in (("--help",), ("--version",), ("help", "fit"), ("info", "router.msgpack"),
                      ("info", "queries.h5", "--json"), simulate, (*simulate, "--json", "-"),
                      ("route", "queries.h5", "-r", "router.msgpack", "-o", "-", "--format",
                       "jsonl")):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *words], cwd=self.folder, stdout=full,
                                      stderr=subprocess.PIPE, env=environment())
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(b"No space left", done.stderr, words)

    def test_closed_standard_streams_harm_no_file(self):
        self.write("log.jsonl", jsonl(records()))
        self.works("ingest", "log.jsonl", "-o", "open.h5")
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            def close(streams=closed):
                for stream in streams:
                    os.close(stream)
            done = subprocess.run([PROGRAM, "ingest", "log.jsonl", "-o", "closed.h5"],
                                  cwd=self.folder, preexec_fn=close, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  env=environment())
            self.assertEqual(done.returncode, 0, closed)
            self.assertEqual(self.read("closed.h5"), self.read("open.h5"))


class Terminal(Scratch):
    def on_terminal(self, *words, slowly=b"", **changes):
        """Standard error as a terminal shows it."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=theirs,
                                   env=environment(**{"TERM": "xterm", **changes}))
        os.close(theirs)
        for _ in range(6 if slowly else 0):
            process.stdin.write(slowly)
            process.stdin.flush()
            time.sleep(0.15)
        process.stdin.close()
        seen = b""
        while True:
            ready, _, _ = select.select([ours], [], [], 30)
            try:
                part = os.read(ours, 65536) if ready else b""
            except OSError: # the other end is closed
                part = b""
            if not part:
                break
            seen += part
        os.close(ours)
        process.wait(timeout=20)
        return seen

    def test_colour_of_errors(self):
        self.assertIn(b"\033[", self.on_terminal("info", "no.h5"))
        self.assertIn(b"\033[", self.on_terminal("info", "no.h5", NO_COLOR=""))
        self.assertNotIn(b"\033[", self.on_terminal("info", "no.h5", NO_COLOR="1"))
        self.assertNotIn(b"\033[", self.on_terminal("info", "no.h5", TERM="dumb"))
        self.assertNotIn(b"\033[", self.on_terminal("info", "no.h5", TERM=None))
        self.assertNotIn("\033[", self.fails(1, "info", "no.h5"))

    def test_progress_on_terminals_only(self):
        log = jsonl(records()).encode() * 100
        words = ("ingest", "-", "-o", "q.h5")
        seen = self.on_terminal(*words, slowly=log)
        self.assertIn(b"\r\033[K", seen)
        self.assertRegex(seen, rb"queries/s|MB/s")
        self.assertLess(seen.count(b"\r\033[K"), 30)
        self.assertNotIn(b"\033[K", self.on_terminal(*words, "--quiet", slowly=log))
        self.assertNotIn(b"\033[K", self.on_terminal(*words, slowly=log, TERM="dumb"))
        self.assertNotIn(b"\r", self.works(*words, stdin=log).stderr)

    def test_names_from_logs_cannot_move_the_cursor(self):
        rows = list(records())
        for row in rows:
            row["models"]["sm\033[2Jall"] = row["models"].pop("small")
        self.write("log.jsonl", jsonl(rows))
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        for words in (("fit", "q.h5", "-o", "r", "--min-count", "1"),
                      ("route", "q.h5", "-r", "r", "-o", "d.h5"),
                      ("simulate", "q.h5", "-r", "r"), ("info", "r"), ("info", "q.h5"),
                      ("fit", "q.h5", "-o", "r", "--reference", "smll")):
            done = self.run_program(*words)
            self.assertNotIn(b"\033", done.stdout + done.stderr, words)


class Damage(Scratch):
    def test_truncated_and_altered_files(self):
        self.chain(300)
        self.works("route", "queries.h5", "-r", "router.msgpack", "-o", "decisions.h5")
        for name in ("queries.h5", "router.msgpack", "decisions.h5"):
            whole = self.read(name)
            for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
                self.write("damaged", whole[:length])
                self.fails(3, "info", "damaged")
        whole = bytearray(self.read("router.msgpack"))
        for place in range(0, len(whole), max(1, len(whole) // 25)):
            altered = bytearray(whole)
            altered[place] ^= 0x10
            self.write("damaged", bytes(altered))
            self.assertIn(self.run_program("info", "damaged").returncode, (0, 3))
            self.assertIn(self.run_program("route", "queries.h5", "-r", "damaged", "-o",
                                           "out.jsonl").returncode, (0, 3))

    def test_mixed_up_files(self):
        self.chain(300)
        self.fails(3, "fit", "router.msgpack", "-o", "x")
        self.fails(3, "route", "queries.h5", "-r", "queries.h5", "-o", "x.h5")
        self.fails(3, "simulate", "log.jsonl", "-r", "router.msgpack")
        self.fails(3, "ingest", "queries.h5", "-o", "x.h5")
        self.assertEqual([n for n in self.names() if "x" in n.split(".")[0]], [])


if __name__ == "__main__":
    main()
