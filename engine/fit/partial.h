/* partial.h - a partial fit: all that one shard of the rows adds to a router, exactly. Its file
 * is described in docs/formats.md. */
#ifndef TGR_FIT_PARTIAL_H
#define TGR_FIT_PARTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/base/exact.h"
#include "engine/base/strings.h"
#include "engine/fit/means.h"
#include "engine/router/router.h"
#include "engine/scorer/values.h"

#define TGR_PARTIAL_FORMAT  "tagroute.partial-fit"
#define TGR_PARTIAL_VERSION 2
#define TGR_SHARDS_MAX      65536

/* What lies in a file may be this large, so that as many as there may be shards add up. */
#define TGR_PARTIAL_SUM_BITS   110
#define TGR_PARTIAL_COUNT_BITS 47

typedef struct tgr_partial_file { /* a query file that was fitted from */
    char digest[33];              /* "" of a foreign one */
    uint64_t rows;
} tgr_partial_file;

typedef struct tgr_partial {
    uint64_t shard, shards;
    tgr_buffer settings;  /* a router file without tags: models, prices, reference, options */
    tgr_router *router;   /* it, decoded; when read */
    bool reference_given; /* else the router's means nothing yet */
    double parameter;     /* NaN: to be chosen, or there is none */
    char *split;          /* NULL: every query */
    tgr_partial_file *files;
    size_t file_count;

    uint64_t training, queries, judged, derived, assumed, reference_recorded;
    size_t models;
    tgr_mean *means;         /* 3 x models (cost, completion tokens, score), and prompt tokens */
    tgr_sum *model_outcomes; /* models x 3 */
    tgr_strings *tags;       /* all that occur in the shard */
    tgr_sum *occurrences;    /* tags */
    tgr_sum *outcomes;       /* tags x models x 3; NULL where the scorer wants none */
    tgr_value_sums values;   /* folds 0 where the scorer wants none */
} tgr_partial;

void tgr_fit_partial_free(tgr_partial *partial); /* harmless on a zeroed structure */

tgr_status tgr_fit_partial_write(const tgr_partial *partial, const char *path, tgr_error *error);

/* Trusts nothing of the file. To be freed in any case. */
tgr_status tgr_fit_partial_read(const char *path, tgr_partial *partial, tgr_error *error);

/* A router's settings as a router file of no tags. */
tgr_status tgr_partial_settings(tgr_router *router, tgr_buffer *settings, tgr_error *error);

#endif
