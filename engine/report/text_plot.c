/* text_plot.c - the curve of quality against cost on a terminal. */
#include <tagroute/report.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/report/axis.h"
#include "engine/report/canvas.h"
#include "engine/report/look.h"
#include "engine/report/text_result.h"
#include "engine/report/words.h"

#define MOST_MARKS 40
#define LONGEST    24 /* characters of a name below the plot */

/* Paints: 0 none, else 1 + a colour of 256. */
#define PAINT_CURVE 68
#define PAINT_SOFT  245
static const unsigned char paints[TGR_LOOK_COLOURS] = {68, 209, 73, 176, 215, 118, 141, 246};

typedef struct mark {
    char sign;
    unsigned char paint;
    double x, quality;
    const char *name;
    bool hidden; /* another one is in its place */
} mark;

typedef struct text_plot {
    const tgr_look *look;
    const tgr_plot_options *options;
    tgr_axis x, y;
    mark marks[MOST_MARKS];
    size_t mark_count;
    tgr_canvas *canvas;
    char labels[60][TGR_WORD_SIZE]; /* rows */
    size_t label_width;
} text_plot;

void tgr_plot_options_init(tgr_plot_options *options)
{
    *options = (tgr_plot_options){.size = sizeof *options, .columns = 76, .rows = 14};
}

/* ---- what is shown ----------------------------------------------------------------------------
 */

static void add_mark(text_plot *plot, char sign, unsigned char paint, double x, double quality,
                     const char *name)
{
    if (plot->mark_count < MOST_MARKS && !isnan(x) && !isnan(quality)) {
        plot->marks[plot->mark_count++] = (mark){sign, paint, x, quality, name, false};
    }
}

static void find_marks(text_plot *plot)
{
    static const char signs[] = "ABCDEFGHIJKLMNPQRSTUVWXYZ"; /* without O, the oracle's */
    const tgr_look *look = plot->look;
    const tgr_simulation *simulation = look->simulation;
    const tgr_point *best = tgr_look_best(simulation);
    if (best != NULL) {
        add_mark(plot, '@', 0, tgr_look_x(look, best), tgr_look_quality(simulation, best),
                 "routed, best of all");
    }
    for (size_t i = 0; i < simulation->models && i < sizeof signs - 1; i++) {
        size_t model = simulation->models < sizeof signs ? i : look->busiest[i];
        bool placed = look->by_cost || simulation->models == 2;
        add_mark(plot, signs[i], paints[look->colour[model]] + 1u,
                 placed ? tgr_look_model_x(look, model) : NAN,
                 tgr_look_baseline_quality(simulation, &simulation->alone[model]),
                 simulation->model_names[model]);
    }
    if (look->by_cost) {
        add_mark(plot, 'O', 0, simulation->oracle.cost,
                 tgr_look_baseline_quality(simulation, &simulation->oracle), "oracle");
        add_mark(plot, '?', PAINT_SOFT, simulation->random.cost,
                 tgr_look_baseline_quality(simulation, &simulation->random), "random");
    }
}

static bool find_axes(text_plot *plot)
{
    const tgr_look *look = plot->look;
    const tgr_simulation *simulation = look->simulation;
    double low = INFINITY, high = -INFINITY, most = look->by_cost ? 0 : 1;
    bool any = false;
    for (size_t i = 0; i < simulation->points; i++) {
        double x = tgr_look_x(look, &simulation->curve[i]);
        double quality = tgr_look_quality(simulation, &simulation->curve[i]);
        if (!isnan(x) && !isnan(quality)) {
            any = true;
            most = fmax(most, x);
            low = fmin(low, quality);
            high = fmax(high, quality);
        }
    }
    for (size_t i = 0; i < plot->mark_count; i++) {
        most = fmax(most, plot->marks[i].x);
        low = fmin(low, plot->marks[i].quality);
        high = fmax(high, plot->marks[i].quality);
    }
    bool shares = simulation->quality == TGR_QUALITY_ACCEPT;
    plot->x = tgr_axis_make(0, most, plot->options->columns / 14,
                            look->by_cost ? TGR_UNIT_MONEY : TGR_UNIT_SHARE, false);
    plot->y = tgr_axis_make(low, high, plot->options->rows / 2,
                            shares ? TGR_UNIT_SHARE : TGR_UNIT_NUMBER, true);
    return any;
}

static void draw_curve(text_plot *plot)
{
    const tgr_look *look = plot->look;
    const tgr_simulation *simulation = look->simulation;
    double last_x = NAN, last_y = NAN;
    for (size_t i = 0; i < simulation->points; i++) {
        const tgr_point *point = &simulation->curve[look->rising[i]];
        double x = tgr_axis_part(&plot->x, tgr_look_x(look, point));
        double y = tgr_axis_part(&plot->y, tgr_look_quality(simulation, point));
        if (isnan(x) || isnan(y)) {
            continue;
        }
        tgr_canvas_line(plot->canvas, isnan(last_x) ? x : last_x, isnan(last_y) ? y : last_y, x, y);
        last_x = x;
        last_y = y;
    }
}

static void draw_marks(text_plot *plot)
{
    for (size_t i = 0; i < plot->mark_count; i++) {
        mark *at = &plot->marks[i];
        at->hidden = !tgr_canvas_sign(plot->canvas, tgr_axis_part(&plot->x, at->x),
                                      tgr_axis_part(&plot->y, at->quality), at->sign, at->paint);
    }
}

/* ---- text -------------------------------------------------------------------------------------
 */

static void find_labels(text_plot *plot)
{
    double value;
    for (size_t i = 0; tgr_axis_tick(&plot->y, i, &value); i++) {
        size_t row = tgr_canvas_row(plot->canvas, tgr_axis_part(&plot->y, value));
        tgr_axis_label(&plot->y, value, plot->labels[row]);
        size_t length = strlen(plot->labels[row]);
        plot->label_width = length > plot->label_width ? length : plot->label_width;
    }
}

static void begin_paint(const text_plot *plot, tgr_buffer *out, unsigned char paint)
{
    if (plot->options->colour && paint > 0) {
        tgr_buffer_format(out, "\033[38;5;%um", paint - 1u);
    }
}

static void end_paint(const text_plot *plot, tgr_buffer *out, unsigned char paint)
{
    if (plot->options->colour && paint > 0) {
        tgr_buffer_text(out, "\033[0m");
    }
}

static void put_cell(const text_plot *plot, tgr_buffer *out, size_t cell)
{
    const tgr_canvas *canvas = plot->canvas;
    char sign = canvas->signs[cell];
    unsigned char paint = sign != 0                 ? canvas->paint[cell]
                          : canvas->dots[cell] != 0 ? PAINT_CURVE + 1
                                                    : 0;
    begin_paint(plot, out, paint);
    if (sign != 0) {
        tgr_buffer_add(out, &sign, 1);
    } else {
        tgr_canvas_put_dots(canvas, cell, plot->options->ascii, out);
    }
    end_paint(plot, out, paint);
}

/* The end of what is to be seen in a row. */
static size_t row_end(const tgr_canvas *canvas, size_t row)
{
    size_t end = canvas->columns;
    while (end > 0 && canvas->signs[row * canvas->columns + end - 1] == 0 &&
           canvas->dots[row * canvas->columns + end - 1] == 0) {
        end--;
    }
    return end;
}

static void put_rows(const text_plot *plot, tgr_buffer *out)
{
    const tgr_canvas *canvas = plot->canvas;
    bool ascii = plot->options->ascii;
    for (size_t row = 0; row < canvas->rows; row++) {
        bool tick = plot->labels[row][0] != '\0';
        tgr_buffer_format(out, "  %*s %s", (int)plot->label_width, plot->labels[row],
                          ascii  ? tick ? "+" : "|"
                          : tick ? "\xe2\x94\xa4"
                                 : "\xe2\x94\x82");
        size_t end = row_end(canvas, row);
        for (size_t column = 0; column < end; column++) {
            put_cell(plot, out, row * canvas->columns + column);
        }
        tgr_buffer_add(out, "\n", 1);
    }
}

/* Whether a tick stands below a column. */
static bool tick_at(const text_plot *plot, size_t column)
{
    double value;
    for (size_t i = 0; tgr_axis_tick(&plot->x, i, &value); i++) {
        if (tgr_canvas_column(plot->canvas, tgr_axis_part(&plot->x, value)) == column) {
            return true;
        }
    }
    return false;
}

static void put_x_axis(const text_plot *plot, tgr_buffer *out)
{
    bool ascii = plot->options->ascii;
    char line[256], label[TGR_WORD_SIZE];
    size_t columns = plot->canvas->columns, used = 0;
    double value;
    tgr_buffer_format(out, "  %*s %s", (int)plot->label_width, "", ascii ? "+" : "\xe2\x94\x94");
    for (size_t column = 0; column < columns; column++) {
        bool tick = tick_at(plot, column);
        tgr_buffer_text(out, ascii ? tick ? "+" : "-" : tick ? "\xe2\x94\xac" : "\xe2\x94\x80");
    }
    memset(line, ' ', sizeof line);
    size_t end = 0;
    for (size_t i = 0; tgr_axis_tick(&plot->x, i, &value); i++) {
        size_t length = strlen(tgr_axis_label(&plot->x, value, label));
        size_t column = tgr_canvas_column(plot->canvas, tgr_axis_part(&plot->x, value));
        size_t start = column > length / 2 ? column - length / 2 : 0;
        if ((used == 0 || start > used) && start + length < columns + 6) {
            memcpy(line + start, label, length);
            end = used = start + length;
        }
    }
    line[end] = '\0';
    tgr_buffer_format(out, "\n  %*s  %s  %s\n", (int)plot->label_width, "", line,
                      plot->look->by_cost ? "cost" : "to the reference");
}

/* The signs' names, as many in a line as fit. */
static void put_names(const text_plot *plot, tgr_buffer *out)
{
    size_t used = 0;
    for (size_t i = 0; i < plot->mark_count; i++) {
        const mark *at = &plot->marks[i];
        char name[4 * LONGEST + 4], clean[4 * LONGEST + 4];
        tgr_word_name(name, at->name, LONGEST);
        size_t length = 0;
        for (const char *c = name; *c != '\0'; c++) {
            bool shown = (unsigned char)*c >= 0x20 && *c != 0x7f;
            clean[length++] = shown && !(plot->options->ascii && (*c & 0x80)) ? *c : '?';
        }
        clean[length] = '\0';
        size_t width = tgr_word_length(clean) + 5;
        if (used > 0 && used + width > plot->options->columns) {
            tgr_buffer_add(out, "\n", 1);
            used = 0;
        }
        tgr_buffer_text(out, used == 0 ? "    " : "   ");
        begin_paint(plot, out, at->paint);
        tgr_buffer_add(out, &at->sign, 1);
        end_paint(plot, out, at->paint);
        tgr_buffer_format(out, " %s", clean);
        used += width;
    }
    tgr_buffer_add(out, "\n", 1);
}

static void put_all(text_plot *plot, tgr_buffer *out)
{
    const tgr_simulation *simulation = plot->look->simulation;
    size_t rows = plot->options->rows;
    tgr_canvas_clear(plot->canvas, 8, rows); /* labels need the rows alone */
    find_labels(plot);
    tgr_canvas_clear(plot->canvas, plot->options->columns - plot->label_width - 4, rows);
    draw_curve(plot);
    draw_marks(plot);
    tgr_buffer_format(out, "  %*s\n", (int)plot->label_width, tgr_look_quality_name(simulation));
    put_rows(plot, out);
    put_x_axis(plot, out);
    put_names(plot, out);
}

static tgr_status check_options(const tgr_plot_options *options, tgr_error *error)
{
    if (options->columns < 40 || options->columns > 200 || options->rows < 6 ||
        options->rows > 60) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a plot has 40 to 200 columns and 6 to 60 rows, not %zu and %zu",
                        options->columns, options->rows);
    }
    return TGR_OK;
}

tgr_status tgr_simulation_plot(const tgr_simulation *simulation, const tgr_plot_options *options,
                               char **text, size_t *length, tgr_error *error)
{
    tgr_plot_options own;
    tgr_look look = {0};
    tgr_buffer out = {0};
    text_plot *plot = NULL;
    tgr_status status = TGR_OK;
    tgr_plot_options_init(&own);
    TGR_TRY(tgr_options_copy(&own, sizeof own, options, error));
    TGR_TRY(check_options(&own, error));
    TGR_TRY(tgr_look_open(&look, simulation, error));
    plot = tgr_mem_zalloc(1, sizeof *plot + sizeof(tgr_canvas));
    if (plot == NULL) {
        status = tgr_fail_memory(error, "the plot");
        goto done;
    }
    plot->canvas = (tgr_canvas *)(plot + 1);
    plot->look = &look;
    plot->options = &own;
    find_marks(plot);
    if (find_axes(plot)) {
        put_all(plot, &out);
    }
    TGR_TRY(tgr_text_result(&out, text, length, "the plot", error));
done:
    tgr_mem_free(plot);
    tgr_look_close(&look);
    return status;
}
