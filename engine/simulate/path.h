/* path.h - where one query goes at every threshold: a first model, and moves to others.
 *
 * From a threshold of `at` on the query is at the move's model; before the first move it is at
 * `first`. Thresholds rise along the path. This is what lets one pass answer for every threshold:
 *
 *   margin   the best other model, and from just above the margin on the reference;
 *   slack    a staircase of ever cheaper models, each from its distance to the best score on;
 *   utility  the upper envelope of the lines S_k - lambda c_k.
 *
 * Utility is computed with rounding, so that within about 2^-50 of a crossing (more, where scores
 * or costs hardly differ) the rule may take either model, and not always the same from one lambda
 * to the next. `at` is the crossing as division gives it; whoever needs a decision next to it asks
 * tgr_path_decide.
 */
#ifndef TGR_SIMULATE_PATH_H
#define TGR_SIMULATE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/router/row_costs.h"
#include "kernels/kernels.h"

typedef struct tgr_path_move {
    double at;
    int model; /* place */
} tgr_path_move;

/* Models are places of the preference order. */
typedef struct tgr_path {
    int first; /* TGR_UNDECIDED: at every threshold */
    size_t count;
    tgr_path_move *moves; /* room for one a model */

    /* of the query at hand */
    size_t models;
    const float *scores;
    double *costs; /* expected; filled in where the rule needs them */
    bool *may;     /* serve */

    const tgr_row_costs *row_costs; /* of the block, where costs come by row; else NULL */
} tgr_path;

bool tgr_path_open(tgr_path *path, size_t models); /* false where memory is short */
void tgr_path_close(tgr_path *path);

/* Finds the path of one row of the decider's block. moving false: its first step alone (utility
 * where no lambda but 0 is of interest, and costs need not be known). */
void tgr_path_find(tgr_path *path, const tgr_decider *decider, const float *scores, size_t row,
                   bool moving);

/* For utility: what the rule itself decides for the row last found, and whether the gap to every
 * other model is so large that rounding cannot matter. */
int tgr_path_decide(const tgr_path *path, double lambda, bool *clear);

/* For utility: whether the rule prefers model b to model a at lambda. */
bool tgr_path_prefers(const tgr_path *path, double lambda, int a, int b);

#endif
