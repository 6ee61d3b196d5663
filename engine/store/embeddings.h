/* embeddings.h - vectors of tags as somebody's language model made them: an HDF5 file with the
 * datasets `tags` (strings) and `vectors` (tags x components, numbers of any type). */
#ifndef TGR_STORE_EMBEDDINGS_H
#define TGR_STORE_EMBEDDINGS_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/strings.h"

#define TGR_EMBEDDINGS_MOST 16384 /* components */

typedef struct tgr_embeddings {
    tgr_strings *tags; /* number = row */
    size_t components;
    struct tgr_embeddings_source *source; /* the store's own */
} tgr_embeddings;

/* Opens and checks the file, which is not trusted. TGR_ERR_INPUT where it is not as it should be: a
 * dataset missing, shapes that do not fit each other, a tag twice. */
tgr_status tgr_embeddings_open(const char *path, tgr_embeddings **embeddings, tgr_error *error);
void tgr_embeddings_close(tgr_embeddings *embeddings); /* NULL allowed */

/* Reads so many rows (count x components floats), all of which must be there. What is too large for
 * a float comes as an infinity. */
tgr_status tgr_embeddings_read(tgr_embeddings *embeddings, size_t first, size_t count,
                               float *values, tgr_error *error);

#endif
