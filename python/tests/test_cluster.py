"""docs/examples/cluster: what is decided there is what the program decides. PROGRAM and GENERATOR are
tagroute and tagroute-gen."""

from __future__ import annotations

import json
import os
import pathlib
import secrets
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[2] / "docs/examples/cluster"
sys.path.insert(0, str(EXAMPLES))
THETA = "-0.01"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A log, a router, query files, and what one process decides."""
    if "PROGRAM" not in os.environ:
        pytest.skip("PROGRAM does not name the program")
    at = tmp_path_factory.mktemp("cluster")
    (at / "bin").mkdir()
    (at / "bin/tagroute").symlink_to(os.environ["PROGRAM"])
    subprocess.run(
        [os.environ["GENERATOR"], "--queries", "3000", "--no-text", "-q", "-o", "log.jsonl"],
        cwd=at, check=True,
    )  # fmt: skip
    run(at, "ingest log.jsonl -o judged.h5")
    run(at, "fit judged.h5 -o router.msgpack --scorer bayes --kappa 20")
    run(at, "ingest log.jsonl --router router.msgpack -o one.h5")
    run(at, f"simulate one.h5 -r router.msgpack --theta={THETA} --save-policy policy.msgpack")
    run(at, "route one.h5 -r router.msgpack --policy-file policy.msgpack -o decisions.h5")
    run(at, f"route one.h5 -r router.msgpack --theta={THETA} -o decisions.jsonl")
    return at


def environment(at: pathlib.Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{at / 'bin'}:/usr/bin:/bin", **more}


def run(at: pathlib.Path, words: str, **more: str) -> None:
    subprocess.run(
        ["sh", "-c", f"tagroute {words}"], cwd=at, env=environment(at, **more), check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def decided(at: pathlib.Path) -> dict[str, str]:
    lines = (at / "decisions.jsonl").read_text().splitlines()
    return {row["id"]: row["model"] for row in map(json.loads, lines)}


def array(at: pathlib.Path, script: str, count: int, *words: str) -> None:
    """A job array, one task after another and the last one first."""
    for task in range(count, 0, -1):
        subprocess.run(
            ["sh", EXAMPLES / script, *words], cwd=at, check=True, stderr=subprocess.PIPE,
            env=environment(at, SLURM_ARRAY_TASK_ID=str(task), SLURM_ARRAY_TASK_COUNT=str(count)),
        )  # fmt: skip


@pytest.mark.parametrize("count", [1, 3])
def test_job_arrays_give_the_bytes_of_one_run(folder: pathlib.Path, count: int) -> None:
    array(folder, "ingest.sbatch", count, "log.jsonl")
    array(folder, "route.sbatch", count, "one.h5")
    for kind, one in (("queries", "one.h5"), ("decisions", "decisions.h5")):
        parts = sorted(str(part) for part in folder.glob(f"parts/{kind}-*.h5"))
        if count == 1:  # the whole run is no shard that needs a merge
            parts = parts[:1]
        merged = f"{kind}-{count}.h5"
        subprocess.run(
            ["sh", EXAMPLES / "merge.sbatch", merged, *parts], cwd=folder, check=True,
            env=environment(folder), stderr=subprocess.PIPE,
        )  # fmt: skip
        assert (folder / merged).read_bytes() == (folder / one).read_bytes()
        for part in parts:
            os.unlink(part)


def test_dask_decides_the_same(folder: pathlib.Path) -> None:
    pytest.importorskip("dask.bag")
    import dask
    import dask_route

    with dask.config.set(scheduler="threads"):
        made = dask_route.route_log(
            str(folder / "log.jsonl"), str(folder / "router.msgpack"), float(THETA), "100KiB"
        )
        assert made.npartitions > 3
        assert {row["id"]: row["model"] for row in made.compute()} == decided(folder)


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch):
    """A cluster of two processes on this machine."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(16))  # else it leaves one at home
    ray = pytest.importorskip("ray", reason="Ray is not installed (pip install ray)")
    path = os.pathsep.join([str(EXAMPLES), os.environ.get("PYTHONPATH", "")])
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": path}},
    )  # fmt: skip
    yield ray
    ray.shutdown()


def test_ray_decides_the_same(ray, folder: pathlib.Path) -> None:
    import ray_route

    made = ray_route.route_log(
        str(folder / "log.jsonl"), str(folder / "router.msgpack"), float(THETA), 100 << 10
    )
    assert len(made) > 3
    rows = [row for part in ray.get(made) for row in part]
    assert [row["id"] for row in rows] == list(decided(folder))
    assert {row["id"]: row["model"] for row in rows} == decided(folder)


def test_ray_reads_each_line_once(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed (pip install ray)")
    import ray_route

    lines = [b"x" * (n % 7) + b"\n" for n in range(40)]
    (tmp_path / "log").write_bytes(b"".join(lines))
    length = sum(map(len, lines))
    for size in range(1, 30):
        starts = range(0, length, size)
        read = [
            line
            for begin in starts
            for line in ray_route.lines_of(str(tmp_path / "log"), begin, min(begin + size, length))
        ]
        assert read == lines


def test_spark_decides_the_same(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    pytest.importorskip("pyarrow")
    import spark_route
    from pyspark.sql import SparkSession

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.master("local-cluster[2,1,1024]").getOrCreate()
    try:
        lines = (folder / "log.jsonl").read_text().splitlines()
        rows = [
            (row["id"], [tag for tag, n in tags_of(row).items() for _ in range(n)])
            for row in map(json.loads, lines)
        ]
        table = spark.createDataFrame(rows, "id string, tags array<string>").repartition(5)
        made = spark_route.route_table(table, str(folder / "router.msgpack"), float(THETA))
        assert {row["id"]: row["model"] for row in made.collect()} == decided(folder)
    finally:
        spark.stop()


def tags_of(row: dict) -> dict[str, int]:
    tags = row.get("tags") or {}
    return tags if isinstance(tags, dict) else {tag: tags.count(tag) for tag in tags}
