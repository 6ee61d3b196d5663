#!/usr/bin/env python3
"""Times tagroute and what a user would pick instead over the same queries, in memory, in turn.

    bench/peers/run.py --tagroute build/release/tagroute
    bench/peers/run.py --tagroute build/release/tagroute --preset main,k16 --json peers.json

Installs those peers of Debian (with apt-get, as root) and PyPI (into a virtual environment in the
work folder) that it can, unless --no-install, and says which are missing. Every peer's decisions
are compared with the reference's: where they differ by more than the rounding of float32 explains
(compare.py), the exit status is 1.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys

import gather
from gather import HERE, say

OURS = "tagroute"


class Failure(Exception):
    pass


class Peer:
    """A peer that has its queries in memory and waits for commands."""

    def __init__(self, words, folder, threads):
        # Waiting threads sleep: where they spin, they spend processor time on others' work.
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OMP_PROC_BIND="true",
                           OMP_WAIT_POLICY="passive", MKL_THREADING_LAYER="SEQUENTIAL")
        self.threads = threads
        self.process = subprocess.Popen([*words, folder, str(threads)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=environment, preexec_fn=pinned(threads))
        about = json.loads(self.answer())
        self.version, self.scores = about["version"], about["scores"]

    def answer(self):
        line = self.process.stdout.readline()
        if line == "":
            said = self.process.stderr.read().strip().splitlines()
            self.process.wait()
            raise Failure(said[-1] if said else f"it ended with {self.process.returncode}")
        return line

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.answer()

    def time(self, command, passes, processor_time):
        times = []
        for _ in range(passes):
            wall, busy = map(float, self.ask(command).split())
            times.append(busy / self.threads if processor_time else wall)
        return statistics.median(times)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def pinned(threads):
    processors = sorted(os.sched_getaffinity(0))[:threads]
    return lambda: os.sched_setaffinity(0, processors)


class Timing:
    """All rounds over one shape. results: by name and threads what each round took, and more."""

    def __init__(self, options, preset, peers, folder, kernels):
        self.options, self.preset, self.peers = options, preset, peers
        self.folder, self.kernels, self.results = folder, kernels, {}

    def note(self, name, threads, version, seconds, decides=True):
        result = self.results.setdefault((name, threads), {
            "version": version, "decides": decides, "seconds": []})
        result["seconds"].append(seconds)
        return result

    def ours(self, threads):
        clock = ["--processor-time"] if self.options.processor_time else []
        command = [self.options.tagroute, "bench", self.preset, *self.options.shape, "--only",
                   self.kernels, "--threads", str(threads), "--repeats", "5", *clock, "--quiet",
                   "--json", "-"]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True,
                              preexec_fn=pinned(threads))
        entry = json.loads(done.stdout)["runs"][0]["entries"][0]
        self.note(OURS, threads, entry["name"], statistics.median(entry["seconds"]))

    def theirs(self, name, peer):
        passes, by_processor = self.options.passes, self.options.processor_time
        seconds = peer.time("decide", passes, by_processor)
        result = self.note(name, peer.threads, peer.version, seconds)
        if peer.scores:
            seconds = peer.time("score", passes, by_processor)
            self.note(f"{name}, scores only", peer.threads, peer.version, seconds, False)
        if "wrong" not in result:
            decisions = os.path.join(self.folder, "peer.i16")
            peer.ask(f"write {decisions}")
            result["rounded"], result["wrong"] = self.compare(decisions)

    def compare(self, decisions):
        python = self.peers.python if os.path.exists(self.peers.python) else sys.executable
        done = subprocess.run([python, "-B", os.path.join(HERE, "compare.py"), self.folder,
                               decisions], stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)

    def attempt(self, name, work):
        try:
            return work()
        except (Failure, OSError, ValueError) as error:
            say(f"{name} failed: {error}")
            self.peers.missing[name] = str(error)
            return None

    def rounds(self, threads):
        running = {}
        for name, words in self.peers.found.items():
            peer = self.attempt(name, lambda: Peer(words, self.folder, threads))
            if peer is not None:
                running[name] = peer
        for number in range(self.options.rounds):
            say(f"{self.preset}, {threads} threads: round {number + 1} of {self.options.rounds}")
            self.ours(threads)
            for name in list(running) if number % 2 == 0 else list(reversed(running)):
                if self.attempt(name, lambda: self.theirs(name, running[name]) or True) is None:
                    del running[name]
        for peer in running.values():
            peer.close()

    def rows(self, queries):
        for (name, threads), result in self.results.items():
            ours = self.results[OURS, threads]["seconds"]
            rates = [queries / seconds for seconds in result["seconds"]]
            times = [theirs / own for theirs, own in zip(result["seconds"], ours)]
            yield {"name": name, "threads": threads, "version": result["version"],
                   "decides": result["decides"],
                   "queries_per_second": statistics.median(rates), "least": min(rates),
                   "most": max(rates), "tagroute_times_as_fast": statistics.median(times),
                   "seconds": result["seconds"], "rounded": result.get("rounded"),
                   "wrong": result.get("wrong")}


def print_rows(preset, shape, rows, options):
    queries = shape["queries"]
    clock = "processor time" if options.processor_time else "wall time"
    print(f"{preset}: {queries} queries, {shape['tags']} tags, "
          f"{shape['nonzeros'] / queries:.2f} a query, {shape['models']} models; "
          f"{options.rounds} rounds, {clock}")
    print(f"  {'':24} {'thr.':>4} {'Mq/s':>8} {'least':>8} {'most':>8} {'tagroute:it':>12} "
          f"{'rounded':>8} {'wrong':>6}  version")
    for row in rows:
        rates = [row[key] / 1e6 for key in ("queries_per_second", "least", "most")]
        counts = ["-" if row[key] is None else row[key] for key in ("rounded", "wrong")]
        print(f"  {row['name']:24} {row['threads']:4} {rates[0]:8.1f} {rates[1]:8.1f} "
              f"{rates[2]:8.1f} {row['tagroute_times_as_fast']:12.2f} {counts[0]:>8} "
              f"{counts[1]:>6}  {row['version']}")


def dump(options, preset, folder):
    """Writes the arrays; the shape, and the name of the kernels that run here."""
    done = subprocess.run([options.tagroute, "bench", preset, *options.shape, "--dump", folder,
                           "--only", "route", "--repeats", "1", "--threads", "1", "--quiet",
                           "--json", "-"], stdout=subprocess.PIPE, check=True)
    written = json.loads(done.stdout)
    kernels = next(entry["name"] for entry in written["runs"][0]["entries"]
                   if entry["isa"] == written["isa"])  # 16-bit columns come first
    with open(os.path.join(folder, "shape.json")) as file:
        shape = json.load(file)
    if shape["policy"] != "argmax" or shape["thresholds"] != 1:
        sys.exit("peers decide by argmax alone: take main, k2, k11, k16, k64, long, wide or dense")
    return shape, kernels


def time_preset(options, preset, peers):
    folder = os.path.join(options.work, "arrays")
    shape, kernels = dump(options, preset, folder)
    peers.found.clear()
    peers.find(shape)
    timing = Timing(options, preset, peers, folder, kernels)
    for threads in options.threads:
        timing.rounds(threads)
    rows = list(timing.rows(shape["queries"]))
    print_rows(preset, shape, rows, options)
    return {"preset": preset, "shape": shape, "results": rows, "missing": dict(peers.missing)}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tagroute", default="build/release/tagroute", help="the program")
    parser.add_argument("--preset", default="main", help="presets of `tagroute bench`: main,k2,...")
    parser.add_argument("--queries", help="so many queries in place of the preset's")
    parser.add_argument("--shape", default="", help="more options of `tagroute bench`, such as "
                        "--shape='--tags 64 --min-tags 64 --max-tags 64'")
    parser.add_argument("--threads", default="1,2", help="thread counts, such as 1,2,4")
    parser.add_argument("--rounds", type=int, default=5, help="times that each runs, in turn")
    parser.add_argument("--passes", type=int, default=3, help="passes of a round; their median")
    parser.add_argument("--processor-time", action="store_true", help="compare processor time: "
                        "steadier on a busy machine")
    parser.add_argument("--without", default="", help="peers to leave out, such as PyTorch,MKL")
    parser.add_argument("--work", default="build/peers", help="folder for programs and arrays")
    parser.add_argument("--json", help="write everything there")
    parser.add_argument("--no-install", action="store_true", help="take what there is")
    options = parser.parse_args()
    options.threads = [int(word) for word in options.threads.split(",")]
    options.tagroute = os.path.abspath(options.tagroute)
    options.work = os.path.abspath(options.work)
    options.shape = shlex.split(options.shape)
    if options.queries:
        options.shape += ["--queries", options.queries]
    return options


def main():
    options = read_options()
    os.makedirs(options.work, exist_ok=True)
    peers = gather.Peers(options.work, filter(None, options.without.split(",")))
    if not options.no_install:
        peers.install()
    runs = [time_preset(options, preset, peers) for preset in options.preset.split(",")]
    for name, reason in sorted(peers.missing.items()):
        print(f"{name} is not there: {reason}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"kind": "peers", "processor_time": options.processor_time, "runs": runs},
                      file, indent=2)
            file.write("\n")
    if any(row["wrong"] for run in runs for row in run["results"]):
        sys.exit("some peer decides otherwise than the reference: its figures are worth nothing")


if __name__ == "__main__":
    main()
