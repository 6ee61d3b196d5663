/* origin.h - what a simulation was made from, so that a report can say it. */
#ifndef TGR_SIMULATE_ORIGIN_H
#define TGR_SIMULATE_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/simulate.h>

#include "engine/router/router.h"
#include "engine/simulate/price_levels.h"
#include "engine/store/query_read.h"

/* What a tgr_origin points at. */
typedef struct tgr_origin_texts {
    char *router, *scorer, *split, *fallback;
    char **file_digests;
    size_t files;
    tgr_price *prices;
    tgr_price_texts *price_texts; /* models */
    size_t models;
} tgr_origin_texts;

/* Fills an origin from a router, the options and the files; false where memory is short. A router
 * without a scorer is one of which names alone are known: it has no prices. */
bool tgr_origin_fill(tgr_origin *origin, tgr_origin_texts *texts, const tgr_router *router,
                     const tgr_simulate_options *options, tgr_query_file *const *files,
                     size_t file_count);
void tgr_origin_free(tgr_origin_texts *texts); /* harmless on a zeroed structure */

#endif
