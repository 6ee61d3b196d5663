/* grid.c - quantiles of margins, exact, and of gaps, from a histogram of fixed size. */
#include "engine/simulate/grid.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"

static void append(double *thresholds, size_t *count, double threshold)
{
    if (*count == 0 || threshold > thresholds[*count - 1]) {
        thresholds[(*count)++] = threshold;
    }
}

/* How many of `total` the i-th of `points` even steps takes. */
static uint64_t quantile(size_t i, size_t points, uint64_t total)
{
    return (uint64_t)((double)i / (double)(points - 1) * (double)total + 0.5);
}

/* ---- margin ---------------------------------------------------------------------------------- */

/* The double of fewest digits that rounds to this float32, brought into the range of thresholds. */
static double short_double(float value)
{
    char text[TGR_NUMBER_SIZE];
    double parsed = 0;
    value = fminf(fmaxf(value, -FLT_MAX), FLT_MAX);
    tgr_number_float(text, value);
    return tgr_number_parse(text, &parsed) && (float)parsed == value ? parsed : (double)value;
}

void tgr_grid_of_margins(const tgr_margins *margins, size_t points, double *thresholds,
                         size_t *count)
{
    *count = 0;
    if (margins->count == 0) {
        append(thresholds, count, 0); /* no threshold makes a difference */
        return;
    }
    for (size_t i = points - 1; i > 0; i--) {
        uint64_t moved = quantile(i, points, margins->count);
        if (moved > 0) {
            append(thresholds, count, short_double(tgr_move_margin(&margins->moves[moved - 1])));
        }
    }
    append(thresholds, count,
           short_double(nextafterf(tgr_move_margin(&margins->moves[0]), INFINITY)));
}

/* ---- utility and slack ----------------------------------------------------------------------- */

/* Counts of positive float32 values by their upper 16 bits: within 1 % of each other. */
#define BINS ((size_t)1 << 15)

typedef struct histogram {
    uint64_t *bins;
    uint64_t total;
} histogram;

static void count_value(histogram *gaps, double value)
{
    if (value > 0) {
        float rounded = (float)fmin(value, FLT_MAX);
        uint32_t bits;
        memcpy(&bits, &rounded, sizeof bits);
        gaps->bins[bits >> 16]++;
        gaps->total++;
    }
}

/* A number of three digits just above all values of a bin. */
static double above_bin(size_t bin)
{
    uint32_t bits = (uint32_t)(bin + 1) << 16;
    float edge;
    memcpy(&edge, &bits, sizeof edge);
    char text[TGR_NUMBER_SIZE];
    snprintf(text, sizeof text, "%.3g", fmin(edge, 1e38) * 1.005);
    return strtod(text, NULL); /* the same locale both ways */
}

static void fill_from_histogram(const histogram *gaps, size_t points, double *thresholds,
                                size_t *count)
{
    *count = 0;
    append(thresholds, count, 0);
    uint64_t seen = 0;
    for (size_t bin = 0, i = 1; bin < BINS && i < points && gaps->total > 0; bin++) {
        seen += gaps->bins[bin];
        if (gaps->bins[bin] == 0 || seen < quantile(i, points, gaps->total)) {
            continue;
        }
        append(thresholds, count, above_bin(bin));
        while (i < points && seen >= quantile(i, points, gaps->total)) {
            i++;
        }
    }
}

/* Decisions at slack 0 (the best model) and at any slack (the cheapest): the gap in score between
 * them is the slack, and that gap over what it saves is the lambda, at which the query changes. */
static void count_batch(histogram *gaps, const tgr_decide *decide, size_t rows, tgr_policy policy)
{
    for (size_t row = 0; row < rows; row++) {
        int best = decide->model[row * 2], cheapest = decide->model[row * 2 + 1];
        double gap = decide->margin[row * 2 + 1];
        if (best == TGR_UNDECIDED || !(gap > 0)) {
            continue;
        }
        if (policy == TGR_POLICY_UTILITY) {
            double saved = tgr_decide_cost(decide, row, (size_t)best) -
                           tgr_decide_cost(decide, row, (size_t)cheapest);
            gap = saved > 0 ? gap / saved : 0;
        }
        count_value(gaps, gap);
    }
}

static tgr_status count_gaps(histogram *gaps, tgr_pass *pass, tgr_decide *decide, tgr_policy policy,
                             const tgr_run *run, tgr_error *error)
{
    size_t entered = SIZE_MAX;
    tgr_status status = TGR_OK;
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(pass, TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS,
                              "finding thresholds", run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        if (file != entered) {
            TGR_TRY(tgr_decide_file(decide, pass->files[file], error));
            entered = file;
        }
        TGR_TRY(tgr_decide_batch(decide, batch, error));
        count_batch(gaps, decide, batch->rows, policy);
    }
done:
    return status;
}

tgr_status tgr_grid_of_gaps(tgr_pass *pass, const tgr_decide_plan *plan, size_t points,
                            double *thresholds, size_t *count, const tgr_run *run, tgr_error *error)
{
    static const double ends[2] = {0, FLT_MAX};
    tgr_decide_plan slack = *plan;
    slack.policy = TGR_POLICY_SLACK;
    slack.thresholds = ends;
    slack.threshold_count = 2;
    slack.want_margins = true;
    slack.run = NULL; /* the walk that follows says it */
    tgr_decide decide = {0};
    tgr_status status = TGR_OK;
    histogram gaps = {tgr_mem_zalloc(BINS, sizeof *gaps.bins), 0};
    if (gaps.bins == NULL) {
        status = tgr_fail_memory(error, "a histogram");
        goto done;
    }
    TGR_TRY(tgr_decide_open(&decide, &slack, error));
    TGR_TRY(count_gaps(&gaps, pass, &decide, plan->policy, run, error));
    fill_from_histogram(&gaps, points, thresholds, count);
done:
    tgr_decide_close(&decide);
    tgr_mem_free(gaps.bins);
    return status;
}
