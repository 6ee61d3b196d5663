/* plan_explain.c - a plan in words. */
#include <stdio.h>

#include "engine/plan.h"

/* A number of bytes as people say it. */
static const char *say_bytes(size_t bytes, char *text, size_t size)
{
    if (bytes < (size_t)1 << 10) {
        snprintf(text, size, "%zu bytes", bytes);
    } else if (bytes < (size_t)1 << 20) {
        snprintf(text, size, "%.0f KiB", (double)bytes / 0x1p10);
    } else {
        snprintf(text, size, "%.1f MiB", (double)bytes / 0x1p20);
    }
    return text;
}

static const char *home_of(size_t bytes, const tgr_plan_caches *caches)
{
    if (bytes <= caches->first) {
        return "fit the first-level cache";
    }
    if (bytes <= caches->second) {
        return "fit the second-level cache";
    }
    return bytes <= caches->last ? "fit the last-level cache only" : "exceed every cache";
}

static void say_why(const tgr_plan *plan, char *text, size_t size)
{
    const char *isa = plan->kernels->isa;
    switch (plan->reason) {
    case TGR_PLAN_DENSE:
        snprintf(text, size, "which pays from %.0f %% on, for %d queries at a time",
                 100 * plan->least_density, TGR_DENSE_ROWS);
        break;
    case TGR_PLAN_SPARSE_ROWS:
        if (plan->least_density > 1) {
            snprintf(text, size, "%s has no dense kernels", isa);
        } else {
            snprintf(text, size, "dense would pay from %.0f %% on", 100 * plan->least_density);
        }
        break;
    case TGR_PLAN_FEW_ROWS:
        snprintf(text, size, "too few rows to pay for generating a dense kernel");
        break;
    case TGR_PLAN_WIDE_TILE:
        snprintf(text, size, "a dense tile would not fit the second-level cache");
        break;
    case TGR_PLAN_NO_GENERATOR:
        snprintf(text, size, "dense would pay, but no kernel could be generated");
        break;
    case TGR_PLAN_CHECK_FAILED:
        snprintf(text, size, "dense would pay, but the generated kernel failed its check");
    }
}

void tgr_plan_explain(const tgr_plan *plan, char *text, size_t size)
{
    char why[120], weights[32];
    const tgr_plan_work *work = &plan->work;
    size_t bytes = work->columns * tgr_weights_stride(work->models) * sizeof(float);
    say_why(plan, why, sizeof why);
    snprintf(text, size,
             "%s, %s: queries hold %.3g %% of %zu tags (%s). Weights for %zu models take %s and "
             "%s; pieces of at most %zu queries or %zu tags",
             plan->kernels->isa, plan->reason == TGR_PLAN_DENSE ? "dense" : "sparse",
             100 * plan->density, work->columns, why, work->models,
             say_bytes(bytes, weights, sizeof weights), home_of(bytes, &plan->caches),
             plan->piece_rows, plan->piece_entries);
}
