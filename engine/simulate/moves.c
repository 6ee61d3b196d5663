/* moves.c - gathering moves, and walking through them. */
#include "engine/simulate/moves.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_status tgr_moves_reserve(tgr_moves *moves, size_t more, tgr_error *error)
{
    size_t need;
    void *memory = moves->moves;
    if (__builtin_add_overflow(moves->count, more, &need) ||
        !tgr_mem_grow(&memory, &moves->capacity, need, sizeof *moves->moves)) {
        return tgr_fail_memory(error, "the thresholds of all queries");
    }
    moves->moves = memory;
    return TGR_OK;
}

void tgr_moves_sort(tgr_moves *moves, int threads)
{
    tgr_order_sort_40(moves->moves, moves->count, threads);
}

size_t tgr_moves_distinct(const tgr_moves *moves)
{
    size_t distinct = 0;
    for (size_t i = 0; i < moves->count; i++) {
        distinct += i == 0 || moves->moves[i].key != moves->moves[i - 1].key;
    }
    return distinct;
}

void tgr_moves_free(tgr_moves *moves)
{
    tgr_mem_free(moves->moves);
    *moves = (tgr_moves){0};
}

size_t tgr_moves_step(const tgr_moves *moves, size_t next, tgr_decided *count)
{
    uint64_t key = moves->moves[next].key;
    do {
        const tgr_move *move = &moves->moves[next++];
        tgr_answer from = tgr_answer_unpack(move->from), to = tgr_answer_unpack(move->to);
        tgr_decided_move(count, &from, &to);
    } while (next < moves->count && moves->moves[next].key == key);
    return next;
}
