/* moves.c - gathering moves, and walking through them. */
#include "engine/simulate/moves.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_status tgr_moves_reserve(tgr_moves *moves, size_t more, tgr_error *error)
{
    size_t need;
    if (__builtin_add_overflow(moves->count, more, &need) ||
        !tgr_mem_grow(&moves->items, &moves->capacity, need, tgr_moves_stride(moves))) {
        return tgr_fail_memory(error, "the thresholds of all queries");
    }
    return TGR_OK;
}

tgr_status tgr_moves_append(tgr_moves *moves, const tgr_moves *more, tgr_error *error)
{
    tgr_status status = tgr_moves_reserve(moves, more->count, error);
    if (status == TGR_OK && more->count > 0) {
        memcpy(tgr_moves_get(moves, moves->count), more->items,
               more->count * tgr_moves_stride(more));
        moves->count += more->count;
    }
    return status;
}

void tgr_moves_sort(tgr_moves *moves, int threads)
{
    if (!moves->weighed) {
        tgr_order_sort_40(moves->items, moves->count, threads);
        return;
    }
    tgr_weighed_move *own = moves->items;
    tgr_order_sort_48(own, moves->count, threads);
    for (size_t i = 1; i < moves->count; i++) {
        own[i].weight += own[i - 1].weight;
    }
}

size_t tgr_moves_distinct(const tgr_moves *moves)
{
    size_t distinct = 0;
    for (size_t i = 0; i < moves->count; i++) {
        distinct += i == 0 || tgr_moves_get(moves, i)->key != tgr_moves_get(moves, i - 1)->key;
    }
    return distinct;
}

/* Of all moves before number i. */
static uint64_t weight_before(const tgr_moves *moves, size_t i)
{
    const tgr_weighed_move *own = moves->items;
    return !moves->weighed ? i : i > 0 ? own[i - 1].weight : 0;
}

uint64_t tgr_moves_total(const tgr_moves *moves)
{
    return weight_before(moves, moves->count);
}

uint64_t tgr_moves_weight(const tgr_moves *moves, size_t i)
{
    return weight_before(moves, i + 1) - weight_before(moves, i);
}

const tgr_move *tgr_moves_at_place(const tgr_moves *moves, uint64_t place)
{
    size_t low = 0, high = moves->count - 1;
    if (!moves->weighed) {
        return tgr_moves_get(moves, (size_t)place);
    }
    while (low < high) { /* the first up to which the weight is more */
        size_t middle = low + (high - low) / 2;
        if (weight_before(moves, middle + 1) > place) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return tgr_moves_get(moves, low);
}

void tgr_moves_free(tgr_moves *moves)
{
    tgr_mem_free(moves->items);
    moves->items = NULL;
    moves->count = moves->capacity = 0;
}

static size_t step(const tgr_moves *moves, size_t next, tgr_decided *count)
{
    const tgr_move *all = moves->items;
    uint64_t key = all[next].key;
    do {
        const tgr_move *move = &all[next++];
        tgr_answer from = tgr_answer_unpack(move->from), to = tgr_answer_unpack(move->to);
        tgr_decided_move(count, &from, &to, 1);
    } while (next < moves->count && all[next].key == key);
    return next;
}

static size_t step_weighed(const tgr_moves *moves, size_t next, tgr_decided *count)
{
    const tgr_weighed_move *all = moves->items;
    uint64_t key = all[next].move.key;
    do {
        uint64_t weight = tgr_moves_weight(moves, next);
        const tgr_move *move = &all[next++].move;
        tgr_answer from = tgr_answer_unpack(move->from), to = tgr_answer_unpack(move->to);
        tgr_answer_weigh(&from, weight, moves->bits);
        tgr_answer_weigh(&to, weight, moves->bits);
        tgr_decided_move(count, &from, &to, weight);
    } while (next < moves->count && all[next].move.key == key);
    return next;
}

size_t tgr_moves_step(const tgr_moves *moves, size_t next, tgr_decided *count)
{
    return moves->weighed ? step_weighed(moves, next, count) : step(moves, next, count);
}
