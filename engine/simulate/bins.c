/* bins.c - adding changes to bins, a thread's own or those that threads share. */
#include "engine/simulate/bins.h"

#include <sched.h>
#include <string.h>

#include "engine/base/memory.h"

#define AHEAD          16 /* changes */
#define FIRST_POSITIVE ((size_t)1 << (63 - TGR_BIN_BITS))
#define LINE           ((size_t)64)
#define STORE_BYTES    ((size_t)8 << 20)

double tgr_bin_edge(size_t bin)
{
    uint64_t order = (uint64_t)(bin + 1) << TGR_BIN_BITS;
    if (bin + 1 < FIRST_POSITIVE) {
        return tgr_double_of_order(order - 1); /* all bits behind the leading ones are zero */
    }
    return bin + 1 == FIRST_POSITIVE ? 0 : tgr_double_of_order(order);
}

tgr_bins *tgr_bins_new(size_t models, size_t reference, uint64_t memory)
{
    tgr_bins *bins = tgr_mem_zalloc(1, sizeof *bins);
    if (bins != NULL) {
        bins->models = models;
        bins->reference = reference;
        bins->spare = memory / STORE_BYTES;
    }
    return bins;
}

void tgr_bins_free(tgr_bins *bins)
{
    for (tgr_page_store *store = bins == NULL ? NULL : bins->stores; store != NULL;) {
        tgr_page_store *before = store->before;
        tgr_mem_free_aligned(store);
        store = before;
    }
    tgr_mem_free(bins);
}

static void lock(uint64_t *held)
{
    while (__atomic_exchange_n(held, 1, __ATOMIC_ACQUIRE) != 0) {
        sched_yield(); /* seldom: locks are many, and held for nanoseconds */
    }
}

static void unlock(uint64_t *held)
{
    __atomic_store_n(held, 0, __ATOMIC_RELEASE);
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* Whole lines, as groups are, and all before them. */
static size_t page_bytes(const tgr_bins *bins)
{
    return sizeof(tgr_page) + TGR_PAGE_GROUPS * tgr_group_words(bins->models) * sizeof(uint64_t);
}

/* How many pages a store has behind its first line. */
static size_t store_pages(const tgr_bins *bins)
{
    size_t fit = (STORE_BYTES - LINE) / page_bytes(bins);
    return fit > 0 ? fit : 1;
}

static bool is_full(const tgr_bins *bins)
{
    return bins->stores == NULL || bins->stores->used == store_pages(bins);
}

static bool open_store(tgr_bins *bins)
{
    size_t bytes = LINE + store_pages(bins) * page_bytes(bins);
    tgr_page_store *store = tgr_mem_aligned(1, bytes < STORE_BYTES ? STORE_BYTES : bytes);
    if (store != NULL) {
        *store = (tgr_page_store){.before = bins->stores};
        bins->stores = store;
    }
    return store != NULL;
}

static tgr_page *make_page(tgr_bins *bins)
{
    if (is_full(bins) && !open_store(bins)) {
        return NULL;
    }
    char *memory = (char *)bins->stores + LINE + bins->stores->used * page_bytes(bins);
    bins->stores->used++;
    memset(memory, 0, page_bytes(bins));
    return (tgr_page *)(void *)memory;
}

tgr_page *tgr_bins_page(tgr_bins *bins, size_t page)
{
    tgr_page *there = __atomic_load_n(&bins->pages[page], __ATOMIC_ACQUIRE);
    if (there != NULL) {
        return there;
    }
    lock(&bins->lock);
    there = bins->pages[page]; /* another thread may have been faster */
    if (there == NULL) {
        there = make_page(bins);
        __atomic_store_n(&bins->pages[page], there, __ATOMIC_RELEASE);
    }
    unlock(&bins->lock);
    return there;
}

/* One of the stores that threads may have of their own. */
static bool claim(tgr_bins *shared)
{
    uint64_t spare = __atomic_load_n(&shared->spare, __ATOMIC_RELAXED);
    while (spare > 0 && !__atomic_compare_exchange_n(&shared->spare, &spare, spare - 1, false,
                                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return spare > 0;
}

/* A page of the thread's own; NULL where it is to go to those shared. */
static tgr_page *own_page(tgr_bins *shared, tgr_bins *own, size_t page)
{
    if (own == NULL || own->pages[page] != NULL) {
        return own == NULL ? NULL : own->pages[page];
    }
    if (!is_full(own) || claim(shared)) {
        own->pages[page] = make_page(own);
    }
    return own->pages[page];
}

/* ---- changes --------------------------------------------------------------------------------- */

static void add_sum(tgr_sum sums[2], tgr_sum change)
{
    sums[change < 0] += change < 0 ? -change : change;
}

static inline void add_flag(uint64_t counts[2], int8_t change, uint64_t weight)
{
    counts[0] += change > 0 ? weight : 0;
    counts[1] += change < 0 ? weight : 0;
}

static inline __attribute__((always_inline)) void
add_to_page(tgr_page *page, const tgr_bins *bins, const tgr_change *change, uint64_t weight)
{
    size_t place = tgr_bin_of(change->key) % TGR_PAGE_BINS;
    tgr_bin_sums *sums = &page->sums[place];
    tgr_bin_counts *counts = &page->counts[place];
    tgr_group *group = tgr_page_group(page, bins->models, place / TGR_GROUP_BINS);
    add_sum(sums->cost, change->cost);
    add_sum(sums->score, change->score);
    add_flag(counts->accepted, change->accepted, weight);
    counts->reference +=
        ((uint64_t)(change->to == bins->reference) - (change->from == bins->reference)) * weight;
    counts->moves += weight;
    if ((change->costed | change->scored | change->judged) != 0) {
        tgr_bin_known *known = &page->known[place];
        add_flag(known->costed, change->costed, weight);
        add_flag(known->scored, change->scored, weight);
        add_flag(known->judged, change->judged, weight);
    }
    group->moves += weight;
    group->score_ranks += (uint64_t)(int64_t)change->score_rank * weight;
    group->outcome_ranks += (uint64_t)(int64_t)change->outcome_rank * weight;
    group->chosen[change->from] -= weight;
    group->chosen[change->to] += weight;
}

static inline __attribute__((always_inline)) bool
add_change(tgr_bins *shared, tgr_bins *own, const tgr_change *change, uint64_t weight)
{
    size_t bin = tgr_bin_of(change->key);
    tgr_page *page = own_page(shared, own, bin / TGR_PAGE_BINS);
    if (page != NULL) {
        add_to_page(page, shared, change, weight);
        return true;
    }
    page = tgr_bins_page(shared, bin / TGR_PAGE_BINS);
    if (page != NULL) {
        uint64_t *held = &page->locks[bin % TGR_PAGE_BINS / TGR_GROUP_BINS];
        lock(held);
        add_to_page(page, shared, change, weight);
        unlock(held);
    }
    return page != NULL;
}

/* Bins lie far apart: what a later change needs is asked for early. */
static void prefetch(const tgr_bins *bins, uint64_t key)
{
    size_t bin = tgr_bin_of(key), place = bin % TGR_PAGE_BINS;
    tgr_page *page = __atomic_load_n(&bins->pages[bin / TGR_PAGE_BINS], __ATOMIC_ACQUIRE);
    if (page != NULL) {
        __builtin_prefetch(&page->sums[place], 1);
        __builtin_prefetch(&page->counts[place], 1);
        __builtin_prefetch(tgr_page_group(page, bins->models, place / TGR_GROUP_BINS), 1);
    }
}

/* A weight of 1, where there is none, is a constant in the code that this becomes. */
static inline __attribute__((always_inline)) bool
take(tgr_bins *shared, tgr_bins *own, const tgr_change *changes, size_t count, bool weighed)
{
    const tgr_bins *usual = own != NULL ? own : shared;
    bool added = true;
    for (size_t i = 0; i < count && added; i++) {
        if (i + AHEAD < count) {
            prefetch(usual, changes[i + AHEAD].key);
        }
        added = add_change(shared, own, &changes[i], weighed ? changes[i].weight : 1);
    }
    return added;
}

bool tgr_bins_take(tgr_bins *shared, tgr_bins *own, const tgr_change *changes, size_t count,
                   bool weighed)
{
    return weighed ? take(shared, own, changes, count, true)
                   : take(shared, own, changes, count, false);
}

/* ---- joining --------------------------------------------------------------------------------- */

static void join_pairs(uint64_t into[2], const uint64_t from[2])
{
    into[0] += from[0];
    into[1] += from[1];
}

static void join_bin(tgr_page *into, const tgr_page *from, size_t bin)
{
    for (int way = 0; way < 2; way++) {
        into->sums[bin].cost[way] += from->sums[bin].cost[way];
        into->sums[bin].score[way] += from->sums[bin].score[way];
    }
    join_pairs(into->counts[bin].accepted, from->counts[bin].accepted);
    into->counts[bin].reference += from->counts[bin].reference;
    into->counts[bin].moves += from->counts[bin].moves;
    join_pairs(into->known[bin].costed, from->known[bin].costed);
    join_pairs(into->known[bin].scored, from->known[bin].scored);
    join_pairs(into->known[bin].judged, from->known[bin].judged);
}

static void join_page(tgr_page *into, tgr_page *from, size_t models)
{
    for (size_t i = 0; i < TGR_PAGE_BINS; i++) {
        join_bin(into, from, i);
    }
    for (size_t i = 0; i < TGR_PAGE_GROUPS; i++) {
        tgr_group *group = tgr_page_group(into, models, i);
        const tgr_group *more = tgr_page_group(from, models, i);
        group->moves += more->moves;
        group->score_ranks += more->score_ranks;
        group->outcome_ranks += more->outcome_ranks;
        for (size_t model = 0; model < models; model++) {
            group->chosen[model] += more->chosen[model];
        }
    }
}

/* The memory goes over, and with it the pages that there were not before. */
void tgr_bins_join(tgr_bins *into, tgr_bins *from)
{
    for (size_t i = 0; i < TGR_PAGES; i++) {
        if (into->pages[i] == NULL) {
            into->pages[i] = from->pages[i];
        } else if (from->pages[i] != NULL) {
            join_page(into->pages[i], from->pages[i], from->models);
        }
        from->pages[i] = NULL;
    }
    for (tgr_page_store *store = from->stores; store != NULL;) {
        tgr_page_store *before = store->before;
        store->used = store_pages(into);
        store->before = into->stores;
        into->stores = store;
        store = before;
    }
    from->stores = NULL;
}

void tgr_bin_apply(const tgr_page *page, size_t bin, tgr_tally *tally)
{
    const tgr_bin_sums *sums = &page->sums[bin];
    const tgr_bin_known *known = &page->known[bin];
    tally->cost += sums->cost[0] - sums->cost[1];
    tally->score += sums->score[0] - sums->score[1];
    tally->costed += known->costed[0] - known->costed[1];
    tally->scored += known->scored[0] - known->scored[1];
    tally->judged += known->judged[0] - known->judged[1];
    tally->accepted += page->counts[bin].accepted[0] - page->counts[bin].accepted[1];
}

void tgr_group_apply(const tgr_group *group, size_t models, tgr_decided *decided)
{
    decided->tally.score_ranks += group->score_ranks;
    decided->tally.outcome_ranks += group->outcome_ranks;
    for (size_t model = 0; model < models; model++) {
        decided->chosen[model] += group->chosen[model];
    }
}
