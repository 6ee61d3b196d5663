/* score.c - the plain definition of a query's scores. */
#include <math.h>

#include "kernels/kernels.h"

static float value_of(const tgr_csr *x, int64_t entry)
{
    switch (x->value_type) {
    case TGR_U8:
        return ((const uint8_t *)x->values)[entry];
    case TGR_U16:
        return ((const uint16_t *)x->values)[entry];
    case TGR_F32:
        break;
    }
    return ((const float *)x->values)[entry];
}

void tgr_ref_score(const tgr_csr *x, const tgr_weights *w, size_t begin, size_t end, float *scores,
                   size_t stride)
{
    for (size_t row = begin; row < end; row++, scores += stride) {
        for (size_t model = 0; model < w->models; model++) {
            float sum = w->bias[model];
            for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
                const float *weights = w->weights + tgr_csr_column(x, entry) * w->stride;
                sum = fmaf(value_of(x, entry), weights[model], sum);
            }
            scores[model] = sum;
        }
    }
}
