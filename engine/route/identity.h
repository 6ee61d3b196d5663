/* identity.h - what makes a run of route the same as another: router, options, inputs. */
#ifndef TGR_ROUTE_IDENTITY_H
#define TGR_ROUTE_IDENTITY_H

#include <stddef.h>

#include <tagroute/route.h>

#include "engine/base/buffer.h"
#include "engine/pass.h"

/* In the order in which differences are named. */
typedef enum tgr_run_part {
    TGR_PART_ROUTER,
    TGR_PART_INPUTS,
    TGR_PART_POLICY,
    TGR_PART_THRESHOLDS,
    TGR_PART_FALLBACK,
    TGR_PART_ALIGNMENT,
    TGR_PART_SPLIT,
    TGR_PART_FORMAT,
    TGR_PART_COLUMNS, /* ids, margins */
    TGR_PART_SHARD,
    TGR_PART_CREW, /* of several processes: which of them, and its rows */
    TGR_PARTS
} tgr_run_part;

typedef struct tgr_route_identity {
    tgr_buffer parts[TGR_PARTS]; /* texts */
    char run_digest[33];         /* over all of them but the shard and the crew */
} tgr_route_identity;

/* Such as "router"; for people and as a key. */
const char *tgr_run_part_name(tgr_run_part part);

/* Query files of tagroute's are known by their digest, others by size, rows, entries, and a sum
 * over their first and last megabyte. */
tgr_status tgr_route_identity_make(tgr_route_identity *identity, const tgr_router *router,
                                   const tgr_route_options *options, const tgr_solution *solution,
                                   tgr_decision_format format, const tgr_pass *pass,
                                   const tgr_run *run, tgr_error *error);
void tgr_route_identity_free(tgr_route_identity *identity);

#endif
