/* chart_lines.c - lines with a dot at each place, and a tip for all that stands there. */
#include "engine/report/chart_lines.h"

#include <math.h>

#include "engine/report/look.h"
#include "engine/report/svg.h"
#include "engine/report/words.h"

#define MOST_DOTS 30 /* more places run into each other */

static bool find_range(const tgr_line_chart *chart, double *low, double *high)
{
    bool any = false;
    *low = *high = 0;
    for (size_t line = 0; line < chart->lines; line++) {
        for (size_t place = 0; place < chart->places; place++) {
            double value = chart->value(chart->user, line, place);
            if (isfinite(value)) {
                *low = any ? fmin(*low, value) : value;
                *high = any ? fmax(*high, value) : value;
                any = true;
            }
        }
    }
    return any;
}

static double x_at(const tgr_line_chart *chart, const tgr_plot *plot, size_t place)
{
    return tgr_svg_x(plot, ((double)place + 0.5) / (double)chart->places);
}

static void draw_line(const tgr_line_chart *chart, const tgr_plot *plot, size_t line)
{
    bool joined = false;
    tgr_buffer_format(plot->out, "<path class=\"line m%u\" d=\"", chart->colour(chart->user, line));
    for (size_t place = 0; place < chart->places; place++) {
        double value = chart->value(chart->user, line, place);
        if (isfinite(value)) {
            tgr_svg_step(plot->out, joined ? 'L' : 'M', x_at(chart, plot, place),
                         tgr_svg_y(plot, value));
        }
        joined = isfinite(value);
    }
    tgr_buffer_text(plot->out, "\"/>\n");
}

static void draw_dots(const tgr_line_chart *chart, const tgr_plot *plot, size_t line)
{
    for (size_t place = 0; chart->places <= MOST_DOTS && place < chart->places; place++) {
        double value = chart->value(chart->user, line, place);
        if (isfinite(value)) {
            tgr_buffer_format(plot->out, "<circle class=\"dot m%u\" cx=\"",
                              chart->colour(chart->user, line));
            tgr_svg_number(plot->out, x_at(chart, plot, place));
            tgr_buffer_text(plot->out, "\" cy=\"");
            tgr_svg_number(plot->out, tgr_svg_y(plot, value));
            tgr_buffer_text(plot->out, "\" r=\"3.5\"/>\n");
        }
    }
}

static void draw_labels(const tgr_line_chart *chart, const tgr_plot *plot)
{
    size_t ticks = chart->ticks < chart->places ? chart->ticks : chart->places;
    for (size_t i = 0; i < ticks; i++) {
        char text[TGR_WORD_SIZE];
        size_t place = tgr_look_choice(i, ticks, chart->places);
        chart->label(chart->user, place, text, sizeof text);
        tgr_svg_text(plot->out, "tick", x_at(chart, plot, place), plot->bottom + 18, "middle",
                     text);
    }
    tgr_svg_text(plot->out, "name", plot->right, plot->bottom + 38, "end", chart->x_name);
}

static void add_tips(const tgr_line_chart *chart, const tgr_plot *plot)
{
    double width = (plot->right - plot->left) / (double)chart->places;
    for (size_t place = 0; place < chart->places; place++) {
        tgr_svg_field(plot->out, "field", plot->left + (double)place * width, plot->top, width,
                      plot->bottom - plot->top);
        chart->tip(chart->user, place, plot->out);
        tgr_svg_tip_end(plot->out, "rect");
    }
}

void tgr_chart_lines(tgr_buffer *out, const tgr_line_chart *chart)
{
    double low, high;
    if (!find_range(chart, &low, &high)) {
        return;
    }
    const tgr_plot plot = {
        .out = out,
        .id = chart->id,
        .width = 440,
        .height = 330,
        .left = 52,
        .right = 434,
        .top = 28,
        .bottom = 282,
        .x = {.from = 0, .to = 1, .step = 1},
        .y = tgr_axis_make(low, high, 5, chart->unit, true),
    };
    tgr_svg_begin(&plot, "half", chart->title, chart->description);
    tgr_svg_y_axis(&plot, chart->y_name);
    for (size_t line = 0; line < chart->lines; line++) {
        draw_line(chart, &plot, line);
        draw_dots(chart, &plot, line);
    }
    draw_labels(chart, &plot);
    add_tips(chart, &plot);
    tgr_svg_end(&plot);
}
