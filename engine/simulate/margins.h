/* margins.h - for policy margin: every query that a threshold moves, by falling margin.
 *
 * Such a query goes to the best of the other models where its margin is at least the threshold,
 * else to the reference. Walking down the margins therefore visits every decision that any
 * threshold can make, and sums need only be corrected by the queries that move.
 */
#ifndef TGR_SIMULATE_MARGINS_H
#define TGR_SIMULATE_MARGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/simulate/answers.h"
#include "engine/simulate/order.h"
#include "engine/simulate/tally.h"

typedef struct tgr_move {
    uint64_t key;         /* margin, falling, in the upper half; the other model in the lower */
    tgr_answer reference; /* the reference's answer */
    tgr_answer other;
} tgr_move;

_Static_assert(sizeof(tgr_move) == 40, "sorted as items of 40 bytes");

static inline uint64_t tgr_move_key(float margin, size_t other)
{
    return (uint64_t)~tgr_order_of_float(margin) << 32 | (uint64_t)other;
}

static inline float tgr_move_margin(const tgr_move *move)
{
    return tgr_float_of_order(~(uint32_t)(move->key >> 32));
}

static inline size_t tgr_move_other(const tgr_move *move)
{
    return (size_t)(move->key & 0xffffffffu);
}

#define TGR_NO_MOVE UINT64_MAX /* key of a query that no threshold moves */

typedef struct tgr_margins {
    tgr_move *moves;
    size_t count, capacity;
} tgr_margins;

/* Makes room for `rows` more moves, to be filled in at moves[count] and on. */
tgr_status tgr_margins_make_room(tgr_margins *margins, size_t rows, tgr_error *error);
/* Takes over those of the `rows` filled in whose key is not TGR_NO_MOVE. */
void tgr_margins_take(tgr_margins *margins, size_t rows);
void tgr_margins_sort(tgr_margins *margins);             /* by falling margin */
size_t tgr_margins_distinct(const tgr_margins *margins); /* sorted: how many different margins */
void tgr_margins_free(tgr_margins *margins);

/* Moves, in a tally that holds all moves before `next` at their other models and the rest at the
 * reference, the next group of equal margin; returns the number of the move after it. */
size_t tgr_margins_step(const tgr_margins *margins, size_t next, size_t reference,
                        tgr_tally *tally);

#endif
