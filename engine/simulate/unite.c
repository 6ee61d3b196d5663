/* unite.c - sums, moves and bins of all processes, added as integers.
 *
 * Every number travels as a wide one; counts wrap, so of these the low half counts. Moves are kept
 * where those of all processes together are few enough, and go into bins else, just as in one
 * process.
 */
#include "engine/simulate/unite.h"

#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

/* Numbers in a row: one routine counts them, packs them, and puts them back. */
typedef struct row {
    enum { COUNTING, PACKING, PUTTING_BACK } doing;
    tgr_sum *numbers;
    size_t count;
} row;

static void pass_sum(row *r, tgr_sum *sum)
{
    if (r->doing == PACKING) {
        r->numbers[r->count] = *sum;
    } else if (r->doing == PUTTING_BACK) {
        *sum = r->numbers[r->count];
    }
    r->count++;
}

static void pass_number(row *r, uint64_t *number)
{
    tgr_sum wide = (tgr_sum)*number;
    pass_sum(r, &wide);
    *number = (uint64_t)wide;
}

typedef void passing(row *r, tgr_simulating *work, const void *what);

/* Adds up what `pass` passes. */
static tgr_status unite(tgr_simulating *work, passing *pass, const void *what, tgr_error *error)
{
    row r = {.doing = COUNTING};
    pass(&r, work, what);
    size_t count = r.count;
    r = (row){.doing = PACKING, .numbers = tgr_mem_alloc(count, sizeof *r.numbers)};
    if (r.numbers == NULL) {
        return tgr_fail_memory(error, "the sums of all processes");
    }
    pass(&r, work, what);
    tgr_status status = tgr_crew_sum_wide(work->run, r.numbers, count, error);
    if (status == TGR_OK) {
        r.doing = PUTTING_BACK;
        r.count = 0;
        pass(&r, work, what);
    }
    tgr_mem_free(r.numbers);
    return status;
}

/* ---- sums ---------------------------------------------------------------------------------------
 */

static void pass_tally(row *r, tgr_tally *tally)
{
    uint64_t *const counts[] = {&tally->decided,      &tally->costed,   &tally->scored,
                                &tally->judged,       &tally->accepted, &tally->score_ranks,
                                &tally->outcome_ranks};
    pass_sum(r, &tally->cost);
    pass_sum(r, &tally->score);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        pass_number(r, counts[i]);
    }
}

static void pass_sums(row *r, tgr_baselines *baselines, tgr_decided *counts, size_t asked)
{
    size_t models = baselines->models;
    for (size_t i = 0; i < 2 * models + 1; i++) { /* alone, and what chance needs */
        pass_tally(r, &baselines->alone[i]);
    }
    pass_tally(r, &baselines->by_score);
    pass_tally(r, &baselines->by_acceptance);
    for (size_t i = 0; i < asked + 2; i++) {
        pass_tally(r, &counts[i].tally);
        for (size_t model = 0; model < models; model++) {
            pass_number(r, &counts[i].chosen[model]);
        }
    }
}

static void pass_observer(row *r, tgr_simulating *work, const void *unused)
{
    tgr_observer *observer = &work->observers.each[0];
    (void)unused;
    pass_sums(r, &observer->baselines, observer->counts, work->gathering.asked.count);
    pass_number(r, &observer->undecided);
    pass_number(r, &observer->stand.weight);
    pass_sum(r, &observer->stand.squares);
    pass_number(r, &work->decide.queries);
    pass_number(r, &work->decide.nonzeros);
}

static void pass_groups(row *r, tgr_simulating *work, const void *unused)
{
    (void)unused;
    for (size_t i = 0; i < TGR_RESAMPLE_GROUPS; i++) {
        tgr_group_sums *group = &work->resample.groups[i];
        pass_sums(r, &group->baselines, group->counts, work->gathering.asked.count);
        pass_number(r, &group->queries);
    }
}

/* ---- moves and bins -------------------------------------------------------------------------- */

/* Each puts its own at its place among nothing. */
static tgr_status unite_moves(tgr_simulating *work, uint64_t before, uint64_t total,
                              tgr_error *error)
{
    tgr_moves *own = &work->gathering.moves;
    tgr_moves all = {.weighed = work->gathering.weighing.weighed,
                     .bits = work->gathering.weighing.bits};
    size_t stride = tgr_moves_stride(&all), words = stride / sizeof(uint64_t);
    tgr_status status = tgr_moves_reserve(&all, (size_t)total, error);
    if (status == TGR_OK && total > 0) {
        memset(all.items, 0, (size_t)total * stride);
        if (own->count > 0) {
            memcpy(tgr_moves_get(&all, (size_t)before), own->items, own->count * stride);
        }
        all.count = (size_t)total;
        status = tgr_crew_sum(work->run, all.items, (size_t)total * words, error);
    }
    tgr_moves_free(own);
    *own = all;
    return status;
}

static void pass_bin(row *r, tgr_page *page, size_t bin)
{
    for (int way = 0; way < 2; way++) {
        pass_sum(r, &page->sums[bin].cost[way]);
        pass_sum(r, &page->sums[bin].score[way]);
        pass_number(r, &page->counts[bin].accepted[way]);
        pass_number(r, &page->known[bin].costed[way]);
        pass_number(r, &page->known[bin].scored[way]);
        pass_number(r, &page->known[bin].judged[way]);
    }
    pass_number(r, &page->counts[bin].reference);
    pass_number(r, &page->counts[bin].moves);
}

static void pass_page(row *r, tgr_simulating *work, const void *what)
{
    const size_t *number = what;
    size_t models = work->router->model_count;
    tgr_page *page = work->gathering.bins->pages[*number];
    for (size_t i = 0; i < TGR_PAGE_BINS; i++) {
        pass_bin(r, page, i);
    }
    for (size_t i = 0; i < TGR_PAGE_GROUPS; i++) {
        tgr_group *group = tgr_page_group(page, models, i);
        pass_number(r, &group->moves);
        pass_number(r, &group->score_ranks);
        pass_number(r, &group->outcome_ranks);
        for (size_t model = 0; model < models; model++) {
            pass_number(r, &group->chosen[model]);
        }
    }
}

/* Pages that any process has. */
static tgr_status unite_bins(tgr_simulating *work, tgr_error *error)
{
    tgr_bins *bins = work->gathering.bins;
    uint64_t *there = tgr_mem_zalloc(TGR_PAGES, sizeof *there);
    tgr_status status = there != NULL ? TGR_OK : tgr_fail_memory(error, "the bins of thresholds");
    for (size_t i = 0; there != NULL && i < TGR_PAGES; i++) {
        there[i] = bins->pages[i] != NULL;
    }
    if (status == TGR_OK) {
        status = tgr_crew_sum(work->run, there, TGR_PAGES, error);
    }
    for (size_t i = 0; status == TGR_OK && i < TGR_PAGES; i++) {
        if (there[i] > 0) {
            status = tgr_bins_page(bins, i) != NULL
                         ? unite(work, pass_page, &i, error)
                         : tgr_fail_memory(error, "the bins of thresholds");
        }
    }
    tgr_mem_free(there);
    return status;
}

typedef struct moves_of { /* one process */
    uint64_t count, kept;
} moves_of;

/* Whether bins are in use is known from the files, so all processes agree on it. */
static tgr_status unite_gathering(tgr_simulating *work, tgr_error *error)
{
    tgr_gathering *gathering = &work->gathering;
    const moves_of own = {gathering->moves.count, gathering->keeping};
    uint64_t before = 0, total = 0, kept = 0;
    void *all;
    tgr_status status = tgr_crew_gather(work->run, &own, sizeof own, &all, error);
    if (status != TGR_OK) {
        return status;
    }
    uint32_t ranks = tgr_crew_ranks(work->run);
    for (uint32_t i = 0; i < ranks; i++) {
        const moves_of *one = (const moves_of *)all + i;
        before += i < tgr_crew_rank(work->run) ? one->count : 0;
        total += one->count;
        kept += one->kept;
    }
    tgr_mem_free(all);
    gathering->keeping = kept == ranks && (gathering->bins == NULL || total <= gathering->most);
    return gathering->keeping ? unite_moves(work, before, total, error) : unite_bins(work, error);
}

/* ---- all of it ------------------------------------------------------------------------------- */

tgr_status tgr_simulating_unite(tgr_simulating *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (tgr_run_crew(work->run) == NULL) {
        return TGR_OK;
    }
    work->decide.queries -= work->pass.before; /* where this process began to count */
    TGR_TRY(unite(work, pass_observer, NULL, error));
    if (work->gathering.resample != NULL) {
        TGR_TRY(unite(work, pass_groups, NULL, error));
    }
    TGR_TRY(unite_gathering(work, error));
    TGR_TRY(tgr_crew_sum(work->run, (uint64_t *)(void *)&work->aligned,
                         sizeof work->aligned / sizeof(uint64_t), error));
done:
    return status;
}
