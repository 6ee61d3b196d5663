#!/usr/bin/python3
"""How well each scorer routes MMLU: on the split of the data and on further random ones.

    bench/mmlu_splits.py BUILD/tagroute mmlu_tagged.jsonl.gz [--splits 4] [--bootstrap 200]

The log's own 70/30 split is the first; each further one deals queries by a hash of seed and id. Tags and
the category as a tag, GPT-4 the reference, parameters chosen on the training queries alone. Prints, as
Markdown, the apgr of each scorer on each split with the range of 95 of 100 resampled test sets, its mean
with the interval of the mean over the splits (Student's t), and the gain over `paper`, paired.
"""
import argparse
import gzip
import hashlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

SCORERS = ("paper", "bayes", "ridge", "mixed")
REFERENCE = "gpt-4-1106-preview"
TRAIN = 0.7
# 97.5 % of Student's t, by degrees of freedom
STUDENT = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}


def part_of(seed, name):
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2 ** 64


def write_split(lines, seed, path):
    with gzip.open(path, "wt", compresslevel=1) as out:
        for line in lines:
            record = json.loads(line)
            if seed > 0:
                record["split"] = "train" if part_of(seed, record["id"]) < TRAIN else "test"
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def run(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def measure(tagroute, folder, bootstrap):
    """apgr and its range by scorer, and that of the category's mean."""
    log, queries, router = (os.path.join(folder, name) for name in ("log.gz", "q.h5", "r.msgpack"))
    run(tagroute, "ingest", log, "-o", queries, "--category-tag")
    found = {}
    for scorer in SCORERS:
        run(tagroute, "fit", queries, "-o", router, "--reference", REFERENCE, "--scorer", scorer)
        report = json.loads(run(tagroute, "simulate", queries, "-r", router, "--split", "test",
                                "--bootstrap", str(bootstrap), "--json", "-"))
        found[scorer] = (report["metrics"]["apgr"], *report["intervals"]["metrics"]["apgr"])
        print(f"  {scorer} {found[scorer][0]:.4f}", file=sys.stderr)
    report = json.loads(run(tagroute, "simulate", queries, "-r", router, "--split", "test",
                            "--category-mean", "--json", "-"))
    found["category mean"] = (report["category_mean"]["metrics"]["apgr"], math.nan, math.nan)
    return found


def spread(values):
    """Half the interval of the mean; 0 for a single value."""
    count = len(values)
    if count < 2:
        return 0.0
    student = STUDENT.get(count - 1, 1.96)
    return student * statistics.stdev(values) / math.sqrt(count)


def show(results):
    count = len(results)
    heads = ["as given"] + [f"seed {i}" for i in range(1, count)]
    print("| scorer | " + " | ".join(heads) + " | mean | gain over paper |")
    print("| --- " * (count + 3) + "|")
    for name in (*SCORERS, "category mean"):
        values = [result[name][0] for result in results]
        gains = [value - result["paper"][0] for value, result in zip(values, results)]
        cells = [f"{value:.4f}" if math.isnan(low) else f"{value:.4f} ({low:.3f} to {high:.3f})"
                 for value, low, high in (result[name] for result in results)]
        gain = "" if name == "paper" else f"{statistics.mean(gains):+.4f} ± {spread(gains):.4f}"
        print(f"| {name} | " + " | ".join(cells) +
              f" | {statistics.mean(values):.4f} ± {spread(values):.4f} | {gain} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tagroute")
    parser.add_argument("log")
    parser.add_argument("--splits", type=int, default=4, help="further random splits (default: 4)")
    parser.add_argument("--bootstrap", type=int, default=200, help="resampled test sets (200)")
    options = parser.parse_args()
    with gzip.open(options.log, "rt") as log:
        lines = log.readlines()
    results = []
    for seed in range(options.splits + 1):
        print(f"split {seed} of {options.splits}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            write_split(lines, seed, os.path.join(folder, "log.gz"))
            results.append(measure(options.tagroute, folder, options.bootstrap))
    show(results)


if __name__ == "__main__":
    main()
