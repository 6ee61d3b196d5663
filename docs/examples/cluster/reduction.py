#!/usr/bin/python3
"""reduction.py - what meeting costs, as nodes become more: a seeded simulation, not a measurement.

Each walk over the queries takes every node its share of the time, more or less (another draw for each walk
and node); all wait for the slowest, then sums are added in a ring: 2 (P - 1) messages of 1/P of the bytes.
"""
import argparse
import random

WALKS = [ # what is done, walks over the queries, bytes added up at the end of each
    ("route, one threshold", 1, lambda a: 3 * 4096 * 8),
    ("route, a budget", 7, lambda a: 4 * 65536 * 16),
    ("fit paper", 3, lambda a: a.tags * (16 + 8 + 3 * a.models * 16) / 2),
    ("fit bayes", 4, lambda a: 5 * 2 * a.tags * a.models * 16 / 2),
    ("fit ridge", 300, lambda a: 5 * a.tags * a.models * 8),
    ("simulate", 1, lambda a: 40 * 500e3),
    ("simulate, bootstrap", 1, lambda a: 1024 * (2 * a.models + 70) * (9 + a.models) * 16 + 20e6),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--queries", type=float, default=10e9)
    parser.add_argument("--rate", type=float, default=20e6, help="queries a node walks over in a second")
    parser.add_argument("--tags", type=int, default=16000)
    parser.add_argument("--models", type=int, default=5)
    parser.add_argument("--latency", type=float, default=20e-6, help="seconds a message")
    parser.add_argument("--bandwidth", type=float, default=1.25e9, help="bytes a second between nodes")
    parser.add_argument("--spread", type=float, default=0.05, help="of the time a node takes")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    nodes = [1, 10, 100, 400, 1000]
    print(f"seed {given.seed}; seconds with as many nodes, and the share spent on waiting and adding")
    print(f"{'':24}" + "".join(f"{count:>16}" for count in nodes))
    for name, walks, size in WALKS:
        cells = []
        for count in nodes:
            draw = random.Random(f"{given.seed} {name} {count}")
            walk = given.queries / given.rate / count
            total = 0.0
            for _ in range(walks):
                total += walk * max(draw.lognormvariate(0, given.spread) for _ in range(count))
                total += 2 * (count - 1) * (given.latency + size(given) / count / given.bandwidth)
            lost = 1 - walks * walk / total
            cells.append(f"{total:9.1f} {100 * max(lost, 0):4.0f} %")
        print(f"{name:24}" + "".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    main()
