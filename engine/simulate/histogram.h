/* histogram.h - how many changes of model lie between thresholds that are easy to read. */
#ifndef TGR_SIMULATE_HISTOGRAM_H
#define TGR_SIMULATE_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/simulate.h>

#include "engine/simulate/bins.h"
#include "engine/simulate/moves.h"

#define TGR_HISTOGRAM_BINS 64 /* at most */

/* What a tgr_histogram points at. */
typedef struct tgr_histogram_room {
    double *edges, *counts;
    uint64_t *sums; /* by weight: of each bin, then below and above all */
    bool single;    /* edges, being thresholds, are compared as float32 */
} tgr_histogram_room;

/* The moves are sorted; unit: what a count is of a query. Edges are even steps of 1, 2 or 5 times a
 * power of ten, or powers of ten and parts of them where thresholds differ in size; few moves lie
 * beyond them. */
tgr_status tgr_histogram_of_moves(tgr_histogram *histogram, tgr_histogram_room *room,
                                  const tgr_moves *moves, tgr_policy policy, double unit,
                                  tgr_error *error);

/* The same, with each edge put at the next edge of a bin, so that counts are exact. */
tgr_status tgr_histogram_of_bins(tgr_histogram *histogram, tgr_histogram_room *room,
                                 const tgr_bins *bins, tgr_policy policy, double unit,
                                 tgr_error *error);

void tgr_histogram_free(tgr_histogram_room *room); /* harmless on a zeroed structure */

#endif
