/* held_out.h - how well margins order queries that they were not learnt from. */
#ifndef TGR_FIT_HELD_OUT_H
#define TGR_FIT_HELD_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/fit.h>

#include "engine/base/weight.h"

/* One query, as one scorer routes it. */
typedef struct tgr_held_out {
    float margin;           /* of the best other model over the reference */
    float other, reference; /* what each of them scored; NaN not judged */
    uint32_t number;        /* of the query, for drawing it */
    tgr_weight weight;
} tgr_held_out;

/* Puts the queries that count to the front, by falling margin; returns how many there are. */
size_t tgr_held_out_sort(tgr_held_out *queries, size_t count);

/* Figures over sorted queries, each counted by its weight and as often as replicate `replicate`
 * draws it (0: once). Sums are exact: a query of weight 2 is as two of them. Qualities are at most
 * TGR_EXACT_LIMIT in size.
 * points: room for 2 x (count + 1) numbers. */
void tgr_held_out_figures(const tgr_held_out *queries, size_t count, unsigned replicate,
                          double *points, double figures[TGR_FIT_FIGURES]);

#endif
