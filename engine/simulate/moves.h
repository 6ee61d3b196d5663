/* moves.h - every change of a query from one model to another, kept to be walked by threshold. */
#ifndef TGR_SIMULATE_MOVES_H
#define TGR_SIMULATE_MOVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/simulate/answers.h"
#include "engine/simulate/order.h"
#include "engine/simulate/tally.h"

typedef struct tgr_move {
    uint64_t key; /* tgr_order_of_double of the threshold from which on it is made */
    tgr_packed_answer from, to;
} tgr_move;

_Static_assert(sizeof(tgr_move) == 40, "sorted as items of 40 bytes");

static inline double tgr_move_at(const tgr_move *move)
{
    return tgr_double_of_order(move->key);
}

typedef struct tgr_moves {
    tgr_move *moves;
    size_t count, capacity;
} tgr_moves;

tgr_status tgr_moves_reserve(tgr_moves *moves, size_t more, tgr_error *error);

/* Appends one; false where memory is short. */
static inline bool tgr_moves_keep(tgr_moves *moves, uint64_t order, const tgr_answer *from,
                                  const tgr_answer *to)
{
    tgr_error unused;
    if (moves->count == moves->capacity && tgr_moves_reserve(moves, 1, &unused) != TGR_OK) {
        return false;
    }
    moves->moves[moves->count++] = (tgr_move){order, tgr_answer_pack(from), tgr_answer_pack(to)};
    return true;
}

void tgr_moves_sort(tgr_moves *moves, int threads);
size_t tgr_moves_distinct(const tgr_moves *moves); /* sorted: how many different thresholds */
void tgr_moves_free(tgr_moves *moves);

/* Makes, of sorted moves, those of one threshold from `next` on; returns the number of the move
 * after them. */
size_t tgr_moves_step(const tgr_moves *moves, size_t next, tgr_decided *count);

#endif
