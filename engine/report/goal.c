/* goal.c - the threshold that meets a goal, and how near it comes to the best possible. */
#include "engine/report/goal.h"

#include <math.h>
#include <stdbool.h>

#include <tagroute/solve.h>

#include "engine/report/table.h"
#include "engine/report/words.h"

/* What a goal's numbers are: money, a share, or a quality. */
static tgr_figure figure_of(const tgr_solution *solution)
{
    switch (solution->goal.kind) {
    case TGR_GOAL_BUDGET:
    case TGR_GOAL_COST_PER_QUERY:
        return TGR_FIGURE_MONEY;
    case TGR_GOAL_SHARE:
        return TGR_FIGURE_SHARE;
    case TGR_GOAL_QUALITY:
    case TGR_GOAL_NONE:
        break;
    }
    return solution->quality == TGR_QUALITY_ACCEPT ? TGR_FIGURE_SHARE : TGR_FIGURE_FRACTION;
}

/* A name and its value, with the bounds of an interval where there are any. */
static void put_fact(tgr_buffer *out, const char *name, tgr_figure figure, double value,
                     const double *low, const double *high)
{
    tgr_buffer_format(out, "<dt>%s</dt><dd>", name);
    tgr_html_figure(out, figure, value);
    if (low != NULL && high != NULL && isfinite(*low) && isfinite(*high)) {
        tgr_buffer_text(out, " (");
        tgr_html_figure(out, figure, *low);
        tgr_buffer_text(out, " to ");
        tgr_html_figure(out, figure, *high);
        tgr_buffer_text(out, ")");
    }
    tgr_buffer_text(out, "</dd>\n");
}

static void put_wish(tgr_buffer *out, const tgr_solution *solution)
{
    const char *model = solution->goal.model == NULL ? "" : solution->goal.model;
    tgr_figure figure = figure_of(solution);
    switch (solution->goal.kind) {
    case TGR_GOAL_BUDGET:
    case TGR_GOAL_COST_PER_QUERY:
        tgr_buffer_text(out, "All queries together are to cost at most ");
        tgr_html_figure(out, figure, solution->target);
        break;
    case TGR_GOAL_QUALITY:
        tgr_buffer_text(out, "Quality is to be at least ");
        tgr_html_figure(out, figure, solution->target);
        if (solution->goal.model != NULL) {
            tgr_buffer_text(out, ", which is ");
            tgr_html_figure(out, TGR_FIGURE_PLAIN, solution->goal.value);
            tgr_buffer_text(out, " times that of ");
            tgr_html_text(out, model);
        }
        break;
    case TGR_GOAL_SHARE:
        tgr_html_text(out, model);
        tgr_buffer_text(out, " is to get ");
        tgr_html_figure(out, figure, solution->target);
        tgr_buffer_text(out, " of the queries");
        break;
    case TGR_GOAL_NONE:
        break;
    }
    tgr_buffer_text(out, ".");
}

static void put_point(tgr_buffer *out, const tgr_solution *solution)
{
    const tgr_point *point = solution->point, *low = solution->low, *high = solution->high;
    bool bounds = low != NULL && high != NULL;
    if (point == NULL) {
        return;
    }
    put_fact(out, "cost", TGR_FIGURE_MONEY, point->cost, bounds ? &low->cost : NULL,
             bounds ? &high->cost : NULL);
    put_fact(out, "mean score", TGR_FIGURE_FRACTION, point->mean_score,
             bounds ? &low->mean_score : NULL, bounds ? &high->mean_score : NULL);
    put_fact(out, "accepted", TGR_FIGURE_SHARE, point->accept_rate,
             bounds ? &low->accept_rate : NULL, bounds ? &high->accept_rate : NULL);
}

void tgr_goal_put(tgr_buffer *out, const tgr_look *look)
{
    const tgr_solution *solution = look->simulation->solution;
    char text[TGR_WORD_SIZE];
    if (solution == NULL) {
        return;
    }
    tgr_buffer_text(out, "<section>\n<h2>The goal</h2>\n<p>");
    put_wish(out, solution);
    tgr_buffer_text(out, "</p>\n<dl>\n");
    tgr_buffer_text(out, "<dt>threshold</dt><dd>");
    tgr_html_text(out, tgr_word_threshold(text, solution->policy, solution->threshold));
    tgr_buffer_text(out, "</dd>\n");
    put_fact(out, "reached", figure_of(solution), solution->reached, NULL, NULL);
    put_point(out, solution);
    if (isfinite(solution->predicted_score) && isfinite(solution->best_score)) {
        put_fact(out, "predicted score", TGR_FIGURE_FRACTION, solution->predicted_score, NULL,
                 NULL);
        put_fact(out, "best possible at this cost", TGR_FIGURE_FRACTION, solution->best_score, NULL,
                 NULL);
    }
    tgr_buffer_text(out, "</dl>\n");
    if (solution->goal.kind == TGR_GOAL_QUALITY) {
        tgr_buffer_format(out,
                          "<p class=\"note\">Quality is measured on the %s decisions whose chosen "
                          "model is judged.</p>\n",
                          tgr_word_count(text, solution->measured));
    }
    tgr_buffer_text(out, "</section>\n");
}
