/* unite.c - sums, moves and bins of all processes, added as integers.
 *
 * Moves are kept where those of all processes together are few enough, and go into bins else, just
 * as in one process.
 */
#include "engine/simulate/unite.h"

#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/crew_row.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

/* ---- sums ---------------------------------------------------------------------------------------
 */

void tgr_unite_tally(tgr_crew_row *row, tgr_tally *tally)
{
    uint64_t *const counts[] = {&tally->decided,      &tally->costed,   &tally->scored,
                                &tally->judged,       &tally->accepted, &tally->score_ranks,
                                &tally->outcome_ranks};
    tgr_crew_row_sum(row, &tally->cost);
    tgr_crew_row_sum(row, &tally->score);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        tgr_crew_row_number(row, counts[i]);
    }
}

void tgr_unite_stand(tgr_crew_row *row, tgr_stand *stand)
{
    tgr_crew_row_number(row, &stand->weight);
    tgr_crew_row_sum(row, &stand->squares);
}

void tgr_unite_decided(tgr_crew_row *row, tgr_decided *decided, size_t models)
{
    tgr_unite_tally(row, &decided->tally);
    tgr_crew_row_numbers(row, decided->chosen, models);
}

void tgr_unite_sums(tgr_crew_row *row, tgr_baselines *baselines, tgr_decided *counts, size_t asked)
{
    size_t models = baselines->models;
    for (size_t i = 0; i < 2 * models + 1; i++) { /* alone, and what chance needs */
        tgr_unite_tally(row, &baselines->alone[i]);
    }
    tgr_unite_tally(row, &baselines->by_score);
    tgr_unite_tally(row, &baselines->by_acceptance);
    for (size_t i = 0; i < asked + 2; i++) {
        tgr_unite_decided(row, &counts[i], models);
    }
}

static void pass_observer(tgr_crew_row *row, void *user)
{
    tgr_simulating *work = user;
    tgr_observer *observer = &work->observers.each[0];
    tgr_unite_sums(row, &observer->baselines, observer->counts, work->gathering.asked.count);
    tgr_crew_row_number(row, &observer->undecided);
    tgr_unite_stand(row, &observer->stand);
    tgr_crew_row_number(row, &work->decide.queries);
    tgr_crew_row_number(row, &work->decide.nonzeros);
}

static void pass_groups(tgr_crew_row *row, void *user)
{
    tgr_simulating *work = user;
    for (size_t i = 0; i < TGR_RESAMPLE_GROUPS; i++) {
        tgr_group_sums *group = &work->resample.groups[i];
        tgr_unite_sums(row, &group->baselines, group->counts, work->gathering.asked.count);
        tgr_crew_row_number(row, &group->queries);
    }
}

/* ---- moves and bins -------------------------------------------------------------------------- */

/* Each puts its own at its place among nothing. */
static tgr_status join_moves(const tgr_run *run, tgr_moves *own, uint64_t before, uint64_t total,
                             tgr_error *error)
{
    tgr_moves all = {.weighed = own->weighed, .bits = own->bits};
    size_t stride = tgr_moves_stride(own), words = stride / sizeof(uint64_t);
    tgr_status status = tgr_moves_reserve(&all, (size_t)total, error);
    if (status == TGR_OK && total > 0) {
        memset(all.items, 0, (size_t)total * stride);
        if (own->count > 0) {
            memcpy(tgr_moves_get(&all, (size_t)before), own->items, own->count * stride);
        }
        all.count = (size_t)total;
        status = tgr_crew_sum(run, all.items, (size_t)total * words, error);
    }
    tgr_moves_free(own);
    *own = all;
    return status;
}

tgr_status tgr_unite_moves(const tgr_run *run, tgr_moves *moves, tgr_error *error)
{
    uint64_t own = moves->count, before = 0, total = 0;
    void *all;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_crew_gather(run, &own, sizeof own, &all, error);
    if (status != TGR_OK) {
        return status;
    }
    for (uint32_t i = 0; i < tgr_crew_ranks(run); i++) {
        uint64_t count = ((const uint64_t *)all)[i];
        before += i < tgr_crew_rank(run) ? count : 0;
        total += count;
    }
    tgr_mem_free(all);
    return join_moves(run, moves, before, total, error);
}

static void pass_bin(tgr_crew_row *row, tgr_page *page, size_t bin)
{
    for (int way = 0; way < 2; way++) {
        tgr_crew_row_sum(row, &page->sums[bin].cost[way]);
        tgr_crew_row_sum(row, &page->sums[bin].score[way]);
        tgr_crew_row_number(row, &page->counts[bin].accepted[way]);
        tgr_crew_row_number(row, &page->known[bin].costed[way]);
        tgr_crew_row_number(row, &page->known[bin].scored[way]);
        tgr_crew_row_number(row, &page->known[bin].judged[way]);
    }
    tgr_crew_row_number(row, &page->counts[bin].reference);
    tgr_crew_row_number(row, &page->counts[bin].moves);
}

/* A page of bins. */
typedef struct page_of {
    tgr_page *page;
    size_t models;
} page_of;

static void pass_page(tgr_crew_row *row, void *user)
{
    const page_of *own = user;
    size_t models = own->models;
    tgr_page *page = own->page;
    for (size_t i = 0; i < TGR_PAGE_BINS; i++) {
        pass_bin(row, page, i);
    }
    for (size_t i = 0; i < TGR_PAGE_GROUPS; i++) {
        tgr_group *group = tgr_page_group(page, models, i);
        tgr_crew_row_number(row, &group->moves);
        tgr_crew_row_number(row, &group->score_ranks);
        tgr_crew_row_number(row, &group->outcome_ranks);
        tgr_crew_row_numbers(row, group->chosen, models);
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
            page_of own = {tgr_bins_page(bins, i), work->router->model_count};
            status = own.page != NULL ? tgr_crew_unite(work->run, pass_page, &own, error)
                                      : tgr_fail_memory(error, "the bins of thresholds");
        }
    }
    tgr_mem_free(there);
    return status;
}

/* Whether bins are in use is known from the files, so all processes agree on it. */
static tgr_status unite_gathering(tgr_simulating *work, tgr_error *error)
{
    tgr_gathering *gathering = &work->gathering;
    uint64_t counts[] = {gathering->moves.count, gathering->keeping};
    tgr_status status = tgr_crew_sum(work->run, counts, 2, error);
    if (status != TGR_OK) {
        return status;
    }
    gathering->keeping = counts[1] == tgr_crew_ranks(work->run) &&
                         (gathering->bins == NULL || counts[0] <= gathering->most);
    return gathering->keeping ? tgr_unite_moves(work->run, &gathering->moves, error)
                              : unite_bins(work, error);
}

/* ---- all of it ------------------------------------------------------------------------------- */

tgr_status tgr_simulating_unite(tgr_simulating *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (tgr_run_crew(work->run) == NULL) {
        return TGR_OK;
    }
    work->decide.queries -= work->pass.before; /* where this process began to count */
    TGR_TRY(tgr_crew_unite(work->run, pass_observer, work, error));
    if (work->gathering.resample != NULL) {
        TGR_TRY(tgr_crew_unite(work->run, pass_groups, work, error));
    }
    TGR_TRY(unite_gathering(work, error));
    TGR_TRY(tgr_crew_sum(work->run, (uint64_t *)(void *)&work->aligned,
                         sizeof work->aligned / sizeof(uint64_t), error));
done:
    return status;
}
