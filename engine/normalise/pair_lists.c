/* pair_lists.c - lists that grow out of one allowance. */
#include "engine/normalise/pair_lists.h"

#include "engine/base/memory.h"

#define FIRST_PAIRS ((size_t)512)

bool tgr_pair_lists_open(tgr_pair_lists *lists, int threads, uint64_t memory)
{
    *lists = (tgr_pair_lists){.threads = threads, .left = memory};
    lists->lists = tgr_mem_zalloc((size_t)threads, sizeof *lists->lists);
    return lists->lists != NULL;
}

static void empty(tgr_pair_lists *lists)
{
    for (int i = 0; i < lists->threads && lists->lists != NULL; i++) {
        tgr_mem_free(lists->lists[i].pairs);
        lists->lists[i] = (tgr_pair_list){0};
    }
}

void tgr_pair_lists_close(tgr_pair_lists *lists)
{
    empty(lists);
    tgr_mem_free(lists->lists);
    *lists = (tgr_pair_lists){0};
}

/* Takes bytes from the allowance, if they are there. */
static bool take(tgr_pair_lists *lists, uint64_t bytes)
{
    uint64_t left = __atomic_load_n(&lists->left, __ATOMIC_RELAXED);
    while (left >= bytes && !__atomic_compare_exchange_n(&lists->left, &left, left - bytes, false,
                                                         __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return left >= bytes;
}

static bool grow(tgr_pair_lists *lists, tgr_pair_list *list)
{
    size_t more = list->capacity > 0 ? list->capacity : FIRST_PAIRS;
    if (!take(lists, (uint64_t)more * sizeof *list->pairs)) {
        return false;
    }
    void *pairs = tgr_mem_resize(list->pairs, list->capacity + more, sizeof *list->pairs);
    if (pairs == NULL) {
        return false;
    }
    list->pairs = pairs;
    list->capacity += more;
    return true;
}

void tgr_pair_lists_add(tgr_pair_lists *lists, int thread, uint32_t first, uint32_t second)
{
    tgr_pair_list *list = &lists->lists[thread];
    if (__atomic_load_n(&lists->overflowed, __ATOMIC_RELAXED)) {
        return;
    }
    if (list->count == list->capacity && !grow(lists, list)) {
        __atomic_store_n(&lists->overflowed, true, __ATOMIC_RELAXED);
        return;
    }
    list->pairs[list->count][0] = first;
    list->pairs[list->count++][1] = second;
}
