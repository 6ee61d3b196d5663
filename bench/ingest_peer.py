#!/usr/bin/python3
"""ingest beside a Python script that does the same with json or msgpack, numpy and h5py.

    bench/ingest_peer.py BUILD/tagroute LOG [runs]

The script counts tags, numbers them by falling frequency and writes X in CSR, ids, categories, splits,
prompt tokens and what the models did; it has no checksums, no bad records, no limits, no checkpoints.
Whole process against whole process, medians, the log in the page cache."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def records_of(path):
    import msgpack
    with open(path, "rb") as log:
        if path.endswith(".msgpack"):
            yield from msgpack.Unpacker(log, read_size=1 << 20)
        else:
            for line in log:
                yield json.loads(line)


def convert(path, output):
    import h5py
    import numpy
    tags, models, categories, splits = {}, {}, {}, {}
    indptr, indices, values, ids, tokens = [0], [], [], [], []
    category_codes, split_codes, done, texts = [], [], [], []
    for record in records_of(path):
        row = record.get("tags", {})
        if isinstance(row, list):
            counts = {}
            for tag in row:
                counts[tag] = counts.get(tag, 0) + 1
            row = counts
        for tag, value in row.items():
            indices.append(tags.setdefault(tag, len(tags)))
            values.append(value)
        indptr.append(len(indices))
        ids.append(record.get("id", ""))
        if "text" in record:
            texts.append(record["text"])
        tokens.append(record.get("prompt_tokens", float("nan")))
        category_codes.append(categories.setdefault(record.get("category"), len(categories)))
        split_codes.append(splits.setdefault(record.get("split"), len(splits)))
        done.append([(models.setdefault(name, len(models)), entry)
                     for name, entry in record.get("models", {}).items()])
    columns = numpy.asarray(indices, dtype=numpy.int64)
    counts = numpy.bincount(columns, weights=values, minlength=len(tags))
    order = numpy.argsort(-counts, kind="stable")
    place = numpy.empty(len(tags), dtype=numpy.int32)
    place[order] = numpy.arange(len(tags), dtype=numpy.int32)
    rows = numpy.repeat(numpy.arange(len(ids)), numpy.diff(indptr))
    sort = numpy.lexsort((place[columns], rows))
    outcome = numpy.full((len(ids), len(models)), -1, dtype=numpy.int8)
    numbers = {key: numpy.full((len(ids), len(models)), numpy.nan, dtype=numpy.float32)
               for key in ("score", "cost", "completion_tokens")}
    named = {"loss": 0, "tie": 1, "win": 2}
    for row, entries in enumerate(done):
        for model, entry in entries:
            for key, matrix in numbers.items():
                if key in entry:
                    matrix[row, model] = entry[key]
            outcome[row, model] = named.get(entry.get("outcome"), -1)
    with h5py.File(output, "w") as file:
        file["X/indptr"] = numpy.asarray(indptr, dtype=numpy.int32)
        file["X/indices"] = place[columns][sort]
        file["X/data"] = numpy.asarray(values)[sort].astype(numpy.uint8)
        names = list(tags)
        file["var/_index"] = [names[i] for i in order]
        file["obs/_index"] = numpy.asarray(ids, dtype="S")
        file["obs/prompt_tokens"] = tokens
        file["obs/category"] = numpy.asarray(category_codes, dtype=numpy.int8)
        file["obs/split"] = numpy.asarray(split_codes, dtype=numpy.int8)
        if texts:
            file["obs/text"] = texts
        for key, matrix in numbers.items():
            file["obsm/" + key] = matrix
        file["obsm/outcome"] = outcome


def seconds(words):
    begin = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def main():
    if sys.argv[1] == "--convert":
        convert(sys.argv[2], sys.argv[3])
        return
    program, log = sys.argv[1], sys.argv[2]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    size = os.path.getsize(log)
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "out.h5")
        with open(log, "rb") as file: # into the page cache
            while file.read(1 << 24):
                pass
        ours = statistics.median(seconds([program, "ingest", log, "-o", output, "-q"])
                                 for _ in range(runs))
        peer = statistics.median(seconds([sys.executable, __file__, "--convert", log, output])
                                 for _ in range(max(1, runs // 3)))
    print(f"{os.path.basename(log)}: {size / 1e6:.0f} MB; tagroute {ours:.2f} s, "
          f"{size / ours / 1e6:.0f} MB/s; Python {peer:.2f} s, {size / peer / 1e6:.0f} MB/s; "
          f"{peer / ours:.1f} times as fast")


if __name__ == "__main__":
    main()
