#!/usr/bin/python3
"""Scores and decisions made by other programs, judged beside a router and without one."""
import json
import math

import h5py
import numpy

from harness import Scratch, main


class Elsewhere(Scratch):
    def setUp(self):
        super().setUp()
        self.chain(1500)
        self.log = [json.loads(line) for line in self.read("log.jsonl").splitlines()]
        self.models = sorted(self.log[0]["models"])
        self.rows = [i for i, record in enumerate(self.log) if record["split"] == "test"]
        random = numpy.random.default_rng(11)
        self.scores = random.random((len(self.log), len(self.models)), numpy.float32)

    def simulate(self, *words):
        return json.loads(self.works("simulate", "queries.h5", "--json", "-", *words).stdout)

    def check_point(self, point, rows, chosen):
        answers = [self.log[row]["models"][self.models[model]] for row, model in zip(rows, chosen)]
        cost = math.fsum(float(numpy.float32(answer["cost"])) for answer in answers)
        score = math.fsum(float(numpy.float32(answer["score"])) for answer in answers)
        accepted = sum(answer["outcome"] != "loss" for answer in answers)
        self.assertAlmostEqual(point["cost"], cost, delta=1e-12 * cost)
        self.assertAlmostEqual(point["mean_score"], score / len(rows), delta=1e-12)
        self.assertEqual(point["accept_rate"], accepted / len(rows))
        for number, model in enumerate(self.models):
            self.assertEqual(point["share"][model], list(chosen).count(number) / len(rows))

    def dearest(self, rows):
        mean = [math.fsum(self.log[row]["models"][model]["cost"] for row in rows)
                for model in self.models]
        return int(numpy.argmax(mean))

    def by_margin(self, scores, theta, reference):
        """The rule of SPEC: the best other model where it is at least theta above the reference."""
        others = scores.copy()
        others[:, reference] = -numpy.inf
        best = others.argmax(axis=1)
        margin = scores[range(len(scores)), best] - scores[:, reference]
        return numpy.where(margin >= numpy.float32(theta), best, reference)

    def save(self, name, scores, models=None):
        with h5py.File(self.path(name), "w") as file:
            file.create_dataset("scores", data=scores, compression="gzip", chunks=(100, 2))
            if models is not None:
                file["models"] = models

    def test_scores_without_a_router(self):
        numpy.save(self.path("s.npy"), self.scores)
        thetas = [-0.5, -0.1, 0.0, 0.25, 0.9]
        for words, rows in ([], range(len(self.log))), (["--split", "test"], self.rows):
            reference = self.dearest(rows)
            told = self.simulate("--scores", "mine=s.npy", "--theta",
                                 ",".join(map(str, thetas)), *words)
            self.assertEqual((told["elsewhere"], told["policy"]), ("mine", "margin"))
            self.assertEqual(told["reference"], self.models[reference])
            self.assertIsNone(told["origin"]["router"])
            for point, theta in zip(told["curve"], thetas):
                self.check_point(point, rows,
                                 self.by_margin(self.scores[list(rows)], theta, reference))

    def test_ways_to_store_scores(self):
        numpy.save(self.path("s.npy"), self.scores)
        told = self.simulate("--scores", "mine=s.npy", "--split", "test")
        numpy.save(self.path("f.npy"), numpy.asfortranarray(self.scores.astype(">f8")))
        numpy.save(self.path("t.npy"), self.scores[self.rows])
        self.save("p.h5", self.scores.astype("f8"))
        self.save("n.h5", numpy.hstack([self.scores[:, ::-1], self.scores[:, :1]]),
                  [*self.models[::-1], "somebody else"])
        for name in "f.npy", "t.npy", "p.h5", "n.h5":
            again = self.simulate("--scores", f"mine={name}", "--split", "test", "--threads", "3")
            self.assertEqual(again, told, name)
        self.works("fit", "queries.h5", "-o", "other.msgpack", "--reference", self.models[0],
                   "--models", ",".join(self.models[::-1]))
        told = self.simulate("-r", "other.msgpack", "--scores", "mine=n.h5", "--theta=0.1")
        router, mine = told["simulations"]
        self.assertEqual((router["reference"], mine["reference"]), (self.models[0],) * 2)
        self.assertNotIn("elsewhere", router)
        self.check_point(mine["curve"][0], range(len(self.log)),
                         self.by_margin(self.scores, 0.1, 0))

    def test_details_of_scores(self):
        numpy.save(self.path("s.npy"), self.scores)
        told = self.simulate("--scores", "mine=s.npy", "--split", "test", "--by", "category",
                             "--baseline", self.models[0], "--predictions", "--category-mean",
                             "--choose-on", "train", "--bootstrap", "20")
        self.assertEqual(sum(value["queries"] for value in told["by"][0]["values"]),
                         len(self.rows))
        self.assertTrue(all(value["known_tags"] is None for value in told["by"][0]["values"]))
        self.assertFalse(told["predictions"]["same_scale"])
        deciles = told["predictions"]["models"][2]["deciles"]
        self.assertEqual(deciles[0]["from"], float(self.scores[self.rows, 2].min()))
        self.assertEqual(told["chosen"]["split"], "train")
        self.works("simulate", "queries.h5", "--scores", "<b>=s.npy", "--html", "page.html",
                   "--csv", "table.csv")
        self.assertIn(b"&lt;b&gt;", self.read("page.html"))

    def test_decisions(self):
        chosen = numpy.random.default_rng(12).integers(0, len(self.models), len(self.log))
        names = numpy.array(self.models)[chosen]
        numpy.save(self.path("names.npy"), names)
        numpy.save(self.path("bytes.npy"), names.astype("S"))
        numpy.save(self.path("numbers.npy"), chosen.astype(">u4")[:, None])
        self.write("bare.jsonl", "".join(json.dumps(name) + "\n" for name in names))
        self.write("table.csv", "id,model\n" + "".join(
            f"{record['id']},{name}\n" for record, name in zip(self.log, names)))
        self.write("part.csv", "\n".join(names[self.rows]))
        told = None
        for name in ("names.npy", "bytes.npy", "numbers.npy", "bare.jsonl", "table.csv",
                     "part.csv"):
            again = self.simulate("--decisions", f"them={name}", "--split", "test", "--by",
                                  "category", "--bootstrap", "20")
            told = told or again
            self.assertEqual(again, told, name)
        self.assertEqual((told["policy"], told["elsewhere"]), ("given", "them"))
        self.assertEqual(len(told["curve"]), 1)
        self.assertIsNone(told["curve"][0]["threshold"])
        self.assertIsNone(told["metrics"]["auc"])
        self.check_point(told["curve"][0], self.rows, chosen[self.rows])
        shown = self.works("simulate", "queries.h5", "--decisions", "them=names.npy", "--html",
                           "page.html", "--csv", "table.csv").stdout.decode()
        self.assertIn("as them decided: cost $", shown)
        self.assertNotIn("lambda", shown)
        page = self.read("page.html").decode()
        self.assertIn("routed, as decided elsewhere", page)
        self.assertIn("decisions of them, made elsewhere", page)
        self.assertFalse("lambda" in page or ">nan" in page or ">inf" in page)

    def test_a_routers_own(self):
        """What `route` wrote is judged as `simulate` judges the router there."""
        at = self.simulate("-r", "router.msgpack", "--split", "test", "--theta=-0.001")
        for name in "d.h5", "d.jsonl":
            for words in [], ["--split", "test"]:
                self.works("route", "queries.h5", "-r", "router.msgpack", "--theta=-0.001", "-o",
                           name, *(["--ids"] if name == "d.h5" else []), *words)
                told = self.simulate("-r", "router.msgpack", "--decisions", f"{name}={name}",
                                     "--split", "test", "--theta=-0.001")
                there = {"threshold": at["curve"][0]["threshold"], **told["simulations"][1]
                         ["curve"][0], **{"threshold": at["curve"][0]["threshold"]}}
                self.assertEqual(there, at["curve"][0])
                for figure in told["comparison"][:3]:
                    self.assertEqual((figure["difference"], figure["p"]), (0, 1))

    def test_side_by_side(self):
        numpy.save(self.path("s.npy"), self.scores)
        self.write("d.csv", "\n".join([self.models[0]] * len(self.log)))
        words = ("simulate", "queries.h5", "-r", "router.msgpack", "--scores", "mine=s.npy",
                 "--decisions", "them=d.csv", "--split", "test", "--bootstrap", "50")
        shown = self.works(*words).stdout.decode()
        self.assertRegex(shown, r"first: router.msgpack, policy margin, at its best")
        self.assertRegex(shown, r"second: mine, scores made elsewhere, policy margin")
        self.assertRegex(shown, r"third: them, decisions made elsewhere")
        self.assertIn("third - first", shown)
        told = json.loads(self.works(*words, "--json", "-").stdout)
        self.assertEqual(len(told["comparisons"]), 2)
        one = self.simulate("-r", "router.msgpack", "--decisions", "them=d.csv", "--split",
                            "test", "--bootstrap", "50")
        self.assertEqual(told["comparisons"][1], one["comparison"])

    def test_wrong_input(self):
        def refuses(scores, message, *words, name="s.npy"):
            if name.endswith(".npy"):
                numpy.save(self.path(name), scores)
            told = self.fails(3, "simulate", "queries.h5", "--scores", f"mine={name}", *words)
            self.assertIn(message, told)
        refuses(self.scores[:-1], "1499 rows, where the query files hold 1500 queries")
        refuses(self.scores[self.rows], "it needs one for each, in their order", "--split",
                "test", "--choose-on", "train")
        refuses(self.scores[self.rows][1:], f"{len(self.rows)} of them in split 'test'",
                "--split", "test")
        refuses(self.scores[:, 1:], "4 columns without names, where there are 5 models")
        refuses(self.scores.astype("i4"), "of floats of 32 or 64 bits")
        refuses(self.scores.astype(object), "its elements are '|O'")
        refuses(numpy.where(self.scores > 0.9999, 1e300, self.scores), "no finite number")
        self.save("m.h5", self.scores, self.models[:-1] + ["nobody"])
        refuses(None, f"m.h5 has no scores of model '{self.models[-1]}'", name="m.h5")
        self.save("m.h5", self.scores, self.models[:-1])
        refuses(None, "m.h5: ", name="m.h5")
        self.save("m.h5", self.scores, [self.models[0]] * 5)
        refuses(None, "m.h5: ", name="m.h5")
        refuses(None, "it has no dataset 'scores'", name="queries.h5")
        refuses(None, "not an HDF5 file", name="log.jsonl")
        self.write("d.csv", "id,model\n" + "".join(
            f"{record['id']},0\n" for record in self.log[::-1]))
        told = self.fails(3, "simulate", "queries.h5", "--decisions", "them=d.csv")
        self.assertIn(f"row 0 (from 0) is not of query '{self.log[0]['id']}'", told)
        self.works("route", "queries.h5", "-r", "router.msgpack", "--theta=0,1", "-o", "d.h5")
        told = self.fails(3, "simulate", "queries.h5", "--decisions", "them=d.h5")
        self.assertIn("decisions at 2 thresholds", told)
        told = self.fails(3, "simulate", "queries.h5", "--decisions", "them=queries.h5")
        self.assertIn("queries.h5: ", told)

    def test_damaged_hdf5(self):
        """Bytes overwritten all over the file: judged, or refused, and nothing else."""
        self.save("s.h5", self.scores[:, :3], self.models[:3])
        whole = self.read("s.h5")
        random = numpy.random.default_rng(13)
        for round in range(12):
            damaged = bytearray(whole)
            for at in random.integers(0, 4000, 20):
                damaged[at] = int(random.integers(0, 256))
            self.write("s.h5", bytes(damaged))
            done = self.run_program("simulate", "queries.h5", "--scores", "mine=s.h5")
            self.assertIn(done.returncode, (0, 3), done.stderr)

    def test_wrong_usage(self):
        numpy.save(self.path("s.npy"), self.scores)
        for words, message in (
                (["--scores", "s.npy"], "--scores takes NAME=FILE"),
                (["--scores", "=s.npy"], "--scores takes NAME=FILE"),
                (["--decisions", "x="], "--decisions takes NAME=FILE"),
                (["--scores", "x=s.npy", "--decisions", "x=s.npy"], "two are called 'x'"),
                (["--decisions", "x=d", "--theta=0"], "these are decisions already"),
                (["--decisions", "x=d", "--predictions"], "has decisions, not scores"),
                (["--scores", "x=s.npy", "--budget", "1"], "--budget is of a router"),
                (["--scores", "x=s.npy", "--save-policy", "p"], "--save-policy is of a router"),
                (["--scores", "x=s.npy", "--judged", "queries.h5"], "--judged is of a router"),
                (["--scores", "x=s.npy", "--shard", "1/2", "--partial", "p"], "--shard is of a"),
                (["--scores", "x=s.npy", "--reference", "nobody"], "no model \"nobody\""),
                (["-r", "router.msgpack", "--reference", "x"], "--reference is of models without"),
                (["--decisions", "x=d", "--decisions", "y=d", "--against-policy", "slack"],
                 "--against-policy is of two that have thresholds"),
                ([word for i in range(9) for word in ("--scores", f"s{i}=s.npy")],
                 "at most 8 are compared"),
                ([], "--router")):
            self.assertIn(message, self.fails(2, "simulate", "queries.h5", *words), words)


if __name__ == "__main__":
    main()
