/* npy_header.h - the text at the front of a .npy file: what its elements are and how they lie. */
#ifndef TGR_STORE_NPY_HEADER_H
#define TGR_STORE_NPY_HEADER_H

#include "engine/store/npy.h"

/* Fills all but path, fd, offset and room. text ends with NUL. */
tgr_status tgr_npy_parse(const char *text, const char *path, tgr_npy *npy, tgr_error *error);

#endif
