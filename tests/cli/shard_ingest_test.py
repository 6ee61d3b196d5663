#!/usr/bin/python3
"""Shards of logs: disjoint, and in order the rows of the whole."""
import os
import subprocess
import time

import anndata
import numpy

from harness import PROGRAM, Scratch, environment, jsonl, main, records


class Shards(Scratch):
    def rows_of(self, name):
        """What tells a row, for each row in order."""
        file = anndata.read_h5ad(self.path(name))
        counts = file.X.tocsr()
        tags = file.var_names.to_numpy()
        columns = ["category", "split", "source", "position"]
        told = [file.obs[c].astype(str).to_numpy() if c in file.obs else numpy.full(file.n_obs, "")
                for c in columns]
        models = list(file.uns["tagroute"].get("models", []))
        for row in range(file.n_obs):
            part = slice(counts.indptr[row], counts.indptr[row + 1])
            yield (file.obs_names[row], *(column[row] for column in told),
                   tuple(sorted(zip(tags[counts.indices[part]], counts.data[part]))),
                   tuple((m, str(file.obsm["score"][row][k])) for k, m in enumerate(models)
                         if "score" in file.obsm and not numpy.isnan(file.obsm["score"][row][k])))

    def check(self, logs, shards, *words):
        words = (*logs, "-r", "router.msgpack", "-q", *words)
        self.works("ingest", *words, "-o", "whole.h5")
        whole = list(self.rows_of("whole.h5"))
        for count in shards:
            joined, sizes = [], []
            for shard in range(1, count + 1):
                self.works("ingest", *words, "-o", "part.h5", "--shard", f"{shard}/{count}")
                rows = list(self.rows_of("part.h5"))
                sizes.append(len(rows))
                joined += rows
            self.assertEqual(joined, whole, (logs, count))
            self.assertEqual(self.works("info", "part.h5").returncode, 0)
        return sizes

    def setUp(self):
        super().setUp()
        self.write("small.jsonl", jsonl(records(60)))
        self.works("ingest", "small.jsonl", "-o", "small.h5", "-q")
        self.works("fit", "small.h5", "-o", "router.msgpack", "--min-count", "1", "-q")

    def test_plain_logs(self):
        self.generate("a.jsonl", 700)
        self.write("empty.jsonl", "")
        self.write("b.jsonl", "\n".join(jsonl(records(40)).splitlines()) + "\n\n\r\n{\"tags\":[]}")
        self.generate("c.msgpack", 500)
        sizes = self.check(("a.jsonl", "empty.jsonl", "b.jsonl", "c.msgpack"), (1, 2, 3, 7))
        self.assertLess(max(sizes), 4 * min(sizes))

    def test_more_shards_than_records(self):
        self.write("few.jsonl", jsonl(records(3)))
        self.check(("few.jsonl",), (2, 5, 40))

    def test_compressed_logs_are_not_divided(self):
        self.generate("a.jsonl.gz", 300)
        self.generate("b.msgpack.zst", 300, "--seed", "2")
        self.generate("c.jsonl", 300, "--seed", "3")
        self.check(("a.jsonl.gz", "b.msgpack.zst", "c.jsonl"), (2, 3, 7))

    def test_bad_records_are_named_by_byte(self):
        log = jsonl(records(40)) + "bad\n" + jsonl(records(4))
        self.write("log.jsonl", log)
        message = self.fails(3, "ingest", "log.jsonl", "-r", "router.msgpack", "-o", "x.h5",
                             "--shard", "2/2", "--strict")
        self.assertIn(f"byte {log.index('bad')}", message)

    def test_usage(self):
        for shard in ("0/2", "3/2", "1", "1/0", "a/b", "1/2x", "-1/2", "1/2/3", ""):
            self.fails(2, "ingest", "small.jsonl", "-r", "router.msgpack", "-o", "x.h5",
                       "--shard", shard)
        self.fails(2, "ingest", "small.jsonl", "-o", "x.h5", "--shard", "1/2")
        self.fails(2, "ingest", "-", "-r", "router.msgpack", "-o", "x.h5", "--shard", "1/2")

    def test_resumed(self):
        """A shard that is killed goes on like any other run."""
        self.generate("log.jsonl", 90000)
        words = ("ingest", "log.jsonl", "-r", "router.msgpack", "-q", "--shard", "2/3")
        self.works(*words, "-o", "whole.h5")
        for _ in range(20):
            process = subprocess.Popen([PROGRAM, *words, "-o", "q.h5", "--checkpoint", "1"],
                                       cwd=self.folder, env=environment())
            while process.poll() is None and ".q.h5.ingest" not in self.names():
                time.sleep(0.001)
            process.kill()
            if process.wait() != 0:
                break
            os.remove(self.path("q.h5"))
        self.fails(2, *words[:-1], "1/3", "-o", "q.h5", "--resume")
        self.works(*words, "-o", "q.h5", "--resume")
        self.assertEqual(self.read("q.h5"), self.read("whole.h5"))


if __name__ == "__main__":
    main()
