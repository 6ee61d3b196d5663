/* table.h - tables of HTML. A figure is written as people read it, with its exact value in the
 * element's `value`. */
#ifndef TGR_REPORT_TABLE_H
#define TGR_REPORT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/policy.h>

#include "engine/base/buffer.h"

/* Begins a table that scrolls by itself where the page is narrow, up to its first row of heads. */
void tgr_table_begin(tgr_buffer *out, const char *caption);
void tgr_table_head(tgr_buffer *out, const char *text);
void tgr_table_text_head(tgr_buffer *out, const char *text); /* of a column of words */
void tgr_table_body(tgr_buffer *out);                        /* after the heads */
void tgr_table_end(tgr_buffer *out);

/* A row, beginning with what it is about. class: "" or that of page.css. */
void tgr_table_row(tgr_buffer *out, const char *class, const char *name);
void tgr_table_threshold_row(tgr_buffer *out, const char *class, tgr_policy policy,
                             double threshold);
void tgr_table_row_end(tgr_buffer *out);

/* The colour of a model before the name of the row that begins with it. */
void tgr_table_model_row(tgr_buffer *out, const char *class, unsigned colour, const char *name,
                         const char *remark);

void tgr_table_text(tgr_buffer *out, const char *text);
void tgr_table_count(tgr_buffer *out, uint64_t count);
void tgr_table_weight(tgr_buffer *out, double queries); /* that others stand for */

/* NaN is an empty cell that says so. */
typedef enum tgr_figure {
    TGR_FIGURE_MONEY,
    TGR_FIGURE_SHARE,
    TGR_FIGURE_FRACTION,
    TGR_FIGURE_PLAIN
} tgr_figure;

void tgr_table_figure(tgr_buffer *out, tgr_figure figure, double value);

/* With the ends of its interval below, where there is one that says more: low is NULL where there
 * is none. */
void tgr_table_sure(tgr_buffer *out, tgr_figure figure, double value, const double *low,
                    const double *high);

/* A price a token, read as that of a million. */
void tgr_table_price(tgr_buffer *out, double usd);

/* A figure within text, with its exact value. */
void tgr_html_figure(tgr_buffer *out, tgr_figure figure, double value);

#endif
