/* by_frequency.c - the order of tags. */
#include "engine/normalise/by_frequency.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const tgr_ranked *one = a, *other = b;
    if (one->seen != other->seen) {
        return one->seen > other->seen ? -1 : 1;
    }
    return strcmp(one->name, other->name);
}

void tgr_rank(tgr_ranked *ranked, size_t count)
{
    if (count > 1) {
        qsort(ranked, count, sizeof *ranked, compare);
    }
}
