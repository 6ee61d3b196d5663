/* pieces.h - a batch cut into pieces of about the same work, for threads to take one by one. */
#ifndef TGR_FIT_PIECES_H
#define TGR_FIT_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels/kernels.h"

typedef struct tgr_fit_pieces { /* zeroed at first, and used again and again */
    size_t count;
    size_t *bounds; /* count + 1: piece i is rows [bounds[i], bounds[i + 1]) */
    size_t capacity;
} tgr_fit_pieces;

/* False where memory is short. */
bool tgr_fit_pieces_cut(tgr_fit_pieces *pieces, const tgr_csr *x, size_t threads);
void tgr_fit_pieces_free(tgr_fit_pieces *pieces);

#endif
