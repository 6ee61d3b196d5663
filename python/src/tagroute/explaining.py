"""Why a query goes where it goes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._call import c_text, call
from ._rows import Rows
from ._tagroute import ffi, lib
from .router import Router


_FLOAT32 = {"value", "weights", "scores", "bias", "score", "margin"}


def _exact(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What is a float32 there is written with as many digits as tell it from others: here it is
    that very number."""

    def number(value: Any) -> Any:
        if isinstance(value, list):
            return [number(one) for one in value]
        return float(np.float32(value)) if isinstance(value, (int, float)) else value

    return {key: number(value) if key in _FLOAT32 else value for key, value in pairs}


def explain(
    router: Router,
    *,
    text: str | None = None,
    category: str | None = None,
    X: Any | None = None,
    file: str | os.PathLike[str] | None = None,
    row: int = 0,
    id: str | None = None,
    tags: Sequence[str] | None = None,
    prompt_tokens: Any | None = None,
    eligible: Any | None = None,
    policy: str = "margin",
    threshold: float = 0.0,
    fallback: str | None = None,
    why_not: str | None = None,
) -> dict[str, Any]:
    """Explains the decision on one query: a text, a row of a matrix, or a query of a file.

    text: tagged by the router's tagger, with its category, if it has one. X: tag counts, queries x
    tags, as `route` takes them, with tags, prompt_tokens (queries,) and eligible (queries, models);
    row says which of its rows. file: a query file, of which row, or id, says which query.
    prompt_tokens of a text is one number. policy, threshold, fallback: as for `route`.
    why_not: a model; what it lacks is told under "why_not".

    Returns what `tagroute explain --json` writes, in plain dictionaries and lists. Among it:
    "model", the decision, and "margin"; "models", each with "name", "bias", "score" (USD "cost",
    "eligible"); "tags", in the order in which they are summed, each with "value", "known" and, a
    number a model in the router's order, "weights", "contributions" (value x weight, exact) and
    "scores" (float32, the sum so far, from "bias" on: the last is the model's score to the bit);
    "ranges" of thresholds with the model that each leads to, and "flips_below" and "flips_above",
    the nearest thresholds that send this query elsewhere. None stands for what is not known, and
    for a range without end.
    """
    if sum(given is not None for given in (text, X, file)) != 1:
        raise ValueError("explain one thing: a text, a row of X, or a query of a file")
    options = ffi.new("tgr_explain_options *")
    lib.tgr_explain_options_init(options)
    kept: list[Any] = [c_text(t) for t in (text, category, id, fallback, why_not)]
    options.text, options.category, options.id, options.fallback, options.why_not = kept
    options.threshold = threshold
    if row < 0:
        raise ValueError(f"row is {row}; rows count from 0")
    options.row = row
    if file is not None:
        kept.append(c_text(os.fspath(file)))
        options.input = kept[-1]
    elif X is not None:
        rows = Rows(X, tags, prompt_tokens, eligible, len(router.models))
        kept.append(rows)
        options.rows = rows.pointer
    elif prompt_tokens is not None:
        options.prompt_tokens = float(prompt_tokens)
    rule = ffi.new("tgr_policy *")
    made = ffi.new("tgr_explanation **")
    json_text = ffi.new("char **")
    with call() as (run, error, check):
        check(lib.tgr_policy_by_name(c_text(policy), rule, error))
        options.policy = rule[0]
        check(lib.tgr_explain(router._pointer, options, made, run, error))
        explanation = ffi.gc(made[0], lib.tgr_explanation_free)
        check(lib.tgr_explanation_json(explanation, json_text, error))
    try:
        document: dict[str, Any] = json.loads(
            ffi.string(json_text[0]), object_pairs_hook=_exact
        )
        return document
    finally:
        lib.tgr_free(json_text[0])
