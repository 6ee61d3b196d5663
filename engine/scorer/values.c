/* values.c - sums of x and x y. */
#include "engine/scorer/values.h"

#include <math.h>

#include "engine/base/memory.h"

bool tgr_value_sums_open(tgr_value_sums *sums, size_t folds, size_t tags, size_t models)
{
    *sums = (tgr_value_sums){folds, tags, models, NULL, NULL, NULL, NULL};
    size_t cells;
    if (__builtin_mul_overflow(folds * models, tags, &cells)) {
        return false;
    }
    sums->x = tgr_mem_zalloc(cells, sizeof *sums->x);
    sums->xy = tgr_mem_zalloc(cells, sizeof *sums->xy);
    sums->y = tgr_mem_zalloc(folds * models, sizeof *sums->y);
    sums->judged = tgr_mem_zalloc(folds * models, sizeof *sums->judged);
    return sums->x != NULL && sums->xy != NULL && sums->y != NULL && sums->judged != NULL;
}

void tgr_value_sums_free(tgr_value_sums *sums)
{
    tgr_mem_free(sums->x);
    tgr_mem_free(sums->xy);
    tgr_mem_free(sums->y);
    tgr_mem_free(sums->judged);
    *sums = (tgr_value_sums){0};
}

size_t tgr_value_sums_bytes(size_t folds, size_t tags, size_t models)
{
    size_t bytes;
    return __builtin_mul_overflow(folds * models * 2 * sizeof(tgr_sum), tags, &bytes) ? SIZE_MAX
                                                                                      : bytes;
}

static double value_at(const tgr_csr *x, int64_t entry)
{
    return x->value_type == TGR_F32  ? (double)((const float *)x->values)[entry]
           : x->value_type == TGR_U8 ? (double)((const uint8_t *)x->values)[entry]
                                     : (double)((const uint16_t *)x->values)[entry];
}

/* As often as the weight says; told apart where there are weights at all. */
static inline tgr_sum weighed(const tgr_weight *weights, size_t row, int64_t term)
{
    return weights == NULL ? term : tgr_weigh(weights[row], term);
}

/* Sums that no tag enters. */
static inline bool add_answers(tgr_value_sums *sums, size_t fold, const float *y,
                               const tgr_weight *weights, size_t row)
{
    for (size_t model = 0; model < sums->models; model++) {
        if (isnan(y[model])) {
            continue;
        }
        if (!tgr_exact_fits((double)y[model])) {
            return false;
        }
        size_t place = fold * sums->models + model;
        sums->y[place] += weighed(weights, row, tgr_exact_term((double)y[model]));
        sums->judged[place] += weights == NULL ? TGR_WEIGHT_ONE : weights[row];
    }
    return true;
}

static inline bool add_entry(tgr_sum *x, tgr_sum *xy, double value, const float *y, size_t models,
                             const tgr_weight *weights, size_t row)
{
    tgr_sum term = weighed(weights, row, tgr_exact_term(value));
    for (size_t model = 0; model < models; model++) {
        if (isnan(y[model])) {
            continue;
        }
        double product = value * (double)y[model];
        if (!tgr_exact_fits(product)) {
            return false;
        }
        x[model] += term;
        xy[model] += weighed(weights, row, tgr_exact_term(product));
    }
    return true;
}

/* Compiled once without weights and once with them. */
static inline __attribute__((always_inline)) bool
add_rows(tgr_value_sums *sums, const tgr_csr *x, const uint32_t *slots, const float *y,
         const uint8_t *folds, const tgr_weight *weights, size_t begin, size_t end, size_t *bad_row)
{
    size_t models = sums->models;
    for (size_t row = begin; row < end; row++) {
        size_t fold = folds == NULL ? 0 : folds[row];
        const float *of_row = y + row * models;
        *bad_row = row;
        if (!add_answers(sums, fold, of_row, weights, row)) {
            return false;
        }
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            size_t tag = slots[tgr_csr_column(x, entry)];
            size_t place = (fold * sums->tags + tag) * models;
            if (tag < sums->tags && !add_entry(sums->x + place, sums->xy + place,
                                               value_at(x, entry), of_row, models, weights, row)) {
                return false;
            }
        }
    }
    return true;
}

bool tgr_value_sums_add(tgr_value_sums *sums, const tgr_csr *x, const uint32_t *slots,
                        const float *y, const uint8_t *folds, const tgr_weight *weights,
                        size_t begin, size_t end, size_t *bad_row)
{
    return weights == NULL ? add_rows(sums, x, slots, y, folds, NULL, begin, end, bad_row)
                           : add_rows(sums, x, slots, y, folds, weights, begin, end, bad_row);
}

static void add_fold(tgr_value_sums *into, size_t to, const tgr_value_sums *from, size_t fold)
{
    size_t models = into->models, cells = into->tags * models;
    for (size_t i = 0; i < cells; i++) {
        into->x[to * cells + i] += from->x[fold * cells + i];
        into->xy[to * cells + i] += from->xy[fold * cells + i];
    }
    for (size_t i = 0; i < models; i++) {
        into->y[to * models + i] += from->y[fold * models + i];
        into->judged[to * models + i] += from->judged[fold * models + i];
    }
}

void tgr_value_sums_merge(tgr_value_sums *into, const tgr_value_sums *from)
{
    for (size_t fold = 0; fold < into->folds; fold++) {
        add_fold(into, fold, from, fold);
    }
}

bool tgr_value_sums_without(const tgr_value_sums *sums, int without, tgr_value_sums *rest)
{
    if (!tgr_value_sums_open(rest, 1, sums->tags, sums->models)) {
        return false;
    }
    for (size_t fold = 0; fold < sums->folds; fold++) {
        if (without < 0 || fold != (size_t)without) {
            add_fold(rest, 0, sums, fold);
        }
    }
    return true;
}

double tgr_value_mean(const tgr_value_sums *sums, size_t model)
{
    return sums->judged[model] == 0
               ? NAN
               : tgr_exact_value(sums->y[model]) / tgr_exact_value(sums->judged[model]);
}
