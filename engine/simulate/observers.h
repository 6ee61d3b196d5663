/* observers.h - the walk over decided batches: each thread sums what it sees, and sums are merged.
 */
#ifndef TGR_SIMULATE_OBSERVERS_H
#define TGR_SIMULATE_OBSERVERS_H

#include <stddef.h>

#include <tagroute/status.h>

#include "engine/decide.h"
#include "engine/simulate/answers.h"
#include "engine/simulate/baselines.h"
#include "engine/simulate/margins.h"
#include "engine/simulate/tally.h"

typedef struct tgr_observer {
    tgr_answers answers;
    tgr_baselines baselines;
    tgr_tally *tallies; /* thresholds; where margins are gathered one, of every query that moves
                           being at the reference */
    uint64_t *chosen;   /* tallies x models */

    /* the first row of a batch that cannot be summed; SIZE_MAX none */
    size_t bad_row, bad_model;
} tgr_observer;

typedef struct tgr_observers {
    size_t models, tally_count;
    int threads;
    tgr_observer *each; /* threads; after the merge each[0] holds everything */
} tgr_observers;

tgr_status tgr_observers_open(tgr_observers *observers, size_t models, size_t tally_count,
                              int threads, tgr_error *error);
void tgr_observers_close(tgr_observers *observers); /* harmless on a zeroed structure */

/* Sums a batch that `decide` has just decided. margins NULL: at each of its thresholds. Else
 * `decide` has the one threshold -INFINITY, and queries that thresholds move are added to the
 * margins. */
tgr_status tgr_observers_batch(tgr_observers *observers, const tgr_decide *decide,
                               const tgr_batch *batch, const tgr_query_file *file,
                               tgr_margins *margins, tgr_error *error);

void tgr_observers_merge(tgr_observers *observers);

#endif
