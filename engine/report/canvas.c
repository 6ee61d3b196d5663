/* canvas.c - dots, lines and signs. */
#include "engine/report/canvas.h"

#include <math.h>
#include <string.h>

#define ACROSS 2
#define DOWN   4

void tgr_canvas_clear(tgr_canvas *canvas, size_t columns, size_t rows)
{
    memset(canvas, 0, sizeof *canvas);
    canvas->columns = columns;
    canvas->rows = rows;
}

/* 0 .. count - 1 of a part of the whole. */
static size_t place(double part, size_t count)
{
    double at = floor(part * (double)count);
    at = fmin(fmax(at, 0), (double)(count - 1)); /* also for what is no number */
    return (size_t)at;
}

size_t tgr_canvas_column(const tgr_canvas *canvas, double x)
{
    return place(x, canvas->columns);
}

size_t tgr_canvas_row(const tgr_canvas *canvas, double y)
{
    return canvas->rows - 1 - place(y, canvas->rows);
}

static void dot(tgr_canvas *canvas, double x, double y)
{
    /* Braille's dots 1, 2, 3, 7 on the left and 4, 5, 6, 8 on the right, from the top */
    static const unsigned char bits[ACROSS][DOWN] = {{0x01, 0x02, 0x04, 0x40},
                                                     {0x08, 0x10, 0x20, 0x80}};
    size_t across = place(x, canvas->columns * ACROSS);
    size_t down = canvas->rows * DOWN - 1 - place(y, canvas->rows * DOWN);
    canvas->dots[down / DOWN * canvas->columns + across / ACROSS] |=
        bits[across % ACROSS][down % DOWN];
}

void tgr_canvas_line(tgr_canvas *canvas, double x1, double y1, double x2, double y2)
{
    double across = fabs(x2 - x1) * (double)(canvas->columns * ACROSS);
    double down = fabs(y2 - y1) * (double)(canvas->rows * DOWN);
    size_t steps = (size_t)fmin(fmax(across, down) + 1, 4096);
    for (size_t i = 0; i <= steps; i++) {
        double part = (double)i / (double)steps;
        dot(canvas, x1 + part * (x2 - x1), y1 + part * (y2 - y1));
    }
}

bool tgr_canvas_sign(tgr_canvas *canvas, double x, double y, char sign, unsigned char paint)
{
    size_t cell = tgr_canvas_row(canvas, y) * canvas->columns + tgr_canvas_column(canvas, x);
    if (canvas->signs[cell] != 0) {
        return false;
    }
    canvas->signs[cell] = sign;
    canvas->paint[cell] = paint;
    return true;
}

void tgr_canvas_put_dots(const tgr_canvas *canvas, size_t cell, bool ascii, tgr_buffer *out)
{
    unsigned char dots = canvas->dots[cell];
    if (dots == 0) {
        tgr_buffer_add(out, " ", 1);
    } else if (ascii) {
        bool top = (dots & 0x1b) != 0, bottom = (dots & 0xe4) != 0;
        tgr_buffer_add(out, top && bottom ? ":" : top ? "'" : ".", 1);
    } else { /* U+2800 and eight bits */
        char text[3] = {(char)0xe2, (char)(0xa0 | dots >> 6), (char)(0x80 | (dots & 0x3f))};
        tgr_buffer_add(out, text, 3);
    }
}
