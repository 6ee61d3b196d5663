"""`tagroute bench` as its users meet it: every preset, small; what the JSON holds; wrong usage."""
import array
import json
import os
import platform
import unittest

import harness

PRESETS = ["main", "k2", "k11", "k16", "k64", "long", "wide", "thresholds", "costs", "masks", "fit",
           "scalar", "dense"]
QUERIES = 400
QUICK = ["--queries", str(QUERIES), "--repeats", "1", "--quiet"]
NO_READ = ["--only", "u"]  # every name but `read`, whose buffer takes a while to fill
ENTRY = {"name", "kind", "isa", "threads", "queries_per_second", "least", "most",
         "bytes_per_second", "share_of_touch", "share_of_ceiling", "share_of_read", "busy",
         "seconds", "busy_seconds"}
MACHINE = {"cpu", "processors_online", "processors_allowed", "cores", "threads_per_core", "sockets",
           "numa_nodes", "cache_bytes", "memory_bytes", "group_memory_bytes", "group_processors",
           "governor", "huge_pages"}
SHAPE = {"queries", "tags", "models", "nonzeros", "tags_per_query", "values", "zipf", "seed",
         "limit_length"}


class Bench(harness.Scratch):
    def bench(self, *words, **options):
        return json.loads(self.works("bench", *QUICK, "--json", "-", *words, **options).stdout)

    def check_run(self, run):
        self.assertTrue(run["check"]["passed"])
        self.assertEqual(run["check"]["sampled_queries"], run["shape"]["queries"])
        self.assertEqual(set(run["shape"]), SHAPE)
        self.assertEqual(run["rounds"], 1)
        self.assertTrue(run["entries"])
        names = {entry["name"] for entry in run["entries"]}
        decided = {}
        for entry in run["entries"]:
            self.assertLessEqual(ENTRY, set(entry))
            self.assertEqual(len(entry["seconds"]), 1)
            self.assertGreater(entry["seconds"][0], 0)
            if "decisions" in entry:  # whoever is asked the same decides the same
                asked = json.dumps(entry["question"], sort_keys=True)
                self.assertEqual(decided.setdefault(asked, entry["decisions"]), entry["decisions"])
        for ratio in run["ratios"]:
            self.assertLessEqual({ratio["entry"], ratio["base"]}, names)
            self.assertLessEqual(ratio["least"], ratio["median"])
            self.assertLessEqual(ratio["median"], ratio["most"])

    def kinds(self, run):
        return {entry["kind"] for entry in run["entries"]}

    def test_every_preset(self):
        for preset in PRESETS:
            with self.subTest(preset=preset):
                result = self.bench(preset, "--threads", "1", *NO_READ)
                self.assertEqual(result["kind"], "bench")
                self.assertEqual(set(result["machine"]), MACHINE)
                for run in result["runs"]:
                    self.assertEqual(run["preset"], preset)
                    self.check_run(run)

    def test_help_names_every_preset(self):
        text = self.works("bench", "--help").stdout.decode()
        for preset in PRESETS:
            self.assertRegex(text, rf"\b{preset}\b")

    def test_kinds(self):
        run = self.bench("main", "--threads", "1")["runs"][0]
        self.assertEqual(self.kinds(run),
                         {"read", "touch", "ceiling", "route", "plain", "vectorised"})
        run = self.bench("fit", "--threads", "1")["runs"][0]
        self.assertEqual(self.kinds(run), {"count", "route"})
        run = self.bench("thresholds", "--threads", "1", "--thresholds", "7")["runs"][0]
        asked = {(entry["question"]["policy"], entry["question"]["thresholds"])
                 for entry in run["entries"]}
        self.assertEqual(asked, {(policy, count) for policy in ("margin", "utility", "slack")
                                 for count in (1, 7)})

    def test_threads_are_swept(self):
        run = self.bench("k2", "--threads", "1,2,3", *NO_READ)["runs"][0]
        self.check_run(run)
        self.assertEqual({entry["threads"] for entry in run["entries"]}, {1, 2, 3})
        self.assertIn("2 threads : 1", {ratio["name"] for ratio in run["ratios"]})

    def test_shape_by_flags(self):
        run = self.bench("main", "--tags", "50", "--models", "70", "--min-tags", "2", "--max-tags",
                         "4", "--zipf", "0.5", "--seed", "9", "--values", "f32", "--policy",
                         "margin", "--threads", "2", "--index", "u32", *NO_READ)["runs"][0]
        self.check_run(run)
        shape = run["shape"]
        self.assertEqual((shape["tags"], shape["models"], shape["values"], shape["zipf"],
                          shape["seed"]), (50, 70, "f32", 0.5, 9))
        self.assertTrue(2 <= shape["tags_per_query"] <= 4)
        for entry in run["entries"]:
            self.assertEqual(entry.get("index", "u32"), "u32")

    def test_values_of_every_type(self):
        for values, policy in (("ones", "argmax"), ("u8", "margin"), ("u16", "utility"),
                               ("f32", "slack"), ("ones", "slack"), ("u16", "margin")):
            run = self.bench("main", "--values", values, "--policy", policy, "--threads", "1",
                             "--only", "u16")["runs"][0]
            self.check_run(run)

    def test_only(self):
        run = self.bench("main", "--only", "loop", "--threads", "1")["runs"][0]
        self.assertEqual(self.kinds(run), {"plain", "vectorised"})

    def test_processor_time(self):
        run = self.bench("scalar", "--processor-time", "--threads", "1")["runs"][0]
        for entry in run["entries"]:
            self.assertEqual(entry["seconds"], entry["busy_seconds"])

    def test_files(self):
        os.mkdir(self.path("scratch"))
        result = self.bench("io", "--threads", "1,2", TMPDIR=self.path("scratch"))
        self.assertEqual(os.listdir(self.path("scratch")), [])  # nothing of it stays
        runs = result["runs"]
        self.assertEqual([run["layout"] for run in runs],
                         ["contiguous"] * 2 + ["compressed"] * 2)
        for run in runs:
            names = [entry["name"] for entry in run["entries"]]
            undoing = ["inflate", "unshuffle"] if run["layout"] == "compressed" else []
            self.assertEqual(names, ["read", *undoing, "checksum", "kernel", "pass", "route"])
            self.assertEqual((run["queries"], run["rounds"]), (QUERIES, 1))
            self.assertGreater(run["stored_bytes"], 0)
            for entry in run["entries"]:
                self.assertGreater(entry["seconds"][0], 0)
                self.assertAlmostEqual(entry["queries_per_second"] * entry["seconds"][0], QUERIES)
            self.assertIsNotNone(run["entries"][-1]["share_of_limit"])
        for words in (["--policy", "margin"], ["--only", "u"], ["main"], ["--isa", "scalar"]):
            self.fails(2, "bench", "io", *QUICK, *words)

    def test_tables(self):
        text = self.works("bench", "main", "k2", "--threads", "1", *QUICK).stdout.decode()
        for words in ("processors", "caches", f"main: {QUERIES} queries",
                      f"k2: {QUERIES} queries", "Mq/s", "touch", "ceiling",
                      "plain loop", "kernels : plain loop", "are the reference's"):
            self.assertIn(words, text)

    def test_json_beside_tables(self):
        done = self.works("bench", "scalar", *QUICK, "--json", "figures.json")
        self.assertIn(b"plain loop", done.stdout)
        self.check_run(json.loads(self.read("figures.json"))["runs"][0])

    def test_variants(self):
        result = self.bench("main", "--isa", "scalar", "--threads", "1", *NO_READ)
        self.assertEqual(result["isa"], "scalar")
        self.assertEqual({entry["isa"] for entry in result["runs"][0]["entries"]
                          if entry["kind"] == "route"}, {"scalar"})
        result = self.bench("main", "--threads", "1", "--only", "route", TAGROUTE_ISA="scalar")
        self.assertEqual(result["isa"], "scalar")

    def test_variants_that_are_not_here(self):
        other = "neon" if platform.machine() in ("x86_64", "AMD64") else "avx2"
        self.assertIn("another kind of processor", self.fails(2, "bench", "--isa", other, *QUICK))
        self.assertIn("mmx", self.fails(2, "bench", "--isa", "mmx", *QUICK))
        self.assertIn("TAGROUTE_ISA", self.fails(2, "bench", *QUICK, TAGROUTE_ISA="mmx"))

    def test_wrong_usage(self):
        for words, said in ((["nothing"], "nothing"), (["--threads", "0"], "--threads"),
                            (["--threads", "1.5"], "--threads"), (["--models", "5000"], "--models"),
                            (["--tags", "3"], "tags"), (["--values", "u64"], "u64"),
                            (["--policy", "best"], "best"), (["--index", "u8"], "u8"),
                            (["--index", "u16", "--tags", "70000"], "70000"),
                            (["--seconds", "0"], "--seconds"), (["--zipf", "-1"], "--zipf"),
                            (["--only", "xyz"], "xyz"), (["--input", "q.h5"], "--router"),
                            (["-r", "router.msgpack"], "--input")):
            self.assertIn(said, self.fails(2, "bench", *words, *QUICK))

    def test_files_of_ones_own(self):
        self.chain(1000, "--eligibility", "0.3")
        for policy in ("argmax", "margin", "utility", "slack"):
            result = json.loads(self.works(
                "bench", "--input", "queries.h5", "-r", "router.msgpack", "--repeats", "1",
                "--threads", "1,2", "--policy", policy, "--quiet", "--json", "-",
                *NO_READ).stdout)
            run = result["runs"][0]
            self.check_run(run)
            self.assertEqual(run["name"], "queries.h5")
            self.assertEqual(run["shape"]["queries"], 1000)
            self.assertTrue(run["entries"][-1]["question"]["masks"])
        message = self.fails(2, "bench", "--input", "queries.h5", "-r", "router.msgpack", "k2")
        self.assertIn("shape of their own", message)
        self.fails(3, "bench", "--input", "log.jsonl", "-r", "router.msgpack")
        self.fails(3, "bench", "--input", "queries.h5", "-r", "queries.h5")

    def read_numbers(self, name, kind):
        numbers = array.array(kind)
        numbers.frombytes(self.read(os.path.join("arrays", name)))
        return numbers

    def test_dump(self):
        self.bench("k11", "--threads", "1", "--dump", "arrays", "--only", "route")
        shape = json.loads(self.read("arrays/shape.json"))
        indptr = self.read_numbers("indptr.i64", "q")
        indices = self.read_numbers("indices.u32", "I")
        values, bias = self.read_numbers("values.f32", "f"), self.read_numbers("bias.f32", "f")
        weights = self.read_numbers("weights.f32", "f")
        decisions = self.read_numbers("decisions.i16", "h")
        self.assertEqual((len(indptr) - 1, len(decisions), len(bias), len(weights), len(indices)),
                         (QUERIES, QUERIES, 11, shape["tags"] * 11, shape["nonzeros"]))
        for row in range(QUERIES):
            scores = list(bias)
            for entry in range(indptr[row], indptr[row + 1]):
                for k in range(11):
                    scores[k] += values[entry] * weights[indices[entry] * 11 + k]
            self.assertGreaterEqual(scores[decisions[row]], max(scores) - 1e-5)
        self.fails(1, "bench", *QUICK, "--dump", "no/such/folder")


if __name__ == "__main__":
    harness.main()
