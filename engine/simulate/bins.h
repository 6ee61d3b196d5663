/* bins.h - where moves are too many to be kept: their sums by leading bits of the threshold.
 *
 * A bin spans 1/2048 of a power of two, and includes its upper edge but not its lower one, so sums
 * are exact at every edge. Beside what changes altogether it knows how much goes up and how much
 * down within, which bounds every point in between. Sixteen bins make a group; groups alone count
 * models, so points are shown at their edges.
 *
 * Bins come into being, 2048 at a time, where moves are. Their place depends on the threshold
 * alone: neither on threads nor on what other moves there are, so bins of parts of a log, and those
 * of threads, can be added.
 */
#ifndef TGR_SIMULATE_BINS_H
#define TGR_SIMULATE_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/simulate/change.h"
#include "engine/simulate/order.h"
#include "engine/simulate/tally.h"

#define TGR_BIN_BITS    41 /* of a threshold's order that a bin leaves out */
#define TGR_PAGE_BINS   2048u
#define TGR_PAGES       4096u
#define TGR_GROUP_BINS  16u
#define TGR_PAGE_GROUPS (TGR_PAGE_BINS / TGR_GROUP_BINS)

/* What rises and what falls in a bin; the change is their difference. What every move touches is
 * kept apart from what most leave alone. Where queries have weights, counts, those of moves too,
 * are in units of these. */
typedef struct tgr_bin_sums {
    tgr_sum cost[2], score[2]; /* up, down */
} tgr_bin_sums;

typedef struct tgr_bin_counts {
    uint64_t accepted[2];
    uint64_t reference; /* to it less from it */
    uint64_t moves;
} tgr_bin_counts;

typedef struct tgr_bin_known {
    uint64_t costed[2], scored[2], judged[2];
} tgr_bin_known;

typedef struct tgr_group {
    uint64_t moves;
    uint64_t score_ranks, outcome_ranks;
    uint64_t chosen[]; /* models */
} tgr_group;

typedef struct tgr_page {
    tgr_bin_sums sums[TGR_PAGE_BINS];
    tgr_bin_counts counts[TGR_PAGE_BINS];
    tgr_bin_known known[TGR_PAGE_BINS];
    uint64_t locks[TGR_PAGE_GROUPS]; /* of groups and their bins; atomic */
    uint64_t groups[];               /* each a tgr_group, on cache lines of its own */
} tgr_page;

/* Pages are made a few at a time, in memory large enough for the system's large pages. */
typedef struct tgr_page_store {
    struct tgr_page_store *before;
    size_t used; /* pages */
} tgr_page_store;

typedef struct tgr_bins {
    size_t models, reference;
    tgr_page *pages[TGR_PAGES]; /* NULL: nothing there; atomic while threads add */
    tgr_page_store *stores;     /* the last; held by `lock` */
    uint64_t lock;              /* atomic */
    uint64_t spare;             /* stores that threads may still have of their own; atomic */
} tgr_bins;

/* The bin of a threshold: rising with it. */
static inline size_t tgr_bin_of(uint64_t order)
{
    return (size_t)((order - (order >> 63)) >> TGR_BIN_BITS);
}

/* The upper edge of a bin, the largest threshold in it. */
double tgr_bin_edge(size_t bin);

/* Whole cache lines, in words. */
static inline size_t tgr_group_words(size_t models)
{
    return (sizeof(tgr_group) / sizeof(uint64_t) + models + 7) / 8 * 8;
}

static inline tgr_group *tgr_page_group(tgr_page *page, size_t models, size_t number)
{
    return (tgr_group *)(void *)(page->groups + number * tgr_group_words(models));
}

/* memory: bytes that threads may take, about, to have bins of their own. NULL where memory is
 * short. */
tgr_bins *tgr_bins_new(size_t models, size_t reference, uint64_t memory);
void tgr_bins_free(tgr_bins *bins); /* NULL allowed */

/* Adds changes, each to the bin that its threshold lies in: of the calling thread's own bins, as
 * long as there is memory for these, else of those shared with other threads that add. own: NULL,
 * or as made for the thread with no memory. weighed: changes have weights. False where memory is
 * short. */
bool tgr_bins_take(tgr_bins *shared, tgr_bins *own, const tgr_change *changes, size_t count,
                   bool weighed);

/* The page, made where there is none; NULL where memory is short. */
tgr_page *tgr_bins_page(tgr_bins *bins, size_t page);

/* Adds bins, which are empty afterwards. Nobody else may be at either. */
void tgr_bins_join(tgr_bins *into, tgr_bins *from);

/* Adds a bin's change to sums over decisions, ranks and models left out; those of its group. */
void tgr_bin_apply(const tgr_page *page, size_t bin, tgr_tally *tally);
void tgr_group_apply(const tgr_group *group, size_t models, tgr_decided *decided);

#endif
