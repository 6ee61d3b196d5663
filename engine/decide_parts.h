/* decide_parts.h - what the parts of deciding a batch share: decide.c is the loop, decide_finish.c
 * what becomes of rows that are decided, decide_scores.c scores that are not. */
#ifndef TGR_DECIDE_PARTS_H
#define TGR_DECIDE_PARTS_H

#include "engine/decide.h"
#include "engine/plan.h"

typedef struct tgr_decide_memory {
    tgr_plan plan;          /* of the file at hand */
    size_t choice_capacity; /* of decide->model and decide->margin, elements */
    size_t margin_capacity;
    uint64_t *masks;
    size_t mask_capacity;
    char *scratch; /* threads x scratch_each */
    size_t scratch_each;
    float *scores; /* threads x score_each: where scores are asked for */
    size_t score_each;
    size_t *bounds; /* of the pieces */
    size_t bound_capacity;
    tgr_transform transform;
    tgr_decider decider; /* of the last batch */
    bool masked;
    tgr_row_costs row_costs; /* of the last batch, where the file's costs come by row */
    double *flat;            /* threads x flat_each: costs of the row at hand */
    size_t flat_each;
} tgr_decide_memory;

/* Of some rows. */
typedef struct tgr_row_counts {
    uint64_t no_known_tag, fell_back, undecided;
} tgr_row_counts;

/* Everything before rows are scored. */
tgr_status tgr_decide_enter(tgr_decide *decide, tgr_batch *batch, tgr_error *error);

/* Each thread looks at its share of the rows, and fills their masks once some thread found one that
 * needs them. Called by all threads of a team. */
void tgr_decide_share_masks(tgr_decide *decide, const tgr_batch *batch);

/* Turns places into router's numbers, and applies the fallback. */
tgr_row_counts tgr_decide_finish(tgr_decide *decide, const tgr_csr *x, size_t begin, size_t end);

#endif
