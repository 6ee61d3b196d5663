/* counts.h - how many queries have each value, on two sides and under labels dealt at random. */
#ifndef TGR_DRIFT_COUNTS_H
#define TGR_DRIFT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/drift.h>

#include "engine/base/strings.h"

/* Of one kind of values: tags or categories. Starts zeroed. */
typedef struct tgr_drift_counts {
    tgr_strings *names; /* of both sides' files */
    size_t values;      /* names, and one more for what has none */
    uint64_t *side[2];
    uint64_t *dealt[TGR_DRIFT_ROUNDS]; /* to the first side; the others are the second's */
} tgr_drift_counts;

/* False where memory is short, here and below. */
bool tgr_drift_counts_open(tgr_drift_counts *counts);
void tgr_drift_counts_free(tgr_drift_counts *counts);

/* Once all names are there. */
bool tgr_drift_counts_allocate(tgr_drift_counts *counts);

/* A bit for each round: whether the query is dealt to the first side, which has this share of all.
 * side, number: the query's own side, and its number there. */
uint32_t tgr_drift_deal(uint64_t seed, int side, uint64_t number, double share);

#endif
