#!/usr/bin/python3
"""`tagroute tag --vocab`: logs with the tags of their texts, beside a plain tagger and beside `ingest`."""
import collections
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time

import anndata
import h5py
import msgpack

import harness

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import plain_tagger

SEED = 20251127
WORDS = ["tax", "law", "Laws", "proof", "graph theory", "cell", "\u6570\u5b66\u9898", "stra\u00dfe", "STRASSE", "zebra"]


class TagLogs(harness.Scratch):
    def make(self, count=900):
        """A log of all kinds of records, and a vocabulary."""
        rng = random.Random(SEED)
        self.rows = []
        for i in range(count):
            row = {"id": f"q{i}", "text": " ".join(rng.choice(WORDS) for _ in range(rng.randrange(9))),
                   "category": rng.choice("ab"), "weight": 1.0, "big": 2**63 + i, "nested": {"a": [None, True, -7, "\u0001\""]},
                   "models": {name: {"score": rng.random(), "cost": 0.5} for name in "mn"}}
            if i % 5 == 3:
                row["tags"] = {"given": 2, "tax": 1} if i % 2 else ["given", "given"]
            if i % 10 == 3:
                del row["text"]
            if i % 7 == 1:
                row = dict(reversed(row.items()))
            self.rows.append(row)
        self.write("log.jsonl", harness.jsonl(self.rows))
        self.works("tag", "--learn", "log.jsonl", "-o", "vocab.msgpack", "--max-share", "1", "--association", "0",
                   "--min-queries", str(count // 15))
        self.phrases = set(msgpack.unpackb(self.read("vocab.msgpack"))["tagger"]["phrases"])

    def tagged(self, row, retag=False, phrases=None):
        """What a record is to become."""
        if "text" not in row or ("tags" in row and not retag):
            return row
        found = collections.Counter(p for p in plain_tagger.phrases(row["text"], 2, set())
                                    if p in (phrases or self.phrases))
        return {**{key: value for key, value in row.items() if key != "tags"}, "tags": dict(found)}

    def tag(self, *words, vocab="vocab.msgpack", output="out.jsonl", logs=("log.jsonl",)):
        return self.works("tag", "--vocab", vocab, *logs, "-o", output, *words).stderr.decode()

    def lines(self, name="out.jsonl"):
        return [json.loads(line) for line in self.read(name).decode().split("\n")[:-1]]

    def matrix(self, name):
        """Rows as maps, and all else that does not hang on where a record stood."""
        data = anndata.read_h5ad(self.path(name))
        columns = [c for c in data.obs.columns if c not in ("source", "position", "record_bytes", "record_part")]
        rows = [{data.var_names[j]: v for j, v in zip(r.indices.tolist(), r.data.tolist())} for r in data.X]
        return rows, list(data.var_names), list(data.obs_names), data.obs[columns].astype(str).values.tolist()

    def digest(self, name):
        with h5py.File(self.path(name)) as file:
            return file["uns/tagroute/tagger"].attrs.get("digest") or file["uns/tagroute/tagger/digest"][()]

    def test_beside_a_plain_tagger(self):
        self.make()
        said = self.tag()
        expected = [self.tagged(row) for row in self.rows]
        self.assertEqual(self.lines(), expected, f"seed {SEED}")
        self.assertEqual([list(r) for r in self.lines()], [list(r) for r in expected])  # the tags last, others in order
        kept = sum("tags" in row or "text" not in row for row in self.rows)
        blank = sum(row["tags"] == {} for row in expected)
        self.assertGreater(blank, 20)
        self.assertIn(f"out.jsonl: 900 records, {900 - kept - blank} tagged with ", said)
        self.assertIn(f", {blank} without a tag in their text, {kept} kept as they were\n", said)
        self.assertIn(f"tagged with {sum(len(r['tags']) for r, o in zip(expected, self.rows) if 'tags' not in o and 'text' in o):,} tags",
                      said)
        self.tag("--retag")
        self.assertEqual(self.lines(), [self.tagged(row, True) for row in self.rows])

    def test_every_format_and_thread_count(self):
        self.make(4000)  # some pieces
        self.write("long.jsonl", self.read("log.jsonl") * 3)
        self.tag(logs=("long.jsonl", "log.jsonl"))
        whole = self.read("out.jsonl")
        self.assertEqual(len(whole.splitlines()), 16000)
        for ending in (".jsonl", ".jsonl.gz", ".jsonl.zst", ".msgpack", ".msgpack.gz"):
            self.tag("-j", "1", output="one" + ending, logs=("long.jsonl", "log.jsonl"))
            self.tag("-j", "5", output="many" + ending, logs=("long.jsonl", "log.jsonl"))
            self.assertEqual(self.read("one" + ending), self.read("many" + ending), ending)
        self.assertEqual(self.read("one.jsonl"), whole)
        self.assertEqual(gzip.decompress(self.read("one.jsonl.gz")), whole)
        rows = [json.loads(line) for line in whole.splitlines()]
        unpacker = msgpack.Unpacker(raw=False)
        unpacker.feed(self.read("one.msgpack"))
        self.assertEqual(list(unpacker), rows)
        self.assertEqual(gzip.decompress(self.read("one.msgpack.gz")), self.read("one.msgpack"))
        self.tag(output="again.jsonl", logs=("one.jsonl.zst",), vocab="vocab.msgpack")
        self.assertEqual(self.read("again.jsonl"), whole)  # all have tags by now
        self.tag("--retag", output="again.msgpack", logs=("one.msgpack",))
        self.tag("--retag", output="more.msgpack", logs=("long.jsonl", "log.jsonl"))
        self.assertEqual(self.read("again.msgpack"), self.read("more.msgpack"))

    def test_ingested_it_is_the_log_ingested(self):
        """With the vocabulary, without it, and with a router that maps tags and has categories."""
        self.make()
        self.tag()
        self.works("ingest", "log.jsonl", "--vocab", "vocab.msgpack", "-o", "direct.h5")
        self.works("ingest", "out.jsonl", "--vocab", "vocab.msgpack", "-o", "tagged.h5")
        self.works("ingest", "out.jsonl", "-o", "plain.h5")
        self.assertEqual(self.matrix("tagged.h5"), self.matrix("direct.h5"))
        self.assertEqual(self.digest("tagged.h5"), self.digest("direct.h5"))
        self.assertEqual(self.matrix("plain.h5"), self.matrix("direct.h5"))

        self.write("map.tsv", "laws\tlaw\nlaw\tlaw\ncell\t\ntax\ttax\ngraph\tgraph\n")
        self.works("ingest", "log.jsonl", "--vocab", "vocab.msgpack", "--normalise", "map.tsv", "--category-tag", "-o", "q.h5")
        self.works("fit", "q.h5", "-o", "r.msgpack", "--reference", "m", "--min-count", "1")
        said = self.tag(vocab="r.msgpack", output="by_router.jsonl")
        self.assertRegex(said, r"tags of texts: [\d,]+ in the mapping, .* dropped")
        for name in ("log", "by_router"):
            self.works("ingest", f"{name}.jsonl", "-r", "r.msgpack", "-o", f"{name}.h5")
            self.works("route", f"{name}.h5", "-r", "r.msgpack", "-o", f"{name}.d.jsonl")
        self.assertEqual(self.matrix("by_router.h5"), self.matrix("log.h5"))
        self.assertEqual(self.digest("by_router.h5"), self.digest("log.h5"))
        self.assertEqual(self.read("by_router.d.jsonl"), self.read("log.d.jsonl"))
        self.assertFalse(any("laws" in r["tags"] or "cell" in r["tags"] or "cat:a" in r["tags"]
                             for r in self.lines("by_router.jsonl") if "text" in r and "given" not in r["tags"]))

    def test_phrases_that_stand_for_tags(self):
        self.write("learn.jsonl", harness.jsonl({"text": f"about {w} and", "tags": [t, "all"]} for w, t in
                                                (("dog", "animal"), ("cat", "animal"), ("oak", "tree")) for _ in range(9)))
        self.works("tag", "--learn", "learn.jsonl", "--from-tags", "-o", "v", "--max-share", "1")
        self.write("log.jsonl", harness.jsonl([{"text": "dog cat dog oak"}, {"text": "none"}, {"text": " "}]))
        self.tag(vocab="v")
        got = [row["tags"] for row in self.lines()]
        self.assertEqual(got, [{"animal": 1, "all": 1, "tree": 1}, {}, {}])

    def test_bad_records_and_streams(self):
        self.make(100)
        log = self.read("log.jsonl").decode()
        self.write("bad.jsonl", log + '{"id": 1}\n{"text": 7}\nno json\n')
        done = self.run_program("tag", "--vocab", "vocab.msgpack", "bad.jsonl", "-o", "out.jsonl")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.lines(), [self.tagged(row) for row in self.rows])
        said = done.stderr.decode()
        self.assertIn(", 3 bad ones skipped", said)
        for words in ("bad.jsonl: line 101", "bad.jsonl: line 102", "bad.jsonl: line 103"):
            self.assertIn(words, said)
        self.write("out.jsonl", "as it was")
        self.assertIn("bad.jsonl: line 101", self.fails(3, "tag", "--vocab", "vocab.msgpack", "bad.jsonl", "-o", "out.jsonl",
                                                        "--strict"))
        self.assertIn("3 of 103 records are bad", self.fails(3, "tag", "--vocab", "vocab.msgpack", "bad.jsonl", "-o",
                                                             "out.jsonl", "--max-bad", "1%").split("\n")[0])
        self.assertEqual(self.read("out.jsonl"), b"as it was")
        self.works("tag", "--vocab", "vocab.msgpack", "-", "-o", "piped.jsonl", stdin=log.encode())
        self.assertEqual(self.lines("piped.jsonl"), [self.tagged(row) for row in self.rows])
        events = b"".join(msgpack.packb([msgpack.ExtType(0, bytes(8)), {**row, "raw": b"\xff"}]) for row in self.rows)
        self.write("events.msgpack", events)
        said = self.tag(logs=("events.msgpack",))
        self.assertIn("100 values that JSON cannot hold were left out", said)
        self.assertEqual(self.lines(), [{k: v for k, v in list(self.tagged({**row, "raw": None}).items())} for row in self.rows])

    def test_to_standard_output(self):
        """The bytes of a file, and nothing of one beside them."""
        self.make(300)
        self.tag()
        self.tag(output="out.msgpack")
        before = self.names()
        for options, file in (((), "out.jsonl"), (("--to", "jsonl"), "out.jsonl"), (("--to", "msgpack"), "out.msgpack")):
            done = self.works("tag", "--vocab", "vocab.msgpack", "-", "-o", "-", *options, stdin=self.read("log.jsonl"))
            self.assertEqual(done.stdout, self.read(file))
            self.assertIn("standard output: 300 records", done.stderr.decode())
        self.assertEqual(self.names(), before)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([harness.PROGRAM, "tag", "--vocab", "vocab.msgpack", "log.jsonl", "-o", "-"],
                                  cwd=self.folder, stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr.decode())
        self.assertIn("query file cannot be written", self.fails(2, "ingest", "log.jsonl", "-o", "-"))

    def test_stopped(self):
        """Ctrl-C leaves nothing behind; what a kill leaves, the next run removes."""
        self.make(3000)
        self.write("long.jsonl", self.read("log.jsonl") * 10)
        self.write("out.jsonl", "as it was")
        before = self.names()
        for number, left in ((signal.SIGINT, False), (signal.SIGKILL, True)):
            process = subprocess.Popen([harness.PROGRAM, "tag", "--vocab", "vocab.msgpack", "long.jsonl", "-", "-o",
                                        "out.jsonl", "-j", "1"], cwd=self.folder, stdin=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, preexec_fn=harness.default_signals)
            while not any(name.startswith(".out.jsonl.") for name in self.names()):
                time.sleep(0.001)
            process.send_signal(number)
            process.wait(timeout=60)
            process.stdin.close()
            self.assertNotEqual(process.returncode, 0)
            self.assertEqual(self.names() != before, left)
            self.assertEqual(self.read("out.jsonl"), b"as it was")
        self.tag()
        self.assertEqual(self.names(), before)

    def test_wrong_usage(self):
        self.make(100)
        self.write("notes.txt", "hello")
        for status, words, message in (
                (2, ["log.jsonl"], "--output"), (2, ["log.jsonl", "-o", "out.csv"], "ends in .jsonl or .msgpack"),
                (2, ["log.jsonl", "-o", "o.jsonl", "--to", "msgpack"], "a file's ending says what is written"),
                (2, ["log.jsonl", "-o", "-", "--to", "csv"], "--to is jsonl or msgpack"),
                (2, ["log.jsonl", "-o", "log.jsonl"], "both read and to be replaced"),
                (2, ["vocab.msgpack", "-o", "vocab.msgpack"], "both read and to be replaced"),
                (2, ["log.jsonl", "-o", "o.jsonl", "--split", "x"], "--split does not go with --vocab"),
                (2, ["log.jsonl", "-o", "o.jsonl", "--learn"], "one thing at a time"),
                (1, ["none.jsonl", "-o", "o.jsonl"], "none.jsonl"),
                (1, ["log.jsonl", "-o", "nowhere/o.jsonl"], "nowhere"),
                (3, ["notes.txt", "-o", "o.jsonl"], "no usable record")):
            self.assertIn(message, self.fails(status, "tag", "--vocab", "vocab.msgpack", *words), words)
        self.assertIn("neither a vocabulary", self.fails(3, "tag", "--vocab", "notes.txt", "log.jsonl", "-o", "o.jsonl"))
        self.fails(1, "tag", "--vocab", "none", "log.jsonl", "-o", "o.jsonl")
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        self.works("fit", "q.h5", "-o", "r.msgpack", "--reference", "m", "--min-count", "1")
        self.assertIn("has no tagger for texts", self.fails(3, "tag", "--vocab", "r.msgpack", "log.jsonl", "-o", "o.jsonl"))
        self.assertNotIn("o.jsonl", self.names())


class Normalise(harness.Scratch):
    """`tag --normalise` of vocabularies: their phrases, as often as texts had them."""

    def table(self, *words):
        self.works("tag", "--normalise", *words, "-o", "t.tsv", "--min-count", "1")
        return {line.split("\t")[0]: line.split("\t")[1:] for line in self.read("t.tsv").decode().splitlines()
                if line[0] != "#"}

    def test_phrases_and_meanings(self):
        texts = ["law laws tax"] * 4 + ["laws taxes"] * 3 + ["law law law"]
        self.write("log.jsonl", harness.jsonl({"text": text} for text in texts))
        self.works("tag", "--learn", "log.jsonl", "-o", "v", "--ngrams", "1", "--max-share", "1", "--min-queries", "1")
        self.assertEqual(self.table("v"), {"laws": ["laws", "7"], "law": ["laws", "5"], "tax": ["tax", "4"],
                                           "taxes": ["tax", "3"]})
        self.assertEqual(self.table("v", "v")["law"], ["laws", "10"])
        rows = [("dog", "animal")] * 5 + [("cat", "animal")] * 3 + [("oak", "tree")] * 4
        self.write("both.jsonl", harness.jsonl({"text": f"a {word}", "tags": [tag]} for word, tag in rows))
        self.works("tag", "--learn", "both.jsonl", "--from-tags", "-o", "m", "--min-queries", "3", "--max-share", "1")
        self.assertEqual(self.table("m"), {"animal": ["animal", "5"], "tree": ["tree", "4"]})

    def test_vocabularies_without_their_counts(self):
        tagger = {"text": "text", "ngrams": 2, "stemming": "none", "stop_words": "english", "phrases": ["some text"],
                  "kind": "phrases", "version": 1}
        whole = {"format": "tagroute.vocabulary", "version": 1, "tagger": tagger}
        for more, message in (({}, "queries"), ({"queries": []}, "1 phrases, and counts of 0"), ({"queries": [1, 2]}, "counts of 2"),
                              ({"queries": [-1]}, "list of counts"), ({"queries": {}}, "queries"), ({"queries": ["9"]}, "counts")):
            self.write("v", msgpack.packb({**whole, **more}))
            self.assertRegex(self.fails(3, "tag", "--normalise", "v", "-o", "t"), "v: .*" + message)
        self.write("v", msgpack.packb({**whole, "queries": [2**64 - 1]}))
        self.works("tag", "--normalise", "v", "-o", "t")


if __name__ == "__main__":
    harness.main()
