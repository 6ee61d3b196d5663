/* coverage.c - at each threshold, the share of the decisions whose chosen model is judged. */
#include <math.h>
#include <stdio.h>

#include "engine/report/chart_lines.h"
#include "engine/report/facts.h"
#include "engine/report/judgement.h"
#include "engine/report/tips.h"

#define MOST_PLACES ((size_t)100)

static size_t places_of(const tgr_look *look)
{
    size_t points = look->simulation->points;
    return points < MOST_PLACES ? points : MOST_PLACES;
}

static size_t point_at(const tgr_look *look, size_t place)
{
    return look->rising[tgr_look_choice(place, places_of(look), look->simulation->points)];
}

static double coverage_at(const void *user, size_t line, size_t place)
{
    const tgr_look *look = user;
    (void)line;
    return look->simulation->curve[point_at(look, place)].coverage;
}

static unsigned first_colour(const void *user, size_t line)
{
    (void)user;
    (void)line;
    return 0;
}

static void label_place(const void *user, size_t place, char *text, size_t size)
{
    const tgr_look *look = user;
    snprintf(text, size, "%.3g", look->simulation->curve[point_at(look, place)].threshold);
}

static void tip_place(const void *user, size_t place, tgr_buffer *out)
{
    const tgr_look *look = user;
    tgr_tip_point(out, look, point_at(look, place));
}

static void put_plot(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    char x_name[80];
    snprintf(x_name, sizeof x_name, "%s, thresholds shown side by side",
             tgr_look_threshold_name(simulation->policy));
    const tgr_line_chart chart = {
        .id = "coverage",
        .title = "Judged decisions",
        .description = "A line: the share of the decisions whose chosen model is judged, from the "
                       "lowest threshold to the highest. The table of every threshold holds the "
                       "figures.",
        .x_name = x_name,
        .y_name = "judged",
        .unit = TGR_UNIT_SHARE,
        .places = places_of(look),
        .lines = 1,
        .ticks = 4,
        .value = coverage_at,
        .colour = first_colour,
        .label = label_place,
        .tip = tip_place,
        .user = look,
    };
    if (simulation->points > 1) {
        tgr_chart_lines(out, &chart);
    }
}

void tgr_coverage_put(tgr_buffer *out, const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    double least = 1, most = 0;
    for (size_t i = 0; i < simulation->points; i++) {
        least = fmin(least, simulation->curve[i].coverage);
        most = fmax(most, simulation->curve[i].coverage);
    }
    if (simulation->points == 0 || !(least < 1)) {
        return;
    }
    const tgr_point *best = tgr_look_best(simulation);
    tgr_buffer_text(out, "<section>\n<h2>How much is judged</h2>\n<p class=\"note\">Quality is "
                         "measured on the decisions whose chosen model has a recorded answer; of "
                         "the others nothing is known.</p>\n");
    put_plot(out, look);
    tgr_facts_begin(out);
    tgr_fact_figure(out, "judged at least", TGR_FIGURE_SHARE, least);
    tgr_fact_figure(out, "at most", TGR_FIGURE_SHARE, most);
    if (best != NULL) {
        tgr_fact_figure(out, "routed as above", TGR_FIGURE_SHARE, best->coverage);
    }
    tgr_facts_end(out);
    tgr_buffer_text(out, "</section>\n");
}
