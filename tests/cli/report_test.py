#!/usr/bin/python3
"""Reports: pages that are whole and hold every figure, CSV beside JSON, plots for any terminal."""
import csv
import html.parser
import io
import json
import math
import os
import re
import stat
import threading
import warnings

from harness import Scratch, jsonl, main, records

VOID = {"meta", "br", "link", "img", "input", "hr"}
HOSTILE = '</title><script>alert("x")</script>&\'=1+1'


class Page(html.parser.HTMLParser):
    """Checks that elements nest, and collects what a page holds."""

    def __init__(self, text):
        super().__init__()
        self.open, self.values, self.ids, self.scripts, self.links = [], set(), set(), 0, []
        self.text = ""
        self.feed(text)
        self.close()
        if self.open:
            raise AssertionError(f"left open: {self.open}")

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(names) != len(set(names)):
            raise AssertionError(f"<{tag}> has an attribute twice: {names}")
        fields = dict(attributes)
        if "id" in fields:
            if fields["id"] in self.ids:
                raise AssertionError(f"id {fields['id']} stands twice")
            self.ids.add(fields["id"])
        if tag == "data":
            self.values.add(float(fields["value"]))
        self.scripts += tag == "script"
        self.links += [name for name in names if name in ("src", "href", "xlink:href", "srcset")
                       or name.startswith("on")]
        for name in ("x", "y", "cx", "cy", "x1", "y1", "x2", "y2", "width", "height"):
            if name in fields and not math.isfinite(float(fields[name])):
                raise AssertionError(f"<{tag} {name}={fields[name]}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"</{tag}> closes something else, line {self.getpos()[0]}")

    def handle_data(self, data):
        self.text += data


def numbers(value):
    """All numbers of a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)


class Reports(Scratch):
    made = {}  # the files that every test begins with

    def setUp(self):
        super().setUp()
        if not self.made:
            self.chain(3000)
            self.made.update({name: self.read(name) for name in ("queries.h5", "router.msgpack")})
        for name, content in self.made.items():
            self.write(name, content)
        self.simulate = ("simulate", "queries.h5", "-r", "router.msgpack")

    def page(self, name):
        text = self.read(name).decode("utf-8")
        page = Page(text)
        self.assertEqual(page.scripts, 1)
        self.assertEqual(page.links, [])
        self.assertIsNone(re.search(r"https?:|//[a-z]|@import|url\(", text))
        self.assertLess(len(text.encode()), 1000000)
        return page

    def test_every_figure_is_text(self):
        for options in (("--policy", "utility", "--bootstrap", "10"),
                        ("--tau", "0:0.02:0.001", "--memory", "1M"),
                        ("--split", "test", "--quality", "accept", "--grid", "30")):
            self.works(*self.simulate, *options, "--html", "r.html", "--json", "r.json")
            page, report = self.page("r.html"), json.loads(self.read("r.json"))
            self.assertGreater(len(report["curve"]), 15)
            for part in ("curve", "metrics", "baselines", "alone", "margins", "error_bound"):
                if part != "error_bound" or report["binned"]:
                    self.assertEqual(set(numbers(report[part])) - page.values, set(), part)
            self.assertEqual(set(numbers(report["origin"]["prices"])) - page.values, set())
            self.assertIn(report["origin"]["router"], page.text)
            self.assertIn(report["origin"]["files"][0], page.text)
            if "intervals" in report:
                ranges = report["intervals"]
                missing = set(numbers([ranges[part] for part in ("curve", "metrics", "alone")]))
                self.assertEqual(missing - page.values, set())

    def test_groups_and_savings(self):
        self.works(*self.simulate, "--by", "category", "--baseline", "kestrel-max", "--html",
                   "r.html", "--json", "r.json")
        page, report = self.page("r.html"), json.loads(self.read("r.json"))
        self.assertEqual([part["column"] for part in report["by"]], ["category"])
        for values in report["by"][0]["values"]:
            self.assertIn(values["value"], page.text)
            for field in ("cost", "mean_score", "accept_rate", "coverage"):
                self.assertIn(values["routed"][field], page.values)
        self.assertEqual(set(numbers(report["savings"])) - page.values, set())

    def test_predictions_and_category_means(self):
        self.works(*self.simulate, "--split", "test", "--choose-on", "train", "--predictions",
                   "--category-mean", "--html", "r.html", "--json", "r.json")
        page, report = self.page("r.html"), json.loads(self.read("r.json"))
        predictions, mean = report["predictions"], report["category_mean"]
        for one in [*predictions["models"], predictions["margin"]]:
            told = [one[name] for name in ("rank_correlation", "predicted", "measured")]
            told += [tenth[name] for tenth in one["deciles"] for name in ("predicted", "measured")]
            self.assertEqual(set(numbers(told)) - page.values, set(), one.get("model"))
        told = [mean["at_cost"][name] for name in ("cost", "mean_score", "accept_rate")]
        told += [mean["metrics"]["auc"], mean["metrics"]["apgr"]]
        told += list(report["chosen"]["promised"].values())
        self.assertEqual(set(numbers(told)) - page.values, set())
        self.assertNotIn("How much is judged", page.text)

    def test_logs_and_samples(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import anndata
            import numpy
            import pandas
            data = anndata.read_h5ad(self.path("queries.h5"))
            models = list(data.uns["tagroute"]["models"])
            random = numpy.random.default_rng(5)
            chances = numpy.array([0.4, 0.3, 0.1, 0.1, 0.1])
            logged = random.choice(len(models), size=data.n_obs, p=chances)
            data.obs["logged_model"] = pandas.Categorical(numpy.array(models)[logged])
            data.obs["propensity"] = chances[logged]
            data.obsm["score"] = numpy.where(random.random(data.obsm["score"].shape) < 0.7,
                                             data.obsm["score"], numpy.nan)
            data.write_h5ad(self.path("log.h5"))
        simulate = ("simulate", "log.h5", *self.simulate[2:])
        self.works(*simulate, "--logged", "--grid", "40", "--html", "r.html", "--json", "r.json")
        page, report = self.page("r.html"), json.loads(self.read("r.json"))
        self.assertGreater(len(report["logged"]["estimates"]), 20)
        told = {name: value for name, value in report["logged"].items() if name != "chances"}
        for one in told["estimates"]:
            one.pop("matched")
        self.assertEqual(set(numbers(told)) - page.values, set())
        coverage = [point["coverage"] for point in report["curve"]]
        self.assertIn("How much is judged", page.text)
        self.assertEqual({min(coverage), max(coverage)} - page.values, set())
        self.works(*simulate, "--judged", "queries.h5", "--judged-split", "test", "--html",
                   "r.html", "--json", "r.json")
        judged = json.loads(self.read("r.json"))["judged"]
        told = [judged["drift"], judged["unseen"]]
        told += [judged[part][name] for part in ("log", "sample")
                 for name in ("tags", "known_tags")]
        self.assertEqual(set(numbers(told)) - self.page("r.html").values, set())

    def test_goals(self):
        for goal in (("--target-quality", "0.9*kestrel-max", "--bootstrap", "10"),
                     ("--max-cost-per-query", "0.003"), ("--target-share", "kestrel-max=0.3")):
            self.works(*self.simulate, *goal, "--html", "r.html", "--json", "r.json")
            page = self.page("r.html")
            solution = json.loads(self.read("r.json"))["solution"]
            self.assertIn("The goal", page.text)
            for field in ("target", "reached", "predicted_score", "best_score"):
                self.assertIn(solution[field], page.values, field)
            for field in ("cost", "mean_score", "accept_rate"):
                self.assertIn(solution["point"][field], page.values, field)

    def test_long_curves_are_thinned(self):
        self.works(*self.simulate, "--theta=-0.05:0.05:0.00001", "--html", "r.html", "--csv",
                   "r.csv")
        self.assertIn("10,001".replace(",", ""), self.page("r.html").text)
        rows = list(csv.DictReader(io.StringIO(self.read("r.csv").decode(), newline="")))
        self.assertEqual(sum(row["kind"] == "point" for row in rows), 10001)

    def check_groups_and_savings(self):
        self.works(*self.simulate, "--by", "category", "--by", "split", "--baseline", "finch-8b",
                   "--scale-days", "3", "--csv", "g.csv", "--json", "g.json")
        report = json.loads(self.read("g.json"))
        rows = list(csv.DictReader(io.StringIO(self.read("g.csv").decode(), newline="")))
        groups = [(part["column"], value) for part in report["by"] for value in part["values"]]
        found = [row for row in rows if row["kind"] == "by"]
        for row, (column, value) in zip(found, groups, strict=True):
            self.assertEqual(row["name"], f"{column}={value['value']}")
            self.assertEqual(float(row["value"]), value["queries"])
            for field in ("cost", "mean_score", "accept_rate", "coverage"):
                self.assertEqual(float(row[field]), value["routed"][field])
            self.assertEqual([float(row["share:" + model]) for model in report["models"]],
                             list(value["routed"]["share"].values()))
        savings = report["savings"]
        base, routed, saved, scale = [row for row in rows if row["kind"].startswith("savings")]
        self.assertEqual((base["kind"], base["name"]), ("savings_baseline", "finch-8b"))
        self.assertEqual([float(base[name]) for name in ("cost", "mean_score", "value")],
                         [savings[name] for name in ("cost", "quality", "recorded")])
        self.assertEqual([float(routed[name]) for name in ("cost", "mean_score", "value")],
                         [savings[name] for name in ("routed_cost", "routed_quality",
                                                     "routed_recorded")])
        self.assertEqual([float(saved["cost"]), float(saved["value"]), float(scale["value"])],
                         [savings["saved"], savings["saved_share"], savings["scale"]])

    def test_csv_holds_what_json_holds(self):
        self.works(*self.simulate, "--bootstrap", "5", "--csv", "r.csv", "--json", "r.json")
        report = json.loads(self.read("r.json"))
        rows = list(csv.DictReader(io.StringIO(self.read("r.csv").decode(), newline="")))

        def of(kind):
            return [row for row in rows if row["kind"] == kind]

        def number(text):
            return None if text == "" else float(text)

        for row, point, span in zip(of("point"), report["curve"], report["intervals"]["curve"],
                                    strict=True):
            for field in ("threshold", "cost", "accept_rate", "mean_score", "coverage"):
                self.assertEqual(number(row[field]), point[field])
            for model, share in point["share"].items():
                self.assertEqual(number(row["share:" + model]), share)
                ends = [number(row[f"share:{model}:{end}"]) for end in ("low", "high")]
                self.assertEqual(ends, span["share"][model])
            self.assertEqual([number(row["cost:low"]), number(row["cost:high"])], span["cost"])
        for row, alone in zip(of("alone"), report["alone"], strict=True):
            self.assertEqual((row["name"], number(row["cost"])), (alone["model"], alone["cost"]))
        for row in of("baseline"):
            self.assertEqual(number(row["mean_score"]),
                             report["baselines"][row["name"]]["mean_score"])
        self.assertEqual({row["name"]: number(row["value"]) for row in of("metric")},
                         report["metrics"])
        self.check_groups_and_savings()
        margins = report["margins"]
        self.assertEqual([number(row["value"]) for row in of("margin")],
                         [margins["below"], *margins["counts"], margins["above"]])
        self.assertEqual([number(row["threshold"]) for row in of("margin")],
                         [None, *margins["edges"]])

    def test_margins_are_those_of_route(self):
        """Between two edges as many queries change to the reference as the histogram says."""
        for options in ((), ("--memory", "1M")):
            self.works(*self.simulate, *options, "--json", "r.json")
            report = json.loads(self.read("r.json"))
            margins, reference = report["margins"], report["reference"]
            self.assertGreater(len(margins["counts"]), 10)
            self.works(*self.simulate, "--theta=" + ",".join(map(repr, margins["edges"])),
                       "--json", "s.json")
            held = [round(point["share"][reference] * report["queries"])
                    for point in json.loads(self.read("s.json"))["curve"]]
            self.assertEqual([b - a for a, b in zip(held, held[1:])], margins["counts"])
            total = margins["below"] + margins["above"] + sum(margins["counts"])
            self.assertEqual(total, report["queries"])
            self.assertLess(margins["below"] + margins["above"], 0.02 * total)

    def test_same_bytes(self):
        for threads in ("1", "3"):
            self.works(*self.simulate, "--bootstrap", "10", "--html", threads + ".html", "--csv",
                       threads + ".csv", "--threads", threads)
        self.assertEqual(self.read("1.html"), self.read("3.html"))
        self.assertEqual(self.read("1.csv"), self.read("3.csv"))
        for kind in ("html", "csv"):
            done = self.works(*self.simulate, "--" + kind, "-", "--bootstrap", "10",
                              *(("--grid", "101") if kind == "csv" else ()))
            self.assertEqual(done.stdout, self.read("1." + kind))

    def test_outputs_are_whole_or_not_at_all(self):
        for kind in ("html", "csv"):
            self.write("old." + kind, "old")
            self.fails(1, *self.simulate, "--" + kind, "no/such/folder")
            self.works(*self.simulate, "--" + kind, "old." + kind)
            self.assertGreater(len(self.read("old." + kind)), 1000)
        self.assertEqual([name for name in self.names() if name.startswith(".")], [])
        self.fails(2, *self.simulate, "--html", "a", "--csv", "a")
        self.fails(2, *self.simulate, "--grid", "1")
        self.fails(2, *self.simulate, "--grid", "5", "--theta", "0")
        self.assertNotIn("a", self.names())

    def test_pipes_are_written_to_and_stay(self):
        pipe = os.path.join(self.folder, "pipe")
        os.mkfifo(pipe)
        got = []

        def listen():
            with open(pipe, "rb") as opened:
                got.append(opened.read())

        reader = threading.Thread(target=listen, daemon=True)
        reader.start()
        self.works(*self.simulate, "--json", "pipe")
        self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))
        reader.join(30)
        self.assertIn("curve", json.loads(got[0]))
        self.fails(1, *self.simulate, "--json", ".")

    def test_shards_have_a_page_too(self):
        for part in (1, 2):
            self.works(*self.simulate, "--grid", "15", "--shard", f"{part}/2", "--partial",
                       f"part{part}")
        self.works("merge", "part1", "part2", "--html", "r.html", "--csv", "r.csv", "--json",
                   "r.json")
        report = json.loads(self.read("r.json"))
        self.assertEqual(set(numbers(report["margins"])) - self.page("r.html").values, set())

    def test_plot_speaks_the_terminals_language(self):
        unicode = self.works(*self.simulate, LC_ALL="C.UTF-8").stdout.decode()
        plain = self.works(*self.simulate, LC_ALL="C").stdout.decode()
        self.assertRegex(unicode, "[\u2801-\u28ff]")
        self.assertTrue(plain.isascii())
        self.assertIn("mean score\n", plain)
        for text in (unicode, plain):
            self.assertNotIn("\033", text)
            for line in text.split("\n\n")[1].splitlines():
                self.assertLess(len(line), 80, line)


class Hostile(Scratch):
    def test_names_stay_names(self):
        rows = list(records(60))
        for row in rows:
            row["models"][HOSTILE] = row["models"].pop("small")
        self.write("log.jsonl", jsonl(rows))
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        self.works("fit", "q.h5", "-o", "r", "--min-count", "1")
        self.works("simulate", "q.h5", "-r", "r", "--html", "r.html", "--csv", "r.csv")
        page = Page(self.read("r.html").decode())
        self.assertEqual(page.scripts, 1)
        self.assertIn(HOSTILE, page.text)
        rows = list(csv.DictReader(io.StringIO(self.read("r.csv").decode(), newline="")))
        self.assertIn(HOSTILE, [row["name"] for row in rows])


if __name__ == "__main__":
    main()
