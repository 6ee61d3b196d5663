"""Writes the C source of the Python module: build_ffi.py OUTPUT.c"""

import pathlib
import sys

import cffi


def main(output: str) -> None:
    interface = pathlib.Path(__file__).with_name("interface.h").read_text(encoding="utf-8")
    builder = cffi.FFI()
    builder.cdef(interface)
    builder.set_source("tagroute._tagroute", "#include <tagroute/tagroute.h>", py_limited_api=True)
    builder.emit_c_code(output)


if __name__ == "__main__":
    main(sys.argv[1])
