/* points.c - from sums to points: those shown, and for margin those of every threshold. */
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/grid.h"
#include "engine/simulate/simulating.h"

static tgr_quality measure_of(const tgr_simulating *work)
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

/* An asked threshold among the margins, sorted as they are. */
typedef struct asked_threshold {
    uint64_t key; /* of the last move that it makes */
    uint64_t point;
    uint64_t unused; /* an item of 24 bytes */
} asked_threshold;

static asked_threshold *sort_thresholds(const tgr_simulating *work, tgr_error *error)
{
    asked_threshold *asked = tgr_mem_alloc(work->threshold_count, sizeof *asked);
    if (asked == NULL) {
        tgr_fail_memory(error, "the thresholds");
        return NULL;
    }
    for (size_t i = 0; i < work->threshold_count; i++) {
        uint64_t key = tgr_move_key((float)work->thresholds[i], UINT32_MAX);
        asked[i] = (asked_threshold){key, i, 0};
    }
    tgr_order_sort_24(asked, work->threshold_count);
    return asked;
}

static void add_curve_point(tgr_simulating *work, const tgr_tally *tally)
{
    const tgr_simulation *simulation = &work->result->simulation;
    double share =
        tgr_share((double)tally->chosen[simulation->reference], (double)simulation->queries);
    tgr_curve_add(&work->curve, tgr_tally_cost(tally),
                  tgr_tally_quality(tally, simulation->quality), share);
}

/* Walks from "all to the reference" to "all to the others": every point is kept for the metrics,
 * the shown ones go to the result. */
static tgr_status walk_margins(tgr_simulating *work, tgr_error *error)
{
    const tgr_margins *margins = &work->margins;
    tgr_tally *tally = &work->observers.each[0].tallies[0];
    asked_threshold *asked = sort_thresholds(work, error);
    if (asked == NULL) {
        return TGR_ERR_NOMEM;
    }
    size_t next = 0, shown = 0;
    for (;;) {
        add_curve_point(work, tally);
        while (shown < work->threshold_count &&
               (next == margins->count || margins->moves[next].key > asked[shown].key)) {
            size_t point = (size_t)asked[shown++].point;
            tgr_result_set_point(work->result, point, work->thresholds[point], tally);
        }
        if (next == margins->count) {
            break;
        }
        next = tgr_margins_step(margins, next, work->router->reference, tally);
    }
    tgr_mem_free(asked);
    return TGR_OK;
}

static void take_tallies(tgr_simulating *work)
{
    const tgr_tally *tallies = work->observers.each[0].tallies;
    for (size_t i = 0; i < work->threshold_count; i++) {
        tgr_result_set_point(work->result, i, work->thresholds[i], &tallies[i]);
        add_curve_point(work, &tallies[i]);
    }
}

tgr_status tgr_simulating_points(tgr_simulating *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    size_t reached = work->threshold_count;
    if (tgr_simulating_margin(work)) {
        tgr_margins_sort(&work->margins);
        reached = tgr_margins_distinct(&work->margins) + 1;
        if (work->options.thresholds == NULL) {
            tgr_grid_of_margins(&work->margins, work->options.grid, work->thresholds,
                                &work->threshold_count);
        }
    }
    TGR_TRY(tgr_curve_reserve(&work->curve, reached, error));
    work->result = tgr_result_new(work->router, work->options.policy, work->threshold_count, error);
    if (work->result == NULL) {
        return TGR_ERR_NOMEM;
    }
    work->result->simulation.queries = work->decide.queries;
    work->result->simulation.undecided = work->decide.undecided;
    work->result->simulation.quality = measure_of(work);
    if (tgr_simulating_margin(work)) {
        TGR_TRY(walk_margins(work, error));
    } else {
        take_tallies(work);
    }
done:
    return status;
}
