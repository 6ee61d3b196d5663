/* csv.c - every figure of a simulation, a row each thing. */
#include <tagroute/report.h>

#include <tagroute/details.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/number.h"
#include "engine/report/look.h"
#include "engine/report/metric_names.h"
#include "engine/report/text_result.h"

/* A row's fields, in the order of the columns. NaN and NULL are empty. */
typedef struct csv_row {
    const char *kind, *name;
    double threshold;
    double cost, accept_rate, mean_score, coverage;
    double value, error_bound;
    const double *share; /* models */
} csv_row;

static const csv_row empty = {.kind = "",
                              .name = "",
                              .threshold = NAN,
                              .cost = NAN,
                              .accept_rate = NAN,
                              .mean_score = NAN,
                              .coverage = NAN,
                              .value = NAN,
                              .error_bound = NAN};

/* A spreadsheet takes text that begins like this for a formula. */
static bool looks_like_formula(const char *text)
{
    return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

static void put_text(tgr_buffer *out, const char *before, const char *text, const char *behind)
{
    bool quote = strpbrk(text, ",\"\r\n") != NULL;
    if (quote) {
        tgr_buffer_add(out, "\"", 1);
    }
    if (before[0] == '\0' && looks_like_formula(text)) {
        tgr_buffer_add(out, "'", 1);
    }
    tgr_buffer_text(out, before);
    for (const char *at = text; *at != '\0'; at++) {
        tgr_buffer_add(out, at, 1);
        if (*at == '"') {
            tgr_buffer_add(out, at, 1);
        }
    }
    tgr_buffer_text(out, behind);
    if (quote) {
        tgr_buffer_add(out, "\"", 1);
    }
}

static void put_number(tgr_buffer *out, double value)
{
    char text[TGR_NUMBER_SIZE];
    tgr_buffer_add(out, ",", 1);
    if (isfinite(value)) {
        tgr_buffer_add(out, text, tgr_number_double(text, value));
    }
}

/* ---- columns ----------------------------------------------------------------------------------
 */

static void put_heads(tgr_buffer *out, const tgr_look *look, const char *ending)
{
    static const char *const names[] = {"cost", "accept_rate", "mean_score", "coverage", "value"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        tgr_buffer_format(out, ",%s%s", names[i], ending);
    }
    for (size_t model = 0; model < look->simulation->models; model++) {
        tgr_buffer_add(out, ",", 1);
        put_text(out, "share:", look->simulation->model_names[model], ending);
    }
}

static void put_all_heads(tgr_buffer *out, const tgr_look *look)
{
    tgr_buffer_text(out, "kind,name,threshold,error_bound");
    put_heads(out, look, "");
    if (look->low != NULL) {
        put_heads(out, look, ":low");
        put_heads(out, look, ":high");
    }
    tgr_buffer_text(out, "\r\n");
}

static void put_measures(tgr_buffer *out, const tgr_look *look, const csv_row *row)
{
    put_number(out, row->cost);
    put_number(out, row->accept_rate);
    put_number(out, row->mean_score);
    put_number(out, row->coverage);
    put_number(out, row->value);
    for (size_t model = 0; model < look->simulation->models; model++) {
        put_number(out, row->share == NULL ? NAN : row->share[model]);
    }
}

/* low and high stand beside each other where there are intervals. */
static void put_row(tgr_buffer *out, const tgr_look *look, const csv_row *row, const csv_row *low,
                    const csv_row *high)
{
    tgr_buffer_text(out, row->kind);
    tgr_buffer_add(out, ",", 1);
    put_text(out, "", row->name, "");
    put_number(out, row->threshold);
    put_number(out, row->error_bound);
    put_measures(out, look, row);
    if (look->low != NULL) {
        put_measures(out, look, low);
        put_measures(out, look, high);
    }
    tgr_buffer_text(out, "\r\n");
}

/* ---- rows -------------------------------------------------------------------------------------
 */

static csv_row of_point(const tgr_point *point, const char *name)
{
    csv_row row = empty;
    row.kind = "point";
    row.name = name;
    row.threshold = point->threshold;
    row.cost = point->cost;
    row.accept_rate = point->accept_rate;
    row.mean_score = point->mean_score;
    row.coverage = point->coverage;
    row.share = point->share;
    return row;
}

static void put_points(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    for (size_t i = 0; i < simulation->points; i++) {
        const char *name = i == simulation->best ? "best" : "";
        csv_row row = of_point(&simulation->curve[i], name), low = empty, high = empty;
        if (look->low != NULL) {
            low = of_point(&look->low->curve[i], name);
            high = of_point(&look->high->curve[i], name);
        }
        put_row(out, look, &row, &low, &high);
    }
}

static csv_row of_baseline(const tgr_baseline *baseline, const char *kind, const char *name)
{
    csv_row row = empty;
    row.kind = kind;
    row.name = name;
    row.cost = baseline->cost;
    row.accept_rate = baseline->accept_rate;
    row.mean_score = baseline->mean_score;
    row.coverage = baseline->coverage;
    return row;
}

static void put_baseline(tgr_buffer *out, const tgr_look *look, const char *kind, const char *name,
                         const tgr_baseline *value, const tgr_baseline *low,
                         const tgr_baseline *high)
{
    csv_row row = of_baseline(value, kind, name);
    csv_row from = low == NULL ? empty : of_baseline(low, kind, name);
    csv_row to = high == NULL ? empty : of_baseline(high, kind, name);
    put_row(out, look, &row, &from, &to);
}

static void put_baselines(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *s = look->simulation, *low = look->low, *high = look->high;
    for (size_t model = 0; model < s->models; model++) {
        put_baseline(out, look, "alone", s->model_names[model], &s->alone[model],
                     low == NULL ? NULL : &low->alone[model],
                     low == NULL ? NULL : &high->alone[model]);
    }
#define BASELINE(name)                                                                             \
    put_baseline(out, look, "baseline", #name, &s->name, low == NULL ? NULL : &low->name,          \
                 low == NULL ? NULL : &high->name)
    BASELINE(best_single);
    BASELINE(oracle);
    BASELINE(random);
    BASELINE(cost_matched_random);
#undef BASELINE
}

static void put_metrics(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    for (size_t i = 0; i < TGR_METRIC_COUNT; i++) {
        csv_row row = empty, low = empty, high = empty;
        row.kind = "metric";
        row.name = tgr_metric_name(i);
        row.value = tgr_metric_value(&simulation->metrics, i);
        row.error_bound = tgr_metric_value(&simulation->error_bound, i);
        if (look->low != NULL) {
            low.value = tgr_metric_value(&look->low->metrics, i);
            high.value = tgr_metric_value(&look->high->metrics, i);
        }
        put_row(out, look, &row, &low, &high);
    }
}

/* What queries with weights stand for. */
static void put_weights(tgr_buffer *out, const tgr_look *look)
{
    const char *const names[] = {"weighted", "effective"};
    const double values[] = {look->simulation->weight, look->simulation->effective};
    for (size_t i = 0; look->simulation->weighted && i < 2; i++) {
        csv_row row = empty;
        row.kind = "queries";
        row.name = names[i];
        row.value = values[i];
        put_row(out, look, &row, &empty, &empty);
    }
}

/* A bin's threshold is its lower edge; the last edge, and what lies beyond, is the row `above`. */
static void put_margins(tgr_buffer *out, const tgr_look *look)
{
    const tgr_histogram *margins = &look->simulation->margins;
    for (size_t i = 0; margins->bins > 0 && i < margins->bins + 2; i++) {
        csv_row row = empty;
        row.kind = "margin";
        row.name = i == 0 ? "below" : i <= margins->bins ? "bin" : "above";
        row.threshold = i == 0 ? NAN : margins->edges[i - 1];
        row.value = i == 0               ? margins->below
                    : i <= margins->bins ? margins->counts[i - 1]
                                         : margins->above;
        put_row(out, look, &row, &empty, &empty);
    }
}

/* ---- details ----------------------------------------------------------------------------------
 */

/* A group's name is COLUMN=VALUE, or COLUMN for the queries without a value; its value how many
 * queries it has, by weight. */
static void put_slice(tgr_buffer *out, const tgr_look *look, const char *column,
                      const tgr_slice *slice)
{
    const tgr_simulation *simulation = slice->simulation;
    const tgr_point *point = tgr_look_best(simulation);
    tgr_buffer name = {0};
    tgr_buffer_format(&name, slice->value == NULL ? "%s" : "%s=%s", column, slice->value);
    csv_row row = point == NULL ? empty : of_point(point, "");
    row.kind = "by";
    row.name = name.failed ? "" : name.bytes;
    row.value = simulation->weight;
    put_row(out, look, &row, &empty, &empty);
    out->failed |= name.failed;
    tgr_buffer_free(&name);
}

static void put_breakdowns(tgr_buffer *out, const tgr_look *look, const tgr_details *details)
{
    for (size_t i = 0; i < details->breakdown_count; i++) {
        const tgr_breakdown *breakdown = &details->breakdowns[i];
        for (size_t j = 0; j < breakdown->count; j++) {
            put_slice(out, look, breakdown->column, &breakdown->slices[j]);
        }
    }
}

/* What is compared, with the share of its costs that is recorded as the value; what is saved, with
 * its share; and what money was multiplied by. */
static void put_savings(tgr_buffer *out, const tgr_look *look, const tgr_savings *savings)
{
    bool by_score = look->simulation->quality == TGR_QUALITY_SCORE;
    const double cost[] = {savings->cost, savings->routed_cost, savings->saved, NAN};
    const double quality[] = {savings->quality, savings->routed_quality, NAN, NAN};
    const double value[] = {savings->recorded, savings->routed_recorded, savings->saved_share,
                            savings->scale};
    const char *const names[] = {savings->baseline, "routed", "saved", "scale"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        csv_row row = empty;
        row.kind = i == 0 ? "savings_baseline" : "savings";
        row.name = names[i];
        row.cost = cost[i];
        *(by_score ? &row.mean_score : &row.accept_rate) = quality[i];
        row.value = value[i];
        put_row(out, look, &row, &empty, &empty);
    }
}

static void put_details(tgr_buffer *out, const tgr_look *look)
{
    const tgr_details *details = look->simulation->details;
    if (details != NULL) {
        put_breakdowns(out, look, details);
    }
    if (details != NULL && details->savings != NULL) {
        put_savings(out, look, details->savings);
    }
}

/* ---- prices -----------------------------------------------------------------------------------
 */

static void put_price(tgr_buffer *out, const tgr_look *look, const char *kind, const char *model,
                      double value)
{
    csv_row row = empty;
    row.kind = kind;
    row.name = model;
    row.value = value;
    if (isfinite(value)) {
        put_row(out, look, &row, &empty, &empty);
    }
}

/* "price:batch:input:above=128000", or "price:input" where no map says of which tier. */
static void put_level(tgr_buffer *out, const tgr_look *look, const char *model,
                      const tgr_price_level *level)
{
    static const char *const names[] = {"input", "cached", "output"};
    const double values[] = {level->input, level->cached, level->output};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char kind[80];
        int length = snprintf(kind, sizeof kind, "price:%s%s%s", level->tier ? level->tier : "",
                              level->tier ? ":" : "", names[i]);
        if (level->above > 0) {
            snprintf(kind + length, sizeof kind - (size_t)length, ":above=%.0f", level->above);
        }
        put_price(out, look, kind, model, values[i]);
    }
}

/* A model's tier is named as MODEL=TIER. */
static void put_tier(tgr_buffer *out, const tgr_look *look, const char *model, const char *tier)
{
    tgr_buffer name = {0};
    csv_row row = empty;
    tgr_buffer_format(&name, "%s=%s", model, tier);
    row.kind = "price_tier";
    row.name = name.failed ? "" : name.bytes;
    put_row(out, look, &row, &empty, &empty);
    out->failed |= name.failed;
    tgr_buffer_free(&name);
}

static void put_prices(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_price *prices = simulation->origin.prices;
    for (size_t model = 0; prices != NULL && model < simulation->models; model++) {
        const tgr_price *price = &prices[model];
        const char *name = simulation->model_names[model];
        if (price->tier != NULL) {
            put_tier(out, look, name, price->tier);
        }
        put_price(out, look, "token_ratio", name, price->token_ratio);
        put_price(out, look, "completion_tokens", name, price->completion_tokens);
        put_price(out, look, "mean_cost", name, price->mean);
        put_price(out, look, "flat_cost", name, price->flat);
        for (size_t i = 0; i < price->level_count; i++) {
            put_level(out, look, name, &price->levels[i]);
        }
    }
}

tgr_status tgr_simulation_csv(const tgr_simulation *simulation, char **text, size_t *length,
                              tgr_error *error)
{
    tgr_look look;
    tgr_buffer out = {0};
    tgr_status status = tgr_look_open(&look, simulation, error);
    if (status != TGR_OK) {
        return status;
    }
    put_all_heads(&out, &look);
    put_points(&out, &look);
    put_baselines(&out, &look);
    put_metrics(&out, &look);
    put_weights(&out, &look);
    put_margins(&out, &look);
    put_details(&out, &look);
    put_prices(&out, &look);
    status = tgr_text_result(&out, text, length, "the simulation as CSV", error);
    tgr_look_close(&look);
    return status;
}
