/* tally.h - what was chosen and what it is expected to cost, summed exactly. */
#ifndef TGR_ROUTE_TALLY_H
#define TGR_ROUTE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/route.h>

#include "engine/base/buffer.h"
#include "engine/base/exact.h"
#include "engine/decide.h"

typedef struct tgr_route_tally {
    size_t models, thresholds;
    uint64_t *chosen;        /* thresholds x models */
    tgr_sum *cost;           /* thresholds */
    uint64_t *unknown_cost;  /* thresholds: decisions whose cost is not known */
    tgr_cost_source *source; /* models */
    int threads;
    struct tgr_route_part *parts; /* one a thread */
} tgr_route_tally;

tgr_status tgr_route_tally_open(tgr_route_tally *tally, size_t models, size_t thresholds,
                                int threads, tgr_error *error);
void tgr_route_tally_free(tgr_route_tally *tally);

/* Counts rows as they are decided: the observer of the decisions, `user` being the tally. */
void tgr_route_tally_observe(void *user, const tgr_decide *decide, int thread, size_t begin,
                             size_t end);

/* Adds what was observed of the last batch. */
void tgr_route_tally_add(tgr_route_tally *tally, const tgr_decide *decide);

/* Adds another tally of the same models and thresholds, and empties it. */
void tgr_route_tally_move(tgr_route_tally *tally, tgr_route_tally *from);

/* The tally as bytes, for a checkpoint of a run with the same models and thresholds on the same
 * kind of machine: how many, appended to a buffer, and back. */
size_t tgr_route_tally_bytes(const tgr_route_tally *tally);
void tgr_route_tally_pack(const tgr_route_tally *tally, tgr_buffer *buffer);
void tgr_route_tally_unpack(tgr_route_tally *tally, const char *bytes);

/* Adds up the tallies of all processes of a crew. */
tgr_status tgr_route_tally_unite(tgr_route_tally *tally, const tgr_run *run, tgr_error *error);

/* Fills what the report says of thresholds and models; the report owns the copies. */
tgr_status tgr_route_tally_report(const tgr_route_tally *tally, tgr_route_report *report,
                                  tgr_error *error);

#endif
