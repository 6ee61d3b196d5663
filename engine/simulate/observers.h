/* observers.h - the walk over scored batches: each thread sums what it sees, and sums are merged.
 */
#ifndef TGR_SIMULATE_OBSERVERS_H
#define TGR_SIMULATE_OBSERVERS_H

#include <stddef.h>

#include <tagroute/status.h>

#include "engine/decide.h"
#include "engine/weighing.h"
#include "engine/simulate/baselines.h"
#include "engine/simulate/bins.h"
#include "engine/simulate/block.h"
#include "engine/simulate/by_group.h"
#include "engine/simulate/moves.h"
#include "engine/simulate/path.h"
#include "engine/simulate/resample.h"
#include "engine/simulate/steps.h"
#include "engine/simulate/tally.h"

typedef struct tgr_observer {
    tgr_block block;
    tgr_path path;
    tgr_baselines baselines;
    tgr_decided *counts; /* the first: every query at its first model; then what changes at each
                          threshold asked for, and beyond the last */
    uint64_t undecided;
    tgr_stand stand; /* of the batches; the first observer's */
    tgr_moves moves; /* of the batch */
    tgr_change *changes;
    size_t change_count, change_capacity;
    tgr_bins *own; /* that no other thread adds to; NULL until there is something to add */

    /* the first row of a batch that cannot be summed; SIZE_MAX none */
    size_t bad_row, bad_model;
    bool out_of_memory;
} tgr_observer;

/* What moves become: they are kept as long as they fit, and go to bins where they might not. */
typedef struct tgr_gathering {
    bool keeping;
    tgr_moves moves; /* all of them, while they are kept */
    size_t most;     /* moves that fit */
    tgr_bins *bins;  /* NULL: moves are sure to fit; once settled, that they did */
    bool moving;     /* the policy compares costs, or needs none: else there are no moves */
    tgr_asked asked; /* thresholds asked for */
    bool utility;
    tgr_resample *resample; /* NULL: no bootstrap */
    tgr_weighing weighing;  /* of all queries */
} tgr_gathering;

typedef struct tgr_observers {
    size_t models;
    int threads;
    tgr_observer *each; /* threads; after the merge each[0] holds everything */
    tgr_by_group by_group;
    uint64_t *weights; /* of the batch, where queries have any */
    size_t weight_capacity;
} tgr_observers;

tgr_status tgr_observers_open(tgr_observers *observers, size_t models, size_t asked, int threads,
                              tgr_error *error);
void tgr_observers_close(tgr_observers *observers); /* harmless on a zeroed structure */

/* Where a move of a path stands among all moves. */
uint64_t tgr_move_order(const tgr_path *path, double at, int from, int to, bool utility);

/* Scores a batch and sums it. */
tgr_status tgr_observers_batch(tgr_observers *observers, tgr_decide *decide, tgr_batch *batch,
                               const tgr_query_file *file, tgr_gathering *gathering,
                               tgr_error *error);

void tgr_gathering_close(tgr_gathering *gathering); /* harmless on a zeroed structure */

/* Adds what all threads, and all groups of a bootstrap, have summed. */
void tgr_observers_merge(tgr_observers *observers, tgr_gathering *gathering);

/* Of moves and bins, lets go of what is not needed now that all is known. */
void tgr_gathering_settle(tgr_gathering *gathering);

#endif
