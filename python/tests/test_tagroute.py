"""The package against NumPy, against itself on files, and in the hands of somebody careless."""

from __future__ import annotations

import gc
import logging
import os
import pathlib
import re
import signal
import threading
import time
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse

import tagroute
from tagroute import Router, route, save_queries, simulate

SEED = 20251126
QUERIES, TAGS = 4000, 60
MODELS = ["gpt-4", "mixtral", "phi"]


class World:
    """Made-up judged queries."""

    def __init__(self) -> None:
        print("seed", SEED)
        random = np.random.default_rng(SEED)
        self.X = scipy.sparse.random(
            QUERIES, TAGS, 0.06, "csr", np.uint8, random, lambda n: random.integers(1, 4, n)
        )
        self.X.sort_indices()
        self.tags = [f"tag {i}" for i in range(TAGS)]
        lean = self.X @ random.normal(0, 1, (TAGS, 3))
        self.score = (lean + random.normal(0, 0.5, lean.shape) > 0.2).astype(np.float32)
        self.cost = np.tile(np.array([0.03, 0.002, 0.0001], np.float32), (QUERIES, 1))
        self.outcome = np.where(self.score > self.score[:, :1], 2, 1).astype(np.int8)
        self.outcome[self.score < self.score[:, :1]] = 0
        self.router = Router.fit(
            self.X, tags=self.tags, models=MODELS, outcome=self.outcome, score=self.score,
            cost=self.cost,
        )  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def columns_of(world: World) -> list[int]:
    """For each of the router's tags, the column of X."""
    return [world.tags.index(tag) for tag in world.router.tags]


def test_what_a_router_holds(world: World, tmp_path: pathlib.Path) -> None:
    router = world.router
    assert router.models == MODELS and router.reference == "gpt-4"
    assert router.weights.shape == (TAGS, 3) and router.weights.dtype == np.float32
    assert router.bias.shape == (3,)
    totals = np.asarray(world.X.sum(0)).ravel()
    assert np.array_equal(router.counts, totals[columns_of(world)])
    router.save(tmp_path / "r.msgpack")
    again = Router.load(tmp_path / "r.msgpack")
    assert again.digest == router.digest and np.array_equal(again.weights, router.weights)
    assert len(router.digest) == 32 and "3 models" in repr(router)


def test_scores_are_fused_multiply_adds(world: World) -> None:
    """To the bit, for some rows: each step rounded once, as a fused multiply-add does."""
    router = world.router
    scores = route(world.X, router, tags=world.tags, scores=True).score
    place = {column: row for row, column in enumerate(columns_of(world))}
    for query in range(0, QUERIES, 97):
        begin, end = world.X.indptr[query], world.X.indptr[query + 1]
        for model in range(3):
            score = Fraction(float(router.bias[model]))
            for column, count in zip(world.X.indices[begin:end], world.X.data[begin:end]):
                weight = Fraction(float(router.weights[place[column], model]))
                exact = score + int(count) * weight
                score = Fraction(float(np.float32(float(exact))))
            assert scores[query, model] == float(score)


def plain_margin(world: World, scores: np.ndarray, threshold: float) -> np.ndarray:
    """gpt-4 is the reference; phi costs less than mixtral, so it wins where they are equal."""
    best = np.where(scores[:, 1] > scores[:, 2], 1, 2)
    margin = scores[np.arange(QUERIES), best] - scores[:, 0]
    return np.where(margin >= threshold, best, 0)


def test_margin_against_numpy(world: World) -> None:
    thresholds = [-0.05, 0.0, 0.01, 0.1]
    made = route(world.X, world.router, tags=world.tags, threshold=thresholds, scores=True)
    assert made.model.shape == (QUERIES, 4) and made.model.dtype == np.int16
    for i, threshold in enumerate(thresholds):
        assert np.array_equal(made.model[:, i], plain_margin(world, made.score, threshold))
    assert np.array_equal(made.shares()[1], np.bincount(made.model[:, 1], minlength=3) / QUERIES)


def test_utility_with_costs_against_numpy(world: World) -> None:
    costs = {"gpt-4": 0.02, "mixtral": 0.004, "phi": 0.001}
    made = route(
        world.X, world.router, tags=world.tags, policy="utility", threshold=2.0, costs=costs,
        scores=True, query_costs=True, margins=True,
    )  # fmt: skip
    value = made.score.astype(np.float64) - 2.0 * np.array(list(costs.values()))
    # equal ones go to the cheaper model: look from the cheap end
    expected = 2 - value[:, ::-1].argmax(1)
    assert np.array_equal(made.model, expected)
    assert np.array_equal(made.cost, np.array(list(costs.values()))[expected])
    ordered = np.sort(value, 1)
    assert np.allclose(made.margin, ordered[:, 2] - ordered[:, 1], atol=1e-6)


def test_scores_beside_decisions(world: World) -> None:
    """A router that transforms counts does so once, whatever is asked for."""
    router = Router.fit(
        world.X, tags=world.tags, models=MODELS, score=world.score, cost=world.cost, scorer="ridge",
        alpha=1.0, count="log",
    )  # fmt: skip
    made = route(world.X, router, tags=world.tags, scores=True)
    assert np.array_equal(made.model, plain_margin(world, made.score, 0.0))
    place = [world.tags.index(tag) for tag in router.tags]
    counts = np.log1p(world.X.toarray()[:, place].astype(np.float64))
    assert np.allclose(made.score, counts @ router.weights + router.bias, atol=1e-5)


def test_eligible_and_fallback(world: World) -> None:
    random = np.random.default_rng(SEED + 1)
    eligible = random.random((QUERIES, 3)) < 0.5
    made = route(world.X, world.router, tags=world.tags, policy="slack", eligible=eligible)
    none = ~eligible.any(1)
    assert none.any() and (made.model[none] == -1).all() and made.undecided == none.sum()
    chosen = made.model[~none]
    assert eligible[~none][np.arange(len(chosen)), chosen].all()
    assert made.names[none][0] is None and set(made.names[~none]) <= set(MODELS)
    sent = route(
        world.X, world.router, tags=world.tags, policy="slack", eligible=eligible, fallback="phi"
    )
    assert (sent.model[none] == 2).all() and sent.fell_back >= none.sum()


def test_kinds_of_matrices_give_the_same(world: World) -> None:
    expected = route(world.X, world.router, tags=world.tags).model
    X = world.X
    shuffled = X.copy()
    shuffled.has_sorted_indices = False
    for begin, end in zip(X.indptr[:-1], X.indptr[1:]):
        shuffled.indices[begin:end] = X.indices[begin:end][::-1]
        shuffled.data[begin:end] = X.data[begin:end][::-1]
    wide = scipy.sparse.csr_matrix((X.data.astype(np.int64), X.indices, X.indptr))
    wide.indices, wide.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    kinds = [X.toarray(), X.tocsc(), X.tocoo(), shuffled, wide, scipy.sparse.csr_array(X)]
    kinds += [X.astype(t) for t in (np.uint16, np.float32, np.float64, np.int8)]
    for kind in kinds:
        assert np.array_equal(route(kind, world.router, tags=world.tags).model, expected)


def test_tags_are_counted(world: World) -> None:
    queries = []
    for row in range(300):
        begin, end = world.X.indptr[row], world.X.indptr[row + 1]
        pairs = list(zip(world.X.indices[begin:end], world.X.data[begin:end]))
        if row % 2:
            queries.append({world.tags[c]: int(n) for c, n in reversed(pairs)} | {"other": 2})
        else:
            listed = [world.tags[c] for c, n in pairs for _ in range(n)]
            queries.append(np.array(listed, object) if row % 4 else listed)
    made = tagroute.count_tags([*queries, None], world.tags)
    assert made.dtype == np.uint8 and made.shape == (301, TAGS)
    assert (made[:300] != world.X[:300]).nnz == 0 and made[300].nnz == 0
    assert tagroute.count_tags([{"a": 300}], ["a"]).dtype == np.uint16
    assert tagroute.count_tags([{"a": 0.5}], ["a"]).dtype == np.float32


def test_anndata(world: World, tmp_path: pathlib.Path) -> None:
    anndata = pytest.importorskip("anndata")
    path = tmp_path / "q.h5"
    save_queries(path, world.X, tags=world.tags, ids=[f"id{i}" for i in range(QUERIES)])
    read = anndata.read_h5ad(path)
    assert (read.X != world.X).nnz == 0 and list(read.var_names) == world.tags
    assert list(read.obs_names[:2]) == ["id0", "id1"]
    expected = route(world.X, world.router, tags=world.tags).model
    assert np.array_equal(route(read, world.router).model, expected)


def test_simulate_against_numpy(world: World, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "judged.h5"
    save_queries(
        path, world.X, tags=world.tags, models=MODELS, score=world.score, cost=world.cost,
        outcome=world.outcome, split=["train" if i % 2 else "test" for i in range(QUERIES)],
    )  # fmt: skip
    thresholds = [-0.1, 0.0, 0.02]
    made = simulate(path, world.router, thresholds=thresholds)
    chosen = route(world.X, world.router, tags=world.tags, threshold=thresholds).model
    for i in range(3):
        rows = np.arange(QUERIES), chosen[:, i]
        assert made.mean_score[i] == pytest.approx(world.score[rows].mean(dtype=np.float64))
        assert made.cost[i] == pytest.approx(world.cost[rows].sum(dtype=np.float64))
        share = np.bincount(chosen[:, i], minlength=3) / QUERIES
        assert np.array_equal(made.share[i], share)
    assert 0 < made.metrics["auc"] <= 1 and made.json["queries"] == QUERIES
    pytest.importorskip("pandas")
    frame = made.frame()
    assert list(frame["threshold"]) == thresholds
    assert list(frame.columns[-3:]) == [f"share_{name}" for name in MODELS]
    half = simulate([path], world.router, split="test", bootstrap=20, seed=3)
    assert half.json["queries"] == QUERIES / 2 and half.json["intervals"] is not None


def test_weights_of_queries(world: World, tmp_path: pathlib.Path) -> None:
    path, thresholds = tmp_path / "sample.h5", [-0.1, 0.0, 0.02]
    weights = np.random.default_rng(7).integers(1, 40, QUERIES) / 8
    save_queries(
        path, world.X, tags=world.tags, models=MODELS, score=world.score, cost=world.cost,
        weights=weights,
    )  # fmt: skip
    made = simulate(path, world.router, thresholds=thresholds)
    chosen = route(world.X, world.router, tags=world.tags, threshold=thresholds).model
    for i in range(3):
        rows = np.arange(QUERIES), chosen[:, i]
        assert made.mean_score[i] == pytest.approx(np.average(world.score[rows], weights=weights))
        assert made.cost[i] == pytest.approx((world.cost[rows] * weights).sum())
        share = np.bincount(chosen[:, i], weights=weights, minlength=3) / weights.sum()
        assert np.array_equal(made.share[i], share)
    assert made.json["queries"] == QUERIES and made.json["weighted_queries"] == weights.sum()
    with pytest.raises(tagroute.InputError, match="weight: row 1 has 0"):
        save_queries(path, world.X, tags=world.tags, weights=(np.arange(QUERIES) != 1) * 1.0)
    with pytest.raises(ValueError, match="weights has shape"):
        save_queries(path, world.X, tags=world.tags, weights=[1.0])


def test_errors_are_exceptions_with_the_sentence(world: World, tmp_path: pathlib.Path) -> None:
    with pytest.raises(OSError, match="nowhere.msgpack"):
        Router.load(tmp_path / "nowhere.msgpack")
    (tmp_path / "bad.msgpack").write_bytes(b"\x93no router")
    with pytest.raises(tagroute.InputError, match="bad.msgpack"):
        Router.load(tmp_path / "bad.msgpack")
    with pytest.raises(ValueError, match="name the columns"):
        route(world.X[:, :5], world.router)
    with pytest.raises(ValueError, match="gtp-4"):
        route(world.X, world.router, tags=world.tags, fallback="gtp-4")
    with pytest.raises(ValueError, match="gtp-4"):
        route(world.X, world.router, tags=world.tags, costs={"gtp-4": 1.0})
    with pytest.raises(ValueError, match=re.escape("eligible has shape (1, 3)")):
        route(world.X, world.router, tags=world.tags, eligible=np.ones((1, 3), bool))
    with pytest.raises(ValueError, match="policy"):
        route(world.X, world.router, tags=world.tags, policy="dearest")
    broken = world.X.copy()
    broken.indices[7] = TAGS + 3
    with pytest.raises(tagroute.InputError, match="out of bounds"):
        route(broken, world.router, tags=world.tags)
    broken = world.X.astype(np.float32)
    broken.data[0] = np.nan
    with pytest.raises(tagroute.InputError, match="row 0"):
        route(broken, world.router, tags=world.tags)


def test_prices(world: World, tmp_path: pathlib.Path) -> None:
    world.router.save(tmp_path / "r.msgpack")
    router = Router.load(tmp_path / "r.msgpack")
    router.set_prices(
        prices={"gpt-4": (3e-5, 6e-5), "mixtral": (6e-7, 6e-7), "phi": (1e-7, 1e-7)},
        completion_tokens=dict.fromkeys(MODELS, 100.0),
    )
    assert router.digest != world.router.digest
    tokens = np.full(QUERIES, 1000.0)
    made = route(world.X, router, tags=world.tags, prompt_tokens=tokens, query_costs=True)
    usd = np.array([3e-5 * 1000 + 6e-5 * 100, 6e-7 * 1100, 1e-7 * 1100])
    assert np.allclose(made.cost, usd[made.model], rtol=1e-12)
    with pytest.raises(ValueError, match="phy"):
        router.set_prices(costs={"phy": 1.0})


def test_messages_go_to_the_logger(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "tagroute"):
        route(world.X, world.router, tags=world.tags)
    assert any("kernels" in message or "sparse" in message for message in caplog.messages)


def test_the_matrix_is_not_copied(world: World) -> None:
    """Peak memory of the process grows by the results and a bounded rest."""
    big = scipy.sparse.vstack([world.X.astype(np.float32)] * 800, "csr")
    big.indices, big.indptr = big.indices.astype(np.int32), big.indptr.astype(np.int64)
    assert big.data.nbytes + big.indices.nbytes > 80_000_000
    status = lambda: int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])  # noqa: E731,SIM115
    route(world.X, world.router, tags=world.tags)
    gc.collect()
    with open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")
    before = status()
    made = route(big, world.router, tags=world.tags)
    assert (status() - before) * 1024 < made.model.nbytes + 16_000_000
    assert np.array_equal(made.model[-QUERIES:], made.model[:QUERIES])


def test_other_threads_run_meanwhile(world: World) -> None:
    big = scipy.sparse.vstack([world.X] * 200, "csr")
    ticks, done = [0], threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks[0] += 1
            time.sleep(0)

    other = threading.Thread(target=tick)
    other.start()
    try:
        before = ticks[0]
        results = []
        calls = [
            threading.Thread(target=lambda: results.append(route(big, world.router, tags=world.tags)))
            for _ in range(3)
        ]
        for thread in calls:
            thread.start()
        for thread in calls:
            thread.join()
    finally:
        done.set()
        other.join()
    assert ticks[0] > before and len(results) == 3
    assert all(np.array_equal(r.model, results[0].model) for r in results)


def test_ctrl_c_is_heard(world: World) -> None:
    big = scipy.sparse.vstack([world.X] * 400, "csr")
    many = np.linspace(-1, 1, 64)
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(1000):
            route(big, world.router, tags=world.tags, threshold=many, threads=1)
    timer.join()


def test_the_readme_runs(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = pathlib.Path(__file__).parents[1] / "README.md"
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.S)
    assert blocks
    monkeypatch.chdir(tmp_path)
    exec("\n".join(blocks), {"__name__": "readme"})
    assert (tmp_path / "router.msgpack").exists()
