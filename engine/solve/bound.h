/* bound.h - how good any choice of models could be at some cost: the batch problem's bound.
 *
 * To choose a model for every query, so that the scores add up to as much as they can while the
 * costs stay within a limit, is a multiple-choice knapsack. For any lambda >= 0,
 *
 *     sum of max over k of (S_k - lambda c_k), plus lambda * limit
 *
 * is at least the best sum of scores, and the least of these is what the linear relaxation gives.
 * The maxima are the decisions of utility, so they come from the breakpoints of its paths: two
 * rounds over the queries give the sums at 65,536 lambdas between the smallest and the largest
 * breakpoint. Each is a bound; they lie so close that the least of them is as good as the least of
 * all.
 */
#ifndef TGR_SOLVE_BOUND_H
#define TGR_SOLVE_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/exact.h"
#include "engine/solve/scan.h"

/* In units of 2^-64, of all queries or a difference. */
typedef struct tgr_bound_sums {
    tgr_sum cost, score;
} tgr_bound_sums;

/* What a thread sums. */
typedef struct tgr_bound_bins {
    tgr_bound_sums start, *bins;
    uint64_t lowest, highest; /* breakpoints seen */
} tgr_bound_bins;

typedef struct tgr_bound {
    tgr_scan_range range;
    tgr_bound_sums start; /* at lambda 0 */
    tgr_bound_sums *bins; /* of all threads; belongs to the first */
    bool known;
} tgr_bound;

/* The least bound over the edges of the bins, of the sum of scores at a cost. */
double tgr_bound_at(const tgr_bound *bound, double cost);

/* How much that may be above the least of all bounds: at most what one bin hides, the one in which
 * the cost is passed; `below`: the sums below it. */
double tgr_bound_doubt(const tgr_bound *bound, double cost, size_t *bin, tgr_bound_sums *below);

#endif
