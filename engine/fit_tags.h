/* fit_tags.h - the tags of all files as one, how often each occurs, and which are kept. */
#ifndef TGR_FIT_TAGS_H
#define TGR_FIT_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/exact.h"
#include "engine/fit_columns.h"
#include "engine/pass.h"
#include "engine/router/router.h"

typedef struct tgr_fit_column_counts { /* of one file: columns */
    tgr_sum *sums;
    bool *seen;
    uint32_t *tag; /* number in the router, or how many tags it has where the column's is not kept;
                    * set by tgr_fit_tags_keep */
} tgr_fit_column_counts;

typedef struct tgr_fit_tags {
    size_t file_count;
    tgr_fit_column_counts *files;
    size_t counting; /* the file that is being counted, file_count: none */
    tgr_fit_columns columns;
    int threads;
    uint64_t seen;        /* distinct tags in the training queries */
    tgr_sum *occurrences; /* kept tags: n_t */
} tgr_fit_tags;

/* Freed with tgr_fit_tags_free in any case. */
tgr_status tgr_fit_tags_open(tgr_fit_tags *tags, const tgr_pass *pass, const tgr_run *run,
                             tgr_error *error);
void tgr_fit_tags_free(tgr_fit_tags *tags);

/* Counts a batch that the pass just gave, before any transform; binary: 1 for each entry. */
tgr_status tgr_fit_tags_count(tgr_fit_tags *tags, const tgr_pass *pass, size_t file,
                              const tgr_batch *batch, bool binary, tgr_error *error);

/* Keeps the tags that occur at least router->min_count times, numbered by falling n_t, ties by byte
 * order; fills the router's tags and counts. TGR_ERR_INPUT where none is left. */
tgr_status tgr_fit_tags_keep(tgr_fit_tags *tags, const tgr_pass *pass, tgr_router *router,
                             tgr_error *error);

#endif
