/* vectors.c - vectors made and scaled. */
#include "engine/tagger/vectors.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_status tgr_vectors_open(tgr_vectors *vectors, size_t count, size_t components, tgr_error *error)
{
    size_t rows = (count + TGR_VECTORS_BLOCK - 1) / TGR_VECTORS_BLOCK * TGR_VECTORS_BLOCK;
    *vectors = (tgr_vectors){.count = count, .rows = rows, .components = components};
    bool fits = components == 0 || rows <= SIZE_MAX / sizeof(float) / components;
    vectors->values = fits ? tgr_mem_aligned(rows * components, sizeof(float)) : NULL;
    if (vectors->values == NULL) {
        return tgr_fail_memory(error, "the vectors of the tags");
    }
    memset(vectors->values, 0, rows * components * sizeof(float));
    return TGR_OK;
}

void tgr_vectors_close(tgr_vectors *vectors)
{
    tgr_mem_free_aligned(vectors->values);
    *vectors = (tgr_vectors){0};
}

bool tgr_vector_scale(float *vector, size_t components)
{
    double squares = 0; /* of finite floats: far from the largest double */
    for (size_t i = 0; i < components; i++) {
        squares += (double)vector[i] * (double)vector[i];
    }
    if (!isfinite(squares)) {
        return false;
    }
    double length = sqrt(squares);
    for (size_t i = 0; i < components && length > 0; i++) {
        vector[i] = (float)((double)vector[i] / length);
    }
    return true;
}

void tgr_vector_of_text(const char *text, size_t length, float *vector)
{
    tgr_spelling spelling;
    tgr_spelling_count(text, length, &spelling);
    for (size_t i = 0; i < TGR_SPELLING_COMPONENTS; i++) {
        vector[i] = (float)spelling.counts[i];
    }
    tgr_vector_scale(vector, TGR_SPELLING_COMPONENTS);
}
