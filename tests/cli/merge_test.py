#!/usr/bin/python3
"""Shards joined are the whole run, byte for byte; what does not belong together is never joined."""
import os

from harness import Scratch, main

KINDS = [ # output, options
    ("one.h5", ()),
    ("all.h5", ("--ids", "--margins")),
    ("many.h5", ("--theta", "-0.02,0,0.01", "--margins")),
    ("one.jsonl", ()),
    ("split.jsonl", ("--split", "test")),
    ("many.msgpack", ("--theta", "-0.02,0,0.01", "--split", "train")),
    ("fallback.h5", ("--lambda", "5", "--fallback", "wren-mini")),
]


class Merge(Scratch):
    def setUp(self):
        super().setUp()
        self.chain(3000)
        self.generate("more.jsonl", 1001, "--seed", "5")
        self.works("ingest", "more.jsonl", "-o", "more.h5")
        self.inputs = ("queries.h5", "more.h5")

    def route(self, output, *options):
        self.works("route", *self.inputs, "-r", "router.msgpack", "-o", output, *options)

    def shards(self, count, ending, *options):
        names = []
        for i in range(count):
            names.append(f"part{i}of{count}.{ending}")
            self.route(names[-1], "--shard", f"{i}/{count}", *options)
        return names

    def test_same_bytes_for_any_number_of_shards(self):
        for name, options in KINDS:
            self.route(name, *options)
            whole = self.read(name)
            for count in (1, 2, 3, 7) if name == "all.h5" else (3,):
                parts = self.shards(count, name.split(".")[1], *options)
                self.works("merge", "--check", *parts)
                self.works("merge", *reversed(parts), "-o", f"m-{name}")
                self.assertEqual(self.read(f"m-{name}"), whole, (name, count))
                self.works("info", *(["m-" + name] if name.endswith(".h5") else ["queries.h5"]))

    def test_more_shards_than_queries(self):
        self.write("few.jsonl", b"".join(b'{"id": "x%d", "tags": ["t0"]}\n' % i for i in range(3)))
        self.works("ingest", "few.jsonl", "-o", "few.h5")
        self.inputs = ("few.h5",)
        for ending in ("h5", "jsonl"):
            self.route(f"whole.{ending}")
            parts = self.shards(5, ending)
            self.works("merge", *parts, "-o", f"m.{ending}")
            self.assertEqual(self.read(f"m.{ending}"), self.read(f"whole.{ending}"))

    def test_what_is_missing_or_twice(self):
        for ending in ("h5", "jsonl", "msgpack"):
            parts = self.shards(5, ending)
            for given, said in (([0, 1, 3, 4], "shard 2/5 is missing"),
                                ([1, 2, 3, 4], "shard 0/5 is missing"),
                                ([0, 1], "shards 2/5 to 4/5 are missing"),
                                ([0, 1, 2, 3, 4, 3], "is shard 3/5, as is")):
                names = [parts[i] for i in given]
                self.assertIn(said, self.fails(3, "merge", *names, "-o", f"m.{ending}"))
                self.assertIn(said, self.fails(3, "merge", "--check", *names))
            message = self.fails(3, "merge", "--check", parts[0], parts[2], parts[4])
            self.assertIn("shard 1/5 is missing", message)
            self.assertIn("shard 3/5 is missing", message)
            self.assertNotIn(f"m.{ending}", self.names())

    def test_what_does_not_belong_together(self):
        self.works("fit", "queries.h5", "-o", "other.msgpack", "--min-count", "9")
        for ending in ("h5", "jsonl"):
            first, second = self.shards(2, ending)
            self.route(f"whole.{ending}")
            for options, said in ((("-r", "other.msgpack"), "another router"),
                                  (("--theta", "0.01"), "thresholds"),
                                  (("--split", "test"), "another run"),
                                  (("--shard", "1/3"), "another number of shards")):
                self.route(f"bad.{ending}", "--shard", "1/2", *options)
                for words in (("-o", f"m.{ending}"), ("--check",)):
                    self.assertIn(said, self.fails(3, "merge", first, f"bad.{ending}", *words))
            inputs, self.inputs = self.inputs, ("more.h5", "queries.h5")
            self.route(f"bad.{ending}", "--shard", "1/2")
            self.inputs = inputs
            self.assertIn("another run", self.fails(3, "merge", first, f"bad.{ending}", "--check"))
            self.fails(3, "merge", first, f"whole.{ending}", "-o", f"m.{ending}")
            self.assertIn("query file", self.fails(3, "merge", first, "queries.h5", "--check"))
            self.assertIn("No such file", self.fails(3, "merge", first, "none", "--check"))
            self.fails(1, "merge", first, "none", "-o", f"m.{ending}")
        self.assertIn("another format",
                      self.fails(3, "merge", "part0of2.h5", "part1of2.jsonl", "-o", "m.h5"))
        self.fails(2, "merge", "part0of2.h5")
        for shard in ("2/2", "1", "-1/2", "0/0", "a/b", "0/2x", "/2"):
            self.fails(2, "route", "queries.h5", "-r", "router.msgpack", "-o", "x.h5", "--shard",
                       shard)
        self.fails(2, "route", "queries.h5", "-r", "router.msgpack", "-o", "-", "--shard", "0/2")

    def test_damage_is_found(self):
        import h5py
        first, second = self.shards(2, "h5")
        with h5py.File(self.path(second), "r") as file:
            place = file["obs/model/codes"].id.get_offset() + 100
        for name, at in ((second, place), (self.shards(2, "jsonl")[1], 500)):
            ending = name.split(".")[1]
            content = bytearray(self.read(name))
            content[at] ^= 1
            self.write(name, bytes(content))
            for words in (("-o", f"m.{ending}"), ("--check",)):
                self.fails(3, "merge", first.replace("h5", ending), name, *words)
        os.unlink(self.path("part0of2.jsonl.shard"))
        self.assertIn("part0of2.jsonl.shard",
                      self.fails(3, "merge", "part0of2.jsonl", "part1of2.jsonl", "-o", "m.jsonl"))
        self.assertEqual([n for n in self.names() if n.startswith((".", "m."))], [])


if __name__ == "__main__":
    main()
