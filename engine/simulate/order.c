/* order.c - radix sort in place, a byte at a time from the highest (the "American flag"). */
#include "engine/simulate/order.h"

#define FEW     24 /* items that insertion sorts faster */
#define LARGEST 40 /* bytes of an item */

/* `size` is a constant wherever these are inlined, so that copies are a few moves. */
static inline void swap_items(unsigned char *a, unsigned char *b, size_t size)
{
    unsigned char kept[LARGEST];
    memcpy(kept, a, size);
    memcpy(a, b, size);
    memcpy(b, kept, size);
}

static inline uint64_t key_of(const unsigned char *item)
{
    uint64_t key;
    memcpy(&key, item, sizeof key);
    return key;
}

static inline size_t digit_of(const unsigned char *item, int shift)
{
    return (size_t)(key_of(item) >> shift & 0xff);
}

static inline void insertion_sort(unsigned char *items, size_t count, size_t size)
{
    for (size_t i = 1; i < count; i++) {
        unsigned char *item = items + i * size;
        while (item > items && key_of(item - size) > key_of(item)) {
            swap_items(item - size, item, size);
            item -= size;
        }
    }
}

/* Swaps every item into the run of its digit; next[d] is where the run's next item goes. */
static inline void permute(unsigned char *items, size_t size, int shift, size_t *next,
                           const size_t *end)
{
    for (size_t digit = 0; digit < 256; digit++) {
        while (next[digit] < end[digit]) {
            unsigned char *item = items + next[digit] * size;
            size_t home = digit_of(item, shift);
            if (home != digit) {
                swap_items(item, items + next[home] * size, size);
            }
            next[home]++;
        }
    }
}

/* Recursion is at most eight deep: a level a byte of the key. */
static inline void sort_digit(unsigned char *items, size_t count, size_t size, int shift,
                              void (*deeper)(unsigned char *, size_t, int))
{
    if (count <= FEW) {
        insertion_sort(items, count, size);
        return;
    }
    size_t next[256], end[256] = {0};
    for (size_t i = 0; i < count; i++) {
        end[digit_of(items + i * size, shift)]++;
    }
    for (size_t digit = 0, begin = 0; digit < 256; digit++) {
        next[digit] = begin;
        begin += end[digit];
        end[digit] = begin;
    }
    permute(items, size, shift, next, end);
    for (size_t digit = 0, begin = 0; shift > 0 && digit < 256; digit++) {
        if (end[digit] - begin > 1) {
            deeper(items + begin * size, end[digit] - begin, shift - 8);
        }
        begin = end[digit];
    }
}

static void sort_24(unsigned char *items, size_t count, int shift)
{
    sort_digit(items, count, 24, shift, sort_24);
}

static void sort_40(unsigned char *items, size_t count, int shift)
{
    sort_digit(items, count, 40, shift, sort_40);
}

void tgr_order_sort_24(void *items, size_t count)
{
    sort_24(items, count, 56);
}

void tgr_order_sort_40(void *items, size_t count)
{
    sort_40(items, count, 56);
}
