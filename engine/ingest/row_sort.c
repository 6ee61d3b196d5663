/* row_sort.c - insertion sort, and merging of sorted runs where a row is long. */
#include "engine/ingest/row_sort.h"

#include <string.h>

#define RUN 32 /* keys: below this, insertion is fastest */

static void insertion_sort(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t place = i;
        for (; place > 0 && keys[place - 1] > key; place--) {
            keys[place] = keys[place - 1];
        }
        keys[place] = key;
    }
}

/* Merges from[0 .. middle) and from[middle .. end). */
static void merge(const uint64_t *from, size_t middle, size_t end, uint64_t *to)
{
    size_t left = 0;
    size_t right = middle;
    for (size_t i = 0; i < end; i++) {
        if (right == end || (left < middle && from[left] <= from[right])) {
            to[i] = from[left++];
        } else {
            to[i] = from[right++];
        }
    }
}

static size_t at_most(size_t value, size_t bound)
{
    return value < bound ? value : bound;
}

void tgr_row_sort(uint64_t *keys, uint64_t *scratch, size_t count)
{
    for (size_t begin = 0; begin < count; begin += RUN) {
        insertion_sort(keys + begin, at_most(RUN, count - begin));
    }
    uint64_t *from = keys;
    uint64_t *to = scratch;
    for (size_t width = RUN; width < count; width *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * width) {
            size_t end = at_most(2 * width, count - begin);
            merge(from + begin, at_most(width, end), end, to + begin);
        }
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys) {
        memcpy(keys, from, count * sizeof *keys);
    }
}
