#!/usr/bin/python3
"""How much a router loses where each model is judged on a part of the training queries only.

    bench/masked_judgements.py BUILD/tagroute mmlu_tagged.jsonl.gz [--seeds 3]

Each (training query, model) pair of MMLU stays judged with the chance given, dealt by a hash of seed, id
and model, independently for both models; the test queries keep all. Tags and the category as a tag, GPT-4
the reference, parameters chosen on the judged training queries alone. Prints, as Markdown, for each share
and scorer: the Pearson correlation over the test queries of the margins with those of the router that saw
everything, and apgr, each as the mean and the range over the seeds.
"""
import argparse
import gzip
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile

SCORERS = ("paper", "bayes", "ridge", "mixed")
REFERENCE = "gpt-4-1106-preview"
SHARES = (1.0, 0.6, 0.4, 0.2, 0.1)


def chance(*words):
    digest = hashlib.blake2b("/".join(map(str, words)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2 ** 64


def write_masked(records, share, seed, path):
    with gzip.open(path, "wt", compresslevel=1) as out:
        for record in records:
            kept = dict(record)
            if record["split"] == "train":
                kept["models"] = {model: found for model, found in record["models"].items()
                                  if chance(seed, record["id"], model) < share}
            out.write(json.dumps(kept, ensure_ascii=False) + "\n")


def run(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def measure(tagroute, complete, queries, router, scorer):
    """apgr, and the margins of the test queries; both on the complete log."""
    run(tagroute, "fit", queries, "-o", router, "--reference", REFERENCE, "--scorer", scorer,
        "--split", "train")
    report = json.loads(run(tagroute, "simulate", complete, "-r", router, "--split", "test",
                            "--json", "-"))
    lines = run(tagroute, "route", complete, "-r", router, "--split", "test", "-o", "-", "--format",
                "jsonl").splitlines()
    return report["metrics"]["apgr"], [json.loads(line)["margin"] for line in lines]


def show(found):
    print("| judged | " + " | ".join(f"{s}: correlation | apgr" for s in SCORERS) + " |")
    print("| --- " * (2 * len(SCORERS) + 1) + "|")
    for share in SHARES:
        cells = []
        for scorer in SCORERS:
            for values in zip(*found[share, scorer]):
                spread = f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
                cells.append(f"{statistics.mean(values):.4f}{spread}")
        print(f"| {share:.0%} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tagroute")
    parser.add_argument("log")
    parser.add_argument("--seeds", type=int, default=3, help="how often each share is dealt (3)")
    options = parser.parse_args()
    with gzip.open(options.log, "rt") as log:
        records = [json.loads(line) for line in log]
    found, margins = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        log, complete, queries, router = (os.path.join(folder, name)
                                          for name in ("log.gz", "all.h5", "q.h5", "r.msgpack"))
        for share in SHARES:
            for seed in range(1 if share == 1 else options.seeds):
                into = complete if share == 1 else queries
                write_masked(records, share, seed, log)
                run(options.tagroute, "ingest", log, "-o", into, "--category-tag")
                for scorer in SCORERS:
                    apgr, now = measure(options.tagroute, complete, into, router, scorer)
                    margins.setdefault(scorer, now)
                    like = statistics.correlation(margins[scorer], now)
                    found.setdefault((share, scorer), []).append((like, apgr))
                    print(f"{share:.0%} seed {seed} {scorer}: {like:.4f} {apgr:.4f}", file=sys.stderr)
    show(found)


if __name__ == "__main__":
    main()
