/* lead.c - the chosen point against the best single model, in words. */
#include "engine/report/lead.h"

#include <math.h>

#include "engine/report/table.h"
#include "engine/report/words.h"

/* Change relative to the best single model; NaN where it is not known. */
static double change(double value, double base)
{
    return base > 0 ? value / base - 1 : NAN;
}

static double cost_change(const tgr_simulation *simulation, const tgr_point *best)
{
    return change(best->cost, simulation->best_single.cost);
}

static double quality_change(const tgr_simulation *simulation, const tgr_point *best)
{
    return change(tgr_look_quality(simulation, best),
                  tgr_look_baseline_quality(simulation, &simulation->best_single));
}

static void put_change(tgr_buffer *out, double part, const char *more, const char *less)
{
    char word[TGR_WORD_SIZE];
    tgr_html_text(out, tgr_word_share(word, fabs(part)));
    tgr_buffer_format(out, " %s ", part < 0 ? less : more);
}

void tgr_lead_headline(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_point *best = tgr_look_best(simulation);
    char word[TGR_WORD_SIZE], name[4 * 40 + 4];
    if (best == NULL || simulation->best_single.model == NULL) {
        tgr_buffer_format(out, "%s queries at %zu thresholds",
                          tgr_word_weight(word, simulation->weight), simulation->points);
        return;
    }
    double cost = cost_change(simulation, best), quality = quality_change(simulation, best);
    const char *measure = tgr_look_quality_name(simulation);
    tgr_word_name(name, simulation->best_single.model, 40);
    if (isnan(cost)) {
        tgr_buffer_format(out, "Routing reaches a %s of %s", measure,
                          tgr_word_fraction(word, tgr_look_quality(simulation, best)));
        if (!isnan(quality)) {
            tgr_buffer_text(out, ", ");
            put_change(out, quality, "higher than", "lower than");
            tgr_html_text(out, name);
            tgr_buffer_text(out, " alone");
        }
        return;
    }
    tgr_buffer_text(out, "Routing costs ");
    put_change(out, cost, "more than", "less than");
    tgr_html_text(out, name);
    tgr_buffer_text(out, " alone");
    if (!isnan(quality)) {
        tgr_buffer_text(out, ", at ");
        put_change(out, quality, "higher", "lower");
        tgr_buffer_text(out, measure);
    }
}

static void put_savings(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    char word[TGR_WORD_SIZE], name[4 * 40 + 4];
    if (simulation->best_single.model != NULL && simulation->metrics.cost_save > 0) {
        tgr_buffer_text(out, "<p>A threshold that is as good as ");
        tgr_html_text(out, tgr_word_name(name, simulation->best_single.model, 40));
        tgr_buffer_text(out, " alone costs ");
        tgr_html_text(out, tgr_word_share(word, simulation->metrics.cost_save));
        tgr_buffer_text(out, " less.</p>\n");
    }
}

static void put_decider(tgr_buffer *out, const tgr_simulation *simulation)
{
    if (simulation->elsewhere != NULL) {
        tgr_buffer_text(out, simulation->given ? "decisions of " : "scores of ");
        tgr_html_text(out, simulation->elsewhere);
        tgr_buffer_text(out, ", made elsewhere");
    }
    if (!simulation->given) {
        tgr_buffer_format(out, "%spolicy %s", simulation->elsewhere == NULL ? "" : ", ",
                          tgr_policy_name(simulation->policy));
    }
}

static void put_basis(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    char word[TGR_WORD_SIZE];
    tgr_buffer_format(out, "<p>%s queries", tgr_word_count(word, simulation->queries));
    if (simulation->origin.split != NULL) {
        tgr_buffer_text(out, " of the split ");
        tgr_html_text(out, simulation->origin.split);
    }
    if (simulation->weighted) {
        tgr_buffer_format(out, ", which stand for %s", tgr_word_weight(word, simulation->weight));
        tgr_buffer_format(out, " and say as much as %s of one weight",
                          tgr_word_weight(word, simulation->effective));
    }
    tgr_buffer_format(out, ", %zu models, ", simulation->models);
    put_decider(out, simulation);
    tgr_buffer_format(out, ". Quality is the %s.",
                      simulation->quality == TGR_QUALITY_ACCEPT ? "share of accepted answers"
                                                                : "mean recorded score");
    if (look->low != NULL) {
        tgr_buffer_format(out, " Ranges are where 95 of 100 such logs lie, by %zu resampled ones.",
                          simulation->intervals->replicates);
    }
    if (simulation->undecided > 0) {
        tgr_buffer_format(out, " %s queries are undecided%s.",
                          tgr_word_count(word, simulation->undecided),
                          simulation->given ? "" : ": no model may serve them");
    }
    tgr_buffer_text(out, "</p>\n");
}

/* ---- tiles ------------------------------------------------------------------------------------
 */

static void put_tile(tgr_buffer *out, tgr_figure figure, double value, const char *what,
                     const double *low, const double *high)
{
    char a[TGR_WORD_SIZE];
    if (isnan(value)) {
        return;
    }
    tgr_buffer_text(out, "<div class=\"tile\"><b>");
    tgr_html_figure(out, figure, value);
    tgr_buffer_format(out, "</b><span>%s</span>", what);
    if (low != NULL && isfinite(*low)) {
        tgr_buffer_text(out, "<span>");
        if (figure == TGR_FIGURE_MONEY) {
            tgr_html_text(out, tgr_word_money(a, *low));
            tgr_buffer_format(out, " to %s", tgr_word_money(a, *high));
        } else if (figure == TGR_FIGURE_SHARE) {
            tgr_html_text(out, tgr_word_share(a, *low));
            tgr_buffer_text(out, " to ");
            tgr_html_text(out, tgr_word_share(a, *high));
        } else {
            tgr_html_text(out, tgr_word_fraction(a, *low));
            tgr_buffer_format(out, " to %s", tgr_word_fraction(a, *high));
        }
        tgr_buffer_text(out, "</span>");
    }
    tgr_buffer_text(out, "</div>\n");
}

static void put_tiles(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    const tgr_point *best = tgr_look_best(simulation);
    if (best == NULL) {
        return;
    }
    const tgr_point *low = look->low == NULL ? NULL : &look->low->curve[simulation->best];
    const tgr_point *high = look->low == NULL ? NULL : &look->high->curve[simulation->best];
#define TILE(figure, name, what)                                                                   \
    put_tile(out, figure, best->name, what, low == NULL ? NULL : &low->name,                       \
             high == NULL ? NULL : &high->name)
    tgr_buffer_text(out, "<div class=\"tiles\">\n");
    if (!simulation->given) {
        char word[TGR_WORD_SIZE];
        tgr_buffer_format(out, "<div class=\"tile\"><b>%s</b><span>%s</span></div>\n",
                          tgr_word_threshold(word, simulation->policy, best->threshold),
                          tgr_look_threshold_name(simulation->policy));
    }
    TILE(TGR_FIGURE_MONEY, cost, "cost");
    TILE(TGR_FIGURE_FRACTION, mean_score, "mean score");
    TILE(TGR_FIGURE_SHARE, accept_rate, "accepted");
#undef TILE
    tgr_buffer_text(out, "</div>\n");
}

void tgr_lead_put(tgr_buffer *out, const tgr_look *look)
{
    tgr_buffer_text(out, "<header>\n<p class=\"over\">tagroute simulate</p>\n<h1>");
    tgr_lead_headline(out, look);
    tgr_buffer_text(out, "</h1>\n");
    put_savings(out, look);
    put_basis(out, look);
    put_tiles(out, look);
    tgr_buffer_text(out, "</header>\n");
}
