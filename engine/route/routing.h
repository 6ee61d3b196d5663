/* routing.h - a run of route: what its steps share. */
#ifndef TGR_ROUTING_H
#define TGR_ROUTING_H

#include <tagroute/route.h>

#include "engine/base/buffer.h"
#include "engine/decide.h"
#include "engine/pass.h"
#include "engine/route/identity.h"
#include "engine/route/tally.h"
#include "engine/store/decisions.h"

/* Which queries of the walk are decided. */
typedef struct tgr_route_range {
    uint64_t first, count; /* decisions, numbered over the whole run */
    uint64_t total;        /* of the whole run */
    uint64_t begin_row;    /* where the walk starts, over all files */
    uint64_t skip;         /* queries of the walk before the first that is decided */
} tgr_route_range;

typedef struct tgr_routing {
    const tgr_router *router;
    tgr_route_options options;
    tgr_decision_format format;
    const tgr_run *run;
    tgr_run lean;          /* `run` then, where one of its two threads decides */
    bool in_lanes;         /* each thread reads what it decides */
    tgr_solution solution; /* of the goal, where there is one */
    tgr_pass pass;
    tgr_decide decide;
    tgr_route_tally tally;
    tgr_route_identity identity;
    tgr_route_range range;
    tgr_decisions_writer *writer;
    tgr_decisions_plan plan;
    const char **model_names;
    const char **query_digests;
    uint64_t unknown_tags;
    tgr_aligned_tags aligned;
    uint64_t files_counted; /* whose tags are in these sums */

    uint64_t done;    /* queries of the range that were decided upon */
    uint64_t resumed; /* of them, by a run before */
    bool within;      /* a batch, so that `done` and the place of the walk do not go together */
    char *checkpoint, *checkpoint_new; /* names; NULL: standard output */
    double saved_at;                   /* seconds on a clock that never goes back */
    tgr_buffer state;
    tgr_decisions_mark mark; /* to continue from */
    int64_t *indptr;         /* of a slice */
    size_t indptr_capacity;
} tgr_routing;

/* ---- opening.c ------------------------------------------------------------------------ */

/* Makes everything ready. *complete: there is nothing left to do. */
tgr_status tgr_route_open(tgr_routing *work, bool *complete, tgr_error *error);

/* ---- ending.c ------------------------------------------------------------------------- */

/* A run that was told to stop, or cannot read on, leaves what it has done to a later one. Returns
 * the reason, with what can be done now in its sentence. */
tgr_status tgr_route_stop(tgr_routing *work, tgr_status reason, tgr_error *error);

/* Puts the decisions in their place, and fills in the report (NULL allowed). */
tgr_status tgr_route_finish(tgr_routing *work, tgr_route_report *report, tgr_error *error);

/* ---- range.c -------------------------------------------------------------------------- */

/* Finds which queries are to be decided. Reads the files once where there is a split. */
tgr_status tgr_route_find_range(tgr_routing *work, tgr_error *error);

/* ---- together.c ----------------------------------------------------------------------- */

/* What processes of a crew cannot be asked for is refused. */
tgr_status tgr_route_check_crew(const tgr_routing *work, tgr_error *error);

/* What every process has counted becomes what all have; alone, nothing happens. */
tgr_status tgr_route_unite(tgr_routing *work, tgr_error *error);

/* ---- threads.c ------------------------------------------------------------------------ */

/* Reading goes on beside deciding. Two threads are best used as one that reads and one that
 * decides, since none waits for the other after every step; where chunks have to be inflated, which
 * is most of the work, both do that as well. Once the files are open. */
void tgr_route_share_threads(tgr_routing *work);

/* ---- route.c -------------------------------------------------------------------------- */

/* What batches are read with, of any file: TGR_WANT_*. */
unsigned tgr_route_wants(const tgr_routing *work);

/* How many of the next `rows` queries are decided at one threshold: those before the cut are
 * decided at its own. Sets the threshold. */
size_t tgr_route_keep_cut(tgr_routing *work, size_t rows);

/* ---- lanes.c -------------------------------------------------------------------------- */

/* Whether all files can be decided so, and large enough. */
bool tgr_route_lanes_suit(tgr_routing *work);

/* Decides rows [row, end) of a file that the decider was made ready for, as many as the range
 * has. */
tgr_status tgr_route_lanes(tgr_routing *work, tgr_query_file *file, uint64_t row, uint64_t end,
                           tgr_error *error);

/* ---- slice.c -------------------------------------------------------------------------- */

/* How many rows are decided at once, so that what is decided about them stays in the caches. */
size_t tgr_route_slice_rows(const tgr_routing *work);

/* A part of a batch as a batch of its own; valid until the next. */
tgr_status tgr_route_slice(tgr_routing *work, const tgr_batch *batch, size_t begin, size_t rows,
                           tgr_batch *slice, tgr_error *error);

/* ---- checkpoint.c --------------------------------------------------------------------- */

/* Names the files; nothing where the output is standard output. */
tgr_status tgr_route_checkpoint_names(tgr_routing *work, tgr_error *error);

/* Whether there is something to continue (work->plan.resume is set then, and `work` as it was), or
 * nothing left to do. */
tgr_status tgr_route_checkpoint_load(tgr_routing *work, bool *complete, tgr_error *error);

/* Saves one if the last is old enough, or `now`. */
tgr_status tgr_route_checkpoint_put(tgr_routing *work, bool now, tgr_error *error);

/* The plan's `save`; user: the routing, of which it reads names only. */
tgr_status tgr_route_checkpoint_save(void *user, const tgr_decisions_mark *mark,
                                     const tgr_buffer *state, tgr_error *error);

#endif
