#!/usr/bin/python3
"""Same input, same bytes: runs, threads and paths leave no trace in any file."""
import os

from harness import GENERATOR, Scratch, main


class Determinism(Scratch):
    def run_chain(self, folder, threads):
        """Every file that a chain of commands writes, by name."""
        os.mkdir(self.path(folder))
        at = lambda name: os.path.join(folder, name)
        common = ("--threads", str(threads))
        router = ("-r", at("router.msgpack"))
        self.works("ingest", "log.jsonl", "-o", at("q.h5"), *common)
        self.works("ingest", "log.jsonl", "-o", at("c.h5"), "--compress", "--category-tag", *common)
        self.works("ingest", "log.jsonl", "-o", at("s.h5"), "--no-text", "--compact", *common)
        self.works("fit", at("q.h5"), "-o", at("router.msgpack"), "--prices", "prices.json",
                   *common)
        for policy, thresholds in (("theta", "-0.01:0.01:0.002"), ("lambda", "0,1,10"),
                                   ("tau", "0,0.001")):
            for ending in ("h5", "jsonl", "msgpack"):
                self.works("route", at("q.h5"), *router, "--" + policy, thresholds, "--ids",
                           "--margins", "-o", at(f"{policy}.{ending}"), *common)
            self.works("simulate", at("q.h5"), *router, "--" + policy, thresholds,
                       "--split", "test", "--json", at(policy + ".json"), *common)
        self.works("simulate", at("s.h5"), *router, "--json", at("all.json"), *common)
        files = {}
        for name in sorted(os.listdir(self.path(folder))):
            files[name] = self.read(at(name))
        return files

    def test_runs_threads_and_folders(self):
        self.generate("log.jsonl", 6000, "--prices-out", "prices.json", "--judged", "0.7",
                      "--eligibility", "0.1")
        first = self.run_chain("first", 1)
        self.assertEqual(len(first), 17)
        for folder, threads in (("again", 1), ("two", 2), ("seven", 7)):
            other = self.run_chain(folder, threads)
            self.assertEqual([n for n in first if first[n] != other[n]], [], folder)

    def test_order_and_split_of_the_log_do_not_change_the_router(self):
        self.generate("log.jsonl", 3000)
        lines = self.read("log.jsonl").splitlines(keepends=True)
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        self.works("fit", "q.h5", "-o", "whole")
        self.write("a.jsonl", b"".join(reversed(lines[:1000])))
        self.write("b.jsonl", b"".join(lines[1000:]))
        self.works("ingest", "b.jsonl", "a.jsonl", "-o", "other.h5")
        self.works("fit", "other.h5", "-o", "other")
        self.assertEqual(self.read("whole"), self.read("other"))

    def test_generated_log(self):
        self.generate("a.jsonl", 2000, "--threads", "1")
        self.generate("b.jsonl", 2000, "--threads", "3")
        self.assertEqual(self.read("a.jsonl"), self.read("b.jsonl"))
        self.assertTrue(os.path.exists(GENERATOR))


if __name__ == "__main__":
    main()
