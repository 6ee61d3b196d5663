/* variants.h - the queries of a batch, each once without each of its tags, as batches to decide. */
#ifndef TGR_EXPLAIN_VARIANTS_H
#define TGR_EXPLAIN_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/store/batch.h"

/* Starts zeroed; memory is reused. */
typedef struct tgr_variants {
    const tgr_batch *from;
    size_t row;    /* the next variant's */
    int64_t entry; /* and the entry that it lacks */

    tgr_batch batch; /* variants one after another; may be changed, as its arrays are not its own */
    int64_t *lacking; /* of each, the entry of `from` that it lacks */
    uint32_t *of_row; /* and its row there */

    int64_t *indptr;
    uint32_t *indices;
    float *values; /* of whatever type: room for the widest */
    int32_t *codes[3];
    double *tokens, *cached_tokens;
    size_t lacking_capacity, of_row_capacity, indptr_capacity, index_capacity, value_capacity;
    size_t code_capacity[3], token_capacity, cached_capacity;
} tgr_variants;

/* Makes ready for a batch, which has to stay as it is. */
void tgr_variants_begin(tgr_variants *variants, const tgr_batch *from);

/* The next variants, as many as there are and fit into about `entries` entries, but one at least;
 * variants->batch.rows is 0 at the end. False where memory is short. */
bool tgr_variants_next(tgr_variants *variants, size_t entries);

void tgr_variants_free(tgr_variants *variants);

#endif
