/* chart_margins.c - a bar for each bin of margins. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "engine/report/charts.h"
#include "engine/report/svg.h"
#include "engine/report/words.h"

typedef struct drawing {
    const tgr_look *look;
    tgr_plot plot;
    bool growing; /* bins are powers apart */
} drawing;

static double place_of(const drawing *d, double threshold)
{
    return d->growing ? log10(threshold) : threshold;
}

static double highest(const tgr_histogram *margins)
{
    double most = 0;
    for (size_t i = 0; i < margins->bins; i++) {
        most = margins->counts[i] > most ? margins->counts[i] : most;
    }
    return most > 0 ? most : 1;
}

/* Edges that are positive, and whose last bin is many times the first. */
static bool is_growing(const tgr_histogram *margins)
{
    const double *edges = margins->edges;
    size_t bins = margins->bins;
    return edges[0] > 0 && edges[bins] - edges[bins - 1] > 4 * (edges[1] - edges[0]);
}

static void draw_bar(const drawing *d, size_t i)
{
    const tgr_histogram *margins = &d->look->simulation->margins;
    tgr_buffer *out = d->plot.out;
    char a[TGR_WORD_SIZE], b[TGR_WORD_SIZE], count[TGR_WORD_SIZE];
    double left = tgr_svg_x(&d->plot, place_of(d, margins->edges[i]));
    double right = tgr_svg_x(&d->plot, place_of(d, margins->edges[i + 1]));
    double top = tgr_svg_y(&d->plot, margins->counts[i]);
    double gap = right - left > 4 ? 1 : 0;
    tgr_buffer_text(out, "<path class=\"bar\" d=\"");
    tgr_svg_step(out, 'M', left + gap / 2, d->plot.bottom);
    tgr_buffer_add(out, "V", 1);
    tgr_svg_number(out, top);
    tgr_buffer_add(out, "H", 1);
    tgr_svg_number(out, right - gap / 2);
    tgr_buffer_add(out, "V", 1);
    tgr_svg_number(out, d->plot.bottom);
    tgr_buffer_text(out, "z\"/>\n");
    tgr_svg_field(out, "field", left, d->plot.top, right - left, d->plot.bottom - d->plot.top);
    snprintf(a, sizeof a, "%.4g", margins->edges[i]);
    snprintf(b, sizeof b, "%.4g", margins->edges[i + 1]);
    tgr_buffer_format(out, "%s to %s\n%s queries change their model", a, b,
                      tgr_word_weight(count, margins->counts[i]));
    tgr_svg_tip_end(out, "rect");
}

static void draw_powers(const drawing *d)
{
    char label[TGR_WORD_SIZE];
    double first = ceil(d->plot.x.from - 1e-9);
    for (double power = first; power <= d->plot.x.to + 1e-9; power++) {
        snprintf(label, sizeof label, "%g", pow(10, power));
        tgr_svg_text(d->plot.out, "tick", tgr_svg_x(&d->plot, power), d->plot.bottom + 18, "middle",
                     label);
    }
}

static void draw_best(const drawing *d)
{
    const tgr_point *best = tgr_look_best(d->look->simulation);
    if (best == NULL || (d->growing && !(best->threshold > 0))) {
        return;
    }
    double x = tgr_svg_x(&d->plot, place_of(d, best->threshold));
    if (x >= d->plot.left && x <= d->plot.right) {
        tgr_buffer_text(d->plot.out, "<path class=\"chosen\" d=\"");
        tgr_svg_step(d->plot.out, 'M', x, d->plot.top);
        tgr_svg_step(d->plot.out, 'L', x, d->plot.bottom);
        tgr_buffer_text(d->plot.out, "\"/>\n");
    }
}

static tgr_axis x_axis(const drawing *d)
{
    const tgr_histogram *margins = &d->look->simulation->margins;
    double low = place_of(d, margins->edges[0]);
    double high = place_of(d, margins->edges[margins->bins]);
    return tgr_axis_make(low, high, 5, TGR_UNIT_NUMBER, false);
}

void tgr_chart_margins(tgr_buffer *out, const tgr_look *look)
{
    const tgr_histogram *margins = &look->simulation->margins;
    drawing d = {.look = look, .growing = is_growing(margins)};
    d.plot = (tgr_plot){
        .out = out,
        .id = "margins",
        .width = 440,
        .height = 330,
        .left = 62,
        .right = 434,
        .top = 28,
        .bottom = 282,
        .x = x_axis(&d),
        .y = tgr_axis_make(0, highest(margins), 4, TGR_UNIT_NUMBER, false),
    };
    tgr_svg_begin(&d.plot, "half", "Where queries change their model",
                  "Bars: how many queries change their model between two thresholds. The table of "
                  "margins holds the figures.");
    tgr_svg_y_axis(&d.plot, "queries");
    for (size_t i = 0; i < margins->bins; i++) {
        draw_bar(&d, i);
    }
    draw_best(&d);
    if (d.growing) {
        draw_powers(&d);
    }
    tgr_svg_x_axis(&d.plot, tgr_look_threshold_name(look->simulation->policy), !d.growing);
    tgr_svg_end(&d.plot);
}
