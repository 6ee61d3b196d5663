/* batch_columns.h - the columns of /obs and /obsm of a block of queries; between the files that
 * read batches. */
#ifndef TGR_STORE_BATCH_COLUMNS_H
#define TGR_STORE_BATCH_COLUMNS_H

#include "engine/store/query_read.h"
#include "engine/store/query_source.h"

typedef struct column_memory {
    void *values;
    size_t capacity; /* bytes */
} column_memory;

enum {
    SPLIT,
    CATEGORY,
    ALLOW,
    DENY,
    NEEDS,
    PROMPT_TOKENS,
    CACHED_TOKENS,
    TOKENS_FROM,
    SCORE,
    COST,
    COMPLETION_TOKENS,
    OUTCOME,
    SOURCE,
    POSITION,
    RECORD_BYTES,
    RECORD_PART,
    LOGGED_MODEL,
    LOGGED_COST,
    PROPENSITY,
    PROPENSITIES,
    WEIGHT,
    MORE,
    WORK = MORE + TGR_MORE_COLUMNS,
    COLUMNS
};

struct tgr_batch_memory {
    tgr_x_block x;
    tgr_text_block ids, texts;
    column_memory columns[COLUMNS];
};

tgr_status tgr_batch_no_memory(tgr_error *error);

/* Read what is wanted of the batch's rows. */
tgr_status tgr_batch_read_obs(tgr_query_file *file, unsigned want, tgr_batch *batch,
                              tgr_error *error);
tgr_status tgr_batch_read_obsm(tgr_query_file *file, unsigned want, tgr_batch *batch,
                               tgr_error *error);

/* Reads weights alone, each checked. */
tgr_status tgr_batch_read_weights(tgr_query_file *file, uint64_t first, size_t rows,
                                  double *weights, tgr_error *error);

#endif
