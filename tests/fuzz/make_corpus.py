#!/usr/bin/python3
"""Writes the seeds of the fuzz targets: python3 tests/fuzz/make_corpus.py tests/fuzz/corpus"""
import gzip
import json
import os
import struct
import sys

import msgpack

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


def main(folder):
    for name, seeds in (("jsonl", JSONL), ("msgpack", MSGPACK), ("source", SOURCE)):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for seed, content in seeds.items():
            with open(os.path.join(folder, name, seed), "wb") as file:
                file.write(content)


if __name__ == "__main__":
    main(sys.argv[1])
