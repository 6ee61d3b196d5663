/* limits.c - touch and ceiling for processors that have none of their own, in plain C. */
#include "bench/limits.h"

#include <math.h>
#include <string.h>

static float value_at(const tgr_csr *x, size_t entry)
{
    switch (x->value_type) {
    case TGR_U8:
        return ((const uint8_t *)x->values)[entry];
    case TGR_U16:
        return ((const uint16_t *)x->values)[entry];
    default:
        return ((const float *)x->values)[entry];
    }
}

static void sum_row(const tgr_limit_job *job, size_t row, float *sums)
{
    const tgr_weights *w = job->w;
    memcpy(sums, w->bias, w->models * sizeof *sums);
    for (size_t entry = row * job->length; entry < (row + 1) * job->length; entry++) {
        const float *weights = w->weights + tgr_csr_column(job->x, (int64_t)entry) * w->stride;
        float value = value_at(job->x, entry);
        for (size_t k = 0; k < w->models; k++) {
            sums[k] = fmaf(value, weights[k], sums[k]);
        }
    }
}

static uint32_t touch(const tgr_limit_job *job, size_t begin, size_t end)
{
    uint32_t seen = 0;
    for (size_t row = begin; row < end; row++) {
        float sums[TGR_MODELS_MAX];
        sum_row(job, row, sums);
        for (size_t k = 0; k < job->w->models; k++) {
            uint32_t bits;
            memcpy(&bits, &sums[k], sizeof bits);
            seen ^= bits;
        }
    }
    return seen;
}

static int best_of(const float *sums, size_t models, int except)
{
    int found = TGR_UNDECIDED;
    for (size_t k = 0; k < models; k++) {
        if ((int)k != except && (found < 0 || sums[k] > sums[found])) {
            found = (int)k;
        }
    }
    return found;
}

static void ceiling(const tgr_limit_job *job, size_t begin, size_t end)
{
    for (size_t row = begin; row < end; row++) {
        float sums[TGR_MODELS_MAX];
        sum_row(job, row, sums);
        int found = best_of(sums, job->w->models, job->reference);
        if (job->reference >= 0 &&
            (found < 0 || !(sums[found] - sums[job->reference] >= job->threshold))) {
            found = job->reference;
        }
        job->model[row] = (int16_t)found;
    }
}

static uint64_t read_words(const uint64_t *words, size_t count)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        seen ^= words[i];
    }
    return seen;
}

const tgr_limits tgr_limits_scalar = {"scalar", touch, ceiling, read_words};

const tgr_limits *tgr_limits_of(const char *isa)
{
#if defined(__x86_64__)
    if (strcmp(isa, "avx512") == 0) {
        return &tgr_limits_avx512;
    }
    if (strcmp(isa, "avx2") == 0) {
        return &tgr_limits_avx2;
    }
#endif
    (void)isa;
    return &tgr_limits_scalar;
}
