/* by_group.c - dealing the rows of a batch to their groups. */
#include "engine/simulate/by_group.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_status tgr_by_group_reserve(tgr_by_group *by_group, size_t rows, size_t stride, bool decided,
                                tgr_error *error)
{
    size_t floats;
    void *scores = by_group->scores, *group = by_group->group, *order = by_group->rows;
    void *chosen = by_group->chosen;
    bool fits = !__builtin_mul_overflow(rows, stride, &floats) &&
                tgr_mem_grow(&scores, &by_group->score_capacity, floats, sizeof *by_group->scores);
    by_group->scores = scores;
    fits = fits && tgr_mem_grow(&group, &by_group->group_capacity, rows, sizeof *by_group->group);
    by_group->group = group;
    fits = fits && tgr_mem_grow(&order, &by_group->row_capacity, rows, sizeof *by_group->rows);
    by_group->rows = order;
    fits =
        fits && tgr_mem_grow(&chosen, &by_group->chosen_capacity, rows, sizeof *by_group->chosen);
    by_group->chosen = chosen;
    by_group->decided = decided;
    return fits ? TGR_OK : tgr_fail_memory(error, "the groups of a block of queries");
}

void tgr_by_group_close(tgr_by_group *by_group)
{
    tgr_mem_free(by_group->scores);
    tgr_mem_free(by_group->group);
    tgr_mem_free(by_group->rows);
    tgr_mem_free(by_group->chosen);
    *by_group = (tgr_by_group){0};
}

void tgr_by_group_keep(tgr_by_group *by_group, const tgr_resample *resample,
                       const tgr_scored *scored, uint64_t first)
{
    size_t begin = scored->begin, rows = scored->end - begin;
    if (scored->chosen != NULL) {
        memcpy(by_group->chosen + begin, scored->chosen, rows * sizeof *scored->chosen);
    } else {
        memcpy(by_group->scores + begin * scored->stride, scored->scores,
               rows * scored->stride * sizeof *scored->scores);
    }
    for (size_t row = begin; row < scored->end; row++) {
        by_group->group[row] = (uint16_t)tgr_resample_group(resample, first + row);
    }
}

void tgr_by_group_sort(tgr_by_group *by_group, size_t rows)
{
    size_t *begin = by_group->begin;
    memset(begin, 0, sizeof by_group->begin);
    for (size_t row = 0; row < rows; row++) {
        begin[by_group->group[row] + 1]++;
    }
    for (size_t i = 0; i < TGR_RESAMPLE_GROUPS; i++) {
        begin[i + 1] += begin[i];
    }
    for (size_t row = 0; row < rows; row++) {
        by_group->rows[begin[by_group->group[row]]++] = (uint32_t)row;
    }
    memmove(begin + 1, begin, TGR_RESAMPLE_GROUPS * sizeof *begin); /* each is where it ended */
    begin[0] = 0;
}

void tgr_by_group_prefetch(const tgr_by_group *by_group, const tgr_batch *batch, size_t file_models,
                           size_t begin, const tgr_scored_rows *now)
{
    size_t all = by_group->begin[TGR_RESAMPLE_GROUPS];
    size_t end = all - begin < now->count ? all : begin + now->count;
    for (size_t i = begin; i < end; i++) {
        size_t row = by_group->rows[i], place = row * file_models;
        __builtin_prefetch(by_group->scores + row * now->stride);
        if (batch->cost != NULL) {
            __builtin_prefetch(batch->cost + place);
        }
        if (batch->score != NULL) {
            __builtin_prefetch(batch->score + place);
        }
        if (batch->outcome != NULL) {
            __builtin_prefetch(batch->outcome + place);
        }
    }
}
