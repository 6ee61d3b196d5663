"""Every query gets a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._call import c_text, call
from ._rows import Rows, array
from ._tagroute import ffi, lib
from .router import Router


@dataclass(frozen=True)
class Decisions:
    """What `route` decided. Arrays are (queries,) for one threshold, (queries, thresholds) for
    several."""

    models: list[str]
    """Names that `model` counts in, the router's."""
    thresholds: np.ndarray
    """float64, as asked for."""
    model: np.ndarray
    """int16: index of the model, -1 where none may serve the query."""
    margin: np.ndarray | None
    """float32: the rule's own difference at the decision; NaN where there is none."""
    cost: np.ndarray | None
    """float64: expected USD of the chosen model; NaN where not known."""
    score: np.ndarray | None
    """float32, queries x models: the scores."""
    no_known_tag: int
    """Queries none of whose tags the router knows."""
    fell_back: int
    """Queries that went to the fallback."""
    undecided: int
    """Queries that no model may serve, where there is no fallback."""
    unknown_tags: int
    """Columns that the router does not know."""

    @property
    def names(self) -> np.ndarray:
        """Names of the chosen models, of `model`'s shape; None where there is none."""
        return np.array([*self.models, None], dtype=object)[self.model]

    def shares(self) -> np.ndarray:
        """Share of the queries that each model gets: (models,) or (thresholds, models)."""
        chosen = self.model.reshape(len(self.model), -1)
        counts = [np.bincount(c[c >= 0], minlength=len(self.models)) for c in chosen.T]
        shares = np.array(counts) / max(1, len(self.model))
        return shares[0] if self.model.ndim == 1 else shares


def _costs(costs: Any, router: Router, kept: list[Any]) -> Any:
    if costs is None:
        return ffi.NULL
    models = router.models
    if isinstance(costs, Mapping):
        unknown = [name for name in costs if name not in models]
        if unknown:
            raise ValueError(f"costs: the router has no model {unknown[0]!r}; it has {models}")
        costs = [costs.get(name, np.nan) for name in models]
    values = array(costs, np.float64, (len(models),), "costs")
    kept.append(values)
    return ffi.from_buffer("double[]", values)


def route(
    X: Any,
    router: Router,
    *,
    policy: str = "margin",
    threshold: float | Sequence[float] = 0.0,
    tags: Sequence[str] | None = None,
    costs: Mapping[str, float] | Sequence[float] | np.ndarray | None = None,
    prompt_tokens: Any | None = None,
    eligible: Any | None = None,
    fallback: str | None = None,
    margins: bool = False,
    query_costs: bool = False,
    scores: bool = False,
    threads: int = 0,
) -> Decisions:
    """Scores and decides queries in memory; the bits of `tagroute route` on the same queries.

    X: tag counts, queries x tags: SciPy CSR (read in place where indices are 32 bits wide and
    counts are uint8, uint16, bool or float32), other SciPy formats, NumPy, or AnnData. tags: names
    of its columns; by default AnnData's, else the router's in their order.
    policy: "margin", "utility" or "slack", with one threshold or several.
    costs: USD a query for each model, in place of what the router knows; a mapping may leave
    models out. prompt_tokens: (queries,), for prices a token; NaN where not known.
    eligible: (queries, models) of bool: which model may serve which query.
    fallback: the model of queries without a known tag or eligible model.
    margins, query_costs, scores: whether these arrays are wanted too.
    threads: 0 for all. The interpreter is free for other threads meanwhile.
    """
    models = router.models
    rows = Rows(X, tags, prompt_tokens, eligible, len(models))
    one = np.ndim(threshold) == 0
    thresholds = np.array(threshold, np.float64).reshape(-1)
    shape = (rows.rows,) if one else (rows.rows, len(thresholds))
    kept: list[Any] = []

    def result(wanted: bool, dtype: Any, kind: str, size: tuple[int, ...]) -> tuple[Any, Any]:
        if not wanted:
            return None, ffi.NULL
        made = np.empty(size, dtype)
        return made, ffi.from_buffer(kind, made, require_writable=True)

    decided = ffi.new("tgr_decided *")
    decided.size = ffi.sizeof("tgr_decided")
    model, decided.model = result(True, np.int16, "int16_t[]", shape)
    margin, decided.margin = result(margins, np.float32, "float[]", shape)
    cost, decided.cost = result(query_costs, np.float64, "double[]", shape)
    score, decided.score = result(scores, np.float32, "float[]", (rows.rows, len(models)))

    options = ffi.new("tgr_decide_options *")
    lib.tgr_decide_options_init(options)
    threshold_data = ffi.from_buffer("double[]", thresholds)
    fallback_text = c_text(fallback)
    options.thresholds, options.threshold_count = threshold_data, len(thresholds)
    options.fallback = fallback_text
    options.costs = _costs(costs, router, kept)
    rule = ffi.new("tgr_policy *")
    counts = ffi.new("tgr_decided_counts *")
    with call(threads) as (run, error, check):
        check(lib.tgr_policy_by_name(c_text(policy), rule, error))
        options.policy = rule[0]
        check(
            lib.tgr_decide_rows(
                router._pointer, rows.pointer, options, decided, counts, run, error
            )
        )
    return Decisions(
        models, thresholds, model, margin, cost, score, counts.no_known_tag, counts.fell_back,
        counts.undecided, counts.unknown_tags,
    )  # fmt: skip
