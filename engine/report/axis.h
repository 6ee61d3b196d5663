/* axis.h - a range of values on a line, and where on it the ticks are. */
#ifndef TGR_REPORT_AXIS_H
#define TGR_REPORT_AXIS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum tgr_unit { TGR_UNIT_NUMBER, TGR_UNIT_MONEY, TGR_UNIT_SHARE } tgr_unit;

typedef struct tgr_axis {
    double from, to; /* values at the ends */
    double step;     /* of ticks, which are its multiples */
    tgr_unit unit;
} tgr_axis;

/* An axis for values from low to high, with about `ticks` ticks at steps of 1, 2, 2.5 or 5 times a
 * power of ten. It begins and ends where the values do, but for a little air where `air` says. */
tgr_axis tgr_axis_make(double low, double high, size_t ticks, tgr_unit unit, bool air);

/* The i-th tick, from 0; false where there is none left. */
bool tgr_axis_tick(const tgr_axis *axis, size_t i, double *value);

/* A tick as text, with as many decimals as its step needs; text has 48 bytes. */
char *tgr_axis_label(const tgr_axis *axis, double value, char *text);

/* 0 at the beginning of the axis, 1 at its end. */
double tgr_axis_part(const tgr_axis *axis, double value);

#endif
