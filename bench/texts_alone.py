#!/usr/bin/python3
"""How well texts alone route: tags by the embedded tagger, no category, on public answers of two models.

    bench/texts_alone.py BUILD/tagroute FOLDER

FOLDER has routellm_mmlu, routellm_gsm8k and routellm_mtbench (.jsonl.gz, with texts), and mmlu_tagged.jsonl.gz for MMLU's
split by id; the others, which have none, are split 70/30 by a hash of the text. Contaminated prompts are left out.
Vocabulary, router and its parameters are learnt on the training queries, and judged on the others. Prints, as
Markdown, apgr with the range that 95 of 100 resampled test sets lie in, for each scorer."""
import gzip
import json
import os
import subprocess
import sys
import tempfile

SCORERS = ("paper", "bayes", "ridge", "mixed")
REFERENCE = "gpt-4-1106-preview"
SETS = {"MMLU": "routellm_mmlu", "GSM8K": "routellm_gsm8k", "MT-Bench": "routellm_mtbench"}


def read(path):
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def run(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def write_log(folder, name, path):
    records = [row for row in read(os.path.join(folder, SETS[name] + ".jsonl.gz"))
               if not row.get("contaminated")]
    splits = {}
    if name == "MMLU":
        splits = {row["id"]: row["split"] for row in read(os.path.join(folder, "mmlu_tagged.jsonl.gz"))}
        records = [row for row in records if row["id"] in splits]
    with open(path, "w") as log:
        for row in records:
            kept = {key: row[key] for key in ("id", "text", "models")}
            if row["id"] in splits:
                kept["split"] = splits[row["id"]]
            log.write(json.dumps(kept) + "\n")


def show(value, interval):
    """Where the dearer model is not the better one, apgr is not defined: with few queries in too many a
    resampled set, so that there is no interval."""
    known = "not defined" if value is None else f"{value:.3f}"
    low, high = interval
    return known + (" (no interval)" if low is None or high is None else f" ({low:.3f} to {high:.3f})")


def measure(tagroute, work, name, folder):
    log, split, vocabulary, queries, router = (
        os.path.join(work, file) for file in ("log.jsonl", "split.jsonl", "v.msgpack", "q.h5", "r.msgpack"))
    write_log(folder, name, log)
    run(tagroute, "ingest", log, "-o", queries, "--assign-split", "train=0.7,test=0.3")
    splits = dict(zip(*ids_and_splits(queries)))
    with open(log) as lines, open(split, "w") as out:
        for row in map(json.loads, lines):
            out.write(json.dumps(dict(row, split=splits[row["id"]])) + "\n")
    run(tagroute, "tag", "--learn", split, "--split", "train", "-o", vocabulary)
    run(tagroute, "ingest", split, "--vocab", vocabulary, "-o", queries)
    cells = []
    for scorer in SCORERS:
        run(tagroute, "fit", queries, "-o", router, "--reference", REFERENCE, "--scorer", scorer, "--split", "train")
        report = json.loads(run(tagroute, "simulate", queries, "-r", router, "--split", "test", "--bootstrap", "1000",
                                "--json", "-"))
        cells.append(show(report["metrics"]["apgr"], report["intervals"]["metrics"]["apgr"]))
        judged = report["queries"]
    return [str(len(splits) - judged), str(judged), *cells]


def ids_and_splits(path):
    import anndata
    queries = anndata.read_h5ad(path)
    return list(queries.obs_names), list(queries.obs["split"])


def main():
    tagroute, folder = sys.argv[1:3]
    print("| | learnt from | judged on | " + " | ".join(SCORERS) + " |")
    print("| --- " * (3 + len(SCORERS)) + "|")
    for name in SETS:
        with tempfile.TemporaryDirectory() as work:
            print(f"| {name} | " + " | ".join(measure(tagroute, work, name, folder)) + " |")


if __name__ == "__main__":
    main()
