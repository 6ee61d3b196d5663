/* svg.h - a plot as SVG: a frame with two axes, and what is drawn into it.
 *
 * Colours and line styles are classes of page.css, which knows light, dark and paper. A mark with a
 * tip shows that text when pointed at: as the browser's own, or nicer by page.js.
 */
#ifndef TGR_REPORT_SVG_H
#define TGR_REPORT_SVG_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buffer.h"
#include "engine/report/axis.h"

typedef struct tgr_plot {
    tgr_buffer *out;
    const char *id; /* of the title and description; letters */
    double width, height;
    double left, right, top, bottom; /* edges of the frame */
    tgr_axis x, y;
} tgr_plot;

/* Opens the element; title and description are for those who do not see it. class: more classes,
 * or "". */
void tgr_svg_begin(const tgr_plot *plot, const char *class, const char *title,
                   const char *description);
void tgr_svg_end(const tgr_plot *plot);

double tgr_svg_x(const tgr_plot *plot, double value);
double tgr_svg_y(const tgr_plot *plot, double value);

/* Labels at the ticks, with lines for y, and what the axes are. */
void tgr_svg_x_axis(const tgr_plot *plot, const char *name, bool ticks);
void tgr_svg_y_axis(const tgr_plot *plot, const char *name);

/* A number as coordinates have them: a tenth of a unit is enough. */
void tgr_svg_number(tgr_buffer *out, double value);

/* Parts of a path: "M" or "L" and a place in units. */
void tgr_svg_step(tgr_buffer *out, char letter, double x, double y);

typedef enum tgr_mark {
    TGR_MARK_DOT,
    TGR_MARK_DIAMOND,
    TGR_MARK_CROSS,
    TGR_MARK_PLUS,
    TGR_MARK_RING
} tgr_mark;

/* A mark of a class, around a place in units. */
void tgr_svg_mark(tgr_buffer *out, tgr_mark mark, const char *class, double x, double y);

/* A tip: begins what is pointed at, to be followed by its text (tgr_html_text) and tgr_svg_tip_end.
 */
void tgr_svg_spot(tgr_buffer *out, double x, double y);
void tgr_svg_field(tgr_buffer *out, const char *class, double x, double y, double width,
                   double height);
void tgr_svg_tip_end(tgr_buffer *out, const char *element);

/* anchor: "start", "middle" or "end". */
void tgr_svg_text(tgr_buffer *out, const char *class, double x, double y, const char *anchor,
                  const char *text);

#endif
