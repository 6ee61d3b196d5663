/* margins.c - margins of the training queries, and their quantiles. */
#include "engine/fit/margins.h"

#include <math.h>
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/base/weight.h"
#include "engine/decide.h"

#define MARGINS_HELD 50000000u

typedef struct margins {
    float *values;
    tgr_weight *weights; /* of each; NULL: 1 */
    size_t count, capacity;
    uint64_t step; /* every step-th query counts */
    uint64_t next; /* queries until the next that counts */
} margins;

static void keep_margins(margins *kept, const float *of_batch, const tgr_batch *batch)
{
    for (size_t row = 0; row < batch->rows; row++) {
        if (kept->next-- > 0) {
            continue;
        }
        kept->next = kept->step - 1;
        if (isfinite(of_batch[row]) && kept->count < kept->capacity) {
            if (kept->weights != NULL) {
                kept->weights[kept->count] =
                    tgr_weight_of(batch->weight == NULL ? (double)NAN : batch->weight[row]);
            }
            kept->values[kept->count++] = of_batch[row] + 0.0f; /* -0 becomes +0 */
        }
    }
}

static tgr_status collect(margins *kept, const tgr_router *router, tgr_pass *pass,
                          const tgr_run *run, tgr_error *error)
{
    static const double everyone = -INFINITY;
    const tgr_decide_plan plan = {.router = router,
                                  .policy = TGR_POLICY_MARGIN,
                                  .thresholds = &everyone,
                                  .threshold_count = 1,
                                  .fallback = -1,
                                  .want_margins = true,
                                  .threads = tgr_run_threads(run),
                                  .run = run};
    tgr_decide decide;
    size_t entered = SIZE_MAX;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_decide_open(&decide, &plan, error));
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(pass, TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS | TGR_WANT_WEIGHT,
                              "measuring margins", run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        if (file != entered) {
            TGR_TRY(tgr_decide_file(&decide, pass->files[file], error));
            entered = file;
        }
        TGR_TRY(tgr_decide_batch(&decide, batch, error));
        keep_margins(kept, decide.margin, batch);
    }
done:
    tgr_decide_close(&decide);
    return status;
}

/* Floats in their order as unsigned integers. */
static uint32_t order_key(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
}

static float from_order_key(uint32_t key)
{
    uint32_t bits = (key >> 31) != 0 ? key & 0x7fffffffu : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Which of 65,536 buckets, counted from the top, holds the rank-th; rank becomes that within it. */
static uint32_t bucket_of_rank(const uint64_t *buckets, size_t *rank)
{
    uint32_t bucket = 0xffff;
    while (*rank > buckets[bucket]) {
        *rank -= (size_t)buckets[bucket--];
    }
    return bucket;
}

/* run: of a crew whose processes each have some of the values. */
static tgr_status rank_from_top(const float *values, size_t count, size_t rank, float *value,
                                const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    uint64_t *buckets = tgr_mem_zalloc(0x10000, sizeof *buckets);
    if (buckets == NULL) {
        return tgr_fail_memory(error, "the margins' quantiles");
    }
    for (size_t i = 0; i < count; i++) {
        buckets[order_key(values[i]) >> 16]++;
    }
    TGR_TRY(tgr_crew_sum(run, buckets, 0x10000, error));
    uint32_t upper = bucket_of_rank(buckets, &rank);
    memset(buckets, 0, 0x10000 * sizeof *buckets);
    for (size_t i = 0; i < count; i++) {
        uint32_t key = order_key(values[i]);
        if (key >> 16 == upper) {
            buckets[key & 0xffff]++;
        }
    }
    TGR_TRY(tgr_crew_sum(run, buckets, 0x10000, error));
    *value = from_order_key(upper << 16 | bucket_of_rank(buckets, &rank));
done:
    tgr_mem_free(buckets);
    return status;
}

tgr_status tgr_rank_from_top(const float *values, size_t count, size_t rank, float *value,
                             tgr_error *error)
{
    return rank_from_top(values, count, rank, value, NULL, error);
}

/* Buckets of weights: the one, from the top, with which they come to `least`; that becomes what is
 * still missing in it. */
static uint32_t bucket_of_weight(const tgr_sum *buckets, tgr_sum *least)
{
    uint32_t bucket = 0xffff;
    while (*least > buckets[bucket]) {
        *least -= buckets[bucket--];
    }
    return bucket;
}

/* The largest margin that margins of a share of the whole weight reach. */
static tgr_status find_by_weight(const margins *kept, size_t tenths, float *value,
                                 const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_sum *buckets = tgr_mem_zalloc(0x10000, sizeof *buckets), whole = 0;
    if (buckets == NULL) {
        return tgr_fail_memory(error, "the margins' quantiles");
    }
    for (size_t i = 0; i < kept->count; i++) {
        buckets[order_key(kept->values[i]) >> 16] += kept->weights[i];
        whole += kept->weights[i];
    }
    TGR_TRY(tgr_crew_sum_wide(run, buckets, 0x10000, error));
    TGR_TRY(tgr_crew_sum_wide(run, &whole, 1, error));
    tgr_sum least = (whole * (tgr_sum)tenths + 9) / 10;
    uint32_t upper = bucket_of_weight(buckets, &least);
    memset(buckets, 0, 0x10000 * sizeof *buckets);
    for (size_t i = 0; i < kept->count; i++) {
        uint32_t key = order_key(kept->values[i]);
        if (key >> 16 == upper) {
            buckets[key & 0xffff] += kept->weights[i];
        }
    }
    TGR_TRY(tgr_crew_sum_wide(run, buckets, 0x10000, error));
    *value = from_order_key(upper << 16 | bucket_of_weight(buckets, &least));
done:
    tgr_mem_free(buckets);
    return status;
}

/* count: of all processes' margins. */
static tgr_status find_by_rank(const margins *kept, uint64_t count, size_t tenths, float *value,
                               const tgr_run *run, tgr_error *error)
{
    /* ceil(count * tenths / 10), without the product */
    size_t rank = (size_t)(count / 10 * tenths + (count % 10 * tenths + 9) / 10);
    return rank_from_top(kept->values, kept->count, rank, value, run, error);
}

static tgr_status fill_quantiles(tgr_router *router, const margins *kept, const tgr_run *run,
                                 tgr_error *error)
{
    uint64_t count = kept->count;
    tgr_status status = tgr_crew_sum(run, &count, 1, error);
    if (status != TGR_OK || count == 0) {
        return status;
    }
    for (size_t i = 0; i < 9; i++) {
        size_t tenths = i + 1;
        float threshold;
        status = kept->weights == NULL ? find_by_rank(kept, count, tenths, &threshold, run, error)
                                       : find_by_weight(kept, tenths, &threshold, run, error);
        if (status != TGR_OK) {
            return status;
        }
        router->quantiles[i] = (tgr_margin_quantile){(double)tenths / 10, (double)threshold};
    }
    router->quantile_count = 9;
    return TGR_OK;
}

tgr_status tgr_fit_margins(tgr_router *router, tgr_pass *pass, uint64_t training,
                           const tgr_run *run, tgr_error *error)
{
    if (router->model_count < 2) {
        return TGR_OK;
    }
    tgr_status status = TGR_OK;
    margins kept = {.step = (training + MARGINS_HELD - 1) / MARGINS_HELD};
    kept.capacity = (size_t)((training + kept.step - 1) / kept.step);
    if (tgr_run_crew(run) != NULL) { /* every step-th of all, of which some are this process's */
        kept.next = (kept.step - pass->before % kept.step) % kept.step;
        kept.capacity = (size_t)(pass->own / kept.step + 1);
    }
    kept.values = tgr_mem_alloc(kept.capacity, sizeof *kept.values);
    bool weighted = false;
    for (size_t i = 0; i < pass->file_count; i++) {
        weighted |= pass->files[i]->has_weight;
    }
    kept.weights = weighted ? tgr_mem_alloc(kept.capacity, sizeof *kept.weights) : NULL;
    if (kept.values == NULL || (weighted && kept.weights == NULL)) {
        status = tgr_fail_memory(error, "the training queries' margins");
        goto done;
    }
    TGR_TRY(collect(&kept, router, pass, run, error));
    TGR_TRY(fill_quantiles(router, &kept, run, error));
done:
    tgr_mem_free(kept.values);
    tgr_mem_free(kept.weights);
    return status;
}
