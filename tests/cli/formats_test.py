#!/usr/bin/python3
"""Logs in every form give the same queries; bad records are counted; JSON is JSON."""
import ctypes
import ctypes.util
import gzip
import json
import struct
import subprocess

import h5py
import msgpack

from harness import PROGRAM, Scratch, jsonl, main, records

ROWS = list(records())


def zstd(content):
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = ctypes.c_size_t
    library.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
    library.ZSTD_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
                                      ctypes.c_size_t, ctypes.c_int]
    room = library.ZSTD_compressBound(len(content))
    packed = ctypes.create_string_buffer(room)
    size = library.ZSTD_compress(packed, room, content, len(content), 3)
    return packed.raw[:size]


def content(path):
    """What a query file says, but for where records stood."""
    with h5py.File(path) as file:
        def strings(values):
            return [v.decode() if isinstance(v, bytes) else v for v in values]
        return {
            "ids": strings(file["obs"][file["obs"].attrs["_index"]][:]),
            "tags": strings(file["var"][file["var"].attrs["_index"]][:]),
            **{name: file["X"][name][:].tolist() for name in ("data", "indices", "indptr")},
            **{name: file["obsm"][name][:].tolist() for name in ("score", "outcome", "cost")},
        }


class Logs(Scratch):
    def setUp(self):
        super().setUp()
        self.text = jsonl(ROWS).encode()
        self.write("plain.jsonl", self.text)
        self.works("ingest", "plain.jsonl", "-o", "plain.h5")
        self.expected = content(self.path("plain.h5"))
        self.assertEqual(self.expected["ids"], [row["id"] for row in ROWS])

    def check(self, name, content_bytes, *words):
        self.write(name, content_bytes)
        self.works("ingest", name, "-o", "other.h5", *words)
        self.assertEqual(content(self.path("other.h5")), self.expected, name)

    def test_compressed(self):
        self.check("log.gz", gzip.compress(self.text))
        self.check("log.zst", zstd(self.text))
        half = len(self.text) // 2 # a log appended to: several members
        self.check("log.gz", gzip.compress(self.text[:half]) + gzip.compress(self.text[half:]))
        self.check("log.zst", zstd(self.text[:half]) + zstd(self.text[half:]))

    def test_messagepack_maps(self):
        packed = b"".join(msgpack.packb(row) for row in ROWS)
        self.check("log.msgpack", packed)
        self.check("log.msgpack", packed, "--format", "msgpack")
        self.check("log.msgpack.gz", gzip.compress(packed))

    def test_fluent_events(self):
        time = msgpack.ExtType(0, struct.pack(">II", 1700000000, 5))
        wraps = {
            "time": lambda row: [1700000000, row],
            "meta": lambda row: [[time, {}], row],
            "message": lambda row: ["tag", time, row, {"option": 1}],
        }
        for name, wrap in wraps.items():
            self.check(name, b"".join(msgpack.packb(wrap(row)) for row in ROWS))
        entries = [[time, row] for row in ROWS]
        self.check("forward", msgpack.packb(["tag", entries, {}]))
        joined = b"".join(msgpack.packb(entry) for entry in entries)
        self.check("packed", msgpack.packb(["tag", joined, {}]))

    def test_standard_input(self):
        for packed in (self.text, gzip.compress(self.text), zstd(self.text)):
            self.works("ingest", "-", "-o", "other.h5", stdin=packed)
            self.assertEqual(content(self.path("other.h5")), self.expected)

    def test_several_logs_are_one(self):
        lines = self.text.splitlines(keepends=True)
        self.write("a.jsonl", b"".join(lines[:7]))
        self.write("b.jsonl.gz", gzip.compress(b"".join(lines[7:])))
        self.works("ingest", "a.jsonl", "b.jsonl.gz", "-o", "other.h5")
        self.assertEqual(content(self.path("other.h5")), self.expected)

    def test_compressed_query_file_holds_the_same(self):
        self.works("ingest", "plain.jsonl", "-o", "other.h5", "--compress")
        self.assertEqual(content(self.path("other.h5")), self.expected)
        self.works("info", "other.h5")


class BadRecords(Scratch):
    BAD = ['{"id": "torn', "[1, 2]", '{"id": "empty"}', '{"tags": {"a": -1}}', '{"tags": 7}',
           '{"tags": ["a"], "prompt_tokens": "many"}', '{"tags": ["a"], "models": {"m": 1}}']

    def test_counted_by_reason_and_named_by_place(self):
        lines = jsonl(records(200)).splitlines()
        for i, bad in enumerate(self.BAD):
            lines.insert(10 * i, bad)
        self.write("log.jsonl", "\n".join(lines) + "\n")
        text = self.works("ingest", "log.jsonl", "-o", "q.h5").stderr.decode()
        self.assertIn("7 bad records skipped, 3.4 % of the log", text)
        self.assertIn("200 queries", text)
        self.assertRegex(text, r"log\.jsonl: line 1\b")
        self.assertRegex(text, r"log\.jsonl: line 11\b")
        self.assertIn("line 1", self.fails(3, "ingest", "log.jsonl", "-o", "s.h5", "--strict"))
        self.fails(3, "ingest", "log.jsonl", "-o", "s.h5", "--max-bad", "1%")
        self.works("ingest", "log.jsonl", "-o", "s.h5", "--max-bad", "0.04")

    def test_nothing_usable(self):
        for log in ("", "\n\n", "x\n", "{}\n", "[" * 100000):
            self.write("log.jsonl", log)
            self.fails(3, "ingest", "log.jsonl", "-o", "q.h5", "--max-bad", "100%")
        self.assertEqual(self.names(), ["log.jsonl"])

    def test_broken_compression(self):
        packed = gzip.compress(jsonl(records()).encode())
        self.write("log.gz", packed[:len(packed) // 2])
        self.fails(3, "ingest", "log.gz", "-o", "q.h5", "--strict")
        self.write("log.zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 50)
        self.fails(3, "ingest", "log.zst", "-o", "q.h5")
        self.assertEqual(self.names(), ["log.gz", "log.zst"])


class Decisions(Scratch):
    def setUp(self):
        super().setUp()
        self.write("log.jsonl", jsonl(ROWS))
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        self.works("fit", "q.h5", "-o", "r", "--min-count", "1")

    def test_text_formats_agree(self):
        words = ("route", "q.h5", "-r", "r", "--theta")
        self.works(*words, "-0.3", "-o", "d.jsonl")
        self.works(*words, "-0.3", "-o", "d.msgpack")
        lines = [json.loads(line) for line in self.read("d.jsonl").splitlines()]
        unpacker = msgpack.Unpacker()
        unpacker.feed(self.read("d.msgpack"))
        packed = list(unpacker)
        self.assertEqual([line["id"] for line in lines], [row["id"] for row in ROWS])
        self.assertEqual([(d["id"], d["model"]) for d in lines],
                         [(d["id"], d["model"]) for d in packed])
        self.assertEqual([line["model"] for line in lines], ["small", "large"] * 20)
        self.assertEqual(["small" if line["margin"] >= -0.3 else "large" for line in lines],
                         ["small", "large"] * 20)
        for line, pack in zip(lines, packed):
            self.assertEqual(struct.pack("f", line["margin"]), struct.pack("f", pack["margin"]))
        done = self.works(*words, "-0.3", "-o", "-", "--format", "msgpack")
        self.assertEqual(done.stdout, self.read("d.msgpack"))

    def test_several_thresholds(self):
        self.works("route", "q.h5", "-r", "r", "--theta=-9,-0.3,9", "-o", "d.jsonl")
        lines = [json.loads(line) for line in self.read("d.jsonl").splitlines()]
        self.assertEqual([d["models"] for d in lines],
                         [["small", "small", "large"], ["small", "large", "large"]] * 20)

    def test_standard_output_takes_texts_only(self):
        self.fails(2, "route", "q.h5", "-r", "r", "-o", "-", "--format", "h5")
        self.fails(2, "route", "q.h5", "-r", "r", "-o", "no-ending")
        lines = self.works("route", "q.h5", "-r", "r", "-o", "-").stdout.splitlines()
        self.assertEqual([json.loads(line)["id"] for line in lines], [row["id"] for row in ROWS])

    def test_info_of_each_kind(self):
        self.works("route", "q.h5", "-r", "r", "-o", "d.h5", "--ids", "--margins")
        for name, kind in (("q.h5", "queries"), ("r", "router"), ("d.h5", "decisions")):
            self.assertEqual(json.loads(self.works("info", name, "--json").stdout)["kind"], kind)
            self.assertGreater(len(self.works("info", name).stdout), 100)
            lines = self.works("info", "--verify", name, name).stdout.decode().splitlines()
            self.assertEqual(lines[0], lines[1])
            self.assertRegex(lines[0], "checked|verified")
        self.fails(3, "info", "log.jsonl")

    def test_simulation_json_is_what_was_promised(self):
        done = self.works("simulate", "q.h5", "-r", "r", "--json", "-", "--theta=-0.1:0.1:0.05")
        report = json.loads(done.stdout)
        self.works("simulate", "q.h5", "-r", "r", "--json", "s.json", "--theta=-0.1:0.1:0.05")
        self.assertEqual(done.stdout, self.read("s.json"))
        self.assertEqual(report["queries"], 40)
        self.assertEqual(report["policy"], "margin")
        self.assertEqual([p["threshold"] for p in report["curve"]], [-0.1, -0.05, 0, 0.05, 0.1])
        for point in report["curve"]:
            self.assertEqual(set(point), {"threshold", "cost", "accept_rate", "mean_score",
                                          "coverage", "share"})
            self.assertAlmostEqual(sum(point["share"].values()), 1)
        self.assertLessEqual({"auc", "apgr", "pauc", "cpt50", "cpt80", "aiq", "cost_save",
                              "perf_gain", "uplift", "rank"}, set(report["metrics"]))
        for name in ("best_single", "oracle", "random", "cost_matched_random"):
            self.assertLessEqual({"cost", "accept_rate", "mean_score"},
                                 set(report["baselines"][name]))

    def test_closed_pipe_is_quiet(self):
        command = (f"'{PROGRAM}' route q.h5 -r r -o - --format jsonl --quiet "
                   "--theta=-1:1:0.0001 2>messages; echo $? >status")
        done = subprocess.run(["sh", "-c", f"({command}) | head -c 1 >/dev/null"],
                              cwd=self.folder, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.read("status"), b"1\n")
        self.assertNotIn(b"ipe", self.read("messages"))


if __name__ == "__main__":
    main()
