/* count.c - the plain definition of the counting pass. */
#include <math.h>

#include "kernels/kernels.h"

/* Adds an entry's value to one lane. */
static void add_to_lane(const tgr_csr *x, int64_t entry, const tgr_counting *counting, size_t lane)
{
    if (x->value_type == TGR_F32) {
        double value = ((const float *)x->values)[entry];
        ((uint64_t *)counting->table)[lane] += (uint64_t)(int64_t)nearbyint(value * 0x1p40);
        return;
    }
    unsigned value = x->value_type == TGR_U8 ? ((const uint8_t *)x->values)[entry]
                                             : ((const uint16_t *)x->values)[entry];
    if (counting->lane_size == 2) {
        uint16_t *at = (uint16_t *)counting->table + lane;
        *at = (uint16_t)(*at + value);
    } else {
        ((uint32_t *)counting->table)[lane] += value;
    }
}

void tgr_ref_count(const tgr_csr *x, const tgr_counting *counting, size_t begin, size_t end)
{
    size_t models = counting->models, stride = tgr_count_stride(models, counting->lane_size);
    for (size_t row = begin; row < end; row++) {
        const int8_t *outcomes = counting->outcomes + row * models;
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            size_t slot = counting->slots[tgr_csr_column(x, entry)];
            for (size_t model = 0; model < models; model++) {
                if (outcomes[model] >= 0) {
                    size_t lane = slot * stride + 3 * model + (size_t)outcomes[model];
                    add_to_lane(x, entry, counting, lane);
                }
            }
        }
    }
}
