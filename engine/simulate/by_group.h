/* by_group.h - the rows of a batch, with their scores, in the order of a bootstrap's groups. */
#ifndef TGR_SIMULATE_BY_GROUP_H
#define TGR_SIMULATE_BY_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/decide.h"
#include "engine/simulate/resample.h"
#include "kernels/kernels.h"

typedef struct tgr_by_group {
    float *scores; /* rows x stride */
    size_t score_capacity;
    int16_t *chosen; /* rows: decisions made elsewhere, where there are any */
    size_t chosen_capacity;
    bool decided;    /* there are */
    uint16_t *group; /* rows: each row's */
    size_t group_capacity;
    uint32_t *rows; /* group after group, rising in each */
    size_t row_capacity;
    size_t begin[TGR_RESAMPLE_GROUPS + 1]; /* of each group in rows */
} tgr_by_group;

/* decided: by decisions made elsewhere. */
tgr_status tgr_by_group_reserve(tgr_by_group *by_group, size_t rows, size_t stride, bool decided,
                                tgr_error *error);
void tgr_by_group_close(tgr_by_group *by_group); /* harmless on a zeroed structure */

/* Keeps scored rows of a batch whose first query has the number `first`. Called by several threads
 * at once. */
void tgr_by_group_keep(tgr_by_group *by_group, const tgr_resample *resample,
                       const tgr_scored *scored, uint64_t first);
void tgr_by_group_sort(tgr_by_group *by_group, size_t rows);

/* Asks for what the rows from place `begin` on, as many as `now` has, will need. */
void tgr_by_group_prefetch(const tgr_by_group *by_group, const tgr_batch *batch, size_t file_models,
                           size_t begin, const tgr_scored_rows *now);

#endif
