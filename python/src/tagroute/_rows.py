"""Matrices of Python as the C library's rows, without copying where their types allow it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse

from ._call import CTexts
from ._tagroute import ffi, lib

_TYPES = {
    np.dtype(np.bool_): lib.TGR_NUMBER_U8,
    np.dtype(np.uint8): lib.TGR_NUMBER_U8,
    np.dtype(np.uint16): lib.TGR_NUMBER_U16,
    np.dtype(np.uint32): lib.TGR_NUMBER_U32,
    np.dtype(np.uint64): lib.TGR_NUMBER_U64,
    np.dtype(np.int8): lib.TGR_NUMBER_I8,
    np.dtype(np.int16): lib.TGR_NUMBER_I16,
    np.dtype(np.int32): lib.TGR_NUMBER_I32,
    np.dtype(np.int64): lib.TGR_NUMBER_I64,
    np.dtype(np.float32): lib.TGR_NUMBER_F32,
    np.dtype(np.float64): lib.TGR_NUMBER_F64,
}


def array(values: Any, dtype: Any, shape: tuple[int, ...], name: str) -> np.ndarray:
    """An array of that type and shape, the caller's own where it is one already."""
    made = np.ascontiguousarray(values, dtype=dtype)
    if made.shape != shape:
        raise ValueError(f"{name} has shape {made.shape}; {shape} is needed")
    return made


def is_anndata(x: Any) -> bool:
    return hasattr(x, "X") and hasattr(x, "var_names") and hasattr(x, "obs")


class Rows:
    """A `tgr_rows` and all that it points to."""

    def __init__(
        self,
        x: Any,
        tags: Sequence[str] | None = None,
        prompt_tokens: Any | None = None,
        eligible: Any | None = None,
        models: int = 0,
    ) -> None:
        if is_anndata(x):
            tags = list(x.var_names) if tags is None else tags
            if prompt_tokens is None and "prompt_tokens" in x.obs:
                prompt_tokens = x.obs["prompt_tokens"].to_numpy()
            x = x.X
        matrix = x if scipy.sparse.issparse(x) and x.format == "csr" else None
        if matrix is None:
            x = np.asarray(x) if not scipy.sparse.issparse(x) else x
            if x.ndim != 2:
                raise ValueError(f"X has {x.ndim} dimensions; queries x tags is needed")
            matrix = scipy.sparse.csr_matrix(x)
        self.rows, self.columns = (int(n) for n in matrix.shape)
        if tags is not None and len(tags) != self.columns:
            raise ValueError(f"{len(tags)} tags for the {self.columns} columns of X")
        self.pointer = ffi.new("tgr_rows *")
        self._kept: list[Any] = [matrix]
        c = self.pointer
        c.size = ffi.sizeof("tgr_rows")
        c.rows = self.rows
        c.columns = self.columns
        self._numbers(c.indptr, matrix.indptr)
        self._numbers(c.indices, matrix.indices)
        self._numbers(c.counts, matrix.data)
        if tags is not None:
            names = CTexts(list(tags))
            self._kept.append(names)
            c.tags = names.pointers
        if prompt_tokens is not None:
            tokens = array(prompt_tokens, np.float64, (self.rows,), "prompt_tokens")
            c.prompt_tokens = self.keep(tokens, "double[]")
        if eligible is not None:
            mask = array(eligible, np.bool_, (self.rows, models), "eligible").view(np.uint8)
            c.eligible = self.keep(mask, "uint8_t[]")

    def keep(self, values: np.ndarray, kind: str) -> Any:
        """A pointer to an array, which stays alive with the rows."""
        pointer = ffi.from_buffer(kind, values)
        self._kept.append(pointer)
        return pointer

    def _numbers(self, numbers: Any, values: np.ndarray) -> None:
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        if values.dtype not in _TYPES:
            values = values.astype(np.float64)
        values = np.ascontiguousarray(values)
        numbers.type = _TYPES[values.dtype]
        numbers.count = values.size
        numbers.data = self.keep(values, "char[]")
