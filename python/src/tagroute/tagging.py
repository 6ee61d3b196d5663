"""Texts to tags, by the tagger of a vocabulary or a router."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse

from ._call import c_text, call, text_of
from ._tagroute import ffi, lib
from .router import Router


def _joined(texts: Sequence[str | bytes | None]) -> tuple[bytes, np.ndarray]:
    """All texts one after another, UTF-8, and where each begins: (texts + 1,), uint64."""
    blob = [
        b"" if t is None else t if isinstance(t, bytes) else t.encode("utf-8", "surrogatepass")
        for t in texts
    ]
    offsets = np.zeros(len(blob) + 1, np.uint64)
    np.cumsum([len(data) for data in blob], out=offsets[1:])
    return b"".join(blob), offsets


class Tagger:
    """Gives texts the tags that `tagroute ingest` gives them with the same vocabulary or router.

    May be shared between threads. `tag` and `count` tell tags by name, `csr` as columns for
    `route`: those of the router, in its order.
    """

    def __init__(self, pointer: Any) -> None:
        self._pointer = ffi.gc(pointer, lib.tgr_text_tagger_free)
        self._tags: list[str] | None = None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Tagger:
        """The tagger of a file that `tagroute tag --learn` wrote, or of a router file."""
        made = ffi.new("tgr_text_tagger **")
        with call() as (_, error, check):
            check(lib.tgr_text_tagger_load(c_text(os.fspath(path)), made, error))
        return cls(made[0])

    @classmethod
    def of(cls, router: Router) -> Tagger:
        """The tagger that a router carries: ValueError where the queries that it learnt from came
        with their tags."""
        made = ffi.new("tgr_text_tagger **")
        with call() as (_, error, check):
            check(lib.tgr_text_tagger_of_router(router._pointer, made, error))
        return cls(made[0])

    @property
    def tags(self) -> list[str]:
        """Every tag that texts may get: of a router's tagger, first the router's tags in their
        order, then those that the router does not know."""
        if self._tags is None:
            count = lib.tgr_text_tagger_tags(self._pointer)
            self._tags = [text_of(lib.tgr_text_tagger_tag(self._pointer, i)) for i in range(count)]
        return list(self._tags)

    @property
    def known(self) -> int:
        """How many of `tags` are the router's; 0 for a vocabulary."""
        return int(lib.tgr_text_tagger_known(self._pointer))

    def _rows(
        self,
        texts: Sequence[str | bytes | None],
        categories: Sequence[str | None] | None,
        known_only: bool,
        threads: int,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        """indptr (texts + 1,), int64; indices, int32; counts, uint16; how many columns."""
        if isinstance(texts, (str, bytes)):
            raise ValueError("texts is one text; a list of texts is needed")
        data, offsets = _joined(texts)
        options = ffi.new("tgr_tag_texts_options *")
        options.size = ffi.sizeof("tgr_tag_texts_options")
        kept: list[Any] = [ffi.from_buffer("char[]", data), ffi.from_buffer("uint64_t[]", offsets)]
        options.count = len(texts)
        options.bytes, options.offsets = kept
        options.known_only = known_only
        if categories is not None:
            if len(categories) != len(texts):
                raise ValueError(f"{len(categories)} categories for {len(texts)} texts")
            names = [c_text(c) if isinstance(c, str) else ffi.NULL for c in categories]
            pointers = ffi.new("char *[]", names)
            kept += [names, pointers]
            options.categories = pointers
        made = ffi.new("tgr_tagged_texts **")
        with call(threads) as (run, error, check):
            check(lib.tgr_tag_texts(self._pointer, options, made, run, error))
        tagged = ffi.gc(made[0], lib.tgr_tagged_texts_free)

        def copy(pointer: Any, count: int, dtype: Any) -> np.ndarray:
            if count == 0:
                return np.empty(0, dtype)
            size = count * np.dtype(dtype).itemsize
            return np.frombuffer(ffi.buffer(pointer, size), dtype).copy()

        return (
            copy(tagged.indptr, int(tagged.rows) + 1, np.int64),
            copy(tagged.indices, int(tagged.nonzeros), np.int32),
            copy(tagged.counts, int(tagged.nonzeros), np.uint16),
            int(tagged.columns),
        )

    def tag(self, texts: Sequence[str | bytes | None], *, threads: int = 0) -> list[list[str]]:
        """The tags of each text, each once, in the order of `tags`.

        texts: strings, or bytes in UTF-8; None has no tags. A router's category tags are not among
        them, as they are no part of a text. threads: 0 for all; the interpreter is free meanwhile.
        """
        return [list(counted) for counted in self.count(texts, threads=threads)]

    def count(self, texts: Sequence[str | bytes | None], *, threads: int = 0) -> list[dict[str, int]]:
        """The tags of each text as `tag` gives them, each with how often it counts (1 to 65535)."""
        indptr, indices, counts, _ = self._rows(texts, None, False, threads)
        names = self.tags
        pairs = [(names[i], n) for i, n in zip(indices.tolist(), counts.tolist())]
        ends = indptr.tolist()
        return [dict(pairs[begin:end]) for begin, end in zip(ends, ends[1:])]

    def csr(
        self,
        texts: Sequence[str | bytes | None],
        *,
        categories: Sequence[str | None] | None = None,
        threads: int = 0,
    ) -> scipy.sparse.csr_matrix:
        """Tag counts for `route`, texts x tags, uint16, columns of each row ascending.

        Of a router's tagger the columns are the router's tags, in its order; tags that it does not
        know change no score and are left out. Of a vocabulary's they are `tags`.
        categories: one a text, None where there is none; for routers whose queries have their
        category as a tag, and ignored by others.
        """
        indptr, indices, counts, columns = self._rows(texts, categories, True, threads)
        narrow = indptr.astype(np.int32) if indptr[-1] < 2**31 else indptr
        if narrow is indptr:
            indices = indices.astype(np.int64)
        made = scipy.sparse.csr_matrix((counts, indices, narrow), (len(indptr) - 1, columns))
        made.has_canonical_format = True
        return made

    def __repr__(self) -> str:
        return f"Tagger({lib.tgr_text_tagger_tags(self._pointer)} tags)"
