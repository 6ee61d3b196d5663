/* details.c - breakdowns, category means and savings as tables. */
#include "engine/report/details.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tagroute/details.h>

#include "engine/report/table.h"
#include "engine/report/words.h"

#define MOST_SLICES 300 /* in the table; a column may have millions of values */

/* ---- by column --------------------------------------------------------------------------------
 */

/* The one model that is best on these queries, and what it achieves. */
static void put_single(tgr_buffer *out, const tgr_simulation *simulation)
{
    const tgr_baseline *single = &simulation->best_single;
    char name[4 * 28 + 4];
    tgr_table_figure(out, TGR_FIGURE_FRACTION, tgr_look_baseline_quality(simulation, single));
    tgr_table_text(out, single->model == NULL ? "" : tgr_word_name(name, single->model, 28));
}

static void put_slice(tgr_buffer *out, const tgr_slice *slice)
{
    const tgr_simulation *simulation = slice->simulation;
    const tgr_point *point = tgr_look_best(simulation);
    tgr_table_row(out, "", slice->value == NULL ? "without one" : slice->value);
    tgr_table_weight(out, simulation->weight);
    tgr_table_figure(out, TGR_FIGURE_MONEY, point == NULL ? NAN : point->cost);
    tgr_table_figure(out, TGR_FIGURE_FRACTION, point == NULL ? NAN : point->mean_score);
    tgr_table_figure(out, TGR_FIGURE_SHARE, point == NULL ? NAN : point->accept_rate);
    tgr_table_figure(out, TGR_FIGURE_SHARE, point == NULL ? NAN : point->coverage);
    tgr_table_figure(out, TGR_FIGURE_SHARE,
                     point == NULL ? NAN : point->share[simulation->reference]);
    put_single(out, simulation);
    tgr_table_figure(out, TGR_FIGURE_SHARE, slice->known_tags);
    tgr_table_row_end(out);
}

static void put_breakdown(tgr_buffer *out, const tgr_breakdown *breakdown, const char *measure)
{
    static const char *const heads[] = {"queries",  "cost",   "mean score",
                                        "accepted", "judged", "to the reference"};
    size_t shown = breakdown->count < MOST_SLICES ? breakdown->count : MOST_SLICES;
    char head[64];
    tgr_buffer_text(out, "<section>\n<h2>By ");
    tgr_html_text(out, breakdown->column);
    tgr_buffer_text(out, "</h2>\n");
    tgr_table_begin(out, "Each group of queries by itself, routed as above");
    tgr_table_head(out, "");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_table_head(out, heads[i]);
    }
    snprintf(head, sizeof head, "%s of the best single model", measure);
    tgr_table_head(out, head);
    tgr_table_text_head(out, "which is");
    tgr_table_head(out, "known tags");
    tgr_table_body(out);
    for (size_t i = 0; i < shown; i++) {
        put_slice(out, &breakdown->slices[i]);
    }
    tgr_table_end(out);
    if (shown < breakdown->count) {
        tgr_buffer_format(out,
                          "<p class=\"note\">The %zu largest of %zu groups; --json holds "
                          "all.</p>\n",
                          shown, breakdown->count);
    }
    tgr_buffer_text(out, "</section>\n");
}

/* ---- category means ---------------------------------------------------------------------------
 */

static void put_mean_row(tgr_buffer *out, const char *name, const tgr_baseline *at,
                         const tgr_metrics *metrics)
{
    tgr_table_row(out, "", name);
    tgr_table_figure(out, TGR_FIGURE_MONEY, at->cost);
    tgr_table_figure(out, TGR_FIGURE_FRACTION, at->mean_score);
    tgr_table_figure(out, TGR_FIGURE_SHARE, at->accept_rate);
    tgr_table_figure(out, TGR_FIGURE_FRACTION, metrics->auc);
    tgr_table_figure(out, TGR_FIGURE_FRACTION, metrics->apgr);
    tgr_table_row_end(out);
}

static void put_category_mean(tgr_buffer *out, const tgr_simulation *simulation)
{
    static const char *const heads[] = {"", "cost", "mean score", "accepted", "auc", "apgr"};
    const tgr_category_mean *mean = simulation->details->category_mean;
    const tgr_point *best = tgr_look_best(simulation);
    char word[TGR_WORD_SIZE];
    tgr_buffer_format(out,
                      "<section>\n<h2>Routing by category alone</h2>\n<p>Each query by the means "
                      "of its category, learnt from %s queries ",
                      tgr_word_count(word, mean->training));
    tgr_buffer_text(out, mean->split == NULL ? "that are judged here" : "of split ");
    tgr_html_text(out, mean->split == NULL ? "" : mean->split);
    tgr_buffer_text(out, ": a router that does no better has learnt nothing from the tags.</p>\n");
    tgr_table_begin(out, "Its best threshold that costs no more, and metrics over all");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        tgr_table_head(out, heads[i]);
    }
    tgr_table_body(out);
    if (best != NULL) {
        const tgr_baseline routed = {best->cost, best->accept_rate, best->mean_score,
                                     best->coverage, NULL};
        put_mean_row(out, "routed as above", &routed, &simulation->metrics);
    }
    put_mean_row(out, "by category", &mean->at_cost, &mean->simulation->metrics);
    tgr_table_end(out);
    tgr_buffer_text(out, "</section>\n");
}

/* ---- savings ----------------------------------------------------------------------------------
 */

static void put_saving_row(tgr_buffer *out, const char *name, double cost, double quality,
                           double recorded)
{
    tgr_table_row(out, "", name);
    tgr_table_figure(out, TGR_FIGURE_MONEY, cost);
    tgr_table_figure(out, TGR_FIGURE_FRACTION, quality);
    tgr_table_figure(out, TGR_FIGURE_SHARE, recorded);
    tgr_table_row_end(out);
}

static void put_savings(tgr_buffer *out, const tgr_savings *savings, const char *measure,
                        bool logged)
{
    tgr_buffer_text(out, "<section>\n<h2>Savings</h2>\n<p>Against ");
    tgr_buffer_text(out, logged ? "what was " : "everything to ");
    tgr_html_text(out, savings->baseline);
    tgr_buffer_text(out, " routing saves ");
    tgr_html_figure(out, TGR_FIGURE_MONEY, savings->saved);
    tgr_buffer_text(out, ", ");
    tgr_html_figure(out, TGR_FIGURE_SHARE, savings->saved_share);
    tgr_buffer_text(out, " of it. Money is that of the queries at hand, times ");
    tgr_html_figure(out, TGR_FIGURE_PLAIN, savings->scale);
    tgr_buffer_text(out, ".</p>\n");
    tgr_table_begin(out, "What is compared");
    tgr_table_head(out, "");
    tgr_table_head(out, "cost");
    tgr_table_head(out, measure);
    tgr_table_head(out, "costs that are recorded");
    tgr_table_body(out);
    put_saving_row(out, savings->baseline, savings->cost, savings->quality, savings->recorded);
    put_saving_row(out, "routed", savings->routed_cost, savings->routed_quality,
                   savings->routed_recorded);
    tgr_table_end(out);
    tgr_buffer_text(out, "</section>\n");
}

void tgr_details_put(tgr_buffer *out, const tgr_look *look)
{
    const tgr_details *details = look->simulation->details;
    const char *measure = tgr_look_quality_name(look->simulation);
    for (size_t i = 0; details != NULL && i < details->breakdown_count; i++) {
        put_breakdown(out, &details->breakdowns[i], measure);
    }
    if (details != NULL && details->category_mean != NULL) {
        put_category_mean(out, look->simulation);
    }
    if (details != NULL && details->savings != NULL) {
        bool logged = details->logged != NULL && strcmp(details->savings->baseline, "logged") == 0;
        put_savings(out, details->savings, measure, logged);
    }
}
