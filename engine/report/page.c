/* page.c - the sections of the HTML report, in order. */
#include <tagroute/report.h>
#include <tagroute/version.h>

#include <math.h>

#include "engine/base/error.h"
#include "engine/report/charts.h"
#include "engine/report/details.h"
#include "engine/report/front.h"
#include "engine/report/goal.h"
#include "engine/report/judgement.h"
#include "engine/report/lead.h"
#include "engine/report/legend.h"
#include "engine/report/look.h"
#include "engine/report/page_css.h"
#include "engine/report/page_js.h"
#include "engine/report/predictions.h"
#include "engine/report/prices.h"
#include "engine/report/tables.h"
#include "engine/report/text_result.h"
#include "engine/report/words.h"

/* The policy is a second lock: were anything of a file's taken for markup, it could load nothing.
 */
static void put_head(tgr_buffer *out, const tgr_look *look)
{
    tgr_buffer_text(out,
                    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    tgr_lead_headline(out, look);
    tgr_buffer_text(out, "</title>\n<style>\n");
    tgr_buffer_text(out, page_css);
    tgr_buffer_text(out, "</style>\n</head>\n<body>\n");
}

/* ---- cost and quality -------------------------------------------------------------------------
 */

typedef struct legend_entry {
    const char *drawing; /* within 22 x 14 units */
    const char *text;
} legend_entry;

static void put_legend(tgr_buffer *out, const tgr_look *look)
{
    static const legend_entry entries[] = {
        {"<path class=\"curve\" d=\"M0 7h22\"/>", "routed, threshold by threshold"},
        {"<path class=\"band\" d=\"M0 1h22v12h-22z\"/>", "95 % range"},
        {"<path class=\"front\" d=\"M0 7h22\"/>", "Pareto front"},
        {"<circle class=\"best\" cx=\"11\" cy=\"7\" r=\"6\"/>", "routed, as above"},
        {"<circle class=\"dot m7\" cx=\"11\" cy=\"7\" r=\"5.5\"/>", "a model alone"},
        {"<path class=\"oracle\" d=\"M11 0l7 7l-7 7l-7-7z\"/>", "oracle"},
        {"<path class=\"chance\" d=\"M6 2l10 10m-10 0l10-10\"/>", "random"},
        {"<path class=\"chance\" d=\"M5 7h12m-6-6v12\"/>", "same shares at random"},
    };
    tgr_buffer_text(out, "<ul class=\"legend\">\n");
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        if ((i == 0 && look->simulation->given) || (i == 1 && look->low == NULL) ||
            (i >= 5 && !look->by_cost)) {
            continue;
        }
        tgr_buffer_format(out,
                          "<li><svg class=\"plot\" viewBox=\"0 0 22 14\" aria-hidden=\"true\">"
                          "%s</svg>%s</li>\n",
                          entries[i].drawing, entries[i].text);
    }
    tgr_buffer_text(out, "</ul>\n");
}

static void put_curve(tgr_buffer *out, const tgr_look *look, const tgr_front *front)
{
    tgr_buffer_text(out, "<section>\n<h2>Cost and quality</h2>\n");
    if (tgr_chart_curve_has(look)) {
        if (!look->by_cost) {
            tgr_buffer_text(out, "<p class=\"note\">Costs are not known; what the reference gets "
                                 "stands in their place.</p>\n");
        }
        put_legend(out, look);
        tgr_chart_curve(out, look, front, false);
        tgr_chart_curve(out, look, front, true);
    }
    tgr_tables_comparison(out, look);
    tgr_buffer_text(out, "<p class=\"note\">Cost is the sum over all queries, in USD. Quality is "
                         "measured on the decisions whose chosen model is judged.</p>\n"
                         "</section>\n");
}

/* ---- shares and margins -----------------------------------------------------------------------
 */

static void put_pair(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    tgr_buffer_text(out, "<div class=\"pair\">\n");
    if (simulation->points > 1) {
        tgr_buffer_text(out, "<div>\n<h2>Who gets the queries</h2>\n");
        tgr_legend_models(out, look);
        tgr_chart_shares(out, look);
        tgr_buffer_text(out, "</div>\n");
    }
    if (simulation->margins.bins > 0) {
        tgr_buffer_text(out,
                        "<div>\n<h2>Where queries change their model</h2>\n<p class=\"note\">");
        tgr_buffer_text(out, simulation->policy == TGR_POLICY_MARGIN
                                 ? "A query's margin is the threshold beyond which it goes to the "
                                   "reference."
                                 : "Each change of a query from one model to a cheaper one, by the "
                                   "threshold at which it is made.");
        tgr_buffer_text(out, " The dashed line is the threshold above.</p>\n");
        tgr_chart_margins(out, look);
        tgr_buffer_text(out, "<details><summary>as a table</summary>\n");
        tgr_tables_margins(out, look);
        tgr_buffer_text(out, "</details>\n</div>\n");
    }
    tgr_buffer_text(out, "</div>\n");
}

/* ---- tables -----------------------------------------------------------------------------------
 */

static void put_points(tgr_buffer *out, const tgr_look *look, const tgr_front *front)
{
    size_t points = look->simulation->points;
    tgr_buffer_format(out,
                      "<section class=\"points%s\">\n<h2>Every threshold</h2>\n<p class=\"note\">A "
                      "dot marks those "
                      "that nothing beats in both cost and quality.</p>\n<details%s>"
                      "<summary>%zu thresholds as a table</summary>\n",
                      look->simulation->models > 6 ? " many" : "", points <= 30 ? " open" : "",
                      points);
    size_t shown = tgr_tables_curve(out, look, front);
    if (shown < points) {
        tgr_buffer_format(out,
                          "<p class=\"note\">%zu of %zu, evenly chosen; --csv and --json hold "
                          "all.</p>\n",
                          shown, points);
    }
    tgr_buffer_text(out, "</details>\n</section>\n");
}

static void put_metrics(tgr_buffer *out, const tgr_look *look)
{
    tgr_buffer_text(out, "<section>\n<h2>Metrics</h2>\n");
    tgr_tables_metrics(out, look);
    if (look->simulation->binned) {
        tgr_buffer_text(
            out, "<p class=\"note\">Thresholds are put into bins, as partial simulations and "
                 "too little memory want it: metrics are exact to what the table says, "
                 "points are exact.</p>\n");
    }
    tgr_buffer_text(out, "</section>\n");
}

/* ---- origin -----------------------------------------------------------------------------------
 */

static void put_fact(tgr_buffer *out, const char *name, const char *text)
{
    if (text != NULL) {
        tgr_buffer_format(out, "<dt>%s</dt><dd>", name);
        tgr_html_text(out, text);
        tgr_buffer_text(out, "</dd>\n");
    }
}

static void put_number(tgr_buffer *out, const char *name, uint64_t number)
{
    char word[TGR_WORD_SIZE];
    put_fact(out, name, tgr_word_count(word, number));
}

static void put_map(void *out, const char *map)
{
    put_fact(out, "price map", map);
}

static void put_origin(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_origin *origin = &simulation->origin;
    char word[TGR_WORD_SIZE];
    tgr_buffer_text(out, "<section>\n<h2>Where this comes from</h2>\n<dl>\n");
    put_fact(out, "router", origin->router);
    put_fact(out, "scorer", origin->scorer);
    put_fact(out, "counts", origin->counts);
    if (origin->tags > 0) {
        put_number(out, "tags known", origin->tags);
    }
    put_fact(out, simulation->given ? "decisions" : "scores", simulation->elsewhere);
    put_fact(out, "reference", simulation->model_names[simulation->reference]);
    for (size_t i = 0; i < origin->files; i++) {
        const char *digest = origin->file_digests[i];
        put_fact(out, "query file", digest != NULL ? digest : "without a digest");
    }
    tgr_prices_maps(simulation, put_map, out);
    put_fact(out, "split", origin->split);
    put_number(out, "queries", simulation->queries);
    if (simulation->weighted) {
        put_fact(out, "which stand for", tgr_word_weight(word, simulation->weight));
        put_fact(out, "as many of one weight", tgr_word_weight(word, simulation->effective));
    }
    put_number(out, "undecided", simulation->undecided);
    put_fact(out, "fallback", origin->fallback);
    if (look->low != NULL) {
        put_number(out, "resampled logs", simulation->intervals->replicates);
        put_number(out, "seed", simulation->intervals->seed);
    }
    put_fact(out, "tagroute", tgr_version());
    tgr_buffer_text(out, "</dl>\n</section>\n");
}

static void put_page(tgr_buffer *out, const tgr_look *look, const tgr_front *front)
{
    put_head(out, look);
    tgr_lead_put(out, look);
    tgr_buffer_text(out, "<main>\n");
    put_curve(out, look, front);
    tgr_goal_put(out, look);
    put_pair(out, look);
    tgr_judged_put(out, look);
    tgr_coverage_put(out, look);
    tgr_chosen_put(out, look);
    tgr_details_put(out, look);
    tgr_logged_put(out, look);
    tgr_predictions_put(out, look);
    if (!look->simulation->given) {
        put_points(out, look, front);
    }
    put_metrics(out, look);
    tgr_prices_put(out, look);
    put_origin(out, look);
    tgr_buffer_text(out, "</main>\n<script>\n");
    tgr_buffer_text(out, page_js);
    tgr_buffer_text(out, "</script>\n</body>\n</html>\n");
}

tgr_status tgr_simulation_html(const tgr_simulation *simulation, char **text, size_t *length,
                               tgr_error *error)
{
    tgr_look look;
    tgr_front front = {0};
    tgr_buffer out = {0};
    tgr_status status = tgr_look_open(&look, simulation, error);
    if (status != TGR_OK) {
        return status;
    }
    TGR_TRY(tgr_front_find(&front, &look, error));
    put_page(&out, &look, &front);
    TGR_TRY(tgr_text_result(&out, text, length, "the report", error));
done:
    tgr_front_free(&front);
    tgr_look_close(&look);
    return status;
}
