/* points.c - from sums to points: those shown, and those of every threshold. */
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/grid.h"
#include "engine/simulate/simulating.h"

tgr_quality tgr_simulating_measure(const tgr_simulating *work)
{
    if (work->options.quality != TGR_QUALITY_AUTO) {
        return work->options.quality;
    }
    const tgr_baselines *baselines = &work->observers.each[0].baselines;
    for (size_t model = 0; model < baselines->models; model++) {
        if (baselines->alone[model].scored > 0) {
            return TGR_QUALITY_SCORE;
        }
    }
    return TGR_QUALITY_ACCEPT;
}

tgr_population tgr_simulating_population(const tgr_simulating *work)
{
    const tgr_weighing *weighing = &work->gathering.weighing;
    uint64_t size = weighing->weighed ? work->observers.each[0].stand.weight : work->decide.queries;
    return (tgr_population){size, tgr_weighing_unit(weighing)};
}

/* ---- a walk from the lowest threshold up ----------------------------------------------------- */

typedef struct walk {
    tgr_simulating *work;
    const tgr_asked *shown; /* still to be shown from `next` on */
    size_t next;
    tgr_decided *at;    /* where it stands */
    uint64_t reference; /* decisions for the reference, there */
} walk;

static void add_curve_point(walk *w)
{
    const tgr_result *result = w->work->result;
    double share = tgr_share((double)w->reference, (double)result->population.size);
    tgr_curve_add(
        &w->work->curve, tgr_tally_cost(&w->at->tally),
        tgr_tally_quality(&w->at->tally, result->simulation.quality, result->population.unit),
        share);
}

/* Shows the points of thresholds below `at`. */
static void show_below(walk *w, double at)
{
    tgr_simulating *work = w->work;
    for (; w->next < w->shown->count && w->shown->at[w->next] < at; w->next++) {
        size_t point = w->shown->point[w->next];
        tgr_result_set_point(work->result, point, work->thresholds[point], w->at);
    }
}

static void show_rest(walk *w)
{
    tgr_simulating *work = w->work;
    for (; w->next < w->shown->count; w->next++) {
        size_t point = w->shown->point[w->next];
        tgr_result_set_point(work->result, point, work->thresholds[point], w->at);
    }
}

static void walk_moves(walk *w)
{
    const tgr_moves *moves = &w->work->gathering.moves;
    add_curve_point(w);
    for (size_t next = 0; next < moves->count;) {
        show_below(w, tgr_move_at(tgr_moves_get(moves, next)));
        next = tgr_moves_step(moves, next, w->at);
        w->reference = w->at->chosen[w->work->router->reference];
        add_curve_point(w);
    }
    show_rest(w);
}

static void walk_group(walk *w, tgr_page *page, size_t number)
{
    tgr_quality quality = w->work->result->simulation.quality;
    size_t models = w->work->router->model_count;
    for (size_t i = number * TGR_GROUP_BINS; i < (number + 1) * TGR_GROUP_BINS; i++) {
        const tgr_bin_counts *counts = &page->counts[i];
        if (counts->moves == 0) {
            continue;
        }
        double before = tgr_share((double)w->reference, (double)w->work->result->population.size);
        tgr_box box = tgr_box_of(page, i, &w->at->tally, quality, w->work->result->population.unit);
        tgr_bin_apply(page, i, &w->at->tally);
        w->reference += counts->reference;
        add_curve_point(w);
        if (counts->moves > 1) {
            box.share_from = before;
            box.share_to = w->work->curve.points[w->work->curve.count - 1].reference;
            w->work->boxes.boxes[w->work->boxes.count++] = box;
        }
    }
    tgr_group_apply(tgr_page_group(page, models, number), models, w->at);
}

static void walk_bins(walk *w)
{
    const tgr_bins *bins = w->work->gathering.bins;
    add_curve_point(w);
    for (size_t page = 0; page < TGR_PAGES; page++) {
        for (size_t i = 0; bins->pages[page] != NULL && i < TGR_PAGE_GROUPS; i++) {
            if (tgr_page_group(bins->pages[page], bins->models, i)->moves > 0) {
                show_below(w, tgr_bin_edge(page * TGR_PAGE_BINS + (i + 1) * TGR_GROUP_BINS - 1));
                walk_group(w, bins->pages[page], i);
            }
        }
    }
    show_rest(w);
}

/* Nothing of sums at thresholds that were asked for may be changed. */
static tgr_status walk_all(tgr_simulating *work, const tgr_asked *shown, tgr_error *error)
{
    const tgr_decided *first = work->observers.each[0].counts;
    walk w = {.work = work, .shown = shown, .at = tgr_decided_new(1, work->router->model_count)};
    if (w.at == NULL) {
        return tgr_fail_memory(error, "the sums of the simulation");
    }
    tgr_decided_merge(w.at, first, work->router->model_count);
    w.reference = w.at->chosen[work->router->reference];
    if (work->gathering.bins == NULL) {
        walk_moves(&w);
    } else {
        walk_bins(&w);
    }
    tgr_mem_free(w.at);
    return TGR_OK;
}

/* ---- thresholds asked for -------------------------------------------------------------------- */

/* The sums at each, from what changes at each. */
static void take_asked(tgr_simulating *work)
{
    const tgr_asked *asked = &work->gathering.asked;
    tgr_decided *counts = work->observers.each[0].counts;
    for (size_t i = 0; i < asked->count; i++) {
        if (i == 0) {
            tgr_decided_merge(&counts[1], &counts[0], work->router->model_count);
        } else {
            tgr_decided_merge(&counts[i + 1], &counts[i], work->router->model_count);
        }
        size_t point = work->shown_as == NULL ? asked->point[i] : work->shown_as[asked->point[i]];
        if (point != SIZE_MAX) {
            tgr_result_set_point(work->result, point, work->thresholds[point], &counts[i + 1]);
        }
    }
}

/* ---- all together ---------------------------------------------------------------------------- */

static size_t count_points(const tgr_simulating *work)
{
    if (work->gathering.bins == NULL) {
        return tgr_moves_distinct(&work->gathering.moves);
    }
    size_t count = 0;
    for (size_t page = 0; page < TGR_PAGES; page++) {
        const tgr_page *there = work->gathering.bins->pages[page];
        for (size_t i = 0; there != NULL && i < TGR_PAGE_BINS; i++) {
            count += there->counts[i].moves > 0;
        }
    }
    return count;
}

static tgr_status choose_thresholds(tgr_simulating *work, tgr_asked *shown, tgr_error *error)
{
    tgr_gathering *gathering = &work->gathering;
    tgr_policy policy = work->options.policy;
    if (gathering->bins == NULL) {
        tgr_moves_sort(&gathering->moves, work->plan.threads);
    }
    if (work->options.thresholds != NULL || work->shown_as != NULL) {
        return TGR_OK; /* summed in the pass */
    }
    if (gathering->bins == NULL) {
        tgr_grid_of_moves(&gathering->moves, policy, work->options.grid, work->thresholds,
                          &work->threshold_count);
    } else {
        tgr_grid_of_bins(gathering->bins, policy, work->options.grid, work->thresholds,
                         &work->threshold_count);
    }
    return tgr_asked_open(shown, policy, work->thresholds, work->threshold_count, error);
}

tgr_status tgr_simulating_points(tgr_simulating *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_asked shown = {0};
    TGR_TRY(choose_thresholds(work, &shown, error));
    size_t points = count_points(work);
    TGR_TRY(tgr_curve_reserve(&work->curve, points + 1, error));
    TGR_TRY(tgr_boxes_reserve(&work->boxes, work->gathering.bins == NULL ? 0 : points, error));
    work->result = tgr_result_new(work->router, work->options.policy, work->threshold_count, error);
    if (work->result == NULL) {
        status = TGR_ERR_NOMEM;
        goto done;
    }
    work->result->simulation.queries = work->decide.queries;
    work->result->population = tgr_simulating_population(work);
    tgr_result_set_weights(work->result, &work->observers.each[0].stand);
    work->result->simulation.undecided = work->observers.each[0].undecided;
    work->result->simulation.quality = tgr_simulating_measure(work);
    TGR_TRY(walk_all(work, &shown, error));
    take_asked(work);
done:
    tgr_asked_close(&shown);
    return status;
}
