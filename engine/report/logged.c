/* logged.c - what was really done, and what that says of other decisions. */
#include <math.h>

#include <tagroute/details.h>

#include "engine/report/facts.h"
#include "engine/report/judgement.h"
#include "engine/report/words.h"

#define MOST_ESTIMATES ((size_t)100) /* in the table */

/* ---- what was done ----------------------------------------------------------------------------
 */

static void put_shares(tgr_buffer *out, const tgr_look *look, const tgr_logged *logged)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_point *best = tgr_look_best(simulation);
    tgr_table_begin(out, "Who got the queries");
    tgr_table_head(out, "");
    tgr_table_head(out, "as logged");
    tgr_table_head(out, "routed");
    tgr_table_body(out);
    for (size_t model = 0; model < simulation->models; model++) {
        double routed = best == NULL ? NAN : best->share[model];
        if (logged->share[model] > 0 || routed > 0) {
            tgr_table_model_row(out, "", look->colour[model], simulation->model_names[model], "");
            tgr_table_figure(out, TGR_FIGURE_SHARE, logged->share[model]);
            tgr_table_figure(out, TGR_FIGURE_SHARE, routed);
            tgr_table_row_end(out);
        }
    }
    tgr_table_end(out);
}

static void put_facts(tgr_buffer *out, const tgr_logged *logged, bool weighted)
{
    tgr_facts_begin(out);
    tgr_fact_count(out, "queries", logged->queries);
    if (weighted) {
        tgr_fact_figure(out, "which stand for", TGR_FIGURE_PLAIN, logged->weight);
    }
    tgr_fact_count(out, "to none of the router's models", logged->others);
    tgr_fact_figure(out, "cost", TGR_FIGURE_MONEY, logged->all.cost);
    tgr_fact_figure(out, "costs that are recorded", TGR_FIGURE_SHARE, logged->recorded);
    tgr_fact_figure(out, "mean score", TGR_FIGURE_FRACTION, logged->all.mean_score);
    tgr_fact_figure(out, "accepted", TGR_FIGURE_SHARE, logged->all.accept_rate);
    tgr_fact_figure(out, "judged", TGR_FIGURE_SHARE, logged->all.coverage);
    tgr_facts_end(out);
}

/* ---- estimates --------------------------------------------------------------------------------
 */

static void put_estimate(tgr_buffer *out, const tgr_look *look, size_t at)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_estimate *one = &simulation->details->logged->estimates[at];
    const char *class = at == simulation->best ? "strong" : "";
    if (simulation->given) {
        tgr_table_row(out, class, "as decided elsewhere");
    } else {
        tgr_table_threshold_row(out, class, simulation->policy, one->threshold);
    }
    tgr_table_count(out, one->matched);
    tgr_table_figure(out, TGR_FIGURE_PLAIN, one->effective);
    tgr_table_sure(out, TGR_FIGURE_FRACTION, one->ips, &one->ips_low, &one->ips_high);
    tgr_table_sure(out, TGR_FIGURE_FRACTION, one->robust, &one->robust_low, &one->robust_high);
    tgr_table_row_end(out);
}

static void put_estimates(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_logged *logged = simulation->details->logged;
    size_t count = logged->estimate_count;
    size_t shown = count < MOST_ESTIMATES ? count : MOST_ESTIMATES;
    char word[TGR_WORD_SIZE];
    tgr_buffer_format(out,
                      "<p>Of %s queries the chance is known with which they went to their model, "
                      "so that they tell what other decisions would have given. Doubly robust "
                      "estimates start from %s. Ranges are of 95 %%.</p>\n",
                      tgr_word_count(word, logged->chances),
                      logged->from_scores ? "predicted scores" : "each model's mean");
    tgr_buffer_format(out, "<details%s><summary>estimates as a table</summary>\n",
                      shown <= 30 ? " open" : "");
    tgr_table_begin(out, "Quality estimated from what was logged");
    tgr_table_head(out, simulation->given ? "" : tgr_look_threshold_name(simulation->policy));
    tgr_table_head(out, "queries logged with the model chosen");
    tgr_table_head(out, "which are worth");
    tgr_table_head(out, "by inverse chances");
    tgr_table_head(out, "doubly robust");
    tgr_table_body(out);
    for (size_t i = 0; i < shown; i++) {
        put_estimate(out, look, tgr_look_choice(i, shown, count));
    }
    tgr_table_end(out);
    if (shown < count) {
        tgr_buffer_format(out,
                          "<p class=\"note\">%zu of %zu, evenly chosen; --json holds all.</p>\n",
                          shown, count);
    }
    tgr_buffer_text(out, "</details>\n");
}

void tgr_logged_put(tgr_buffer *out, const tgr_look *look)
{
    const tgr_details *details = look->simulation->details;
    if (details == NULL || details->logged == NULL) {
        return;
    }
    tgr_buffer_text(out, "<section>\n<h2>What was really done</h2>\n");
    put_facts(out, details->logged, look->simulation->weighted);
    put_shares(out, look, details->logged);
    if (details->logged->estimate_count > 0) {
        put_estimates(out, look);
    }
    tgr_buffer_text(out, "</section>\n");
}
