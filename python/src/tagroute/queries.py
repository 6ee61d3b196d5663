"""Queries in memory as query files, which are AnnData files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._call import CTexts, c_text, call
from ._rows import Rows, array
from ._tagroute import ffi, lib


def _set_codes(codes: Any, values: Sequence[Any], rows: int, name: str, kept: list[Any]) -> None:
    """A column of names as C's codes; None, NaN and "" are missing."""
    if len(values) != rows:
        raise ValueError(f"{name} has {len(values)} entries; {rows} are needed")
    numbers = np.full(rows, -1, np.int32)
    known: dict[str, int] = {}
    for row, value in enumerate(values):
        if isinstance(value, str) and value != "":
            numbers[row] = known.setdefault(value, len(known))
    names = CTexts(list(known))
    pointer = ffi.from_buffer("int32_t[]", numbers)
    codes.codes, codes.names, codes.name_count = pointer, names.pointers, names.count
    kept += [numbers, pointer, names]


def save_queries(
    path: str | os.PathLike[str],
    X: Any,
    *,
    tags: Sequence[str] | None = None,
    ids: Sequence[str] | None = None,
    split: Sequence[str | None] | None = None,
    category: Sequence[str | None] | None = None,
    prompt_tokens: Any | None = None,
    models: Sequence[str] | None = None,
    outcome: Any | None = None,
    score: Any | None = None,
    cost: Any | None = None,
    completion_tokens: Any | None = None,
    weights: Any | None = None,
    compress: bool = False,
    threads: int = 0,
) -> None:
    """Writes a query file, atomically, that every command of tagroute reads, and anndata too.

    X: tag counts, queries x tags (SciPy sparse, NumPy or AnnData). tags: names of its columns.
    ids, split, category: one a query. prompt_tokens: queries, NaN where not known. models: names
    of the columns of outcome (-1 not judged, 0 loss, 1 tie, 2 win; int8), score, cost (USD) and
    completion_tokens (float32, NaN where not known), each queries x models. weights: how many
    queries each stands for, as in a stratified sample; NaN is 1. fit and simulate count by them.
    """
    rows = Rows(X, tags, prompt_tokens)
    if rows.pointer.tags == ffi.NULL:
        raise ValueError("tags: names of the columns of X are needed")
    names = CTexts(list(models or []))
    facts = ffi.new("tgr_row_facts *")
    facts.size = ffi.sizeof("tgr_row_facts")
    facts.models, facts.model_count = names.pointers, names.count
    facts.compress = compress
    kept: list[Any] = [names]
    shape = (rows.rows, names.count)
    if outcome is not None:
        facts.outcome = rows.keep(array(outcome, np.int8, shape, "outcome"), "int8_t[]")
    if score is not None:
        facts.score = rows.keep(array(score, np.float32, shape, "score"), "float[]")
    if cost is not None:
        facts.cost = rows.keep(array(cost, np.float32, shape, "cost"), "float[]")
    if completion_tokens is not None:
        tokens = array(completion_tokens, np.float32, shape, "completion_tokens")
        facts.completion_tokens = rows.keep(tokens, "float[]")
    if weights is not None:
        stands = array(weights, np.float64, (rows.rows,), "weights")
        facts.weight = rows.keep(stands, "double[]")
    if ids is not None:
        if len(ids) != rows.rows:
            raise ValueError(f"{len(ids)} ids for {rows.rows} queries")
        id_texts = CTexts(list(ids))
        kept.append(id_texts)
        facts.ids = id_texts.pointers
    if split is not None:
        _set_codes(facts.split, split, rows.rows, "split", kept)
    if category is not None:
        _set_codes(facts.category, category, rows.rows, "category", kept)
    with call(threads) as (run, error, check):
        check(lib.tgr_save_rows(rows.pointer, facts, c_text(os.fspath(path)), run, error))
