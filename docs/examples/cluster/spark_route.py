"""spark_route.py ROUTER INPUT OUTPUT THETA - routes a Spark table with columns id (string) and tags
(array of strings) to one with id and model. Every executor needs the Python package and ROUTER."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pandas as pd
from pyspark.sql import DataFrame, SparkSession


def route_table(table: DataFrame, router_path: str, theta: float) -> DataFrame:
    def route_batches(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import tagroute

        router = tagroute.Router.load(router_path)
        tags = router.tags
        for batch in batches:
            X = tagroute.count_tags(batch["tags"], tags)
            decisions = tagroute.route(X, router, threshold=theta, threads=1)
            yield pd.DataFrame({"id": batch["id"], "model": decisions.names})

    return table.select("id", "tags").mapInPandas(route_batches, "id string, model string")


def main() -> None:
    router, source, target, theta = sys.argv[1:]
    spark = SparkSession.builder.appName("tagroute").getOrCreate()
    route_table(spark.read.parquet(source), router, float(theta)).write.parquet(target)


if __name__ == "__main__":
    main()
