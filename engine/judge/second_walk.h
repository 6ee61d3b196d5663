/* second_walk.h - the queries of a simulation once more, now that its threshold is known: each with
 * its scores, its answers and the model that it goes to. Each of several processes goes over its
 * own share; who looks on unites what all have seen.
 */
#ifndef TGR_JUDGE_SECOND_WALK_H
#define TGR_JUDGE_SECOND_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/simulate.h>

#include "engine/decide.h"
#include "engine/pass.h"
#include "engine/weighing.h"
#include "engine/simulate/answers.h"
#include "engine/simulate/path.h"
#include "engine/simulate/simulating.h"
#include "engine/simulate/steps.h"

/* One query. */
typedef struct tgr_seen {
    const tgr_decide *decide;
    const tgr_batch *batch;
    size_t row; /* of the batch */
    int thread;
    const float *scores;  /* by place; of no use where decisions are given */
    tgr_answers *answers; /* weighed */
    uint64_t weight;      /* in units of the walk's weighing; 1 where queries have none */
    const tgr_path *path; /* where it goes at every threshold; fallbacks are in it */
    int chosen;           /* router's model at the threshold, or TGR_UNDECIDED */
} tgr_seen;

/* Who looks at them. Functions may be NULL; all but `row` are called by one thread. */
typedef struct tgr_visitor {
    tgr_status (*enter)(void *user, const tgr_decide *decide, const tgr_query_file *file,
                        size_t number, tgr_error *error);
    tgr_status (*begin)(void *user, const tgr_batch *batch, tgr_error *error);
    bool (*row)(void *user, const tgr_seen *seen); /* false: memory is short */
    tgr_status (*end)(void *user, const tgr_batch *batch, tgr_error *error);
    void *user;
} tgr_visitor;

typedef struct tgr_second_walk {
    const tgr_router *router;
    const tgr_simulate_options *options;
    const tgr_simulate_source *source; /* NULL: the router scores */
    const tgr_run *run;
    double threshold;
    bool moving; /* paths have all their moves: costs are known where the policy compares them */
    tgr_asked asked; /* the threshold */
    tgr_pass pass;
    tgr_weighing weighing; /* as the simulation's */
    tgr_decide decide;
    struct tgr_walker *walkers; /* threads */
    int threads;
} tgr_second_walk;

/* Opens the files. To be closed in any case. */
tgr_status tgr_second_walk_open(tgr_second_walk *walk, const tgr_router *router,
                                const tgr_simulate_options *options,
                                const tgr_simulate_source *source, double threshold,
                                const tgr_run *run, tgr_error *error);
void tgr_second_walk_close(tgr_second_walk *walk); /* harmless on a zeroed structure */

/* want: TGR_WANT_* beyond what a simulation needs. */
tgr_status tgr_second_walk_run(tgr_second_walk *walk, unsigned want, const tgr_visitor *visitors,
                               size_t count, tgr_error *error);

#endif
