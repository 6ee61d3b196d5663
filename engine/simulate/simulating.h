/* simulating.h - the state of one simulation, from the first file to the result. */
#ifndef TGR_SIMULATE_SIMULATING_H
#define TGR_SIMULATE_SIMULATING_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/simulate.h>

#include "engine/decide.h"
#include "engine/pass.h"
#include "engine/simulate/boxes.h"
#include "engine/simulate/curve.h"
#include "engine/simulate/observers.h"
#include "engine/simulate/resample.h"
#include "engine/simulate/result.h"

/* Scores or decisions from elsewhere, and what they need of each batch. */
typedef struct tgr_simulate_source {
    const char *name; /* NULL: the router's own figures, in another way */
    tgr_score_source scores;
    unsigned wants; /* TGR_WANT_* */
    /* Sees every batch before it is scored, one at a time. */
    tgr_status (*prepare)(void *user, const tgr_batch *batch, const tgr_pass *pass, size_t file,
                          tgr_error *error);
    void *user;
} tgr_simulate_source;

typedef struct tgr_simulating {
    const tgr_router *router;
    const tgr_simulate_source *source; /* NULL: the router scores */
    tgr_simulate_options options;
    size_t best; /* chosen elsewhere; SIZE_MAX: not */
    const tgr_run *run;
    tgr_decide_plan plan;
    tgr_pass pass;
    tgr_decide decide;
    tgr_observers observers;
    tgr_gathering gathering;
    uint64_t memory;      /* bytes allowed */
    uint64_t first, last; /* queries of the shard, by number; and of all */
    uint64_t total;
    uint64_t seen; /* by the walk */
    tgr_aligned_tags aligned;
    bool *keep;
    size_t keep_capacity;
    tgr_curve curve;
    tgr_boxes boxes;
    double *thresholds; /* those shown */
    size_t threshold_count;
    tgr_resample resample;
    size_t *shown_as; /* of the thresholds asked for in the pass: which point, SIZE_MAX none */
    tgr_result *result;
} tgr_simulating;

/* A simulation without its details. source NULL: the router scores. best: the index of a threshold
 * asked for that was chosen elsewhere; SIZE_MAX: the best of those shown. */
tgr_status tgr_simulate_alone(const tgr_router *router, const tgr_simulate_options *options,
                              const tgr_simulate_source *source, size_t best,
                              tgr_simulation **simulation, const tgr_run *run, tgr_error *error);

/* Opens what the walk sums into; the options are set, and the router's models known. */
tgr_status tgr_simulating_sums(tgr_simulating *work, int threads, tgr_error *error);

/* What the sums say, and nothing of the walk is needed any more. */
tgr_status tgr_simulating_finish(tgr_simulating *work, tgr_simulation **simulation,
                                 tgr_error *error);

void tgr_simulating_close(tgr_simulating *work); /* harmless on a zeroed structure */

/* After the walk: the queries that sums are over. */
tgr_population tgr_simulating_population(const tgr_simulating *work);

/* After the walk: what quality is measured by, never AUTO. */
tgr_quality tgr_simulating_measure(const tgr_simulating *work);

/* After the walk: makes the result with its points filled, and the curve that metrics are taken of.
 */
tgr_status tgr_simulating_points(tgr_simulating *work, tgr_error *error);

/* For the bootstrap: looks at the first batch for thresholds that tell, which are then summed for
 * every group beside those asked for. The batch may be scored again. */
tgr_status tgr_simulating_scout(tgr_simulating *work, tgr_batch *batch, const tgr_query_file *file,
                                tgr_error *error);

/* The same of the queries among the first 32,768 rows of a file that hold any, so that it does not
 * matter how many a batch has. */
tgr_status tgr_simulating_scout_batch(tgr_simulating *work, tgr_batch *batch, size_t file,
                                      tgr_error *error);

/* Before the walk: every process of a crew looks at the first queries of all, wherever its own are.
 */
tgr_status tgr_simulating_scout_ahead(tgr_simulating *work, tgr_error *error);

/* The next batch with queries of the shard; NULL at the end. */
tgr_status tgr_simulating_next(tgr_simulating *work, tgr_batch **batch, size_t *file,
                               tgr_error *error);

/* Fills in the intervals; the result is complete but for them. */
tgr_status tgr_simulating_intervals(tgr_simulating *work, tgr_error *error);

#endif
