#!/usr/bin/env python3
"""tag_job.py - the work of `tagroute ingest --vocab` on a log of ASCII texts, as anybody would write it in Python.

usage: bench/tag_job.py LOG.jsonl VOCABULARY OUTPUT.h5

json, a regular expression, a dictionary of words and pairs, NumPy, h5py: reads a record a line, counts the phrases of the
vocabulary in its text, and writes the counts as a CSR matrix with tags by falling frequency, ids and texts. Words are
those of tagroute where texts are ASCII: runs of letters and digits with apostrophes inside, without a final 's.
"""
import array
import json
import os
import re
import sys

import h5py
import msgpack
import numpy

WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
LONGEST = 64


def read(log, number):
    """Ids, texts, and the rows: where each ends, phrases, counts."""
    ids, texts = [], []
    ends, columns, counts = array.array("q", [0]), array.array("i"), array.array("i")
    name, position = os.path.basename(log), 0
    find, known = WORD.findall, number.get
    with open(log, "rb") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            ids.append(f"{name}@{position}")
            texts.append(text)
            position += len(line)
            row, last = {}, None
            for word in find(text.lower()):
                if len(word) > LONGEST:
                    last = None
                    continue
                if word[-2:] == "'s":
                    word = word[:-2]
                phrase = known(word)
                if phrase is not None:
                    row[phrase] = row.get(phrase, 0) + 1
                if last is not None:
                    phrase = known(last + " " + word)
                    if phrase is not None:
                        row[phrase] = row.get(phrase, 0) + 1
                last = word
            columns.extend(row.keys())
            counts.extend(row.values())
            ends.append(len(columns))
    return ids, texts, numpy.array(ends), numpy.array(columns, dtype=numpy.int32), numpy.array(counts)


def order(phrases, columns, counts):
    """Tags that occur, by falling frequency and then by their bytes, and the column of each phrase."""
    totals = numpy.bincount(columns, weights=counts, minlength=len(phrases))
    ranked = sorted(numpy.flatnonzero(totals), key=lambda i: (-totals[i], phrases[i].encode()))
    place = numpy.full(len(phrases), -1, dtype=numpy.int32)
    place[ranked] = numpy.arange(len(ranked), dtype=numpy.int32)
    return [phrases[i] for i in ranked], place


def sort_rows(ends, columns, counts):
    rows = numpy.repeat(numpy.arange(len(ends) - 1), numpy.diff(ends))
    by_column = numpy.lexsort((columns, rows))
    return columns[by_column], counts[by_column]


def write(output, ids, texts, tags, ends, columns, counts):
    with h5py.File(output, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        x = file.create_group("X")
        x.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0",
                        "shape": [len(ids), len(tags)]})
        x["data"] = counts.astype(numpy.uint8 if counts.max(initial=0) < 256 else numpy.uint16)
        x["indices"] = columns
        x["indptr"] = ends.astype(numpy.int32)
        file.create_group("obs")["_index"] = numpy.array(ids, dtype="S")
        file["obs"].create_dataset("text", data=texts, dtype=h5py.string_dtype())
        file.create_group("var").create_dataset("_index", data=tags, dtype=h5py.string_dtype())


def main():
    log, vocabulary, output = sys.argv[1:]
    with open(vocabulary, "rb") as file:
        phrases = msgpack.unpackb(file.read())["tagger"]["phrases"]
    ids, texts, ends, columns, counts = read(log, {phrase: i for i, phrase in enumerate(phrases)})
    tags, place = order(phrases, columns, counts)
    columns, counts = sort_rows(ends, place[columns], counts)
    write(output, ids, texts, tags, ends, columns, counts)


if __name__ == "__main__":
    main()
