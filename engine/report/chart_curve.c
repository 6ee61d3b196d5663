/* chart_curve.c - quality against cost. */
#include <math.h>
#include <stdio.h>

#include "engine/report/charts.h"
#include "engine/report/labels.h"
#include "engine/report/svg.h"
#include "engine/report/tips.h"
#include "engine/report/words.h"

#define MOST_PLACES 600 /* of a line */
#define MOST_SPOTS  120
#define MOST_STEPS  300 /* of the front */

/* ---- ranges -----------------------------------------------------------------------------------
 */

typedef struct range {
    double low, high;
} range;

static void widen(range *r, double value)
{
    if (!isnan(value)) {
        r->low = fmin(r->low, value);
        r->high = fmax(r->high, value);
    }
}

static void widen_by_baseline(range *x, range *y, const tgr_look *look,
                              const tgr_baseline *baseline)
{
    double quality = tgr_look_baseline_quality(look->simulation, baseline);
    if (look->by_cost && !isnan(baseline->cost) && !isnan(quality)) {
        widen(x, baseline->cost);
        widen(y, quality);
    }
}

static void find_ranges(const tgr_look *look, range *x, range *y)
{
    const tgr_simulation *simulation = look->simulation;
    *x = (range){0, look->by_cost ? 0 : 1};
    *y = (range){INFINITY, -INFINITY};
    for (size_t i = 0; i < simulation->points; i++) {
        widen(x, tgr_look_x(look, &simulation->curve[i]));
        widen(y, tgr_look_quality(simulation, &simulation->curve[i]));
        if (look->low != NULL) {
            widen(y, tgr_look_quality(look->low, &look->low->curve[i]));
            widen(y, tgr_look_quality(look->high, &look->high->curve[i]));
        }
    }
    for (size_t model = 0; model < simulation->models; model++) {
        widen_by_baseline(x, y, look, &simulation->alone[model]);
    }
    widen_by_baseline(x, y, look, &simulation->oracle);
    widen_by_baseline(x, y, look, &simulation->random);
    widen_by_baseline(x, y, look, &simulation->cost_matched_random);
    if (!look->by_cost && simulation->models == 2) {
        widen(y, tgr_look_baseline_quality(simulation, &simulation->alone[0]));
        widen(y, tgr_look_baseline_quality(simulation, &simulation->alone[1]));
    }
}

bool tgr_chart_curve_has(const tgr_look *look)
{
    const tgr_simulation *simulation = look->simulation;
    bool any = false;
    for (size_t i = 0; i < simulation->points; i++) {
        any |= !isnan(tgr_look_x(look, &simulation->curve[i])) &&
               !isnan(tgr_look_quality(simulation, &simulation->curve[i]));
    }
    return any;
}

/* ---- lines ------------------------------------------------------------------------------------
 */

typedef struct drawing {
    const tgr_look *look;
    const tgr_front *front;
    tgr_plot plot;
    tgr_labels labels;
} drawing;

/* The i-th of the points that a line goes through; SIZE_MAX where it has no place. */
static size_t place_on_line(const tgr_look *look, size_t i, size_t shown)
{
    size_t count = look->simulation->points;
    size_t point = look->rising[tgr_look_choice(i, shown, count)];
    const tgr_point *at = &look->simulation->curve[point];
    bool drawn = !isnan(tgr_look_x(look, at)) && !isnan(tgr_look_quality(look->simulation, at));
    return drawn ? point : (size_t)-1;
}

static size_t places_on_line(const tgr_look *look, size_t most)
{
    size_t points = look->simulation->points;
    return points < most ? points : most;
}

static void draw_curve(drawing *d)
{
    tgr_buffer *out = d->plot.out;
    const tgr_simulation *simulation = d->look->simulation;
    size_t shown = places_on_line(d->look, MOST_PLACES);
    double last_x = NAN, last_y = NAN;
    tgr_buffer_text(out, "<path class=\"curve\" d=\"");
    for (size_t i = 0; i < shown; i++) {
        size_t point = place_on_line(d->look, i, shown);
        if (point != (size_t)-1) {
            const tgr_point *at = &simulation->curve[point];
            double x = tgr_svg_x(&d->plot, tgr_look_x(d->look, at));
            double y = tgr_svg_y(&d->plot, tgr_look_quality(simulation, at));
            tgr_svg_step(out, isnan(last_x) ? 'M' : 'L', x, y);
            if (!isnan(last_x)) {
                tgr_labels_take_line(&d->labels, last_x, last_y, x, y);
            }
            last_x = x;
            last_y = y;
        }
    }
    tgr_buffer_text(out, "\"/>\n");
}

static void draw_band(drawing *d)
{
    const tgr_look *look = d->look;
    tgr_buffer *out = d->plot.out;
    if (look->low == NULL) {
        return;
    }
    size_t shown = places_on_line(look, MOST_PLACES), drawn = 0;
    tgr_buffer_text(out, "<path class=\"band\" d=\"");
    for (size_t i = 0; i < 2 * shown; i++) { /* there along the upper end, back along the lower */
        size_t point = place_on_line(look, i < shown ? i : 2 * shown - 1 - i, shown);
        if (point == (size_t)-1) {
            continue;
        }
        const tgr_simulation *end = i < shown ? look->high : look->low;
        double quality = tgr_look_quality(end, &end->curve[point]);
        if (!isnan(quality)) {
            tgr_svg_step(out, drawn++ == 0 ? 'M' : 'L',
                         tgr_svg_x(&d->plot, tgr_look_x(look, &look->simulation->curve[point])),
                         tgr_svg_y(&d->plot, quality));
        }
    }
    tgr_buffer_text(out, drawn > 0 ? "Z\"/>\n" : "\"/>\n");
}

/* A staircase: between two places nothing cheaper than the second is as good. */
static void draw_front(drawing *d)
{
    tgr_buffer *out = d->plot.out;
    size_t shown = d->front->count < MOST_STEPS ? d->front->count : MOST_STEPS;
    double last_x = 0, last_y = 0;
    if (shown < 2) {
        return;
    }
    tgr_buffer_text(out, "<path class=\"front\" d=\"");
    for (size_t i = 0; i < shown; i++) {
        const tgr_front_place *place =
            &d->front->places[tgr_look_choice(i, shown, d->front->count)];
        double x = tgr_svg_x(&d->plot, place->x), y = tgr_svg_y(&d->plot, place->quality);
        if (i == 0) {
            tgr_svg_step(out, 'M', x, y);
        } else {
            tgr_labels_take_line(&d->labels, last_x, last_y, x, last_y);
            tgr_labels_take_line(&d->labels, x, last_y, x, y);
            tgr_buffer_add(out, "H", 1);
            tgr_svg_number(out, x);
            tgr_buffer_add(out, "V", 1);
            tgr_svg_number(out, y);
        }
        last_x = x;
        last_y = y;
    }
    tgr_buffer_text(out, "\"/>\n");
}

/* ---- marks ------------------------------------------------------------------------------------
 */

typedef struct marked {
    double x, y;
    const tgr_baseline *baseline;
    const char *name;
} marked;

static bool find_mark(const drawing *d, double x, const tgr_baseline *baseline, const char *name,
                      marked *found)
{
    double quality = tgr_look_baseline_quality(d->look->simulation, baseline);
    *found = (marked){tgr_svg_x(&d->plot, x), tgr_svg_y(&d->plot, quality), baseline, name};
    return !isnan(x) && !isnan(quality);
}

static void draw_baseline(drawing *d, tgr_mark mark, const char *class,
                          const tgr_baseline *baseline, const char *name)
{
    marked at;
    if (d->look->by_cost && find_mark(d, baseline->cost, baseline, name, &at)) {
        tgr_svg_mark(d->plot.out, mark, class, at.x, at.y);
        tgr_labels_take(&d->labels, at.x, at.y, 14);
    }
}

static void draw_models(drawing *d)
{
    const tgr_simulation *simulation = d->look->simulation;
    for (size_t model = 0; model < simulation->models; model++) {
        char class[16];
        marked at;
        snprintf(class, sizeof class, "dot m%u", d->look->colour[model]);
        if ((d->look->by_cost || simulation->models == 2) &&
            find_mark(d, tgr_look_model_x(d->look, model), &simulation->alone[model],
                      simulation->model_names[model], &at)) {
            tgr_svg_mark(d->plot.out, TGR_MARK_DOT, class, at.x, at.y);
            tgr_labels_take(&d->labels, at.x, at.y, 13);
        }
    }
}

static void draw_best(drawing *d)
{
    const tgr_point *best = tgr_look_best(d->look->simulation);
    if (best != NULL) {
        double x = tgr_look_x(d->look, best), y = tgr_look_quality(d->look->simulation, best);
        if (!isnan(x) && !isnan(y)) {
            tgr_svg_mark(d->plot.out, TGR_MARK_RING, "best", tgr_svg_x(&d->plot, x),
                         tgr_svg_y(&d->plot, y));
            tgr_labels_take(&d->labels, tgr_svg_x(&d->plot, x), tgr_svg_y(&d->plot, y), 16);
        }
    }
}

/* ---- names and tips ---------------------------------------------------------------------------
 */

static void name_baseline(drawing *d, double x, const tgr_baseline *baseline, const char *name)
{
    marked at;
    if (!find_mark(d, x, baseline, name, &at)) {
        return;
    }
    char label[4 * 28 + 4];
    tgr_labels_put(&d->labels, "label", at.x, at.y, tgr_word_name(label, name, 22));
    tgr_svg_spot(d->plot.out, at.x, at.y);
    tgr_tip_baseline(d->plot.out, name, baseline);
    tgr_svg_tip_end(d->plot.out, "circle");
}

static void name_model(drawing *d, size_t model)
{
    const tgr_simulation *simulation = d->look->simulation;
    name_baseline(d, tgr_look_model_x(d->look, model), &simulation->alone[model],
                  simulation->model_names[model]);
}

/* The first ones get the best places. */
static void name_all(drawing *d)
{
    const tgr_look *look = d->look;
    const tgr_simulation *simulation = look->simulation;
    bool placed = look->by_cost || simulation->models == 2;
    if (placed) {
        name_model(d, simulation->reference);
    }
    for (size_t i = 0; i < simulation->models && placed; i++) {
        if (look->busiest[i] != simulation->reference) {
            name_model(d, look->busiest[i]);
        }
    }
    if (look->by_cost) {
        name_baseline(d, simulation->oracle.cost, &simulation->oracle, "oracle");
        name_baseline(d, simulation->random.cost, &simulation->random, "random");
        name_baseline(d, simulation->cost_matched_random.cost, &simulation->cost_matched_random,
                      "same shares at random");
    }
}

static void add_spots(drawing *d)
{
    const tgr_simulation *simulation = d->look->simulation;
    size_t shown = places_on_line(d->look, MOST_SPOTS);
    for (size_t i = 0; i < shown; i++) {
        size_t point = place_on_line(d->look, i, shown);
        if (point != (size_t)-1) {
            const tgr_point *at = &simulation->curve[point];
            tgr_svg_spot(d->plot.out, tgr_svg_x(&d->plot, tgr_look_x(d->look, at)),
                         tgr_svg_y(&d->plot, tgr_look_quality(simulation, at)));
            tgr_tip_point(d->plot.out, d->look, point);
            tgr_svg_tip_end(d->plot.out, "circle");
        }
    }
}

/* ---- all of it --------------------------------------------------------------------------------
 */

static void describe(const drawing *d, const char *x_name, char *text, size_t size)
{
    if (d->look->simulation->given) {
        snprintf(text, size,
                 "One point by its %s, beside others. The tables below hold every "
                 "figure.",
                 x_name);
        return;
    }
    snprintf(text, size,
             "A line of %zu thresholds from the least to the most %s. The tables below hold every "
             "figure.",
             d->look->simulation->points, x_name);
}

void tgr_chart_curve(tgr_buffer *out, const tgr_look *look, const tgr_front *front, bool narrow)
{
    range x, y;
    char text[200];
    const char *x_name = look->by_cost ? "cost in USD" : "share to the reference";
    find_ranges(look, &x, &y);
    drawing d = {.look = look, .front = front};
    d.plot = (tgr_plot){
        .out = out,
        .id = narrow ? "curve-narrow" : "curve-wide",
        .width = narrow ? 360 : 880,
        .height = narrow ? 340 : 440,
        .left = narrow ? 44 : 52,
        .right = narrow ? 350 : 864,
        .top = 30,
        .bottom = narrow ? 288 : 388,
        .x = tgr_axis_make(x.low, x.high + (x.high - x.low) * (look->by_cost ? 0.04 : 0),
                           narrow ? 4 : 8, look->by_cost ? TGR_UNIT_MONEY : TGR_UNIT_SHARE, false),
        .y = tgr_axis_make(y.low, y.high, narrow ? 5 : 7,
                           look->simulation->quality == TGR_QUALITY_ACCEPT ? TGR_UNIT_SHARE
                                                                           : TGR_UNIT_NUMBER,
                           true),
    };
    d.labels.plot = &d.plot;
    describe(&d, x_name, text, sizeof text);
    tgr_svg_begin(&d.plot, narrow ? "narrow" : "wide", "Quality against cost", text);
    tgr_svg_y_axis(&d.plot, tgr_look_quality_name(look->simulation));
    tgr_svg_x_axis(&d.plot, x_name, true);
    draw_band(&d);
    draw_curve(&d);
    draw_front(&d);
    draw_baseline(&d, TGR_MARK_PLUS, "chance", &look->simulation->cost_matched_random, "");
    draw_baseline(&d, TGR_MARK_CROSS, "chance", &look->simulation->random, "");
    draw_baseline(&d, TGR_MARK_DIAMOND, "oracle", &look->simulation->oracle, "");
    draw_models(&d);
    draw_best(&d);
    add_spots(&d);
    name_all(&d);
    tgr_svg_end(&d.plot);
}
