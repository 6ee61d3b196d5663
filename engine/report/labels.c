/* labels.c - the first of a few places around the mark that is free. */
#include "engine/report/labels.h"

#include <math.h>
#include <string.h>

#include "engine/report/words.h"

/* Of the font that page.css gives labels, about. */
#define CHARACTER 6.9
#define ASCENT    10
#define DESCENT   4
#define LINE_STEP 7

static void take(tgr_labels *labels, tgr_label_box box)
{
    if (labels->count < TGR_LABELS_MOST) {
        labels->taken[labels->count++] = box;
    }
}

void tgr_labels_take(tgr_labels *labels, double x, double y, double size)
{
    take(labels, (tgr_label_box){x - size / 2, y - size / 2, x + size / 2, y + size / 2});
}

void tgr_labels_take_line(tgr_labels *labels, double x1, double y1, double x2, double y2)
{
    double steps = ceil(hypot(x2 - x1, y2 - y1) / LINE_STEP);
    for (double i = 0; i <= steps && steps < TGR_LABELS_MOST; i++) {
        double part = steps > 0 ? i / steps : 0;
        tgr_labels_take(labels, x1 + part * (x2 - x1), y1 + part * (y2 - y1), 4);
    }
}

static bool is_free(const tgr_labels *labels, const tgr_label_box *box)
{
    const tgr_plot *plot = labels->plot;
    if (box->left < plot->left + 2 || box->right > plot->width - 2 || box->top < 2 ||
        box->bottom > plot->bottom - 1) {
        return false;
    }
    for (size_t i = 0; i < labels->count; i++) {
        const tgr_label_box *other = &labels->taken[i];
        if (box->left < other->right && other->left < box->right && box->top < other->bottom &&
            other->top < box->bottom) {
            return false;
        }
    }
    return true;
}

void tgr_labels_put(tgr_labels *labels, const char *class, double x, double y, const char *text)
{
    static const struct {
        double x, y;
        const char *anchor;
    } places[] = {{11, 4, "start"},   {-11, 4, "end"},  {0, -12, "middle"}, {0, 20, "middle"},
                  {9, -9, "start"},   {-9, -9, "end"},  {9, 17, "start"},   {-9, 17, "end"},
                  {0, -26, "middle"}, {0, 34, "middle"}};
    double width = CHARACTER * (double)tgr_word_length(text);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        double at = x + places[i].x, base = y + places[i].y;
        double left = places[i].anchor[0] == 's'   ? at
                      : places[i].anchor[0] == 'e' ? at - width
                                                   : at - width / 2;
        tgr_label_box box = {left, base - ASCENT, left + width, base + DESCENT};
        if (is_free(labels, &box)) {
            take(labels, box);
            tgr_svg_text(labels->plot->out, class, at, base, places[i].anchor, text);
            return;
        }
    }
}
