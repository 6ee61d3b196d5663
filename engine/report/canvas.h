/* canvas.h - a rectangle of characters with dots finer than they are. */
#ifndef TGR_REPORT_CANVAS_H
#define TGR_REPORT_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buffer.h"

#define TGR_CANVAS_CELLS (200 * 60)

/* Two by four dots a character; a sign in their place hides them. */
typedef struct tgr_canvas {
    size_t columns, rows;
    unsigned char dots[TGR_CANVAS_CELLS];  /* a bit each */
    char signs[TGR_CANVAS_CELLS];          /* 0: none */
    unsigned char paint[TGR_CANVAS_CELLS]; /* of the sign, as handed in */
} tgr_canvas;

void tgr_canvas_clear(tgr_canvas *canvas, size_t columns, size_t rows);

/* Places are parts of the width, from the left, and of the height, from the bottom. */
void tgr_canvas_line(tgr_canvas *canvas, double x1, double y1, double x2, double y2);

/* Puts a sign, unless another is there already: then false. */
bool tgr_canvas_sign(tgr_canvas *canvas, double x, double y, char sign, unsigned char paint);

/* The row, from the top, of a place. */
size_t tgr_canvas_row(const tgr_canvas *canvas, double y);
size_t tgr_canvas_column(const tgr_canvas *canvas, double x);

/* One character of dots: a Braille pattern, or ASCII. Nothing is a blank. */
void tgr_canvas_put_dots(const tgr_canvas *canvas, size_t cell, bool ascii, tgr_buffer *out);

#endif
