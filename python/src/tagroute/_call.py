"""Calls into the C library: errors become exceptions, messages go to the logger, Ctrl-C is heard."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ._tagroute import ffi, lib

log = logging.getLogger("tagroute")


class Error(Exception):
    """What the engine could not do; the sentence says what, where and what to do about it."""


class InputError(Error, ValueError):
    """A file, or numbers given, are not what they should be."""


class UnreachableError(Error):
    """What was asked for makes sense, but cannot be had from these queries."""


_EXCEPTIONS: dict[int, type[Exception]] = {
    lib.TGR_ERR_ARGUMENT: ValueError,
    lib.TGR_ERR_UNSUPPORTED: NotImplementedError,
    lib.TGR_ERR_UNREACHABLE: UnreachableError,
    lib.TGR_ERR_INPUT: InputError,
    lib.TGR_ERR_IO: OSError,
    lib.TGR_ERR_NOMEM: MemoryError,
}


class _Run:
    """What a running call is told and tells."""

    def __init__(self, threads: int) -> None:
        self.handle = ffi.new_handle(self)
        self.cancel = ffi.new("sig_atomic_t *", 0)
        self.interrupted: BaseException | None = None
        self.pointer = ffi.new("tgr_run *")
        self.pointer.size = ffi.sizeof("tgr_run")
        self.pointer.threads = threads
        self.pointer.user = self.handle
        self.pointer.cancel = self.cancel
        self.pointer.progress = lib._on_progress
        self.pointer.message = lib._on_message

    def stop(self, reason: BaseException) -> None:
        self.interrupted = self.interrupted or reason
        self.cancel[0] = 1


def _heard(exception: type[BaseException], value: BaseException, traceback: Any) -> None:
    """An exception within a callback, such as Ctrl-C, which Python hands to the code that runs."""
    frame = traceback.tb_frame if traceback is not None else None
    user = frame.f_locals.get("user") if frame is not None else None
    if user is not None:
        ffi.from_handle(user).stop(value)


@ffi.def_extern(onerror=_heard)
def _on_progress(user: Any, progress: Any) -> None:
    for _ in range(2):  # Python looks for signals between its own steps
        pass


@ffi.def_extern(onerror=_heard)
def _on_message(user: Any, level: int, sentence: Any) -> None:
    levels = {lib.TGR_DETAIL: logging.DEBUG, lib.TGR_NOTE: logging.INFO}
    log.log(levels.get(level, logging.WARNING), "%s", text_of(sentence))


@contextmanager
def call(threads: int = 0) -> Iterator[tuple[Any, Any, Any]]:
    """Gives a run, an error and a check of statuses: check(lib.tgr_...(..., run, error))."""
    run = _Run(threads)
    error = ffi.new("tgr_error *")

    def check(status: int) -> None:
        if run.interrupted is not None:
            raise run.interrupted
        if status != lib.TGR_OK:
            raise _EXCEPTIONS.get(status, Error)(text_of(error.message))

    yield run.pointer, error, check


def text_of(pointer: Any) -> str:
    """A NUL-terminated UTF-8 string of C; what is none is shown escaped."""
    return ffi.string(pointer).decode("utf-8", "backslashreplace")


def c_text(text: Any | None) -> Any:
    """A string or path for C, to be kept alive by the caller; None becomes NULL."""
    if text is None:
        return ffi.NULL
    data = text if isinstance(text, bytes) else str(text).encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise ValueError("a text for tagroute may not hold NUL")
    return ffi.new("char[]", data)


class CTexts:
    """A list of strings for C; alive as long as this object."""

    def __init__(self, texts: Sequence[Any]) -> None:
        blob = [t if isinstance(t, bytes) else str(t).encode("utf-8") for t in texts]
        if any(b"\0" in data for data in blob):
            raise ValueError("a text for tagroute may not hold NUL")
        self._bytes = ffi.new("char[]", b"\0".join(blob) + b"\0")
        self.pointers = ffi.new("char *[]", len(blob))
        self.count = len(blob)
        at = 0
        for i, data in enumerate(blob):
            self.pointers[i] = self._bytes + at
            at += len(data) + 1
