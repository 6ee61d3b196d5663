#!/usr/bin/python3
"""Writes the seeds of the fuzz targets: python3 tests/fuzz/make_corpus.py tests/fuzz/corpus TAGROUTE

TAGROUTE is the program. Files that other software writes need anndata and h5py.
"""
import gzip
import json
import os
import random
import struct
import subprocess
import sys

import anndata
import h5py
import msgpack
import numpy
import pandas
import scipy.sparse

RECORD = {"id": "q1", "text": "t\u00e9xt", "tags": ["a", "b", "a"], "category": "law",
          "split": "train", "prompt_tokens": 321, "needs": ["vision"], "allow": [], "deny": ["m"],
          "models": {"m": {"score": 1.5, "outcome": "win", "cost": 0.002, "completion_tokens": 87},
                     "n": None}}
WEIGHTS = {"id": 7, "tags": {"a": 2, "b": 0.5, "c": 0}}
MAPS = [RECORD, WEIGHTS, {"text": ""}, {"tags": []}]
TIME = msgpack.ExtType(0, struct.pack(">II", 1, 2))


def lines(values):
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def objects(values):
    return b"".join(msgpack.packb(value) for value in values)


def events(packed):
    entries = [[1, RECORD], [[2, {}], WEIGHTS]]
    yield [1, RECORD]
    yield [[1.5, {}], WEIGHTS]
    yield ["tag", 1, RECORD, {}]
    yield ["tag", entries]
    if packed:
        yield [TIME, RECORD]
        stream = objects(entries)
        yield ["tag", stream]
        yield ["tag", gzip.compress(stream, mtime=0), {"compressed": "gzip"}]


JSONL = {
    "records": lines(MAPS),
    "events": lines(events(False)),
    "blank": b"\xef\xbb\xbf\n \r\n" + lines(MAPS[:1]) + b"\r\n" + lines(MAPS)[:-1],
    "bad": b'{"tags":[7]}\n{"tags":{"a":-1}}\nnope\n{"text":"\\u0000"}\n{"tags":{"a":1e99}}\n[]\n'
           b'{"id":-5,"tags":["\xff"]}\n{"models":{"m":{"score":"x"}},"tags":[]}\n',
    "deep": b'{"x":' + b"[" * 40 + b"]" * 40 + b',"tags":[]}\n' + b'{"text":"' + b"x" * 5000 +
            b'"}\n' + lines(MAPS),
    "numbers": b'{"tags":{"a":65535,"b":1.5e-9},"prompt_tokens":9007199254740992}\n'
               b'{"tags":{"a":18446744073709551615}}\n{"tags":{"a":65536}}\n',
}
MSGPACK = {
    "records": objects(MAPS),
    "events": objects(events(True)),
    "cut": objects(MAPS)[:-3],
    "lost": objects(MAPS) + b"\xc1" + objects(MAPS),
    "large": objects([{"text": "x" * 5000}, RECORD, {"tags": ["a"] * 5000}, RECORD]),
    "headers": b"\xdd\xff\xff\xff\xff\xdf\x10\x00\x00\x00",
    "kinds": objects([{"tags": [], "x": [None, True, -1, -200, -70000, -2 ** 40, 2 ** 63, 1.5,
                                         b"bin", TIME, {"k": {1: 2}}, "y" * 40, "z" * 300]}]),
    "deep": b"\x81\xa1x" + b"\x91" * 40 + b"\x01" + objects(MAPS),
}
SOURCE = {
    "plain_jsonl": JSONL["records"],
    "plain_msgpack": MSGPACK["events"],
    "gzip_jsonl": gzip.compress(JSONL["records"], mtime=0),
    "gzip_msgpack": gzip.compress(MSGPACK["records"], mtime=0),
    "gzip_members": gzip.compress(JSONL["records"], mtime=0) * 2,
    "gzip_cut": gzip.compress(JSONL["records"], mtime=0)[:-9],
    # A frame of one raw block, and a skippable one.
    "zstd_raw": b"\x28\xb5\x2f\xfd\x20\x0c" + struct.pack("<I", 1 | 12 << 3)[:3] + b'{"tags":[]}\n',
    "zstd_skippable": struct.pack("<II", 0x184D2A50, 4) + b"skip",
    "empty": b"",
}


# ---- query files, routers, decisions --------------------------------------------------------

MODELS = ("gpt-4", "mixtral", "qwen")
PRICES = {
    "sample_spec": {"input_cost_per_token": "USD", "mode": "chat"},
    "openai/gpt-4": {"input_cost_per_token": 3e-05, "output_cost_per_token": 6e-05,
                     "max_input_tokens": 8192, "supports_function_calling": True},
    "mixtral": {"input_cost_per_token": 2.4e-07, "output_cost_per_token": 2.4e-07,
                "max_tokens": "32768", "supports_vision": False},
    "azure/gpt-4": {"input_cost_per_token": None, "litellm_provider": "azure"},
    "\u00e9": {"output_cost_per_token": -1, "max_input_tokens": 1e99},
}


def world_log(weights):
    """Queries enough to fit a router from."""
    draw = random.Random(5)
    for i in range(60):
        tags = {f"tag {draw.randrange(12)}": draw.choice((0.5, 2.25) if weights else (1, 2, 3))
                for _ in range(draw.randrange(1, 6))}
        record = {"id": f"q{i}", "tags": tags, "category": draw.choice(("law", "art", "b\u00fccher")),
                  "split": draw.choice(("train", "train", "test")), "prompt_tokens": draw.randrange(9, 4000),
                  "models": {name: {"outcome": draw.choice(("win", "tie", "loss")), "cost": draw.random() / 100,
                                    "score": draw.random(), "completion_tokens": draw.randrange(1, 900)}
                             for name in MODELS if draw.random() < 0.9}}
        if i % 7 == 0:
            record.update(needs=["vision"], deny=["qwen"], allow=["gpt-4", "mixtral"])
        if i % 3 == 0:
            record["text"] = "text " * (i % 5)
        yield record


def own_files(folder, program):
    """What tagroute writes, in every way it does."""
    def tagroute(*words):
        subprocess.run([program, *words, "--quiet"], check=True, cwd=folder)

    for weights in (False, True):
        with open(os.path.join(folder, "log"), "wb") as file:
            file.write(lines(world_log(weights)))
        name = "weights" if weights else "counts"
        tagroute("ingest", "log", "-o", f"queries/own_{name}.h5")
        tagroute("ingest", "log", "-o", f"queries/own_{name}_compressed.h5", "--compress", "--compact")
        tagroute("fit", f"queries/own_{name}.h5", "-o", f"router/own_{name}.msgpack", "--reference", "gpt-4",
                 "--min-count", "2")
    os.remove(os.path.join(folder, "log"))
    route = ("route", "queries/own_counts.h5", "-r", "router/own_counts.msgpack")
    tagroute(*route, "-o", "decisions/one.h5", "--theta", "0.1")
    tagroute(*route, "-o", "decisions/full.h5", "--theta", "0.1", "--ids", "--margins")
    tagroute(*route, "-o", "decisions/many.h5", "--theta=-0.5,0,0.5", "--margins")
    with open(os.path.join(folder, "router/own_counts.msgpack"), "rb") as file:
        router = msgpack.unpackb(file.read())
    del router["digest"]
    router["extra"] = {"kept": [1, None, b"bin"]}
    with open(os.path.join(folder, "router/by_hand.msgpack"), "wb") as file:
        file.write(msgpack.packb(router))


def foreign_files(folder):
    """What anndata, h5py and 10x's programs write."""
    draw = numpy.random.RandomState(5)
    matrix = scipy.sparse.random(40, 12, 0.3, "csr", random_state=draw)
    matrix.data = numpy.ceil(matrix.data * 9).astype("float32")
    names = pandas.DataFrame(index=[f"tag {i}" for i in range(12)])
    obs = pandas.DataFrame({"split": ["train", "test"] * 20, "category": pandas.Categorical(["a", "b"] * 20),
                            "prompt_tokens": pandas.array([None, 7, 8, 9] * 10, dtype="Int64")},
                           index=[f"id {i}" for i in range(40)])
    cells = draw.rand(40, 2).astype("float32")
    for layout, x, compression in (("csr", matrix, None), ("csr_gzip", matrix, "gzip"), ("csc", matrix.tocsc(), None),
                                   ("dense", matrix.toarray(), None), ("dense_lzf", matrix.toarray(), "lzf")):
        data = anndata.AnnData(x, obs=obs.copy(), var=names)
        data.obsm["score"] = pandas.DataFrame(cells, columns=["gpt-4", "mixtral"], index=obs.index)
        data.write_h5ad(os.path.join(folder, f"queries/anndata_{layout}.h5ad"), compression=compression)
    for first in (False, True):
        with h5py.File(os.path.join(folder, f"queries/10x_{'first' if first else 'now'}.h5"), "w") as file:
            group = file.create_group("matrix")
            group["barcodes"] = numpy.array([b"AAC-%d" % i for i in range(40)])
            options = {"compression": "gzip", "shuffle": True, "chunks": (32,)}
            group.create_dataset("data", data=matrix.data.astype("i4"), **options)
            group.create_dataset("indices", data=matrix.indices.astype("i8"), fletcher32=True, **options)
            group.create_dataset("indptr", data=matrix.indptr.astype("i8"), **options)
            group["shape"] = numpy.array([12, 40], "i4")
            group["genes" if first else "features/id"] = numpy.array([b"tag %d" % i for i in range(12)])
    with h5py.File(os.path.join(folder, "queries/h5py_latest.h5"), "w", libver="latest") as file:
        options = {"chunks": (16,), "maxshape": (None,), "compression": "gzip"}
        for name, dtype in (("data", ">f8"), ("indices", "u2"), ("indptr", "u4")):
            file.create_dataset(f"X/{name}", data=getattr(matrix, name).astype(dtype), **options)
        file["X"].attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": matrix.shape})
        file["var/_index"] = numpy.arange(12)
        file["obs/_index"] = [f"id {i}" for i in range(40)]
        file["obs/split/categories"] = ["train", "test"]
        file.create_dataset("obs/split/codes", data=numpy.arange(40, dtype="i1") % 2, **options)


# ---- blocks of CSR --------------------------------------------------------------------------

def block(kind, columns, rows):
    """As fuzz_canonical.c takes it apart; a row is a list of (column, 16 bits of a value)."""
    entries = b"".join(struct.pack(">BH", *entry) for row in rows for entry in row)
    return bytes([kind, columns, *map(len, rows), 255]) + entries


CANONICAL = {
    "ascending": block(0, 40, [[(1, 5), (7, 1)], [], [(0, 255), (39, 3)]]),
    "unsorted": block(1, 40, [[(7, 500), (1, 1)], [(5, 1), (3, 2), (4, 3)]]),
    "repeated": block(2, 40, [[(3, 32776), (3, 32760)], [(2, 40000), (1, 1), (2, 40000)]]),
    "overflow": block(3, 40, [[(3, 200), (3, 100)]]),
    "zeros": block(4, 40, [[(3, 0), (4, 1)], [(1, 0)]]),
    "not_finite": b"\x05\x28\x01\xff\x03\x7f\x87\x00\x00",
    "out_of_bounds": block(0, 4, [[(4, 1)], [(1, 1)]]),
    "threads": block(3, 200, [[(column, 1) for column in range(100)]] * 60),
}


# ---- what language models and their servers answer ------------------------------------------

ANSWER = {
    "commas": b"Tags: algebra, linear equations, and proof.",
    "numbered": b"Sure! Here you are:\n\n1. **algebra**: sums\n2) proof - why\n(3) logic\n\nAnything else?",
    "bullets": "- algebra\n* proof\n\u2022 logic".encode(),
    "fence": b'```json\n["algebra", "proof"]\n```',
    "maps": b'[{"tag": "algebra", "explanation": "x"}, {"tag": "pro',
    "weights": b'{"tags": {"algebra": 0.5, "proof": 1}}',
    "refusal": "I\u2019m sorry, but I can\u2019t help with that.".encode(),
    "thought": b"<think>[1] hm</think>\n['algebra', \"it\"]#a #b",
    "chinese": "\u6807\u7b7e\uff1a\u4ee3\u6570\u3001\u8bc1\u660e\u3002".encode(),
    "reply": b'{"choices":[{"message":{"content":"a, b"},"finish_reason":"length"}],'
             b'"usage":{"prompt_tokens":7,"completion_tokens":2}}',
    "parts": b'{"choices":[{"message":{"content":[{"text":"a,"},{"text":"b"}]}}]}',
    "error": b'{"error":{"code":"model_not_found"}}',
}


def answers_files(folder, program):
    """Files of answers as a run leaves them."""
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
    from chat_server import ChatServer
    server = ChatServer()
    with open(os.path.join(folder, "log.jsonl"), "wb") as file:
        file.write(lines({"text": f"text {i} " * (i % 4 + 1)} for i in range(6)))
    subprocess.run([program, "tag", "--endpoint", server.url, "--model", "m", "log.jsonl", "-o", "out.jsonl",
                    "--in-flight", "1", "--cache", "answers/whole", "--quiet"], check=True, cwd=folder)
    server.stop()
    for name in ("log.jsonl", "out.jsonl"):
        os.remove(os.path.join(folder, name))
    with open(os.path.join(folder, "answers/whole"), "rb") as file:
        whole = file.read()
    return {"whole": whole, "torn": whole[:-3], "empty": b"", "head": whole[:24], "other": b"{}",
            "hole": whole[:100] + bytes(90) + whole[190:]}


MAPPING = {
    "table": b"# tag\nlaw\tlaw\t5\nLaws\tlaw\t2\nspam\t\n\\#a\\tb\\\\\t\\#a\\tb\\\\\t1\n",
    "windows": b"law\tlaw\r\nt\xc3\xa9xt\tlaw\r\n\r\n",
    "circle": b"a\tb\nb\ta\n", "chain": b"a\tb\nb\tc\nc\tc\n", "twice": b"a\ta\na\t\n", "unknown": b"a\tb\n",
    "no_tab": b"a", "escape": b"a\\x\t\n", "not_text": b"\xff\t\n",
}


NORMALISATION = {
    name: msgpack.packb({"text": "text", "normalisation": value}) for name, value in (
        ("mapping", {"align_min": .85, "tags": {"law": "law", "Laws": "law", "spam": None}}),
        ("off", {"align_min": None, "tags": {"t\u00e9xt": "t\u00e9xt"}}), ("empty", {"tags": {}}),
        ("circle", {"tags": {"a": "b", "b": "a"}}), ("unknown", {"tags": {"a": "b"}}), ("list", {"tags": ["a"]}),
        ("least", {"align_min": -1, "tags": {}}), ("number", {"tags": {"a": 1}}), ("none", None))}


VOCABULARY = {"kind": "phrases", "version": 1, "text": "text", "ngrams": 2, "stemming": "none", "stop_words": "english",
              "phrases": ["text", "t\u00e9xt", "law school"]}


def vocabulary(**changes):
    return msgpack.packb({"format": "tagroute.vocabulary", "version": 1, "tagger": {**VOCABULARY, **changes},
                          "learnt_from": 9, "queries": [5, 4, 3]})


VOCABULARIES = {
    "phrases": vocabulary(), "stemmed": vocabulary(stemming="english", ngrams=3),
    "meanings": vocabulary(kind="meanings", phrases={"text": ["law", "art"], "t\u00e9xt": ["law"]}),
    "twice": vocabulary(phrases=["law", "law"]), "long": vocabulary(phrases=["a b c"]), "none": vocabulary(phrases=[]),
    "spaces": vocabulary(phrases=["a  b"]), "language": vocabulary(stemming="klingon"), "kind": vocabulary(kind="other"),
    "newer": vocabulary(version=2), "no_words": vocabulary(ngrams=0), "list": msgpack.packb([VOCABULARY]),
    "cut": vocabulary()[:-9], "headers": b"\x81\xa6tagger\xdf\xff\xff\xff\xff",
}


def learnt(folder, program):
    """Vocabularies as they are learnt."""
    with open(os.path.join(folder, "log.jsonl"), "wb") as file:
        file.write(lines({"text": f"law school {'art' if i % 2 else 'text'} number {i % 3}", "tags": ["art" if i % 2 else "law"]}
                         for i in range(30)))
    for name, more in (("learnt", ()), ("learnt_tags", ("--from-tags",))):
        subprocess.run([program, "tag", "--learn", "log.jsonl", "-o", f"vocabulary/{name}.msgpack", "--max-share", "1",
                        *more, "--quiet"], check=True, cwd=folder)
    os.remove(os.path.join(folder, "log.jsonl"))


def embeddings(folder):
    draw = numpy.random.RandomState(6).rand(5, 3)
    for name, tags, dtype, options in (("plain", "abcde", "f4", {}), ("doubles", "abcde", ">f8", {}),
                                       ("packed", "abcde", "f2", {"chunks": (2, 2), "compression": "gzip"}),
                                       ("twice", "abcda", "f4", {}), ("short", "abcd", "i1", {})):
        with h5py.File(os.path.join(folder, f"embeddings/{name}.h5"), "w") as file:
            file["tags"] = numpy.array(list(tags), dtype="S2") if name == "packed" else list(tags)
            file.create_dataset("vectors", data=(9 * draw).astype(dtype), **options)


def main(folder, program):
    for name in ("queries", "router", "decisions", "embeddings", "answers", "vocabulary"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    own_files(folder, program)
    foreign_files(folder)
    embeddings(folder)
    learnt(folder, program)
    prices = {"map": json.dumps(PRICES).encode(), "list": b"[1, 2]", "cut": json.dumps(PRICES).encode()[:-5]}
    for name, seeds in (("jsonl", JSONL), ("msgpack", MSGPACK), ("source", SOURCE), ("canonical", CANONICAL),
                        ("prices", prices), ("mapping", MAPPING), ("normalisation", NORMALISATION),
                        ("vocabulary", VOCABULARIES), ("answer", ANSWER),
                        ("answers", answers_files(folder, program))):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for seed, content in seeds.items():
            with open(os.path.join(folder, name, seed), "wb") as file:
                file.write(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
