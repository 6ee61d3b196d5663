/* bins.h - where moves are too many to be kept: their sums by leading bits of the threshold.
 *
 * A bin spans 1/2048 of a power of two, and includes its upper edge but not its lower one, so sums
 * are exact at every edge. Beside what changes altogether it knows how much goes up and how much
 * down within, which bounds every point in between. Sixteen bins make a group; groups alone count
 * models, so points are shown at their edges.
 *
 * Bins come into being, 2048 at a time, where moves are. Their place depends on the threshold
 * alone: neither on threads nor on what other moves there are, so bins of parts of a log can be
 * added.
 */
#ifndef TGR_SIMULATE_BINS_H
#define TGR_SIMULATE_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/simulate/answers.h"
#include "engine/simulate/moves.h"
#include "engine/simulate/order.h"
#include "engine/simulate/tally.h"

#define TGR_BIN_BITS    41 /* of a threshold's order that a bin leaves out */
#define TGR_PAGE_BINS   2048u
#define TGR_PAGES       4096u
#define TGR_GROUP_BINS  16u
#define TGR_PAGE_GROUPS (TGR_PAGE_BINS / TGR_GROUP_BINS)

/* Sums of what rises and of what falls; the change is their difference. */
typedef struct tgr_bin {
    tgr_sum cost[2], score[2]; /* up, down */
    uint64_t costed[2], scored[2], judged[2], accepted[2];
    uint64_t reference; /* to it less from it */
    uint64_t moves;
} tgr_bin;

typedef struct tgr_group {
    uint64_t lock; /* held while its bins are written; atomic */
    uint64_t moves;
    uint64_t score_ranks, outcome_ranks;
} tgr_group;

typedef struct tgr_page {
    tgr_bin bins[TGR_PAGE_BINS];
    tgr_group groups[TGR_PAGE_GROUPS];
    uint64_t chosen[]; /* groups x models */
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
} tgr_bins;

/* The bin of a threshold: rising with it. */
static inline size_t tgr_bin_of(uint64_t order)
{
    return (size_t)((order - (order >> 63)) >> TGR_BIN_BITS);
}

/* The upper edge of a bin, the largest threshold in it. */
double tgr_bin_edge(size_t bin);

tgr_bins *tgr_bins_new(size_t models, size_t reference); /* NULL where memory is short */
void tgr_bins_free(tgr_bins *bins);                      /* NULL allowed */

/* Adds moves, each to the bin that its threshold lies in. May be called by many threads at once.
 * False where memory is short. */
bool tgr_bins_take(tgr_bins *bins, const tgr_move *moves, size_t count);

/* The page, made where there is none; NULL where memory is short. */
tgr_page *tgr_bins_page(tgr_bins *bins, size_t page);

bool tgr_bins_merge(tgr_bins *into, const tgr_bins *from); /* false where memory is short */

/* Adds a bin's change to sums over decisions (ranks and models left out). */
void tgr_bin_apply(const tgr_bin *bin, tgr_tally *tally);

#endif
