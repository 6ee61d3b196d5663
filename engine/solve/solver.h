/* solver.h - looking for a threshold: what the steps share, and the walk over the queries. */
#ifndef TGR_SOLVE_SOLVER_H
#define TGR_SOLVE_SOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/solve.h>

#include "engine/decide.h"
#include "engine/pass.h"
#include "engine/weighing.h"
#include "engine/simulate/answers.h"
#include "engine/simulate/path.h"
#include "engine/solve/bound.h"
#include "engine/solve/goal.h"
#include "engine/solve/scan.h"
#include "engine/solve/solve.h"

/* What a query's way from one side of the critical threshold to the other changes. */
typedef struct tgr_tie {
    tgr_amount amount;
    tgr_sum cost, score;
} tgr_tie;

/* The ties in the rows of one process of a crew: what they change in all, how far the amount goes
 * down and up on the way, how many rows they are in, and behind which nothing changes. */
typedef struct tgr_tie_share {
    tgr_tie total;
    tgr_sum least, most;
    uint64_t rows, last;
} tgr_tie_share;

/* What each thread has for itself. */
typedef struct tgr_solve_worker {
    tgr_path path, envelope; /* of the policy; of utility */
    tgr_answers answers;
    tgr_amount *bins;         /* of the round */
    tgr_amount start, alone;  /* at the first models of the paths; the goal's model */
    uint64_t lowest, highest; /* number of a threshold at which some query moves */
    tgr_bound_bins bound;
    tgr_tie total;            /* of decisions at a threshold */
    uint64_t decided, weight; /* decided: by weight where the terms are weighed; of all queries */
    bool unbounded;           /* some cost or score that the bound needs is not known */
    uint64_t bad_query;       /* the first whose cost is not known or too large; UINT64_MAX none */
    size_t bad_model;
} tgr_solve_worker;

typedef struct tgr_solver {
    tgr_solve_plan plan;
    tgr_pass pass;
    tgr_decide decide;
    const tgr_batch *batch; /* at hand */
    size_t file_models;
    bool answered;         /* recorded answers are looked at */
    tgr_weighing weighing; /* of amounts: where a quality is to be reached, and in simulations,
                            * whose terms are weighed, too */
    int threads;
    tgr_solve_worker *workers;

    tgr_aim aim;
    bool first_round;
    tgr_scan_range range;
    bool bounding;
    tgr_bound bound;

    double at, other; /* thresholds: meets the goal; does not, or NaN */
    tgr_tie total;    /* of decisions at `at` */
    uint64_t decided;
    tgr_tie *ties;     /* rows of the batch */
    size_t most_rows;  /* of a batch so far */
    uint64_t cut_rows; /* the queries before the first that may not pass; 0: none passes */
    uint64_t cut_seen; /* likewise, so far */
    tgr_tie_share share;
} tgr_solver;

/* A query with the path of the policy found. */
typedef struct tgr_solve_query {
    const tgr_scored *scored;
    const float *scores; /* places */
    size_t row;
    bool forced;     /* to the fallback, at every threshold */
    uint64_t weight; /* 1 where queries have none */
} tgr_solve_query;

typedef void tgr_solve_visit(tgr_solver *solver, tgr_solve_worker *worker,
                             const tgr_solve_query *query);

/* Shows every query that gets a model to `visit`, in many threads; after each batch `next`, unless
 * NULL, is called by one, and says whether to go on. */
tgr_status tgr_solve_walk(tgr_solver *solver, tgr_solve_visit *visit, bool (*next)(tgr_solver *),
                          tgr_error *error);

/* Once the first round is over: the queries that goals are of. */
tgr_population tgr_solve_population(const tgr_solver *solver);

/* What a query counts for in terms. */
static inline uint64_t tgr_solve_weight(const tgr_solver *solver, const tgr_solve_query *query)
{
    return solver->plan.recorded ? query->weight : 1;
}

/* What the model at a place amounts to for a query. */
tgr_amount tgr_solve_amount(const tgr_solver *solver, tgr_solve_worker *worker,
                            const tgr_solve_query *query, int place);

/* Expected cost and score of a place, as terms; notes in the worker where they are not known. */
tgr_tie tgr_solve_terms(const tgr_solver *solver, tgr_solve_worker *worker,
                        const tgr_solve_query *query, int place);

/* The place that a query goes to at a threshold, by the rule itself. */
int tgr_solve_place(const tgr_solver *solver, const tgr_solve_worker *worker,
                    const tgr_solve_query *query, double threshold);

#endif
