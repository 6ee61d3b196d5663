/* margins.c - the best other model and its lead, a column a model. */
#include "engine/simulate/margins.h"

#include <float.h>
#include <math.h>

#include "engine/simulate/order.h"

float tgr_next_above(float value)
{
    if (value == INFINITY) {
        return value;
    }
    uint32_t order = tgr_order_of_float(value) + 1;
    return tgr_float_of_order(order);
}

/* The scores of one place; whether all are finite. */
static bool take_column(const tgr_scored_rows *rows, size_t place, float *column)
{
    size_t odd = 0;
    for (size_t i = 0; i < rows->count; i++) {
        column[i] = tgr_scores_of(rows, i)[place];
    }
    for (size_t i = 0; i < rows->count; i++) {
        odd += !(fabsf(column[i]) <= FLT_MAX);
    }
    return odd == 0;
}

bool tgr_margins_find(tgr_margins *margins, const tgr_scored_rows *rows, size_t models,
                      size_t reference)
{
    float column[TGR_ANSWER_ROWS], best[TGR_ANSWER_ROWS], own[TGR_ANSWER_ROWS];
    bool finite = take_column(rows, reference, own);
    for (size_t i = 0; i < rows->count; i++) {
        best[i] = -INFINITY;
        margins->other[i] = 0;
    }
    for (size_t place = 0; finite && place < models; place++) {
        if (place == reference) {
            continue;
        }
        finite = take_column(rows, place, column);
        for (size_t i = 0; i < rows->count; i++) {
            margins->other[i] = column[i] > best[i] ? (int32_t)place : margins->other[i];
            best[i] = column[i] > best[i] ? column[i] : best[i];
        }
    }
    for (size_t i = 0; finite && i < rows->count; i++) {
        margins->at[i] = tgr_next_above(best[i] - own[i]);
    }
    return finite;
}
