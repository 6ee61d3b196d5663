/* statistics.c - median and range. */
#include "bench/statistics.h"

#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

tgr_spread tgr_spread_of(const double *values, size_t count, double *room)
{
    memcpy(room, values, count * sizeof *room);
    qsort(room, count, sizeof *room, ascending);
    double median = count % 2 == 1 ? room[count / 2] : (room[count / 2 - 1] + room[count / 2]) / 2;
    return (tgr_spread){median, room[0], room[count - 1]};
}
