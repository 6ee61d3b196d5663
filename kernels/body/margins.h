/* margins.h - the one algorithm that finds margins of rows without deciding: a column a model.
 *
 * Included by kernels/<arch>/<isa>.c. Loops go down columns of floats, so that a compiler makes
 * them of vectors of any width.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

/* The scores of one model; how many are not finite. */
static int32_t TGR_VARIANT(take_scores)(const tgr_scored_rows *rows, size_t model,
                                        float *restrict column)
{
    int32_t odd = 0;
    for (size_t i = 0; i < rows->count; i++) {
        column[i] = rows->scores[(rows->rows[i] - rows->first) * rows->stride + model];
    }
    for (size_t i = 0; i < rows->count; i++) {
        odd += fabsf(column[i]) <= FLT_MAX ? 0 : 1;
    }
    return odd;
}

/* Numbers of floats rise with their size on either side of zero. */
static void TGR_VARIANT(step_above)(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float value = values[i] + 0.0f; /* -0 becomes +0 */
        int32_t bits;
        memcpy(&bits, &value, sizeof bits);
        bits += value < INFINITY ? (bits < 0 ? -1 : 1) : 0;
        memcpy(&values[i], &bits, sizeof bits);
    }
}

static int TGR_VARIANT(margins)(const tgr_scored_rows *rows, size_t models, size_t reference,
                                tgr_margins *margins)
{
    float column[TGR_ANSWER_ROWS], best[TGR_ANSWER_ROWS], own[TGR_ANSWER_ROWS];
    int32_t odd = TGR_VARIANT(take_scores)(rows, reference, own);
    for (size_t i = 0; i < rows->count; i++) {
        best[i] = -INFINITY;
        margins->other[i] = 0;
    }
    for (size_t model = 0; model < models; model++) {
        int32_t number = (int32_t)model;
        if (model == reference) {
            continue;
        }
        odd += TGR_VARIANT(take_scores)(rows, model, column);
        for (size_t i = 0; i < rows->count; i++) {
            margins->other[i] = column[i] > best[i] ? number : margins->other[i];
            best[i] = column[i] > best[i] ? column[i] : best[i];
        }
    }
    for (size_t i = 0; i < rows->count; i++) {
        margins->at[i] = best[i] - own[i];
    }
    TGR_VARIANT(step_above)(margins->at, rows->count);
    return odd == 0;
}
