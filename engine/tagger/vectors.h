/* vectors.h - vectors of tags, of unit length, in whole blocks of 64. */
#ifndef TGR_TAGGER_VECTORS_H
#define TGR_TAGGER_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/status.h>

#include "engine/tagger/spelling.h"

#define TGR_VECTORS_BLOCK 64
#define TGR_VECTORS_MOST  16384 /* components */

typedef struct tgr_vectors {
    size_t count, rows; /* rows: count made up to whole blocks, with zeros */
    size_t components;
    float *values; /* rows x components, aligned to 64 bytes */
} tgr_vectors;

/* All zeros. */
tgr_status tgr_vectors_open(tgr_vectors *vectors, size_t count, size_t components,
                            tgr_error *error);
void tgr_vectors_close(tgr_vectors *vectors); /* harmless on a zeroed structure */

/* Scales a vector to length 1, in float64; zeros stay. False where a component is not finite. */
bool tgr_vector_scale(float *vector, size_t components);

/* A text's n-grams as a vector of TGR_SPELLING_COMPONENTS; zeros where all cancel. */
void tgr_vector_of_text(const char *text, size_t length, float *vector);

#endif
