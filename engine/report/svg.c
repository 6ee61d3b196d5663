/* svg.c - elements of a plot. */
#include "engine/report/svg.h"

#include <math.h>

#include "engine/report/words.h"

void tgr_svg_number(tgr_buffer *out, double value)
{
    if (!isfinite(value)) {
        value = 0;
    }
    value = fmin(fmax(value, -1e5), 1e5);
    long tenths = lround(value * 10);
    unsigned long size = (unsigned long)(tenths < 0 ? -tenths : tenths);
    tgr_buffer_format(out, "%s%lu", tenths < 0 ? "-" : "", size / 10);
    if (size % 10 != 0) {
        tgr_buffer_format(out, ".%lu", size % 10);
    }
}

static void put_place(tgr_buffer *out, const char *name, double value)
{
    tgr_buffer_format(out, " %s=\"", name);
    tgr_svg_number(out, value);
    tgr_buffer_add(out, "\"", 1);
}

void tgr_svg_begin(const tgr_plot *plot, const char *class, const char *title,
                   const char *description)
{
    tgr_buffer *out = plot->out;
    tgr_buffer_format(
        out,
        "<svg class=\"plot %s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" tabindex=\"0\" "
        "aria-labelledby=\"%s-title %s-text\">\n<title id=\"%s-title\">",
        class, plot->width, plot->height, plot->id, plot->id, plot->id);
    tgr_html_text(out, title);
    tgr_buffer_format(out, "</title>\n<desc id=\"%s-text\">", plot->id);
    tgr_html_text(out, description);
    tgr_buffer_text(out, "</desc>\n");
}

void tgr_svg_end(const tgr_plot *plot)
{
    tgr_buffer_text(plot->out, "</svg>\n");
}

double tgr_svg_x(const tgr_plot *plot, double value)
{
    return plot->left + tgr_axis_part(&plot->x, value) * (plot->right - plot->left);
}

double tgr_svg_y(const tgr_plot *plot, double value)
{
    return plot->bottom - tgr_axis_part(&plot->y, value) * (plot->bottom - plot->top);
}

static void put_line(tgr_buffer *out, const char *class, double x1, double y1, double x2, double y2)
{
    tgr_buffer_format(out, "<line class=\"%s\"", class);
    put_place(out, "x1", x1);
    put_place(out, "y1", y1);
    put_place(out, "x2", x2);
    put_place(out, "y2", y2);
    tgr_buffer_text(out, "/>\n");
}

void tgr_svg_text(tgr_buffer *out, const char *class, double x, double y, const char *anchor,
                  const char *text)
{
    tgr_buffer_format(out, "<text class=\"%s\" text-anchor=\"%s\"", class, anchor);
    put_place(out, "x", x);
    put_place(out, "y", y);
    tgr_buffer_add(out, ">", 1);
    tgr_html_text(out, text);
    tgr_buffer_text(out, "</text>\n");
}

void tgr_svg_x_axis(const tgr_plot *plot, const char *name, bool ticks)
{
    double value;
    char label[TGR_WORD_SIZE];
    for (size_t i = 0; ticks && tgr_axis_tick(&plot->x, i, &value); i++) {
        tgr_svg_text(plot->out, "tick", tgr_svg_x(plot, value), plot->bottom + 18, "middle",
                     tgr_axis_label(&plot->x, value, label));
    }
    put_line(plot->out, "axis", plot->left, plot->bottom, plot->right, plot->bottom);
    tgr_svg_text(plot->out, "name", plot->right, plot->bottom + 38, "end", name);
}

void tgr_svg_y_axis(const tgr_plot *plot, const char *name)
{
    double value;
    char label[TGR_WORD_SIZE];
    for (size_t i = 0; tgr_axis_tick(&plot->y, i, &value); i++) {
        double y = tgr_svg_y(plot, value);
        put_line(plot->out, "grid", plot->left, y, plot->right, y);
        tgr_svg_text(plot->out, "tick", plot->left - 8, y + 4, "end",
                     tgr_axis_label(&plot->y, value, label));
    }
    tgr_svg_text(plot->out, "name", 0, plot->top - 14, "start", name);
}

void tgr_svg_step(tgr_buffer *out, char letter, double x, double y)
{
    tgr_buffer_add(out, &letter, 1);
    tgr_svg_number(out, x);
    tgr_buffer_add(out, " ", 1);
    tgr_svg_number(out, y);
}

/* ---- marks ------------------------------------------------------------------------------------
 */

static void put_path(tgr_buffer *out, const char *class, double x, double y, const char *shape)
{
    tgr_buffer_format(out, "<path class=\"%s\" d=\"", class);
    tgr_svg_step(out, 'M', x, y);
    tgr_buffer_format(out, "%s\"/>\n", shape);
}

static void put_circle(tgr_buffer *out, const char *class, double x, double y, const char *radius)
{
    tgr_buffer_format(out, "<circle class=\"%s\"", class);
    put_place(out, "cx", x);
    put_place(out, "cy", y);
    tgr_buffer_format(out, " r=\"%s\"/>\n", radius);
}

void tgr_svg_mark(tgr_buffer *out, tgr_mark mark, const char *class, double x, double y)
{
    switch (mark) {
    case TGR_MARK_DOT:
        put_circle(out, class, x, y, "5.5");
        break;
    case TGR_MARK_RING:
        put_circle(out, class, x, y, "7");
        break;
    case TGR_MARK_DIAMOND:
        put_path(out, class, x, y, "m0-7l7 7l-7 7l-7-7z");
        break;
    case TGR_MARK_CROSS:
        put_path(out, class, x, y, "m-5-5l10 10m-10 0l10-10");
        break;
    case TGR_MARK_PLUS:
        put_path(out, class, x, y, "m-6 0h12m-6-6v12");
        break;
    }
}

void tgr_svg_spot(tgr_buffer *out, double x, double y)
{
    tgr_buffer_text(out, "<circle class=\"spot\"");
    put_place(out, "cx", x);
    put_place(out, "cy", y);
    tgr_buffer_text(out, " r=\"6\"><title>");
}

void tgr_svg_field(tgr_buffer *out, const char *class, double x, double y, double width,
                   double height)
{
    tgr_buffer_format(out, "<rect class=\"%s\"", class);
    put_place(out, "x", x);
    put_place(out, "y", y);
    put_place(out, "width", width);
    put_place(out, "height", height);
    tgr_buffer_text(out, "><title>");
}

void tgr_svg_tip_end(tgr_buffer *out, const char *element)
{
    tgr_buffer_format(out, "</title></%s>\n", element);
}
