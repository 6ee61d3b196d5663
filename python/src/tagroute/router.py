"""Routers: tags, models, the score matrix between them, and what models cost."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._call import CTexts, c_text, call, text_of
from ._tagroute import ffi, lib
from .queries import save_queries

Path = str | os.PathLike[str]

_COUNTS = {
    None: lib.TGR_COUNT_DEFAULT,
    "raw": lib.TGR_COUNT_RAW,
    "binary": lib.TGR_COUNT_BINARY,
    "log": lib.TGR_COUNT_LOG,
}


class Router:
    """A router: made by `load` or one of the `fit` methods. May be shared between threads as long
    as nobody calls `set_prices`."""

    def __init__(self, pointer: Any) -> None:
        self._pointer = ffi.gc(pointer, lib.tgr_router_free)

    @classmethod
    def load(cls, path: Path) -> Router:
        """Reads and checks a router file."""
        made = ffi.new("tgr_router **")
        with call() as (_, error, check):
            check(lib.tgr_router_load(c_text(os.fspath(path)), made, error))
        return cls(made[0])

    def save(self, path: Path) -> None:
        """Writes the router file, atomically."""
        with call() as (_, error, check):
            check(lib.tgr_router_save(self._pointer, c_text(os.fspath(path)), error))

    @classmethod
    def fit_files(
        cls,
        files: Path | Sequence[Path],
        *,
        scorer: str = "paper",
        reference: str | None = None,
        models: Sequence[str] | None = None,
        split: str | None = None,
        min_count: float = 5,
        count: str | None = None,
        kappa: float | None = None,
        alpha: float | None = None,
        threads: int = 0,
    ) -> Router:
        """Fits a router to the judged queries of query files.

        scorer: "paper", "bayes", "ridge" or "mixed". reference: the model that margins are
        measured against; by default the dearest. models: which, in which order; by default all.
        split: the queries to learn from; by default "train" where the files have it, "" for all.
        min_count: tags that occur less often are left out. count: "raw", "binary" or "log"; by
        default the scorer's own. kappa, alpha: parameters of the scorers that have them; by
        default chosen by cross-validation. threads: 0 for all.
        """
        if count not in _COUNTS:
            raise ValueError(f"count is {count!r}; 'raw', 'binary' or 'log' is needed")
        paths = [files] if isinstance(files, (str, os.PathLike)) else list(files)
        inputs = CTexts([os.fsencode(path) for path in paths])
        options = ffi.new("tgr_fit_options *")
        lib.tgr_fit_options_init(options)
        names = CTexts(list(models or []))
        texts = [c_text(scorer), c_text(reference), c_text(split)]
        options.inputs, options.input_count = inputs.pointers, inputs.count
        options.scorer, options.reference, options.split = texts
        if models is not None:
            options.models, options.model_count = names.pointers, names.count
        options.min_count = min_count
        options.count = _COUNTS[count]
        options.kappa = float("nan") if kappa is None else kappa
        options.alpha = float("nan") if alpha is None else alpha
        made = ffi.new("tgr_router **")
        report = ffi.new("tgr_fit_report *")
        with call(threads) as (run, error, check):
            check(lib.tgr_fit(options, ffi.NULL, made, report, run, error))
        return cls(made[0])

    @classmethod
    def fit(
        cls,
        X: Any,
        *,
        models: Sequence[str],
        tags: Sequence[str] | None = None,
        outcome: Any | None = None,
        score: Any | None = None,
        cost: Any | None = None,
        completion_tokens: Any | None = None,
        prompt_tokens: Any | None = None,
        threads: int = 0,
        **options: Any,
    ) -> Router:
        """Fits a router to judged queries in memory.

        X: tag counts, queries x tags (SciPy sparse, NumPy or AnnData). tags: names of its columns,
        from AnnData where that is given. models: names of the columns of outcome (-1 not judged,
        0 loss, 1 tie, 2 win), score, cost (USD) and completion_tokens (NaN where not known), each
        queries x models. Other options as `fit_files`. The queries go through a file in the
        folder for temporary files, as they would be saved by `save_queries`.
        """
        options.setdefault("models", models)
        options.setdefault("split", "")
        with tempfile.TemporaryDirectory(prefix="tagroute-") as folder:
            path = os.path.join(folder, "queries.h5")
            save_queries(
                path, X, tags=tags, models=models, outcome=outcome, score=score, cost=cost,
                completion_tokens=completion_tokens, prompt_tokens=prompt_tokens, threads=threads,
            )  # fmt: skip
            return cls.fit_files(path, threads=threads, **options)

    # ---- one model more ------------------------------------------------------------------------

    def _copy(self) -> Router:
        with tempfile.TemporaryDirectory(prefix="tagroute-") as folder:
            path = os.path.join(folder, "router.msgpack")
            self.save(path)
            return Router.load(path)

    def add_model_files(
        self,
        model: str,
        files: Path | Sequence[Path],
        *,
        split: str | None = None,
        parameter: float | None = None,
        threads: int = 0,
    ) -> Router:
        """A router with one model more, learnt from the queries of query files that judge it. This
        one stays as it is, and so do the columns of its models in the new one.

        The model is learnt by the router's own scorer, tags, counts and reference: from the
        queries that the router was fitted from, its column has the bits of fitting all anew.
        split: as `fit_files`. parameter: kappa or alpha, where the router does not know its own.
        """
        paths = [files] if isinstance(files, (str, os.PathLike)) else list(files)
        inputs = CTexts([os.fsencode(path) for path in paths])
        options = ffi.new("tgr_add_model_options *")
        lib.tgr_add_model_options_init(options)
        texts = [c_text(model), c_text(split)]
        options.inputs, options.input_count = inputs.pointers, inputs.count
        options.model, options.split = texts
        options.parameter = float("nan") if parameter is None else parameter
        made = self._copy()
        report = ffi.new("tgr_fit_report *")
        with call(threads) as (run, error, check):
            check(lib.tgr_router_add_model(made._pointer, options, ffi.NULL, report, run, error))
        return made

    def add_model(
        self,
        model: str,
        X: Any,
        *,
        models: Sequence[str],
        tags: Sequence[str] | None = None,
        outcome: Any | None = None,
        score: Any | None = None,
        cost: Any | None = None,
        completion_tokens: Any | None = None,
        prompt_tokens: Any | None = None,
        split: str | None = "",
        parameter: float | None = None,
        threads: int = 0,
    ) -> Router:
        """The same from judged queries in memory, given as for `fit`: `models` names the columns
        of outcome, score, cost and completion_tokens, among them `model` and, where its outcomes
        or scores are known, the reference. For routers whose queries came with their tags; others
        learn from files that were tagged as theirs."""
        with tempfile.TemporaryDirectory(prefix="tagroute-") as folder:
            path = os.path.join(folder, "queries.h5")
            save_queries(
                path, X, tags=tags, models=models, outcome=outcome, score=score, cost=cost,
                completion_tokens=completion_tokens, prompt_tokens=prompt_tokens, threads=threads,
            )  # fmt: skip
            return self.add_model_files(
                model, path, split=split, parameter=parameter, threads=threads
            )

    # ---- what it holds -------------------------------------------------------------------------

    @property
    def models(self) -> list[str]:
        """Names of the models, in the order of every array."""
        count = lib.tgr_router_models(self._pointer)
        return [text_of(lib.tgr_router_model(self._pointer, i)) for i in range(count)]

    @property
    def tags(self) -> list[str]:
        """Names of the tags, in the order of the weights' rows."""
        count = lib.tgr_router_tags(self._pointer)
        return [text_of(lib.tgr_router_tag(self._pointer, i)) for i in range(count)]

    @property
    def reference(self) -> str:
        """The model that margins are measured against."""
        return self.models[lib.tgr_router_reference(self._pointer)]

    @property
    def digest(self) -> str:
        """32 hexadecimal digits: two routers with the same one are the same."""
        return text_of(lib.tgr_router_digest(self._pointer))

    def _array(self, pointer: Any, dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        data = bytes(ffi.buffer(pointer, size)) if size else b""
        return np.frombuffer(data, dtype).reshape(shape)

    @property
    def weights(self) -> np.ndarray:
        """W: tags x models, float32; a copy that cannot be written to."""
        shape = (lib.tgr_router_tags(self._pointer), lib.tgr_router_models(self._pointer))
        return self._array(lib.tgr_router_weights(self._pointer), np.float32, shape)

    @property
    def bias(self) -> np.ndarray:
        """b: models, float32."""
        shape = (lib.tgr_router_models(self._pointer),)
        return self._array(lib.tgr_router_bias(self._pointer), np.float32, shape)

    @property
    def counts(self) -> np.ndarray:
        """How often each tag occurs in the training queries: tags, float64."""
        shape = (lib.tgr_router_tags(self._pointer),)
        return self._array(lib.tgr_router_counts(self._pointer), np.float64, shape)

    # ---- prices ----------------------------------------------------------------------------------

    def set_prices(
        self,
        *,
        map: Path | None = None,
        aliases: Mapping[str, str] | None = None,
        prices: Mapping[str, tuple[float, float]] | None = None,
        completion_tokens: Mapping[str, float] | None = None,
        costs: Mapping[str, float] | None = None,
    ) -> None:
        """Changes what models cost. map: a price map as LiteLLM's (JSON file). aliases: model to
        its name there. prices: model to USD a prompt token and a completion token.
        completion_tokens: expected ones a query. costs: flat USD a query."""
        lists = {
            "aliases": [f"{m}={name}" for m, name in (aliases or {}).items()],
            "prices": [f"{m}={float(i)!r},{float(o)!r}" for m, (i, o) in (prices or {}).items()],
            "completion_tokens": [f"{m}={float(n)!r}" for m, n in (completion_tokens or {}).items()],
            "costs": [f"{m}={float(usd)!r}" for m, usd in (costs or {}).items()],
        }
        texts = {name: CTexts(entries) for name, entries in lists.items()}
        options = ffi.new("tgr_price_options *")
        options.size = ffi.sizeof("tgr_price_options")
        path = c_text(None if map is None else os.fspath(map))
        options.map = path
        options.aliases, options.alias_count = texts["aliases"].pointers, texts["aliases"].count
        options.prices, options.price_count = texts["prices"].pointers, texts["prices"].count
        tokens = texts["completion_tokens"]
        options.completion_tokens, options.completion_token_count = tokens.pointers, tokens.count
        options.costs, options.cost_count = texts["costs"].pointers, texts["costs"].count
        with call() as (run, error, check):
            check(lib.tgr_router_set_prices(self._pointer, options, run, error))

    def __repr__(self) -> str:
        return f"Router({len(self.models)} models, {lib.tgr_router_tags(self._pointer)} tags)"
