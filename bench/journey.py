#!/usr/bin/env python3
"""journey.py - from a gateway's log and a judged sample to batch files: each step timed, the end checked."""
import argparse
import collections
import csv
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time

EXAMPLES = """examples:
  journey.py build/tagroute build/tagroute-gen --queries 1000000 --judged 5000
  journey.py build/tagroute build/tagroute-gen --schema otel --queries 20000 --judged 500 --keep journey

For each schema tagroute-gen writes the log of a gateway, prices, and judgements of some queries. A vocabulary
is learnt from the log; it is ingested, the judgements are joined to it, a router is fitted, simulated, and the
log routed within half of what the best single model would cost; the requests become batch files. Then every
request of the log has to be in one batch file, or in the list of those that are in none, once. Seconds are by
the clock and of processor time; MB/s are of log, and for export also of batch files; memory is the largest
that a step held. A line of JSON with all of it stands at the end."""

SCHEMAS = ("litellm", "openai", "otel", "langfuse", "fluentd")
REFERENCE = "kestrel-max"


class Journey:
    def __init__(self, options, schema, folder):
        self.options, self.schema, self.folder = options, schema, folder
        self.steps = {}
        self.log = "gateway.msgpack.zst" if schema == "fluentd" else "gateway.jsonl"

    def path(self, name):
        return os.path.join(self.folder, name)

    def step(self, name, program, *words):
        """Runs one command in the folder; its times and its memory."""
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            try:
                os.chdir(self.folder)
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 1)
                errors = os.open("errors.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(errors, 2)
                os.execv(program, [program, *words])
            finally:
                os._exit(127)
        _, status, usage = os.wait4(child, 0)
        if status != 0:
            with open(self.path("errors.txt"), encoding="utf-8", errors="replace") as file:
                sys.exit(f"{self.schema}: {name} failed: {' '.join(words)}\n{file.read()}")
        self.steps[name] = {"seconds": time.monotonic() - start,
                            "processor_seconds": usage.ru_utime + usage.ru_stime,
                            "megabytes": usage.ru_maxrss / 1024}

    def run(self):
        options, tagroute = self.options, os.path.abspath(self.options.tagroute)
        words = ["--schema", "litellm" if self.schema == "fluentd" else self.schema]
        words += ["--fluentd"] if self.schema == "fluentd" else []
        self.step("generate", os.path.abspath(options.generator), "--queries", str(options.queries), *words,
                  "--seed", str(options.seed), "-o", self.log, "--prices-out", "prices.json",
                  "--outcomes-out", "judged.csv", "--outcomes-of", str(options.judged), "--quiet")
        self.step("tag", tagroute, "tag", "--learn", self.log, "-o", "vocab.msgpack", "-q")
        ingest = ("ingest", self.log, "--vocab", "vocab.msgpack", "--assign-split", "train=0.7,test=0.3", "-q")
        self.step("ingest", tagroute, *ingest, "-o", "month.h5")
        self.step("join", tagroute, "join", "month.h5", "--outcomes", "judged.csv", "-o", "judged.h5", "-q")
        self.step("ingest --outcomes", tagroute, *ingest, "--outcomes", "judged.csv", "-o", "one.h5")
        self.same("judged.h5", "one.h5")
        self.step("fit", tagroute, "fit", "judged.h5", "--scorer", "bayes", "--reference", REFERENCE, "--prices",
                  "prices.json", "-o", "router.msgpack", "-q")
        self.step("simulate", tagroute, "simulate", "judged.h5", "-r", "router.msgpack", "--split", "test",
                  "--policy", "utility", "--json", "test.json", "-q")
        self.step("route --budget", tagroute, "route", "month.h5", "-r", "router.msgpack", "--policy", "utility",
                  "--budget", repr(self.budget()), "-o", "decisions.h5", "-q")
        self.step("export", tagroute, "export", "month.h5", "-d", "decisions.h5", "--batch", "openai", "--log",
                  self.log, "-r", "router.msgpack", "-o", "batches", "-q")
        with open(self.path("batches/manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        child = multiprocessing.Process(target=self.check, args=(manifest,))
        child.start()
        child.join()
        if child.exitcode != 0:
            sys.exit(f"{self.schema}: the batch files are not the log's requests")
        return self.report(manifest)

    def same(self, one, other):
        with open(self.path(one), "rb") as a, open(self.path(other), "rb") as b:
            while True:
                block = a.read(1 << 20)
                if block != b.read(1 << 20):
                    sys.exit(f"{self.schema}: {one} and {other} differ")
                if not block:
                    return

    def budget(self):
        """Half of what the whole log would cost if the best single model took it."""
        with open(self.path("test.json"), encoding="utf-8") as file:
            found = json.load(file)
        each = found["baselines"]["best_single"]["cost"] / found["queries"]
        self.limit = 0.5 * each * self.options.queries
        return self.limit

    def check(self, manifest):
        """Each request once; counts, costs and the budget as the manifest has them."""
        seen, judged = collections.Counter(), set()
        for entry in manifest["files"]:
            with open(self.path(f"batches/{entry['file']}"), "rb") as file:
                ids = [json.loads(line)["custom_id"] for line in file]
            assert len(ids) == entry["requests"] <= 50000
            assert os.path.getsize(self.path(f"batches/{entry['file']}")) == entry["bytes"] <= 200_000_000
            seen.update(ids)
        assert len(seen) == manifest["requests"] == manifest["queries"]
        if manifest["left_out"] > 0:
            with open(self.path("batches/left_out.jsonl"), "rb") as file:
                out = [json.loads(line)["id"] for line in file]
            assert len(out) == manifest["left_out"]
            seen.update(out)
        assert set(seen.values()) == {1}
        assert seen.keys() == {f"q{at:010}" for at in range(self.options.queries)}
        with open(self.path("judged.csv"), encoding="utf-8", newline="") as file:
            judged.update(row["id"] for row in csv.DictReader(file))
        assert len(judged) == min(self.options.judged, self.options.queries)
        assert 0 < manifest["expected_cost"] <= self.limit * (1 + 1e-9)

    def report(self, manifest):
        log_bytes = manifest["logs"][0]["bytes"]
        for name, step in self.steps.items():
            if name != "fit" and name != "simulate" and name != "join":
                step["log_mb_per_processor_second"] = log_bytes / 1e6 / step["processor_seconds"]
            step["queries_per_processor_second"] = self.options.queries / step["processor_seconds"]
        export = self.steps["export"]
        export["written_mb_per_second"] = manifest["bytes"] / 1e6 / export["seconds"]
        export["written_mb_per_processor_second"] = manifest["bytes"] / 1e6 / export["processor_seconds"]
        return {"schema": self.schema, "queries": self.options.queries, "judged": self.options.judged,
                "log_bytes": log_bytes, "batch_bytes": manifest["bytes"], "files": len(manifest["files"]),
                "requests": manifest["requests"], "left_out": manifest["left_out_by_reason"],
                "expected_cost": manifest["expected_cost"], "steps": self.steps}


def show(found):
    print(f"{found['schema']}: {found['queries']} requests, {found['log_bytes'] / 1e6:.0f} MB of log; "
          f"{found['files']} batch files of {found['batch_bytes'] / 1e6:.0f} MB, left out: {found['left_out']}")
    print(f"  {'step':<18}{'seconds':>9}{'processor':>11}{'MB/s':>8}{'kq/s':>8}{'memory':>9}")
    for name, step in found["steps"].items():
        rate = step.get("log_mb_per_processor_second")
        print(f"  {name:<18}{step['seconds']:>9.2f}{step['processor_seconds']:>11.2f}"
              f"{'' if rate is None else format(rate, '.0f'):>8}"
              f"{step['queries_per_processor_second'] / 1e3:>8.0f}{step['megabytes']:>6.0f} MB")
    export = found["steps"]["export"]
    print(f"  export writes {export['written_mb_per_second']:.0f} MB/s, "
          f"{export['written_mb_per_processor_second']:.0f} MB a second of processor time\n", flush=True)


def main():
    made = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("tagroute")
    made.add_argument("generator", help="tagroute-gen")
    made.add_argument("--queries", type=int, default=20000)
    made.add_argument("--judged", type=int, default=1000)
    made.add_argument("--schema", choices=SCHEMAS, action="append", help="repeatable (default: all)")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--keep", metavar="FOLDER", help="leave everything in this new folder")
    options = made.parse_args()
    folder = options.keep or tempfile.mkdtemp(prefix="journey.")
    found = []
    try:
        for schema in options.schema or SCHEMAS:
            place = os.path.join(folder, schema)
            os.makedirs(place)
            found.append(Journey(options, schema, place).run())
            show(found[-1])
            if not options.keep:
                shutil.rmtree(place)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
