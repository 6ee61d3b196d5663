/* margins.c - the plain definition of margins without decisions. */
#include <math.h>

#include "kernels/kernels.h"

int tgr_ref_margins(const tgr_scored_rows *rows, size_t models, size_t reference,
                    tgr_margins *margins)
{
    for (size_t i = 0; i < rows->count; i++) {
        const float *scores = rows->scores + (rows->rows[i] - rows->first) * rows->stride;
        size_t other = reference == 0 ? 1 : 0;
        for (size_t model = 0; model < models; model++) {
            if (!isfinite(scores[model])) {
                return 0;
            }
            other = model != reference && scores[model] > scores[other] ? model : other;
        }
        margins->other[i] = (int32_t)other;
        margins->at[i] = nextafterf(scores[other] - scores[reference], INFINITY);
    }
    return 1;
}
