/* compare.c - differences of two bootstraps that resampled the same queries. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/compare.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/result.h"
#include "engine/simulate/simulation_json.h"

static const char *const names[TGR_PAIRED_FIGURES] = {
    "cost",  "accept_rate", "mean_score", "auc",       "apgr",   "pauc", "cpt50",
    "cpt80", "aiq",         "cost_save",  "perf_gain", "uplift", "rank"};

static void list_values(const tgr_simulation *simulation, double values[TGR_PAIRED_FIGURES])
{
    const tgr_metrics *m = &simulation->metrics;
    bool any = simulation->best < simulation->points;
    const tgr_point *point = any ? &simulation->curve[simulation->best] : NULL;
    const double all[] = {any ? point->cost : NAN,
                          any ? point->accept_rate : NAN,
                          any ? point->mean_score : NAN,
                          m->auc,
                          m->apgr,
                          m->pauc,
                          m->cpt50,
                          m->cpt80,
                          m->aiq,
                          m->cost_save,
                          m->perf_gain,
                          m->uplift,
                          m->rank};
    _Static_assert(sizeof all == TGR_PAIRED_FIGURES * sizeof *all, "a value for each name");
    memcpy(values, all, sizeof all);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* As the intervals of a bootstrap are taken. */
static double percentile(const double *sorted, size_t count, double part)
{
    double place = part * (double)(count - 1);
    size_t below = (size_t)place;
    double rest = place - (double)below;
    return below + 1 < count ? sorted[below] + rest * (sorted[below + 1] - sorted[below])
                             : sorted[below];
}

/* A figure that some replicate leaves undefined has no range. */
static void test_figure(tgr_compared *figure, double *differences, size_t count)
{
    size_t up = 0, down = 0;
    figure->low = figure->high = figure->p = NAN;
    for (size_t i = 0; i < count; i++) {
        if (isnan(differences[i])) {
            return;
        }
        up += differences[i] >= 0;
        down += differences[i] <= 0;
    }
    qsort(differences, count, sizeof *differences, by_value);
    figure->low = percentile(differences, count, 0.025);
    figure->high = percentile(differences, count, 0.975);
    figure->p = fmin(1, 2 * (double)((up < down ? up : down) + 1) / (double)(count + 1));
}

static tgr_status check_pair(const tgr_result *a, const tgr_result *b, tgr_error *error)
{
    const tgr_intervals *x = &a->intervals, *y = &b->intervals;
    if (a->paired == NULL || b->paired == NULL || x->replicates != y->replicates ||
        x->seed != y->seed) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "simulations are compared by a bootstrap of the same replicates and seed");
    }
    if (a->simulation.queries != b->simulation.queries ||
        a->simulation.quality != b->simulation.quality) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "simulations are compared on the same queries, by the same measure of "
                        "quality");
    }
    return TGR_OK;
}

tgr_status tgr_simulations_compare(const tgr_simulation *first, const tgr_simulation *second,
                                   tgr_comparison **comparison, tgr_error *error)
{
    const tgr_result *a = (const tgr_result *)first, *b = (const tgr_result *)second;
    *comparison = NULL;
    tgr_status status = check_pair(a, b, error);
    if (status != TGR_OK) {
        return status;
    }
    size_t count = a->intervals.replicates;
    tgr_comparison *made = tgr_mem_zalloc(1, sizeof *made);
    tgr_compared *figures = tgr_mem_zalloc(TGR_PAIRED_FIGURES, sizeof *figures);
    double *differences = tgr_mem_alloc(count, sizeof *differences);
    if (made == NULL || figures == NULL || differences == NULL) {
        tgr_mem_free(made);
        tgr_mem_free(figures);
        tgr_mem_free(differences);
        return tgr_fail_memory(error, "the comparison");
    }
    double x[TGR_PAIRED_FIGURES], y[TGR_PAIRED_FIGURES];
    list_values(first, x);
    list_values(second, y);
    for (size_t i = 0; i < TGR_PAIRED_FIGURES; i++) {
        figures[i] = (tgr_compared){
            .figure = names[i], .first = x[i], .second = y[i], .difference = y[i] - x[i]};
        for (size_t j = 0; j < count; j++) {
            differences[j] = b->paired[i * count + j] - a->paired[i * count + j];
        }
        test_figure(&figures[i], differences, count);
    }
    tgr_mem_free(differences);
    *made = (tgr_comparison){count, TGR_PAIRED_FIGURES, figures};
    *comparison = made;
    return TGR_OK;
}

void tgr_comparison_free(tgr_comparison *comparison)
{
    if (comparison != NULL) {
        tgr_mem_free((void *)(uintptr_t)comparison->figures);
        tgr_mem_free(comparison);
    }
}

static void put_figure(tgr_json *json, const tgr_compared *figure)
{
    tgr_json_object(json, NULL);
    tgr_json_string(json, "figure", figure->figure);
    tgr_json_number(json, "first", figure->first);
    tgr_json_number(json, "second", figure->second);
    tgr_json_number(json, "difference", figure->difference);
    tgr_simulation_put_range(json, "range", figure->low, figure->high);
    tgr_json_number(json, "p", figure->p);
    tgr_json_end_object(json);
}

static void put_comparison(tgr_json *json, const char *key, const tgr_comparison *comparison)
{
    tgr_json_array(json, key);
    for (size_t i = 0; i < comparison->count; i++) {
        put_figure(json, &comparison->figures[i]);
    }
    tgr_json_end_array(json);
}

static void put_comparisons(tgr_json *json, const tgr_comparison *const *comparisons, size_t count)
{
    if (count == 1) {
        put_comparison(json, "comparison", comparisons[0]);
        return;
    }
    tgr_json_array(json, "comparisons");
    for (size_t i = 0; i < count; i++) {
        put_comparison(json, NULL, comparisons[i]);
    }
    tgr_json_end_array(json);
}

tgr_status tgr_comparison_json(const tgr_simulation *first, const tgr_simulation *second,
                               const tgr_comparison *comparison, char **text, size_t *length,
                               tgr_error *error)
{
    const tgr_simulation *both[] = {first, second};
    return tgr_comparisons_json(both, 2, &comparison, text, length, error);
}

tgr_status tgr_comparisons_json(const tgr_simulation *const *simulations, size_t count,
                                const tgr_comparison *const *comparisons, char **text,
                                size_t *length, tgr_error *error)
{
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, true);
    tgr_json_object(&json, NULL);
    tgr_json_unsigned(&json, "replicates", comparisons[0]->replicates);
    put_comparisons(&json, comparisons, count - 1);
    tgr_json_array(&json, "simulations");
    for (size_t i = 0; i < count; i++) {
        tgr_json_object(&json, NULL);
        tgr_simulation_put(&json, simulations[i]);
        tgr_simulation_put_background(&json, simulations[i]);
        tgr_json_end_object(&json);
    }
    tgr_json_end_array(&json);
    tgr_json_end_object(&json);
    tgr_buffer_add(&buffer, "\n", 1);
    if (buffer.failed) {
        tgr_buffer_free(&buffer);
        return tgr_fail_memory(error, "the comparison as JSON");
    }
    *text = buffer.bytes;
    if (length != NULL) {
        *length = buffer.length;
    }
    return TGR_OK;
}
