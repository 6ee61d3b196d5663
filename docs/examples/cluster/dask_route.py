"""dask_route.py ROUTER LOG OUTPUT THETA - routes a log in JSON Lines (id, tags) with Dask: a list of
{"id", "model"} lines for each part of the log. Every worker needs the Python package and ROUTER."""

from __future__ import annotations

import json
import sys

import dask.bag


def route_records(records: list[dict], router_path: str, theta: float) -> list[dict]:
    import tagroute

    router = tagroute.Router.load(router_path)
    X = tagroute.count_tags([record.get("tags") for record in records], router.tags)
    chosen = tagroute.route(X, router, threshold=theta, threads=1).names
    return [{"id": record["id"], "model": model} for record, model in zip(records, chosen)]


def route_log(log: str, router_path: str, theta: float, blocksize: str = "64MiB") -> dask.bag.Bag:
    lines = dask.bag.read_text(log, blocksize=blocksize)
    return lines.map(json.loads).map_partitions(
        lambda part: route_records(list(part), router_path, theta)
    )


def main() -> None:
    router, log, output, theta = sys.argv[1:]
    route_log(log, router, float(theta)).map(json.dumps).to_textfiles(output)


if __name__ == "__main__":
    main()
