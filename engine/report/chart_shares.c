/* chart_shares.c - which models get the queries, threshold by threshold, as stacked areas. */
#include <math.h>
#include <stdio.h>

#include "engine/report/charts.h"
#include "engine/report/svg.h"
#include "engine/report/tips.h"
#include "engine/report/words.h"

#define MOST_PLACES 160
#define MOST_FIELDS 90
#define TICKS       4

typedef struct drawing {
    const tgr_look *look;
    tgr_plot plot;
    size_t shown; /* points, evenly apart on the axis: thresholds crowd where queries are */
} drawing;

static const tgr_point *point_at(const drawing *d, size_t i)
{
    const tgr_look *look = d->look;
    size_t count = look->simulation->points;
    return &look->simulation->curve[look->rising[tgr_look_choice(i, d->shown, count)]];
}

static double x_at(const drawing *d, double i)
{
    return tgr_svg_x(&d->plot, d->shown > 1 ? i / (double)(d->shown - 1) : 0.5);
}

/* The share of all models of colours below `colour`. */
static double share_below(const tgr_look *look, const tgr_point *point, unsigned colour)
{
    double sum = 0;
    for (size_t model = 0; model < look->simulation->models; model++) {
        sum += look->colour[model] < colour ? point->share[model] : 0;
    }
    return sum;
}

static void draw_area(const drawing *d, unsigned colour)
{
    tgr_buffer *out = d->plot.out;
    tgr_buffer_format(out, "<path class=\"area m%u\" d=\"", colour);
    for (size_t i = 0; i < 2 * d->shown; i++) { /* there along the top, back along the bottom */
        bool top = i < d->shown;
        size_t at = top ? i : 2 * d->shown - 1 - i;
        double share = share_below(d->look, point_at(d, at), top ? colour + 1 : colour);
        tgr_svg_step(out, i == 0 ? 'M' : 'L', x_at(d, (double)at), tgr_svg_y(&d->plot, share));
    }
    tgr_buffer_text(out, "Z\"/>\n");
}

static void draw_ticks(const drawing *d)
{
    char word[TGR_WORD_SIZE];
    const tgr_simulation *simulation = d->look->simulation;
    size_t ticks = d->shown < TICKS ? d->shown : TICKS;
    for (size_t i = 0; i < ticks; i++) {
        size_t at = tgr_look_choice(i, ticks, d->shown);
        const char *anchor = ticks == 1       ? "middle"
                             : i == 0         ? "start"
                             : i + 1 == ticks ? "end"
                                              : "middle";
        double threshold = point_at(d, at)->threshold;
        bool whole = fabs(threshold) >= 1000 && fabs(threshold) < 1e6;
        snprintf(word, sizeof word, whole ? "%.0f" : "%.3g", threshold);
        tgr_svg_text(d->plot.out, "tick", x_at(d, (double)at), d->plot.bottom + 18, anchor, word);
    }
    char name[80];
    snprintf(name, sizeof name, "%s, thresholds shown side by side",
             tgr_look_threshold_name(simulation->policy));
    tgr_svg_text(d->plot.out, "name", d->plot.right, d->plot.bottom + 38, "end", name);
}

/* Where the chosen threshold is. */
static void draw_best(const drawing *d)
{
    const tgr_simulation *simulation = d->look->simulation;
    const tgr_point *best = tgr_look_best(simulation);
    for (size_t i = 0; best != NULL && i < d->shown; i++) {
        bool last = i + 1 == d->shown;
        if (point_at(d, i)->threshold <= best->threshold &&
            (last || point_at(d, i + 1)->threshold > best->threshold)) {
            double x = x_at(d, (double)i);
            tgr_buffer_text(d->plot.out, "<path class=\"chosen\" d=\"");
            tgr_svg_step(d->plot.out, 'M', x, d->plot.top);
            tgr_svg_step(d->plot.out, 'L', x, d->plot.bottom);
            tgr_buffer_text(d->plot.out, "\"/>\n");
            return;
        }
    }
}

static void add_fields(const drawing *d)
{
    const tgr_simulation *simulation = d->look->simulation;
    size_t fields = d->shown < MOST_FIELDS ? d->shown : MOST_FIELDS;
    double width = (d->plot.right - d->plot.left) / (double)fields;
    for (size_t i = 0; i < fields; i++) {
        const tgr_point *point = point_at(d, tgr_look_choice(i, fields, d->shown));
        tgr_svg_field(d->plot.out, "field", d->plot.left + (double)i * width, d->plot.top, width,
                      d->plot.bottom - d->plot.top);
        tgr_tip_point(d->plot.out, d->look, (size_t)(point - simulation->curve));
        tgr_svg_tip_end(d->plot.out, "rect");
    }
}

void tgr_chart_shares(tgr_buffer *out, const tgr_look *look)
{
    size_t points = look->simulation->points;
    drawing d = {.look = look, .shown = points < MOST_PLACES ? points : MOST_PLACES};
    d.plot = (tgr_plot){
        .out = out,
        .id = "shares",
        .width = 440,
        .height = 330,
        .left = 46,
        .right = 434,
        .top = 28,
        .bottom = 282,
        .x = {.from = 0, .to = 1, .step = 1},
        .y = tgr_axis_make(0, 1, 4, TGR_UNIT_SHARE, false),
    };
    tgr_svg_begin(&d.plot, "half", "Shares of the models",
                  "Stacked areas: the share of the queries that each model gets, from the lowest "
                  "threshold to the highest. The table of every point holds the figures.");
    tgr_svg_y_axis(&d.plot, "share of the queries");
    for (unsigned colour = 0; colour < TGR_LOOK_COLOURS && colour < look->simulation->models;
         colour++) {
        draw_area(&d, colour);
    }
    draw_best(&d);
    draw_ticks(&d);
    add_fields(&d);
    tgr_svg_end(&d.plot);
}
