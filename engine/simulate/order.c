/* order.c - radix sort in place, a byte at a time from the highest (the "American flag"). */
#include "engine/simulate/order.h"

#define FEW           24 /* items that insertion sorts faster */
#define LARGEST       48 /* bytes of an item */
#define DIGITS        256
#define WORTH_THREADS 65536 /* items */

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
        unsigned char kept[LARGEST];
        uint64_t key = key_of(items + i * size);
        size_t at = i;
        while (at > 0 && key_of(items + (at - 1) * size) > key) {
            at--;
        }
        if (at < i) {
            memcpy(kept, items + i * size, size);
            memmove(items + (at + 1) * size, items + at * size, (i - at) * size);
            memcpy(items + at * size, kept, size);
        }
    }
}

/* Swaps every item into the run of its digit; next[d] is where the run's next item goes. */
static inline void permute(unsigned char *items, size_t size, int shift, size_t *next,
                           const size_t *end)
{
    for (size_t digit = 0; digit < DIGITS; digit++) {
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

/* Sorts by the highest byte in which keys differ: end[d] is where the run of digit d ends. Returns
 * where that byte begins, -1 where all keys are equal. */
static inline int split_runs(unsigned char *items, size_t count, size_t size, size_t *end)
{
    uint64_t first = key_of(items), differ = 0;
    for (size_t i = 1; i < count; i++) {
        differ |= key_of(items + i * size) ^ first;
    }
    if (differ == 0) {
        return -1;
    }
    int shift = (63 - __builtin_clzll(differ)) / 8 * 8;
    size_t next[DIGITS];
    memset(end, 0, DIGITS * sizeof *end);
    for (size_t i = 0; i < count; i++) {
        end[digit_of(items + i * size, shift)]++;
    }
    for (size_t digit = 0, begin = 0; digit < DIGITS; digit++) {
        next[digit] = begin;
        begin += end[digit];
        end[digit] = begin;
    }
    permute(items, size, shift, next, end);
    return shift;
}

typedef void sort_function(unsigned char *items, size_t count);

/* Recursion is at most eight deep: a level a byte of the key. */
static inline void sort_items(unsigned char *items, size_t count, size_t size,
                              sort_function *deeper)
{
    size_t end[DIGITS];
    if (count <= FEW) {
        insertion_sort(items, count, size);
        return;
    }
    int shift = split_runs(items, count, size, end);
    for (size_t digit = 0, begin = 0; shift > 0 && digit < DIGITS; digit++) {
        if (end[digit] - begin > 1) {
            deeper(items + begin * size, end[digit] - begin);
        }
        begin = end[digit];
    }
}

static void sort_24(unsigned char *items, size_t count)
{
    sort_items(items, count, 24, sort_24);
}

static void sort_40(unsigned char *items, size_t count)
{
    sort_items(items, count, 40, sort_40);
}

static void sort_48(unsigned char *items, size_t count)
{
    sort_items(items, count, 48, sort_48);
}

void tgr_order_sort_24(void *items, size_t count)
{
    sort_24(items, count);
}

/* Large runs are split once more by the one thread, so that the threads' shares come out even. */
static inline void share_out(unsigned char *items, size_t count, size_t share, size_t size,
                             sort_function *sort, void (*deeper)(unsigned char *, size_t, size_t))
{
    size_t end[DIGITS];
    int shift = count > share ? split_runs(items, count, size, end) : 0;
    if (count <= share) {
#pragma omp task default(none) firstprivate(items, count, sort)
        sort(items, count);
        return;
    }
    for (size_t digit = 0, begin = 0; shift > 0 && digit < DIGITS; digit++) {
        if (end[digit] - begin > 1) {
            deeper(items + begin * size, end[digit] - begin, share);
        }
        begin = end[digit];
    }
}

static void share_40(unsigned char *items, size_t count, size_t share)
{
    share_out(items, count, share, 40, sort_40, share_40);
}

static void share_48(unsigned char *items, size_t count, size_t share)
{
    share_out(items, count, share, 48, sort_48, share_48);
}

void tgr_order_sort_40(void *items, size_t count, int threads)
{
    if (threads < 2 || count < WORTH_THREADS) {
        sort_40(items, count);
        return;
    }
    size_t share = count / ((size_t)threads * 4) + 1;
#pragma omp parallel num_threads(threads)
#pragma omp single
    share_40(items, count, share);
}

void tgr_order_sort_48(void *items, size_t count, int threads)
{
    if (threads < 2 || count < WORTH_THREADS) {
        sort_48(items, count);
        return;
    }
    size_t share = count / ((size_t)threads * 4) + 1;
#pragma omp parallel num_threads(threads)
#pragma omp single
    share_48(items, count, share);
}
