"""ray_route.py ROUTER LOG OUTPUT THETA - routes a log in JSON Lines (id, tags) with Ray: a file of
{"id", "model"} lines for each range of the log. Every node needs the Python package, and sees ROUTER,
LOG and the folder of OUTPUT, in which * stands for the number of a range."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

import ray


def lines_of(log: str, begin: int, end: int) -> Iterator[bytes]:
    """The lines that begin within [begin, end) of the log's bytes."""
    with open(log, "rb") as file:
        if begin > 0:
            file.seek(begin - 1)
            file.readline()
        while file.tell() < end:
            yield file.readline()


@ray.remote
def route_range(log: str, begin: int, end: int, router_path: str, theta: float) -> list[dict]:
    import tagroute

    records = [json.loads(line) for line in lines_of(log, begin, end) if line.strip()]
    router = tagroute.Router.load(router_path)
    X = tagroute.count_tags([record.get("tags") for record in records], router.tags)
    chosen = tagroute.route(X, router, threshold=theta, threads=1).names
    return [{"id": record["id"], "model": model} for record, model in zip(records, chosen)]


@ray.remote
def write_part(decisions: list[dict], path: str) -> None:
    with open(f"{path}.new", "w") as file:
        file.writelines(json.dumps(decision) + "\n" for decision in decisions)
    os.replace(f"{path}.new", path)


def route_log(log: str, router_path: str, theta: float, size: int = 64 << 20) -> list:
    """A reference to a list of decisions for each range of `size` bytes."""
    length = os.path.getsize(log)
    return [
        route_range.remote(log, begin, min(begin + size, length), router_path, theta)
        for begin in range(0, length, size)
    ]


def main() -> None:
    router, log, output, theta = sys.argv[1:]
    log, router, output = map(os.path.abspath, (log, router, output))
    parts = enumerate(route_log(log, router, float(theta)))
    ray.get([write_part.remote(part, output.replace("*", f"{i:05}")) for i, part in parts])


if __name__ == "__main__":
    main()
