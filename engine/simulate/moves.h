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

/* Of a query that stands for several. */
typedef struct tgr_weighed_move {
    tgr_move move;
    uint64_t weight; /* in units of 2^-bits; once sorted, of all moves from the first to this one */
} tgr_weighed_move;

_Static_assert(sizeof(tgr_weighed_move) == 48, "sorted as items of 48 bytes");

static inline double tgr_move_at(const tgr_move *move)
{
    return tgr_double_of_order(move->key);
}

typedef struct tgr_moves {
    void *items; /* tgr_move, or tgr_weighed_move */
    size_t count, capacity;
    bool weighed;
    unsigned bits; /* of weights */
} tgr_moves;

/* Bytes of an item. */
static inline size_t tgr_moves_stride(const tgr_moves *moves)
{
    return moves->weighed ? sizeof(tgr_weighed_move) : sizeof(tgr_move);
}

static inline tgr_move *tgr_moves_get(const tgr_moves *moves, size_t i)
{
    return (tgr_move *)(void *)((char *)moves->items + i * tgr_moves_stride(moves));
}

tgr_status tgr_moves_reserve(tgr_moves *moves, size_t more, tgr_error *error);

/* Appends those of another, which are of the same kind. */
tgr_status tgr_moves_append(tgr_moves *moves, const tgr_moves *more, tgr_error *error);

/* Appends one, for which there is room. weight: where moves are weighed. */
static inline void tgr_moves_put(tgr_moves *moves, uint64_t order, const tgr_answer *from,
                                 const tgr_answer *to, uint64_t weight)
{
    tgr_move *move = tgr_moves_get(moves, moves->count++);
    *move = (tgr_move){order, tgr_answer_pack(from), tgr_answer_pack(to)};
    if (moves->weighed) {
        ((tgr_weighed_move *)(void *)move)->weight = weight;
    }
}

/* Appends one; false where memory is short. */
static inline bool tgr_moves_keep(tgr_moves *moves, uint64_t order, const tgr_answer *from,
                                  const tgr_answer *to, uint64_t weight)
{
    tgr_error unused;
    if (moves->count == moves->capacity && tgr_moves_reserve(moves, 1, &unused) != TGR_OK) {
        return false;
    }
    tgr_moves_put(moves, order, from, to, weight);
    return true;
}

void tgr_moves_sort(tgr_moves *moves, int threads); /* once */
void tgr_moves_free(tgr_moves *moves);

/* Of sorted moves: how many different thresholds there are; the weight of all, which is their
 * number where they have none; that of one; and the move at some place, were each there as often as
 * its weight says. */
size_t tgr_moves_distinct(const tgr_moves *moves);
uint64_t tgr_moves_total(const tgr_moves *moves);
uint64_t tgr_moves_weight(const tgr_moves *moves, size_t i);
const tgr_move *tgr_moves_at_place(const tgr_moves *moves, uint64_t place);

/* Makes, of sorted moves, those of one threshold from `next` on; returns the number of the move
 * after them. */
size_t tgr_moves_step(const tgr_moves *moves, size_t next, tgr_decided *count);

#endif
