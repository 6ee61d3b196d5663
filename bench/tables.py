#!/usr/bin/env python3
"""Prints the tables of docs/benchmarks.md from figures of `tagroute bench --json` and of the peers.

    bench/tables.py figures.json peers.json ..."""
import argparse
import json


def number(value, form):
    return "" if value is None else format(value, form)


def shape_line(run):
    shape = run["shape"]
    return (f"**{run['name']}**: {shape['queries']:,} queries, {shape['tags']:,} tags, "
            f"{shape['tags_per_query']:.2f} a query, {shape['models']} models, counts "
            f"{shape['values']}; {run['rounds']} rounds")


def print_run(run):
    print(f"\n{shape_line(run)}\n")
    print("| | threads | Mq/s | least | most | GB/s | of touch | of ceiling | of read | busy |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |")
    for entry in run["entries"]:
        rates = [entry[key] / 1e6 if entry[key] else None
                 for key in ("queries_per_second", "least", "most")]
        cells = [entry["name"], str(entry["threads"]), *(number(rate, ".1f") for rate in rates),
                 number(entry["bytes_per_second"] / 1e9, ".1f"),
                 number(entry["share_of_touch"], ".2f"), number(entry["share_of_ceiling"], ".2f"),
                 number(entry["share_of_read"], ".2f"), number(entry["busy"], ".2f")]
        print("| " + " | ".join(cells) + " |")
    if run["ratios"]:
        print("\n| | threads | median | least | most |\n| --- | --: | --: | --: | --: |")
    for ratio in run["ratios"]:
        print(f"| {ratio['name']} | {ratio['threads']} | {ratio['median']:.2f} | "
              f"{ratio['least']:.2f} | {ratio['most']:.2f} |")


def print_peers(runs, threads):
    """A row a program, a column a shape: its rate, and how many times as fast tagroute was."""
    rows = {}
    for run in runs:
        for row in run["results"]:
            if row["threads"] == threads:
                rows.setdefault((row["name"], row["version"]), {})[run["preset"]] = row
    presets = [run["preset"] for run in runs]
    print(f"\nThreads: {threads}\n\n| | " + " | ".join(presets) + " |")
    print("| --- |" + " --: |" * len(presets))
    for (name, _), cells in rows.items():
        words = " | ".join(peer_cell(cells.get(preset)) for preset in presets)
        print(f"| {name} | {words} |")
    print("\nVersions: " + "; ".join(f"{name} {version}" for name, version in rows) + ".")
    rounded = sum(cell["rounded"] or 0 for cells in rows.values() for cell in cells.values())
    print(f"Decisions that rounding explains: {rounded}.")


def peer_cell(row):
    if row is None:
        return "-"
    rate = f"{row['queries_per_second'] / 1e6:.1f}"
    return rate if row["name"] == "tagroute" else f"{rate} ({row['tagroute_times_as_fast']:.1f}×)"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    for name in parser.parse_args().files:
        with open(name) as file:
            document = json.load(file)
        if document["kind"] == "peers":
            for threads in sorted({row["threads"] for row in document["runs"][0]["results"]}):
                print_peers(document["runs"], threads)
        else:
            for run in document["runs"]:
                print_run(run)


if __name__ == "__main__":
    main()
