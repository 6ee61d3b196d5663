"""What each threshold would cost and achieve."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._call import CTexts, c_text, call
from ._tagroute import ffi, lib
from .router import Router

if TYPE_CHECKING:
    import pandas as pd

_QUALITY = {
    "auto": lib.TGR_QUALITY_AUTO,
    "score": lib.TGR_QUALITY_SCORE,
    "accept": lib.TGR_QUALITY_ACCEPT,
}


@dataclass(frozen=True)
class Simulation:
    """A simulation. Arrays are along the points of the curve; NaN stands for what is not known."""

    models: list[str]
    threshold: np.ndarray
    """(points,), float64."""
    cost: np.ndarray
    """(points,): USD, over all queries."""
    accept_rate: np.ndarray
    """(points,): of the decisions whose model is judged."""
    mean_score: np.ndarray
    """(points,)."""
    coverage: np.ndarray
    """(points,): share of the decisions whose model is judged."""
    share: np.ndarray
    """(points, models): of the queries."""
    metrics: dict[str, float | None]
    """auc, apgr, pauc, cpt50, cpt80, aiq, cost_save, perf_gain, uplift, rank."""
    json: dict[str, Any]
    """All of it, as `tagroute simulate --json` writes it."""

    def frame(self) -> pd.DataFrame:
        """The curve as a pandas frame, a row a point; shares are columns named share_MODEL."""
        import pandas as pd

        columns = {
            name: getattr(self, name)
            for name in ("threshold", "cost", "accept_rate", "mean_score", "coverage")
        }
        shares = {f"share_{name}": self.share[:, i] for i, name in enumerate(self.models)}
        return pd.DataFrame({**columns, **shares})


def _simulation(document: dict[str, Any]) -> Simulation:
    curve, models = document["curve"], document["models"]
    number = lambda value: np.nan if value is None else float(value)  # noqa: E731
    along = {
        name: np.array([number(point[name]) for point in curve], np.float64)
        for name in ("threshold", "cost", "accept_rate", "mean_score", "coverage")
    }
    share = np.array([[number(point["share"][m]) for m in models] for point in curve], np.float64)
    return Simulation(
        models=models, share=share.reshape(len(curve), len(models)), metrics=document["metrics"],
        json=document, **along,
    )  # fmt: skip


def simulate(
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    router: Router,
    *,
    policy: str = "margin",
    thresholds: Sequence[float] | None = None,
    grid: int = 21,
    split: str | None = None,
    quality: str = "auto",
    fallback: str | None = None,
    bootstrap: int = 0,
    seed: int = 0,
    threads: int = 0,
) -> Simulation:
    """Cost and quality at every threshold, from the judged queries of query files.

    files: one or more, as `tagroute ingest` or `save_queries` writes them. thresholds: exactly
    these are shown; by default a readable grid of `grid` points. Metrics are taken over every
    threshold whatever is shown. split: only its queries. quality: "score", "accept", or "auto" for
    the recorded score where there is one. bootstrap: replicates for intervals (in `json`), drawn
    from `seed`.
    """
    if quality not in _QUALITY:
        raise ValueError(f"quality is {quality!r}; 'auto', 'score' or 'accept' is needed")
    paths = [files] if isinstance(files, (str, os.PathLike)) else list(files)
    inputs = CTexts([os.fsencode(path) for path in paths])
    options = ffi.new("tgr_simulate_options *")
    lib.tgr_simulate_options_init(options)
    texts = [c_text(split), c_text(fallback)]
    options.inputs, options.input_count = inputs.pointers, inputs.count
    options.split, options.fallback = texts
    options.grid, options.quality = grid, _QUALITY[quality]
    options.bootstrap, options.seed = bootstrap, seed
    shown = np.array([] if thresholds is None else thresholds, np.float64)
    shown_data = ffi.from_buffer("double[]", shown)
    if thresholds is not None:
        options.thresholds, options.threshold_count = shown_data, len(shown)
    rule = ffi.new("tgr_policy *")
    made = ffi.new("tgr_simulation **")
    text, length = ffi.new("char **"), ffi.new("size_t *")
    with call(threads) as (run, error, check):
        check(lib.tgr_policy_by_name(c_text(policy), rule, error))
        options.policy = rule[0]
        check(lib.tgr_simulate(router._pointer, options, made, run, error))
        simulation = ffi.gc(made[0], lib.tgr_simulation_free)
        check(lib.tgr_simulation_json(simulation, text, length, error))
    try:
        return _simulation(json.loads(bytes(ffi.buffer(text[0], length[0]))))
    finally:
        lib.tgr_free(text[0])
