/* bins.c - adding moves to bins that threads share. */
#include "engine/simulate/bins.h"

#include <sched.h>
#include <string.h>

#include "engine/base/memory.h"

#define AHEAD          8 /* moves */
#define FIRST_POSITIVE ((size_t)1 << (63 - TGR_BIN_BITS))

double tgr_bin_edge(size_t bin)
{
    uint64_t order = (uint64_t)(bin + 1) << TGR_BIN_BITS;
    if (bin + 1 < FIRST_POSITIVE) {
        return tgr_double_of_order(order - 1); /* all bits behind the leading ones are zero */
    }
    return bin + 1 == FIRST_POSITIVE ? 0 : tgr_double_of_order(order);
}

tgr_bins *tgr_bins_new(size_t models, size_t reference)
{
    tgr_bins *bins = tgr_mem_zalloc(1, sizeof *bins);
    if (bins != NULL) {
        bins->models = models;
        bins->reference = reference;
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

#define LINE        ((size_t)64)
#define STORE_BYTES ((size_t)8 << 20)

static size_t page_bytes(const tgr_bins *bins)
{
    size_t bytes = sizeof(tgr_page) + TGR_PAGE_GROUPS * bins->models * sizeof(uint64_t);
    return (bytes + LINE - 1) / LINE * LINE;
}

/* How many pages a store has behind its first line. */
static size_t store_pages(const tgr_bins *bins)
{
    size_t fit = (STORE_BYTES - LINE) / page_bytes(bins);
    return fit > 0 ? fit : 1;
}

static tgr_page_store *open_store(const tgr_bins *bins)
{
    size_t bytes = LINE + store_pages(bins) * page_bytes(bins);
    tgr_page_store *store = tgr_mem_aligned(1, bytes < STORE_BYTES ? STORE_BYTES : bytes);
    if (store != NULL) {
        *store = (tgr_page_store){.before = bins->stores};
    }
    return store;
}

/* The lock is held. */
static tgr_page *make_page(tgr_bins *bins)
{
    if (bins->stores == NULL || bins->stores->used == store_pages(bins)) {
        tgr_page_store *store = open_store(bins);
        if (store == NULL) {
            return NULL;
        }
        bins->stores = store;
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

/* ---- moves ----------------------------------------------------------------------------------- */

static void add_sum(tgr_sum sums[2], tgr_sum change)
{
    sums[change < 0] += change < 0 ? -change : change;
}

static void add_flag(uint64_t counts[2], bool from, bool to)
{
    counts[0] += to & !from;
    counts[1] += from & !to;
}

static void add_to_bin(tgr_bin *bin, size_t reference, const tgr_answer *from, const tgr_answer *to)
{
    add_sum(bin->cost, to->cost - from->cost);
    add_sum(bin->score, to->score - from->score);
    add_flag(bin->costed, from->costed, to->costed);
    add_flag(bin->scored, from->scored, to->scored);
    add_flag(bin->judged, from->judged, to->judged);
    add_flag(bin->accepted, from->accepted, to->accepted);
    bin->reference += (uint64_t)(to->model == reference) - (from->model == reference);
    bin->moves++;
}

static bool add_move(tgr_bins *bins, size_t bin, const tgr_answer *from, const tgr_answer *to)
{
    tgr_page *page = tgr_bins_page(bins, bin / TGR_PAGE_BINS);
    if (page == NULL) {
        return false;
    }
    size_t place = bin % TGR_PAGE_BINS, number = place / TGR_GROUP_BINS;
    tgr_group *group = &page->groups[number];
    uint64_t *chosen = page->chosen + number * bins->models;
    lock(&group->lock);
    add_to_bin(&page->bins[place], bins->reference, from, to);
    group->moves++;
    group->score_ranks += (uint64_t)to->score_rank - from->score_rank;
    group->outcome_ranks += (uint64_t)to->outcome_rank - from->outcome_rank;
    chosen[from->model]--;
    chosen[to->model]++;
    unlock(&group->lock);
    return true;
}

/* Bins lie far apart: what a later move needs is asked for early. */
static void prefetch(const tgr_bins *bins, uint64_t key)
{
    size_t bin = tgr_bin_of(key), place = bin % TGR_PAGE_BINS;
    const tgr_page *page = __atomic_load_n(&bins->pages[bin / TGR_PAGE_BINS], __ATOMIC_ACQUIRE);
    if (page != NULL) {
        const char *bytes = (const char *)&page->bins[place];
        __builtin_prefetch(bytes, 1);
        __builtin_prefetch(bytes + 64, 1);
        __builtin_prefetch(bytes + 128, 1);
        __builtin_prefetch(&page->groups[place / TGR_GROUP_BINS], 1);
        __builtin_prefetch(page->chosen + place / TGR_GROUP_BINS * bins->models, 1);
    }
}

bool tgr_bins_take(tgr_bins *bins, const tgr_move *moves, size_t count)
{
    bool added = true;
    for (size_t i = 0; i < count && added; i++) {
        if (i + AHEAD < count) {
            prefetch(bins, moves[i + AHEAD].key);
        }
        tgr_answer from = tgr_answer_unpack(moves[i].from), to = tgr_answer_unpack(moves[i].to);
        added = add_move(bins, tgr_bin_of(moves[i].key), &from, &to);
    }
    return added;
}

static void merge_bin(tgr_bin *into, const tgr_bin *from)
{
    for (int way = 0; way < 2; way++) {
        into->cost[way] += from->cost[way];
        into->score[way] += from->score[way];
        into->costed[way] += from->costed[way];
        into->scored[way] += from->scored[way];
        into->judged[way] += from->judged[way];
        into->accepted[way] += from->accepted[way];
    }
    into->reference += from->reference;
    into->moves += from->moves;
}

static void merge_page(tgr_page *into, const tgr_page *from, size_t models)
{
    for (size_t i = 0; i < TGR_PAGE_BINS; i++) {
        merge_bin(&into->bins[i], &from->bins[i]);
    }
    for (size_t i = 0; i < TGR_PAGE_GROUPS; i++) {
        into->groups[i].moves += from->groups[i].moves;
        into->groups[i].score_ranks += from->groups[i].score_ranks;
        into->groups[i].outcome_ranks += from->groups[i].outcome_ranks;
    }
    for (size_t i = 0; i < TGR_PAGE_GROUPS * models; i++) {
        into->chosen[i] += from->chosen[i];
    }
}

bool tgr_bins_merge(tgr_bins *into, const tgr_bins *from)
{
    for (size_t i = 0; i < TGR_PAGES; i++) {
        tgr_page *page = from->pages[i] == NULL ? NULL : tgr_bins_page(into, i);
        if (from->pages[i] != NULL && page == NULL) {
            return false;
        }
        if (page != NULL) {
            merge_page(page, from->pages[i], from->models);
        }
    }
    return true;
}

void tgr_bin_apply(const tgr_bin *bin, tgr_tally *tally)
{
    tally->cost += bin->cost[0] - bin->cost[1];
    tally->score += bin->score[0] - bin->score[1];
    tally->costed += bin->costed[0] - bin->costed[1];
    tally->scored += bin->scored[0] - bin->scored[1];
    tally->judged += bin->judged[0] - bin->judged[1];
    tally->accepted += bin->accepted[0] - bin->accepted[1];
}
