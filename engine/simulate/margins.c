/* margins.c - gathering moves, and walking through them. */
#include "engine/simulate/margins.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_status tgr_margins_make_room(tgr_margins *margins, size_t rows, tgr_error *error)
{
    size_t need;
    void *moves = margins->moves;
    if (__builtin_add_overflow(margins->count, rows, &need) ||
        !tgr_mem_grow(&moves, &margins->capacity, need, sizeof *margins->moves)) {
        return tgr_fail_memory(error, "the margins of all queries");
    }
    margins->moves = moves;
    return TGR_OK;
}

void tgr_margins_take(tgr_margins *margins, size_t rows)
{
    const tgr_move *filled = margins->moves + margins->count;
    for (size_t row = 0; row < rows; row++) {
        if (filled[row].key != TGR_NO_MOVE) {
            margins->moves[margins->count++] = filled[row];
        }
    }
}

void tgr_margins_sort(tgr_margins *margins)
{
    tgr_order_sort_40(margins->moves, margins->count);
}

size_t tgr_margins_distinct(const tgr_margins *margins)
{
    size_t distinct = 0;
    for (size_t i = 0; i < margins->count; i++) {
        distinct += i == 0 || margins->moves[i].key >> 32 != margins->moves[i - 1].key >> 32;
    }
    return distinct;
}

void tgr_margins_free(tgr_margins *margins)
{
    tgr_mem_free(margins->moves);
    *margins = (tgr_margins){0};
}

size_t tgr_margins_step(const tgr_margins *margins, size_t next, size_t reference, tgr_tally *tally)
{
    uint64_t margin = margins->moves[next].key >> 32;
    do {
        const tgr_move *move = &margins->moves[next++];
        tgr_tally_remove(tally, reference, move->reference);
        tgr_tally_add(tally, tgr_move_other(move), move->other);
    } while (next < margins->count && margins->moves[next].key >> 32 == margin);
    return next;
}
