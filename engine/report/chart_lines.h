/* chart_lines.h - lines over places side by side, such as tenths of the queries or thresholds. */
#ifndef TGR_REPORT_CHART_LINES_H
#define TGR_REPORT_CHART_LINES_H

#include <stddef.h>

#include "engine/base/buffer.h"
#include "engine/report/axis.h"

typedef struct tgr_line_chart {
    const char *id, *title, *description;
    const char *x_name, *y_name;
    tgr_unit unit;
    size_t places, lines;
    size_t ticks;                                                 /* places that are labelled */
    double (*value)(const void *user, size_t line, size_t place); /* NaN: none */
    unsigned (*colour)(const void *user, size_t line);            /* as of models */
    void (*label)(const void *user, size_t place, char *text, size_t size);
    void (*tip)(const void *user, size_t place, tgr_buffer *out); /* escapes what is not its own */
    const void *user;
} tgr_line_chart;

/* Nothing where no line has a value. */
void tgr_chart_lines(tgr_buffer *out, const tgr_line_chart *chart);

#endif
