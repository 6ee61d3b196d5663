#!/usr/bin/env python3
"""Draws figures of `tagroute bench --json` and of bench/peers/run.py --json as one SVG.

    bench/plot.py figures.json peers.json ... -o docs/benchmarks.svg

A panel a shape, one thread: bars of how many queries a second are scored and decided, and behind
each the same without deciding, where that was timed. The dashed line is the ceiling kernel's rate,
placed by tagroute's share of it in the same run. Needs Python's standard library alone."""
import argparse
import html
import json

SHAPES = ["main", "k2", "k11", "k16", "k64", "long", "wide"]
WIDTH, MARGIN, COLUMNS = 960, 16, 2
PANEL = (WIDTH - 3 * MARGIN) / COLUMNS
HEAD, BAR, STEP, LABEL, VALUE = 50, 15, 21, 104, 92
LIGHT = {"page": "#ffffff", "ink": "#1d2430", "soft": "#5b6676", "axis": "#c3cad4",
         "ours": "#0b7a55", "theirs": "#7f8ca0", "scores": "#d3d9e2", "limit": "#b3480f"}
DARK = {"page": "#12161d", "ink": "#e6eaf0", "soft": "#9ba6b6", "axis": "#454f5e",
        "ours": "#3ecf98", "theirs": "#8593a8", "scores": "#3a4454", "limit": "#ff9d5c"}
TEXT = """text { font-family: 'DejaVu Sans', Verdana, sans-serif; font-size: 12px; }
.title { font-weight: bold; font-size: 13px; } .strong { font-weight: bold; }
.small { font-size: 11px; } .dashed { stroke-dasharray: 5 3; fill: none; } .thin { fill: none; }"""


def colours(of):
    """Rules, not variables, which not every viewer knows."""
    fills = " ".join(f".{name} {{ fill: {of[name]}; }}"
                     for name in ("page", "ours", "theirs", "scores"))
    return (f"text {{ fill: {of['ink']}; }} text.soft {{ fill: {of['soft']}; }} "
            f"text.small {{ fill: {of['limit']}; }} {fills} "
            f".dashed {{ stroke: {of['limit']}; }} .thin {{ stroke: {of['axis']}; }}")


STYLE = (f"{TEXT}\n{colours(LIGHT)}\n@media (prefers-color-scheme: dark) "
         f"{{ {colours(DARK)} }}\n")


class Panel:
    """What is drawn of a shape."""

    def __init__(self, run):
        shape, scores = run["shape"], ", scores only"
        one = [row for row in run["results"] if row["threads"] == 1]
        per_query = shape["nonzeros"] / shape["queries"]
        self.title = run["preset"]
        self.subtitle = (f"{shape['tags']:,} tags, {per_query:.0f} a query, "
                         f"{shape['models']} models; million queries a second")
        self.bars = sorted(((row["name"], row["queries_per_second"] / 1e6,
                             row["tagroute_times_as_fast"]) for row in one if row["decides"]),
                           key=lambda bar: (bar[0] != "tagroute", -bar[1]))
        self.scores = {row["name"][:-len(scores)]: row["queries_per_second"] / 1e6
                       for row in one if not row["decides"]}
        self.kernels = next(row["version"] for row in one if row["name"] == "tagroute")
        self.ceiling = None

    def limit(self, bench_run):
        """The ceiling, from the kernels' share of it."""
        for entry in bench_run["entries"]:
            if entry["name"] == self.kernels and entry["threads"] == 1 and \
                    entry["share_of_ceiling"]:
                self.ceiling = self.bars[0][1] / entry["share_of_ceiling"]

    @property
    def height(self):
        return HEAD + STEP * len(self.bars) + 14


def read_panels(names):
    panels, runs = {}, []
    for name in names:
        with open(name) as file:
            document = json.load(file)
        if document["kind"] == "peers":
            panels.update((run["preset"], Panel(run)) for run in document["runs"])
        else:
            runs += document["runs"]
    for run in runs:
        if run["preset"] in panels:
            panels[run["preset"]].limit(run)
    return [panels[name] for name in SHAPES if name in panels]


class Drawing:
    def __init__(self):
        self.parts = []

    def text(self, x, y, words, kind="", anchor="start"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" '
                          f'text-anchor="{anchor}">{html.escape(words)}</text>')

    def rectangle(self, x, y, width, height, kind):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                          f'height="{height:.1f}" class="{kind}"/>')

    def line(self, x, top, bottom, kind):
        self.parts.append(f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" class="{kind}"/>')

    def bar(self, x, y, panel, bar, scale):
        name, rate, times = bar
        ours = name == "tagroute"
        self.text(x + LABEL - 8, y + BAR - 3, name, "strong" if ours else "", "end")
        scores = panel.scores.get(name, 0)
        self.rectangle(x + LABEL, y, max(rate, scores) * scale, BAR, "scores")
        self.rectangle(x + LABEL, y, rate * scale, BAR, "ours" if ours else "theirs")
        end = x + LABEL + max(rate, scores) * scale + 6
        self.text(end, y + BAR - 3, f"{rate:.1f}" if ours else f"{rate:.1f} ({times:.1f}×)",
                  "strong" if ours else "")

    def panel(self, x, y, panel):
        most = max([bar[1] for bar in panel.bars] + list(panel.scores.values())
                   + [panel.ceiling or 0])
        scale = (PANEL - LABEL - VALUE) / most
        bottom = y + panel.height - 14
        self.text(x, y + 14, panel.title, "title")
        self.text(x, y + 31, panel.subtitle, "soft")
        self.line(x + LABEL, y + HEAD - 4, bottom, "thin")
        for number, bar in enumerate(panel.bars):
            self.bar(x, y + HEAD + number * STEP, panel, bar, scale)
        if panel.ceiling:
            at = x + LABEL + panel.ceiling * scale
            self.line(at, y + HEAD - 4, bottom, "dashed")
            self.text(at + 5, bottom - 2, f"ceiling {panel.ceiling:.0f}", "small")

    def legend(self, x, y):
        self.text(x, y + 14, "one thread", "title")
        rows = (("ours", "tagroute"), ("theirs", "others (tagroute is so many times as fast)"),
                ("scores", "the same, scoring without deciding"))
        for number, (kind, words) in enumerate(rows):
            self.rectangle(x, y + 28 + number * STEP, 22, BAR, kind)
            self.text(x + 32, y + 28 + number * STEP + BAR - 3, words)
        y += 28 + len(rows) * STEP
        self.line(x + 11, y, y + BAR, "dashed")
        self.text(x + 32, y + BAR - 3, "ceiling: rows of one length, decided and stored")

    def svg(self, height):
        body = "\n".join(self.parts)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
                f'viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="Queries a second of '
                f'tagroute and other programs, by shape">\n<style>\n{STYLE}</style>\n'
                f'<rect width="100%" height="100%" class="page"/>\n{body}\n</svg>\n')


def draw(panels):
    drawing, y = Drawing(), MARGIN
    cells = panels + [None] * (1 + (len(panels) + 1) % COLUMNS)  # the legend stands last
    tallest = max(panel.height for panel in panels)
    for number, panel in enumerate(cells[:len(panels) + 1]):
        x = MARGIN + number % COLUMNS * (PANEL + MARGIN)
        y = MARGIN + number // COLUMNS * (tallest + MARGIN)
        if panel is not None:
            drawing.panel(x, y, panel)
        else:
            drawing.legend(x, y)
    return drawing.svg(y + tallest + MARGIN)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="JSON of `tagroute bench` and of the peers")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    panels = read_panels(options.files)
    if not panels:
        parser.error("none of the files holds peers' figures of a shape that is drawn")
    with open(options.output, "w") as file:
        file.write(draw(panels))


if __name__ == "__main__":
    main()
