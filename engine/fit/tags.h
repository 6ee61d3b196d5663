/* tags.h - the tags of all files as one, how often each occurs, and which are kept. */
#ifndef TGR_FIT_TAGS_H
#define TGR_FIT_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/exact.h"
#include "engine/fit/columns.h"
#include "engine/fit/walk.h"
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
tgr_status tgr_fit_tags_count(tgr_fit_tags *tags, const tgr_fit_walk *walk, size_t file,
                              const tgr_batch *batch, bool binary, tgr_error *error);

/* Adds up what the processes of a crew have counted. */
tgr_status tgr_fit_tags_unite(tgr_fit_tags *tags, const tgr_pass *pass, const tgr_run *run,
                              tgr_error *error);

/* Keeps the tags that occur at least router->min_count times (all: every one), numbered by falling
 * n_t, ties by byte order; fills the router's tags and counts. TGR_ERR_INPUT where none is left,
 * unless all are kept. */
tgr_status tgr_fit_tags_keep(tgr_fit_tags *tags, const tgr_pass *pass, bool all, tgr_router *router,
                             tgr_error *error);

/* A tag that was seen, while tags are being put in order. */
typedef struct tgr_fit_tag {
    tgr_sum occurrences;
    const char *text;
    uint32_t length;
    uint32_t number; /* as it was seen */
} tgr_fit_tag;

/* Moves the tags to be kept to the front, in order; returns how many there are. */
uint32_t tgr_fit_tags_choose(tgr_fit_tag *seen, uint32_t count, double min_count);

/* Fills the router's tags and counts, and *occurrences, which is the caller's. */
tgr_status tgr_fit_tags_fill(const tgr_fit_tag *kept, uint32_t count, tgr_router *router,
                             tgr_sum **occurrences, tgr_error *error);

/* TGR_ERR_INPUT, saying why no tag is left. where: such as a file's path. */
tgr_status tgr_fit_tags_fail(const char *where, double min_count, uint64_t seen, tgr_error *error);

/* For a router that is there already: each file's columns by name. */
tgr_status tgr_fit_tags_of_router(tgr_fit_tags *tags, const tgr_pass *pass,
                                  const tgr_router *router, const tgr_run *run, tgr_error *error);

#endif
