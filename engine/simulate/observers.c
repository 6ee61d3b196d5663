/* observers.c - what each thread does with the rows it scored. */
#include "engine/simulate/observers.h"

#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/row_path.h"

#define BLOCK_MOVES ((size_t)4096)

static bool open_observer(tgr_observer *observer, size_t models, size_t asked)
{
    observer->bad_row = SIZE_MAX;
    bool opened = tgr_answers_open(&observer->answers, models);
    opened = tgr_path_open(&observer->path, models) && opened;
    opened = tgr_baselines_open(&observer->baselines, models) && opened;
    observer->counts = tgr_decided_new(asked + 2, models);
    return opened && observer->counts != NULL;
}

static void close_observer(tgr_observer *observer)
{
    tgr_answers_close(&observer->answers);
    tgr_path_close(&observer->path);
    tgr_baselines_close(&observer->baselines);
    tgr_moves_free(&observer->moves);
    tgr_mem_free(observer->counts);
}

tgr_status tgr_observers_open(tgr_observers *observers, size_t models, size_t asked, int threads,
                              tgr_error *error)
{
    *observers = (tgr_observers){.models = models};
    observers->each = tgr_mem_zalloc((size_t)threads, sizeof *observers->each);
    bool opened = observers->each != NULL;
    for (int i = 0; opened && i < threads; i++) {
        observers->threads = i + 1;
        opened = open_observer(&observers->each[i], models, asked);
    }
    return opened ? TGR_OK : tgr_fail_memory(error, "the sums of the simulation");
}

void tgr_observers_close(tgr_observers *observers)
{
    for (int i = 0; i < observers->threads; i++) {
        close_observer(&observers->each[i]);
    }
    tgr_mem_free(observers->each);
    *observers = (tgr_observers){0};
}

/* ---- a row ----------------------------------------------------------------------------------- */

/* A batch as its visitors see it. */
typedef struct batch_view {
    tgr_observers *observers;
    const tgr_batch *batch;
    size_t file_models;
    tgr_gathering *gathering;
} batch_view;

/* Next to the edge of a bin the rule itself says on which side it is made, so that sums at edges
 * are those of the rule. */
uint64_t tgr_move_order(const tgr_path *path, double at, int from, int to, bool utility)
{
    const uint64_t near = UINT64_C(1) << 26, span = UINT64_C(1) << TGR_BIN_BITS;
    uint64_t order = tgr_order_of_double(at);
    uint64_t above = (order - 1) & (span - 1); /* the lower edge */
    if (!utility || (above >= near && above < span - near)) {
        return order;
    }
    size_t bin = tgr_bin_of(order);
    double lambda = tgr_bin_edge(above < near ? bin - 1 : bin);
    uint64_t edge = tgr_order_of_double(lambda);
    if (!(lambda > 0)) {
        return order;
    }
    if (tgr_path_prefers(path, lambda, from, to)) {
        return order < edge ? order : edge;
    }
    return order > edge ? order : edge + 1;
}

static void gather(tgr_observer *observer, const tgr_gathering *gathering, const uint16_t *places)
{
    const tgr_path *path = &observer->path;
    int from = path->first;
    for (size_t i = 0; i < path->count; i++) {
        int to = path->moves[i].model;
        const tgr_answer *a = tgr_answers_ranked(&observer->answers, places[from]);
        const tgr_answer *b = tgr_answers_ranked(&observer->answers, places[to]);
        uint64_t order = tgr_move_order(path, path->moves[i].at, from, to, gathering->utility);
        observer->out_of_memory |= !tgr_moves_keep(&observer->moves, order, a, b);
        from = to;
    }
}

static void observe_path(tgr_observer *observer, const batch_view *view, const tgr_decide *decide)
{
    const tgr_path *path = &observer->path;
    const uint16_t *order = decide->serve->order;
    const tgr_gathering *gathering = view->gathering;
    const tgr_answer *first = tgr_answers_ranked(&observer->answers, order[path->first]);
    tgr_tally_add(&observer->counts->tally, first);
    observer->counts->chosen[first->model]++;
    if (path->count > 0) {
        if (gathering->asked.count > 0) {
            tgr_asked_add(&gathering->asked, observer->counts + 1, path, order, gathering->utility,
                          &observer->answers);
        }
        gather(observer, gathering, order);
    }
}

/* The same sums once more, of the query's group. */
static void resample_row(tgr_observer *observer, const batch_view *view, const tgr_decide *decide,
                         size_t row)
{
    const tgr_path *path = &observer->path;
    const tgr_gathering *gathering = view->gathering;
    uint64_t number = decide->queries - view->batch->rows + row;
    tgr_group_sums *group = tgr_resample_take(gathering->resample, number);
    tgr_baselines_add(&group->baselines, &observer->answers);
    if (path->first != TGR_UNDECIDED) {
        const uint16_t *order = decide->serve->order;
        const tgr_answer *first = tgr_answers_ranked(&observer->answers, order[path->first]);
        tgr_tally_add(&group->counts->tally, first);
        group->counts->chosen[first->model]++;
        tgr_asked_add(&gathering->asked, group->counts + 1, path, order, gathering->utility,
                      &observer->answers);
    }
    tgr_resample_release(group);
}

static void observe_row(tgr_observer *observer, const batch_view *view, const tgr_decide *decide,
                        const tgr_scored *scored, size_t row)
{
    size_t model;
    tgr_path *path = &observer->path;
    if (!tgr_answers_read(&observer->answers, decide, view->batch, view->file_models, row,
                          scored->decider->eligible != NULL, &model)) {
        if (row < observer->bad_row) {
            observer->bad_row = row;
            observer->bad_model = model;
        }
        return;
    }
    tgr_baselines_add(&observer->baselines, &observer->answers);
    tgr_row_path(path, decide, scored, row, view->gathering->moving);
    if (path->first == TGR_UNDECIDED) {
        observer->undecided++;
    } else {
        observe_path(observer, view, decide);
    }
    if (view->gathering->resample != NULL) {
        resample_row(observer, view, decide, row);
    }
}

static void observe_rows(void *user, const tgr_decide *decide, const tgr_scored *scored)
{
    const batch_view *view = user;
    tgr_observer *observer = &view->observers->each[scored->thread];
    for (size_t row = scored->begin; row < scored->end; row++) {
        observe_row(observer, view, decide, scored, row);
    }
    if (view->gathering->bins != NULL) {
        observer->out_of_memory |=
            !tgr_bins_take(view->gathering->bins, observer->moves.moves, observer->moves.count);
        observer->moves.count = 0;
    }
}

/* ---- a batch --------------------------------------------------------------------------------- */

/* TGR_OK unless a row could not be summed; the first such row is the same for any number of
 * threads. */
static tgr_status check_rows(const tgr_observers *observers, const tgr_router *router,
                             const tgr_query_file *file, tgr_error *error)
{
    const tgr_observer *first = &observers->each[0];
    for (int i = 0; i < observers->threads; i++) {
        if (observers->each[i].bad_row < first->bad_row) {
            first = &observers->each[i];
        }
        if (observers->each[i].out_of_memory) {
            return tgr_fail_memory(error, "the thresholds of all queries");
        }
    }
    if (first->bad_row == SIZE_MAX) {
        return TGR_OK;
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: a score or cost of model '%s' is beyond %.0f, the largest that is summed; "
                    "scale scores down, and give costs in USD",
                    file->path, router->models[first->bad_model].name, TGR_EXACT_LIMIT);
}

static tgr_status collect_moves(tgr_observers *observers, tgr_gathering *gathering,
                                size_t reference, tgr_error *error)
{
    size_t more = 0;
    for (int i = 0; i < observers->threads; i++) {
        more += observers->each[i].moves.count;
    }
    tgr_moves *all = &gathering->moves;
    tgr_status status = tgr_moves_reserve(all, more, error);
    for (int i = 0; status == TGR_OK && i < observers->threads; i++) {
        tgr_moves *own = &observers->each[i].moves;
        if (own->count > 0) {
            memcpy(all->moves + all->count, own->moves, own->count * sizeof *own->moves);
        }
        all->count += own->count;
        own->count = 0;
    }
    if (status == TGR_OK && all->count > gathering->most) {
        status = tgr_gathering_use_bins(gathering, observers->models, reference, observers->threads,
                                        error);
    }
    return status;
}

tgr_status tgr_observers_batch(tgr_observers *observers, tgr_decide *decide, tgr_batch *batch,
                               const tgr_query_file *file, tgr_gathering *gathering,
                               tgr_error *error)
{
    batch_view view = {observers, batch, tgr_strings_count(file->models), gathering};
    tgr_status status = tgr_decide_scores(decide, batch, observe_rows, &view, error);
    if (status == TGR_OK) {
        status = check_rows(observers, decide->plan.router, file, error);
    }
    if (status == TGR_OK && gathering->bins == NULL) {
        status = collect_moves(observers, gathering, decide->plan.router->reference, error);
    }
    return status;
}

/* ---- all of them ----------------------------------------------------------------------------- */

tgr_status tgr_gathering_use_bins(tgr_gathering *gathering, size_t models, size_t reference,
                                  int threads, tgr_error *error)
{
    bool added = true;
    tgr_bins *bins = tgr_bins_new(models, reference);
    if (bins == NULL) {
        return tgr_fail_memory(error, "the bins of thresholds");
    }
    const tgr_moves *moves = &gathering->moves;
    size_t blocks = (moves->count + BLOCK_MOVES - 1) / BLOCK_MOVES;
#pragma omp parallel for schedule(static) num_threads(threads) reduction(& : added)
    for (long block = 0; block < (long)blocks; block++) {
        size_t begin = (size_t)block * BLOCK_MOVES;
        size_t count = moves->count - begin < BLOCK_MOVES ? moves->count - begin : BLOCK_MOVES;
        added = tgr_bins_take(bins, moves->moves + begin, count) & added;
    }
    tgr_moves_free(&gathering->moves);
    gathering->bins = bins;
    return added ? TGR_OK : tgr_fail_memory(error, "the bins of thresholds");
}

void tgr_gathering_close(tgr_gathering *gathering)
{
    tgr_moves_free(&gathering->moves);
    tgr_bins_free(gathering->bins);
    tgr_asked_close(&gathering->asked);
    *gathering = (tgr_gathering){0};
}

void tgr_observers_merge(tgr_observers *observers, size_t asked)
{
    tgr_observer *into = &observers->each[0];
    for (int thread = 1; thread < observers->threads; thread++) {
        const tgr_observer *from = &observers->each[thread];
        tgr_baselines_merge(&into->baselines, &from->baselines);
        into->undecided += from->undecided;
        for (size_t i = 0; i < asked + 2; i++) {
            tgr_decided_merge(&into->counts[i], &from->counts[i], observers->models);
        }
    }
}
