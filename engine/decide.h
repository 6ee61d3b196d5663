/* decide.h - scores and decides one batch, in parallel, and gives router's model numbers back. */
#ifndef TGR_DECIDE_H
#define TGR_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/policy.h>
#include <tagroute/run.h>

#include "engine/aligned.h"
#include "engine/router/serve.h"

struct tgr_decide;

/* Told of rows [begin, end) of a batch as soon as they are decided, while they are in the cache, by
 * the thread that did. */
typedef void tgr_decide_observer(void *user, const struct tgr_decide *decide, int thread,
                                 size_t begin, size_t end);

/* Scores from elsewhere than the router, for tgr_decide_scores. */
typedef struct tgr_score_source {
    /* Writes the scores of rows [begin, end) of the batch, models in preference order, a row every
     * `stride` floats. Called by several threads at once. */
    void (*fill)(void *user, const struct tgr_decide *decide, size_t begin, size_t end,
                 float *scores, size_t stride);
    /* In place of it, for decisions that were made already: writes the place that each row goes to,
     * or TGR_UNDECIDED. */
    void (*choose)(void *user, const struct tgr_decide *decide, size_t begin, size_t end,
                   int16_t *places);
    void *user;
    bool knows_all; /* whatever a query's tags: none goes to the fallback for want of known ones */
} tgr_score_source;

/* What stays the same over all batches of a run. */
typedef struct tgr_decide_plan {
    const tgr_router *router;
    tgr_policy policy;
    const double *thresholds; /* margin: -INFINITY is allowed here: m wherever there is one */
    size_t threshold_count;
    int fallback;     /* router's model, or -1 */
    double align_min; /* as tgr_aligned_open's `least` */
    bool aligned;     /* batches come with tgr_aligned_batch done */
    bool want_margins;
    size_t block_rows; /* 0: chosen */
    int threads;
    const tgr_run *run;            /* told how each file is routed; NULL: nobody is */
    tgr_decide_observer *observer; /* NULL: nobody */
    void *user;
    const tgr_score_source *source; /* NULL: the router's own scores */
} tgr_decide_plan;

typedef struct tgr_decide {
    tgr_decide_plan plan;
    tgr_aligned aligned; /* the file that batches come from, where its tags are not the router's */
    tgr_serve *serve;    /* of that file */
    bool needs_costs;    /* the policy compares costs at some threshold */

    /* results of the last batch, rows x thresholds */
    int16_t *model; /* router's number, or TGR_UNDECIDED */
    float *margin;  /* NaN where there is none, and at queries that fell back; NULL unwanted */

    bool tokens_known; /* some query of the last batch has prompt tokens */

    /* counted over all batches, once a query */
    uint64_t queries, nonzeros, no_known_tag, fell_back, undecided;

    struct tgr_decide_memory *memory;
} tgr_decide;

/* Checks the thresholds. The structure is freed with tgr_decide_close in any case. */
tgr_status tgr_decide_open(tgr_decide *decide, const tgr_decide_plan *plan, tgr_error *error);
void tgr_decide_close(tgr_decide *decide);

/* Another one for the file that the first was made ready for, so that a thread of its own may
 * decide other batches of it at the same time: with `user` for the observer, one thread, and
 * nothing told. It borrows what the first knows of the file, and is closed before it, in any case,
 * with tgr_decide_leave. Not where the first aligns tags. */
tgr_status tgr_decide_beside(tgr_decide *decide, const tgr_decide *first,
                             const tgr_query_file *file, void *user, tgr_error *error);
void tgr_decide_leave(tgr_decide *decide);

/* Makes ready for batches of a file; to be called before the first of each. Fails where the file's
 * tagger differs from the router's, or the policy needs a cost that is not known. */
tgr_status tgr_decide_file(tgr_decide *decide, const tgr_query_file *file, tgr_error *error);

/* What batches have to be read with: TGR_WANT_*. */
unsigned tgr_decide_wants(const tgr_decide *decide, const tgr_query_file *file);

/* Decides a batch (its values are transformed in place as the router says). */
tgr_status tgr_decide_batch(tgr_decide *decide, tgr_batch *batch, tgr_error *error);

/* Scores of some rows of the batch at hand, undecided: of the row `begin` at scores, of the next
 * one `stride` floats further on, models in preference order. */
typedef struct tgr_scored {
    size_t begin, end;
    const float *scores;
    size_t stride;
    const tgr_decider *decider; /* costs, eligibility, reference: in preference order */
    const tgr_csr *x;
    int thread;
    const int16_t *chosen; /* NULL: scores decide; else the place of each row, and no scores */
} tgr_scored;

/* Called by several threads at once, for other rows each. */
typedef void tgr_scored_visit(void *user, const tgr_decide *decide, const tgr_scored *scored);

/* Scores a batch instead of deciding it, and shows the scores piece by piece. Counts queries and
 * non-zeros only. */
tgr_status tgr_decide_scores(tgr_decide *decide, tgr_batch *batch, tgr_scored_visit *visit,
                             void *user, tgr_error *error);

/* Whether a row goes to the fallback at every threshold. eligible: some model may serve it. */
bool tgr_decide_falls_back(const tgr_decide *decide, const tgr_csr *x, size_t row, bool eligible);

/* Expected cost of a router's model for a row of the last batch, USD; NaN where not known. */
double tgr_decide_cost(const tgr_decide *decide, size_t row, size_t model);

/* What the last batch was decided with: costs are in it, by the serve's places, unless they come by
 * row. */
const tgr_decider *tgr_decide_decider(const tgr_decide *decide);

/* The variant that scores, for whoever sums beside it. */
const tgr_kernels *tgr_decide_kernels(const tgr_decide *decide);

/* The same for one row alone, whose costs it knows however they come; flat: room for as many as
 * there are models, which must outlive it. */
tgr_decider tgr_decide_decider_of_row(const tgr_decide *decide, size_t row, double *flat);

/* Costs of the last batch's queries where they come by row, else NULL. */
const tgr_row_costs *tgr_decide_row_costs(const tgr_decide *decide);

/* Whether a router's model may serve a row of the last batch. */
bool tgr_decide_eligible(const tgr_decide *decide, size_t row, size_t model);

#endif
