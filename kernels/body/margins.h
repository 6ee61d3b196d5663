/* margins.h - the one algorithm that finds margins of rows without deciding: a column a model.
 *
 * Included by kernels/<arch>/<isa>.c. Loops go down columns of floats, so that a compiler makes
 * them of vectors of any width.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/body/columns.h"
#include "kernels/kernels.h"

/* How many of a column are not finite. */
static int32_t TGR_VARIANT(count_odd)(const float *column, size_t count)
{
    int32_t odd = 0;
    for (size_t i = 0; i < count; i++) {
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

static void TGR_VARIANT(take_higher)(const float *restrict column, int32_t number, size_t count,
                                     float *restrict best, int32_t *restrict which)
{
    for (size_t i = 0; i < count; i++) {
        which[i] = column[i] > best[i] ? number : which[i];
        best[i] = column[i] > best[i] ? column[i] : best[i];
    }
}

static int TGR_VARIANT(margins)(const tgr_scored_rows *rows, size_t models, size_t reference,
                                tgr_margins *margins)
{
    const TGR_VARIANT(rows)
        cells = {rows->rows, rows->count, rows->first, rows->stride, rows->total};
    float columns[TGR_COLUMNS][TGR_ANSWER_ROWS], best[TGR_ANSWER_ROWS], own[TGR_ANSWER_ROWS];
    int32_t odd = 0;
    for (size_t i = 0; i < rows->count; i++) {
        best[i] = -INFINITY;
        margins->other[i] = 0;
    }
    for (size_t begin = 0; begin < models; begin += TGR_COLUMNS) {
        size_t width = models - begin < TGR_COLUMNS ? models - begin : TGR_COLUMNS;
        TGR_VARIANT(take_floats)(&cells, rows->scores, begin, width, columns);
        for (size_t i = 0; i < width; i++) {
            odd += TGR_VARIANT(count_odd)(columns[i], rows->count);
            if (begin + i == reference) {
                memcpy(own, columns[i], rows->count * sizeof *own);
            } else {
                TGR_VARIANT(take_higher)
                (columns[i], (int32_t)(begin + i), rows->count, best, margins->other);
            }
        }
    }
    for (size_t i = 0; i < rows->count; i++) {
        margins->at[i] = best[i] - own[i];
    }
    TGR_VARIANT(step_above)(margins->at, rows->count);
    return odd == 0;
}
