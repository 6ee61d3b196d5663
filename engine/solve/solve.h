/* solve.h - the threshold at which a policy meets a goal on some queries. */
#ifndef TGR_SOLVE_SOLVE_H
#define TGR_SOLVE_SOLVE_H

#include <tagroute/solve.h>

typedef struct tgr_solve_plan {
    const tgr_router *router;
    const char *const *inputs;
    size_t input_count;
    const char *split, *fallback; /* NULL: every query; none */
    double align_min;             /* as tgr_aligned_open's `least` */
    tgr_policy policy;
    const tgr_goal *goal;
    tgr_quality quality;
    bool recorded; /* costs are the recorded ones where there are any; else all are expected */
    bool cut;      /* queries that tie are let pass in row order, as far as the goal allows */
    const tgr_run *run;
} tgr_solve_plan;

/* solution->goal.model is the plan's own; there are no points. */
tgr_status tgr_solve(const tgr_solve_plan *plan, tgr_solution *solution, tgr_error *error);

#endif
