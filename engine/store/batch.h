/* batch.h - a block of consecutive queries in memory: what fit, route and simulate work on.
 *
 * A batch is canonical and validated: indptr starts at 0 and never falls, each row's columns ascend
 * and are distinct and below the file's column count, values are finite and not zero, codes lie in
 * their dictionary or are -1. Whoever holds a batch need check nothing of it again.
 */
#ifndef TGR_STORE_BATCH_H
#define TGR_STORE_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

/* Which optional columns a reader is asked for. X always comes. */
enum {
    TGR_WANT_IDS = 1 << 0,
    TGR_WANT_SPLIT = 1 << 1,
    TGR_WANT_CATEGORY = 1 << 2,
    TGR_WANT_ELIGIBILITY = 1 << 3, /* allow, deny, needs */
    TGR_WANT_PROMPT_TOKENS = 1 << 4,
    TGR_WANT_SCORE = 1 << 5,
    TGR_WANT_OUTCOME = 1 << 6,
    TGR_WANT_COST = 1 << 7,
    TGR_WANT_COMPLETION_TOKENS = 1 << 8,
    TGR_WANT_TEXTS = 1 << 9,   /* texts: once tgr_query_open_origins was called */
    TGR_WANT_MORE = 1 << 10,   /* the columns that tgr_query_open_more was asked for */
    TGR_WANT_LOGGED = 1 << 11, /* logged_model, logged_cost, propensity */
    TGR_WANT_CACHED_TOKENS = 1 << 12,
    TGR_WANT_TOKENS_FROM = 1 << 13,
    TGR_WANT_PLACES = 1 << 14, /* source, position, length, part: as texts */
    TGR_WANT_WEIGHT = 1 << 15,
};

#define TGR_MORE_COLUMNS 8 /* of /obs, by name, at most */

typedef struct tgr_texts { /* n strings one after another */
    char *bytes;
    uint64_t *offsets; /* n + 1; string i is bytes[offsets[i] .. offsets[i + 1]) */
} tgr_texts;

/* Arrays belong to the batch and are reused by the next read into it. A column that the file lacks
 * or that was not wanted is NULL. */
typedef struct tgr_batch {
    uint64_t first_row; /* in the file */
    size_t rows;
    tgr_csr x;

    tgr_texts ids;
    int32_t *split; /* rows: code in the file's dictionary, -1 missing; likewise the next four */
    int32_t *category;
    int32_t *allow;
    int32_t *deny;
    int32_t *needs;
    double *prompt_tokens; /* rows: >= 0, NaN missing; likewise the next */
    double *cached_tokens; /* of the prompt: not counted again there */
    int32_t *tokens_from;  /* rows: code, -1 as logged */
    double *weight;        /* rows: how many queries it stands for, above 0; NaN: not said */
    int32_t *source;
    int64_t *position; /* of the record in its source; likewise its length in bytes, and which */
    int64_t *record_bytes; /* record of that line or object it is, from 0 */
    int64_t *record_part;
    tgr_texts text;
    int32_t *more[TGR_MORE_COLUMNS]; /* each rows: code in file->more[i], -1 missing */

    const uint8_t *eligible; /* rows x the router's models, 0: may not serve; of rows in the
                              * caller's memory only, as is whose they are */

    /* what was really done */
    int32_t *logged_model; /* rows: code in file->logged_models, -1 missing */
    double *logged_cost;   /* rows: USD, NaN missing */
    double *propensity;    /* rows: chance of the logged model, above 0 up to 1; NaN missing */

    /* rows x the file's models, row-major */
    float *score;             /* NaN missing */
    float *cost;              /* USD, NaN missing */
    float *completion_tokens; /* NaN missing */
    int8_t *outcome;          /* -1 missing, 0 loss, 1 tie, 2 win */
    float *propensities;      /* chance of each model; NaN missing */

    struct tgr_batch_memory *memory; /* the store's own */
} tgr_batch;

#endif
