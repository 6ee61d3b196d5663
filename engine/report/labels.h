/* labels.h - names beside marks, placed where they hide nothing. */
#ifndef TGR_REPORT_LABELS_H
#define TGR_REPORT_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/report/svg.h"

#define TGR_LABELS_MOST 1024

typedef struct tgr_label_box {
    double left, top, right, bottom;
} tgr_label_box;

/* What is taken already. Beyond its room it forgets, and labels may then overlap. */
typedef struct tgr_labels {
    const tgr_plot *plot;
    tgr_label_box taken[TGR_LABELS_MOST];
    size_t count;
} tgr_labels;

/* Takes a square of `size` units around a place. */
void tgr_labels_take(tgr_labels *labels, double x, double y, double size);

/* Takes the line between two places. */
void tgr_labels_take_line(tgr_labels *labels, double x1, double y1, double x2, double y2);

/* Writes a text beside the mark at a place, unless there is no room for it. */
void tgr_labels_put(tgr_labels *labels, const char *class, double x, double y, const char *text);

#endif
