/* margins.h - policy margin for a block of rows at once: what path.h finds row by row. */
#ifndef TGR_SIMULATE_MARGINS_H
#define TGR_SIMULATE_MARGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/simulate/block.h"
#include "kernels/kernels.h"

typedef struct tgr_margins {
    int32_t other[TGR_ANSWER_ROWS]; /* place of the best other model: below the threshold */
    float at[TGR_ANSWER_ROWS];      /* the reference from here on, rising with the margin */
} tgr_margins;

/* Some rows of a batch with their scores: of row `first` at scores, of the next one `stride` floats
 * further on, models in preference order. */
typedef struct tgr_scored_rows {
    const uint32_t *rows;
    size_t count; /* up to TGR_ANSWER_ROWS */
    const float *scores;
    size_t first, stride;
} tgr_scored_rows;

static inline const float *tgr_scores_of(const tgr_scored_rows *rows, size_t i)
{
    return rows->scores + (rows->rows[i] - rows->first) * rows->stride;
}

/* Of two models and more that may all serve. False where a score is not finite: such rows have
 * rules of their own. */
bool tgr_margins_find(tgr_margins *margins, const tgr_scored_rows *rows, size_t models,
                      size_t reference);

/* The first float32 above a value. */
float tgr_next_above(float value);

#endif
