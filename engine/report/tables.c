/* tables.c - what each table has for rows and columns. */
#include "engine/report/tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/report/metric_names.h"
#include "engine/report/table.h"
#include "engine/report/words.h"

/* Figures in the table of points, at about 60 bytes each. */
#define MOST_FIGURES ((size_t)9000)

/* ---- baselines --------------------------------------------------------------------------------
 */

static void put_baseline(tgr_buffer *out, const tgr_baseline *value, const tgr_baseline *low,
                         const tgr_baseline *high)
{
#define CELL(figure, name)                                                                         \
    tgr_table_sure(out, figure, value->name, low == NULL ? NULL : &low->name,                      \
                   high == NULL ? NULL : &high->name)
    CELL(TGR_FIGURE_MONEY, cost);
    CELL(TGR_FIGURE_FRACTION, mean_score);
    CELL(TGR_FIGURE_SHARE, accept_rate);
    CELL(TGR_FIGURE_SHARE, coverage);
#undef CELL
    tgr_table_row_end(out);
}

static void put_models(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    const char *best = simulation->best_single.model;
    for (size_t model = 0; model < simulation->models; model++) {
        const char *name = simulation->model_names[model];
        char remark[64];
        snprintf(remark, sizeof remark, "alone%s%s",
                 best != NULL && strcmp(best, name) == 0 ? ", the best" : "",
                 model == simulation->reference ? ", reference" : "");
        tgr_table_model_row(out, "", look->colour[model], name, remark);
        put_baseline(out, &simulation->alone[model],
                     look->low == NULL ? NULL : &look->low->alone[model],
                     look->low == NULL ? NULL : &look->high->alone[model]);
    }
}

static void put_best(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_point *at = tgr_look_best(simulation);
    if (at == NULL) {
        return;
    }
    char way[TGR_LOOK_WAY_SIZE], name[TGR_LOOK_WAY_SIZE + 16];
    tgr_baseline value = {at->cost, at->accept_rate, at->mean_score, at->coverage, NULL};
    snprintf(name, sizeof name, "routed, %s", tgr_look_way(way, simulation, at));
    tgr_table_row(out, "strong", name);
    if (look->low == NULL) {
        put_baseline(out, &value, NULL, NULL);
    } else {
        const tgr_point *a = &look->low->curve[simulation->best];
        const tgr_point *b = &look->high->curve[simulation->best];
        tgr_baseline low = {a->cost, a->accept_rate, a->mean_score, a->coverage, NULL};
        tgr_baseline high = {b->cost, b->accept_rate, b->mean_score, b->coverage, NULL};
        put_baseline(out, &value, &low, &high);
    }
}

void tgr_tables_comparison(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *s = look->simulation, *low = look->low, *high = look->high;
    tgr_table_begin(out, "Side by side");
    tgr_table_head(out, "");
    tgr_table_head(out, "cost");
    tgr_table_head(out, "mean score");
    tgr_table_head(out, "accepted");
    tgr_table_head(out, "judged");
    tgr_table_body(out);
    put_models(out, look);
    put_best(out, look);
    tgr_table_row(out, "", "the same shares at random");
    put_baseline(out, &s->cost_matched_random, low == NULL ? NULL : &low->cost_matched_random,
                 low == NULL ? NULL : &high->cost_matched_random);
    tgr_table_row(out, "", "a model at random");
    put_baseline(out, &s->random, low == NULL ? NULL : &low->random,
                 low == NULL ? NULL : &high->random);
    tgr_table_row(out, "", "oracle, the best possible");
    put_baseline(out, &s->oracle, low == NULL ? NULL : &low->oracle,
                 low == NULL ? NULL : &high->oracle);
    tgr_table_end(out);
}

/* ---- points -----------------------------------------------------------------------------------
 */

static void put_point(tgr_buffer *out, const tgr_look *look, const tgr_front *front, size_t point)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_point *at = &simulation->curve[point];
    const tgr_point *low = look->low == NULL ? NULL : &look->low->curve[point];
    const tgr_point *high = look->low == NULL ? NULL : &look->high->curve[point];
    bool on_front = tgr_front_has(front, tgr_look_x(look, at), tgr_look_quality(simulation, at));
    tgr_table_threshold_row(out, point == simulation->best ? "strong" : "", simulation->policy,
                            at->threshold);
    tgr_table_text(out, on_front ? "\xe2\x97\x8f" : "");
#define CELL(figure, name)                                                                         \
    tgr_table_sure(out, figure, at->name, low == NULL ? NULL : &low->name,                         \
                   high == NULL ? NULL : &high->name)
    CELL(TGR_FIGURE_MONEY, cost);
    CELL(TGR_FIGURE_FRACTION, mean_score);
    CELL(TGR_FIGURE_SHARE, accept_rate);
    CELL(TGR_FIGURE_SHARE, coverage);
    for (size_t model = 0; model < simulation->models; model++) {
        CELL(TGR_FIGURE_SHARE, share[model]);
    }
#undef CELL
    tgr_table_row_end(out);
}

size_t tgr_tables_curve(tgr_buffer *out, const tgr_look *look, const tgr_front *front)
{
    const tgr_simulation *simulation = look->simulation;
    size_t each = (5 + simulation->models) * (look->low == NULL ? 1 : 3);
    size_t most = MOST_FIGURES / each > 2 ? MOST_FIGURES / each : 2;
    size_t shown = simulation->points < most ? simulation->points : most;
    char name[4 * 28 + 4];
    tgr_table_begin(out, "Every threshold shown");
    tgr_table_head(out, tgr_look_threshold_name(simulation->policy));
    tgr_table_text_head(out, "front");
    tgr_table_head(out, "cost");
    tgr_table_head(out, "mean score");
    tgr_table_head(out, "accepted");
    tgr_table_head(out, "judged");
    for (size_t model = 0; model < simulation->models; model++) {
        tgr_table_head(out, tgr_word_name(name, simulation->model_names[model], 28));
    }
    tgr_table_body(out);
    for (size_t i = 0; i < shown; i++) {
        put_point(out, look, front, tgr_look_choice(i, shown, simulation->points));
    }
    tgr_table_end(out);
    return shown;
}

/* ---- metrics ----------------------------------------------------------------------------------
 */

void tgr_tables_metrics(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *s = look->simulation;
    tgr_table_begin(out, "Metrics over all thresholds");
    tgr_table_head(out, "");
    tgr_table_head(out, "value");
    if (s->binned) {
        tgr_table_head(out, "exact to");
    }
    tgr_table_text_head(out, "meaning");
    tgr_table_body(out);
    for (size_t i = 0; i < TGR_METRIC_COUNT; i++) {
        double value = tgr_metric_value(&s->metrics, i), low = NAN, high = NAN;
        if (look->low != NULL) {
            low = tgr_metric_value(&look->low->metrics, i);
            high = tgr_metric_value(&look->high->metrics, i);
        }
        tgr_table_row(out, "", tgr_metric_name(i));
        tgr_table_sure(out, TGR_FIGURE_FRACTION, value, look->low == NULL ? NULL : &low, &high);
        if (s->binned) {
            tgr_table_figure(out, TGR_FIGURE_PLAIN, tgr_metric_value(&s->error_bound, i));
        }
        tgr_table_text(out, tgr_metric_meaning(i, s->models == 2));
        tgr_table_row_end(out);
    }
    tgr_table_end(out);
}

/* ---- margins ----------------------------------------------------------------------------------
 */

static void put_bin(tgr_buffer *out, const char *name, double from, double to, double count)
{
    tgr_table_row(out, "", name);
    tgr_table_figure(out, TGR_FIGURE_PLAIN, from);
    tgr_table_figure(out, TGR_FIGURE_PLAIN, to);
    tgr_table_weight(out, count);
    tgr_table_row_end(out);
}

void tgr_tables_margins(tgr_buffer *out, const tgr_look *look)
{
    const tgr_histogram *margins = &look->simulation->margins;
    tgr_table_begin(out, "How many queries change their model between two thresholds");
    tgr_table_head(out, "");
    tgr_table_head(out, "from");
    tgr_table_head(out, "to");
    tgr_table_head(out, "queries");
    tgr_table_body(out);
    put_bin(out, "below", NAN, margins->edges[0], margins->below);
    for (size_t i = 0; i < margins->bins; i++) {
        put_bin(out, "", margins->edges[i], margins->edges[i + 1], margins->counts[i]);
    }
    put_bin(out, "above", margins->edges[margins->bins], NAN, margins->above);
    tgr_table_end(out);
}
