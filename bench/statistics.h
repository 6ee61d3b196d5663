/* statistics.h - what a list of times amounts to. */
#ifndef TGR_BENCH_STATISTICS_H
#define TGR_BENCH_STATISTICS_H

#include <stddef.h>

typedef struct tgr_spread {
    double median, least, most;
} tgr_spread;

/* Of `count` values, at least 1; `room` has as many places. */
tgr_spread tgr_spread_of(const double *values, size_t count, double *room);

#endif
