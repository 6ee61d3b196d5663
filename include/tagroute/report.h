/* report.h - a simulation as a page, as a table for programs, and as a plot for terminals. */
#ifndef TAGROUTE_REPORT_H
#define TAGROUTE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/export.h>
#include <tagroute/simulate.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each writes NUL-terminated UTF-8 text; *text is the caller's, to be freed with tgr_free. length
 * may be NULL. They fail only where memory is short. */

/* One HTML page that needs nothing else: plots, and every figure as text. Curves of many points are
 * thinned for the eye; the page says so, and stays below a megabyte. */
TGR_API tgr_status tgr_simulation_html(const tgr_simulation *simulation, char **text,
                                       size_t *length, tgr_error *error);

/* Every figure as comma-separated values: a row a point, baseline, metric, bin of margins, group of
 * queries or part of the savings, which the column `kind` tells. Where figures have intervals, each
 * has a column of its low and of its high end. */
TGR_API tgr_status tgr_simulation_csv(const tgr_simulation *simulation, char **text, size_t *length,
                                      tgr_error *error);

typedef struct tgr_plot_options {
    size_t size;    /* sizeof(tgr_plot_options) */
    size_t columns; /* 40 to 200 */
    size_t rows;    /* of the plot itself, 6 to 60 */
    bool ascii;     /* nothing but ASCII; else dots of Braille patterns */
    bool colour;    /* escape sequences of terminals */
} tgr_plot_options;

/* Defaults: 76 columns, 14 rows, no ASCII, no colour. */
TGR_API void tgr_plot_options_init(tgr_plot_options *options);

/* The curve of quality against cost as text; "" where there is nothing to plot. */
TGR_API tgr_status tgr_simulation_plot(const tgr_simulation *simulation,
                                       const tgr_plot_options *options, char **text, size_t *length,
                                       tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
