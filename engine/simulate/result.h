/* result.h - the simulation that is handed out, and what it owns. */
#ifndef TGR_SIMULATE_RESULT_H
#define TGR_SIMULATE_RESULT_H

#include <stddef.h>

#include <tagroute/simulate.h>

#include <tagroute/details.h>
#include <tagroute/solve.h>

#include "engine/base/arena.h"
#include "engine/router/router.h"
#include "engine/simulate/baselines.h"
#include "engine/simulate/histogram.h"
#include "engine/simulate/origin.h"
#include "engine/simulate/tally.h"

/* Cost, accept rate and mean score of the best point, then the metrics. */
#define TGR_PAIRED_FIGURES 13

typedef struct tgr_result {
    tgr_simulation simulation; /* first: what is handed out is a pointer to it */
    tgr_population population; /* its queries, as sums count them */
    char **names;              /* models */
    tgr_point *curve;
    double *share; /* points x models */
    double *rank;  /* points */
    tgr_baseline *alone;
    tgr_intervals intervals;
    double *paired; /* TGR_PAIRED_FIGURES x replicates, in the arena; NULL without a bootstrap */
    tgr_histogram_room margins;
    tgr_origin_texts origin;
    tgr_solution solution;
    char *goal_model;
    tgr_simulation *solved; /* its only point is the solution's */
    tgr_details details;
    tgr_arena arena;        /* of the details */
    tgr_simulation **owned; /* in the arena: simulations that the details hold */
    size_t owned_count;
} tgr_result;

/* An empty curve of `points` points; NULL with error set. */
tgr_result *tgr_result_new(const tgr_router *router, tgr_policy policy, size_t points,
                           tgr_error *error);

/* Room for `more` simulations in `owned`. */
tgr_status tgr_result_reserve_owned(tgr_result *result, size_t more, tgr_error *error);

/* Says what the queries stand for; the population is set. */
void tgr_result_set_weights(tgr_result *result, const tgr_stand *stand);

/* Fills a point; the population and the simulation's quality are set. */
void tgr_result_set_point(tgr_result *result, size_t point, double threshold,
                          const tgr_decided *count);

/* Fills `best`: the only point where a single threshold was asked for, else the point of the
 * highest quality, of those the cheapest, of those the first. */
void tgr_result_choose(tgr_result *result, bool single);

/* Fills each model alone and the other baselines; the points are filled and the best chosen. */
void tgr_result_set_baselines(tgr_result *result, const tgr_baselines *baselines);

/* The places of all figures but thresholds, in an order that depends on points and models alone;
 * NULL: only their number. */
size_t tgr_result_figures(tgr_result *result, double **figures);

/* Gives the simulation a solution. at: a simulation of its threshold alone, which belongs to the
 * result from now on, in any case. */
tgr_status tgr_result_set_solution(tgr_simulation *simulation, const tgr_solution *solution,
                                   tgr_simulation *at, tgr_error *error);

/* Fills uplift and rank. */
void tgr_result_set_point_metrics(tgr_result *result);

#endif
