/* simulate.c - the steps of a simulation: thresholds, one walk, points, metrics, baselines. */
#include <tagroute/simulate.h>

#include <math.h>
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/policy/policy.h"
#include "engine/simulate/metrics.h"
#include "engine/simulate/partial.h"
#include "engine/simulate/simulating.h"
#include "engine/simulate/unite.h"

/* Below this share of judged decisions a reader should know that quality rests on few. */
#define LOW_COVERAGE  0.5
#define GRID_MAX      ((size_t)1000000)
#define BOOTSTRAP_MAX ((size_t)100000)

#define OWN_BINS_SHARE 8 /* of the memory, for the bins of threads */

void tgr_simulate_options_init(tgr_simulate_options *options)
{
    *options = (tgr_simulate_options){
        .size = sizeof *options,
        .policy = TGR_POLICY_MARGIN,
        .grid = 21,
        .quality = TGR_QUALITY_AUTO,
    };
}

/* ---- before the walk ------------------------------------------------------------------------- */

static tgr_status check_options(const tgr_simulate_options *options, tgr_error *error)
{
    if (tgr_policy_traits_of(options->policy) == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%d is no policy", (int)options->policy);
    }
    if (options->quality < TGR_QUALITY_AUTO || options->quality > TGR_QUALITY_ACCEPT) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%d is no measure of quality",
                        (int)options->quality);
    }
    if ((options->thresholds == NULL) != (options->threshold_count == 0)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "thresholds and their number must be given together");
    }
    if (options->thresholds == NULL && (options->grid < 2 || options->grid > GRID_MAX)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a grid has 2 to %zu points, not %zu", GRID_MAX,
                        options->grid);
    }
    if (options->bootstrap > BOOTSTRAP_MAX || options->bootstrap == 1) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a bootstrap has 2 to %zu replicates, not %zu",
                        BOOTSTRAP_MAX, options->bootstrap);
    }
    if ((options->shards == 0) != (options->partial == NULL) ||
        (options->shards > 0 && options->shard >= options->shards)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a shard, its number below that of all, and the file of its partial "
                        "simulation go together");
    }
    if (options->shards > 0 && options->align_min != 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the parts of a simulation do not say how tags were aligned; leave "
                        "align_min to the router, or simulate the whole log");
    }
    if (options->shards > 0 && options->bootstrap > 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a bootstrap needs the whole log; a shard has none");
    }
    for (size_t i = 0; i < options->threshold_count; i++) {
        tgr_status status =
            tgr_policy_check_threshold(options->policy, options->thresholds[i], error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

/* The thresholds asked for, or room for a grid. */
static tgr_status find_thresholds(tgr_simulating *work, tgr_error *error)
{
    const tgr_simulate_options *options = &work->options;
    bool asked = options->thresholds != NULL;
    size_t room = asked ? options->threshold_count : options->grid;
    work->thresholds = tgr_mem_alloc(room, sizeof *work->thresholds);
    if (work->thresholds == NULL) {
        return tgr_fail_memory(error, "the thresholds");
    }
    if (asked) {
        memcpy(work->thresholds, options->thresholds, room * sizeof *work->thresholds);
        work->threshold_count = room;
    }
    return tgr_asked_open(&work->gathering.asked, options->policy, work->thresholds,
                          work->threshold_count, error);
}

static tgr_status open_gathering(tgr_simulating *work, tgr_error *error)
{
    const tgr_simulate_options *options = &work->options;
    const tgr_router *router = work->router;
    tgr_gathering *gathering = &work->gathering;
    work->memory = options->memory > 0 ? options->memory : tgr_run_memory(work->run);
    size_t move = gathering->weighing.weighed ? sizeof(tgr_weighed_move) : sizeof(tgr_move);
    move += sizeof(tgr_curve_point);                         /* a point each in the end */
    gathering->most = (size_t)(work->memory / 4 * 3 / move); /* the rest is for all else */
    gathering->moving =
        options->policy == TGR_POLICY_MARGIN || options->thresholds == NULL ||
        tgr_policy_needs_costs(options->policy, options->thresholds, options->threshold_count);
    gathering->utility = gathering->moving && options->policy == TGR_POLICY_UTILITY;
    gathering->moves.weighed = gathering->weighing.weighed;
    gathering->moves.bits = gathering->weighing.bits;
    gathering->keeping = !options->binned && options->partial == NULL;
    uint64_t each = options->policy == TGR_POLICY_MARGIN ? 1 : router->model_count;
    if (gathering->keeping && work->pass.rows <= gathering->most / each &&
        tgr_run_crew(work->run) == NULL) { /* processes of a crew may have other memory each */
        return TGR_OK;
    }
    gathering->bins =
        tgr_bins_new(router->model_count, router->reference, work->memory / OWN_BINS_SHARE);
    return gathering->bins == NULL ? tgr_fail_memory(error, "the bins of thresholds") : TGR_OK;
}

tgr_status tgr_simulating_sums(tgr_simulating *work, int threads, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(find_thresholds(work, error));
    TGR_TRY(open_gathering(work, error));
    TGR_TRY(tgr_observers_open(&work->observers, work->router->model_count, work->threshold_count,
                               threads, error));
done:
    return status;
}

/* Shards are even shares of the queries of the split, in order. */
static tgr_status find_share(tgr_simulating *work, tgr_error *error)
{
    __extension__ typedef unsigned __int128 wide;
    const tgr_simulate_options *options = &work->options;
    work->last = UINT64_MAX;
    if (options->shards == 0) {
        return TGR_OK;
    }
    tgr_status status = tgr_pass_count(&work->pass, work->run, &work->total, error);
    work->first = (uint64_t)((wide)work->total * options->shard / options->shards);
    work->last = (uint64_t)((wide)work->total * (options->shard + 1) / options->shards);
    return status;
}

static tgr_status open_simulating(tgr_simulating *work, tgr_error *error)
{
    static const double zero = 0, one = 1; /* costs are needed, or not */
    const tgr_simulate_options *options = &work->options;
    tgr_status status = TGR_OK;
    TGR_TRY(check_options(options, error));
    if (options->shards > 0 && tgr_run_crew(work->run) != NULL) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "shards are for processes apart; several processes together simulate the "
                        "whole log");
    }
    work->plan = (tgr_decide_plan){
        .router = work->router,
        .policy = options->policy,
        .threshold_count = 1,
        .fallback = -1,
        .align_min = options->align_min,
        .threads = tgr_run_threads(work->run),
        .run = work->run,
        .source = work->source == NULL ? NULL : &work->source->scores,
    };
    if (options->fallback != NULL) {
        size_t fallback;
        TGR_TRY(tgr_router_need_model(work->router, options->fallback, &fallback, error));
        work->plan.fallback = (int)fallback;
    }
    TGR_TRY(
        tgr_pass_open(&work->pass, options->inputs, options->input_count, options->split, error));
    TGR_TRY(tgr_pass_share(&work->pass, work->run, error));
    TGR_TRY(tgr_weighing_find(&work->gathering.weighing, &work->pass, work->router->model_count,
                              work->run, error));
    TGR_TRY(find_share(work, error));
    TGR_TRY(tgr_simulating_sums(work, work->plan.threads, error));
    work->plan.thresholds = work->gathering.moving ? &one : &zero;
    TGR_TRY(tgr_decide_open(&work->decide, &work->plan, error));
done:
    return status;
}

void tgr_simulating_close(tgr_simulating *work)
{
    tgr_decide_close(&work->decide);
    tgr_observers_close(&work->observers);
    tgr_gathering_close(&work->gathering);
    tgr_curve_free(&work->curve);
    tgr_boxes_free(&work->boxes);
    tgr_pass_close(&work->pass);
    tgr_resample_close(&work->resample);
    tgr_mem_free(work->shown_as);
    tgr_mem_free(work->keep);
    tgr_mem_free(work->thresholds);
    if (work->result != NULL) {
        tgr_simulation_free(&work->result->simulation);
    }
}

/* ---- the walk -------------------------------------------------------------------------------- */

static tgr_status enter_file(tgr_simulating *work, size_t number, tgr_error *error)
{
    const tgr_query_file *file = work->pass.files[number];
    tgr_status status = tgr_decide_file(&work->decide, file, error);
    bool by_tags = work->source == NULL || !work->source->scores.knows_all;
    if (status == TGR_OK && by_tags) {
        if (number != work->pass.begun_before) { /* else another process has counted it */
            tgr_aligned_add(&work->decide.aligned, &work->aligned);
        }
        tgr_aligned_tell(&work->decide.aligned, file, work->decide.serve->unknown_tags, work->run);
    }
    return status;
}

/* Leaves the queries of the shard in a batch, of which the first is number `seen` of all. */
static tgr_status keep_share(tgr_simulating *work, tgr_batch *batch, const tgr_query_file *file,
                             uint64_t seen, tgr_error *error)
{
    size_t kept = 0;
    void *keep = work->keep;
    if (!tgr_mem_grow(&keep, &work->keep_capacity, batch->rows, sizeof *work->keep)) {
        return tgr_fail_memory(error, "a block of queries");
    }
    work->keep = keep;
    for (size_t row = 0; row < batch->rows; row++) {
        work->keep[row] = seen + row >= work->first && seen + row < work->last;
        kept += work->keep[row];
    }
    if (kept < batch->rows) {
        tgr_batch_select(batch, tgr_strings_count(file->models), work->keep);
    }
    return TGR_OK;
}

tgr_status tgr_simulating_next(tgr_simulating *work, tgr_batch **batch, size_t *file,
                               tgr_error *error)
{
    const tgr_simulate_source *source = work->source;
    const unsigned want = TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS | TGR_WANT_SCORE |
                          TGR_WANT_OUTCOME | TGR_WANT_COST | tgr_row_prices_want(work->router) |
                          tgr_weighing_wants(&work->gathering.weighing) |
                          (source == NULL ? 0 : source->wants);
    tgr_status status = TGR_OK;
    do {
        *batch = NULL;
        if (work->seen >= work->last) {
            break;
        }
        TGR_TRY(tgr_pass_next(&work->pass, want, "simulating", work->run, batch, file, error));
        if (*batch == NULL) {
            break;
        }
        uint64_t seen = work->seen;
        work->seen += (*batch)->rows;
        if (work->options.shards > 0) {
            TGR_TRY(keep_share(work, *batch, work->pass.files[*file], seen, error));
        }
    } while ((*batch)->rows == 0);
    if (*batch != NULL && source != NULL && source->prepare != NULL) {
        TGR_TRY(source->prepare(source->user, *batch, &work->pass, *file, error));
    }
done:
    return status;
}

static tgr_status walk(tgr_simulating *work, tgr_error *error)
{
    size_t entered = SIZE_MAX;
    tgr_status status = TGR_OK;
    if (tgr_run_crew(work->run) != NULL && work->options.bootstrap > 0) {
        TGR_TRY(tgr_simulating_scout_ahead(work, error));
    }
    work->decide.queries = work->pass.before;
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_simulating_next(work, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        if (file != entered) {
            TGR_TRY(enter_file(work, file, error));
            entered = file;
        }
        if (work->options.bootstrap > 0 && work->gathering.resample == NULL) {
            TGR_TRY(tgr_simulating_scout_batch(work, batch, file, error));
        }
        TGR_TRY(tgr_observers_batch(&work->observers, &work->decide, batch, work->pass.files[file],
                                    &work->gathering, error));
    }
    tgr_observers_merge(&work->observers, &work->gathering);
    TGR_TRY(tgr_simulating_unite(work, error));
    tgr_gathering_settle(&work->gathering);
    if (work->decide.queries == 0 && work->options.shards == 0) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: holds no query to simulate",
                        work->options.inputs[0]);
    }
done:
    return status;
}

/* ---- what the points say --------------------------------------------------------------------- */

/* Where no query may move, the points shown are all that the metrics have. */
static tgr_status show_as_curve(tgr_simulating *work, tgr_error *error)
{
    const tgr_simulation *simulation = &work->result->simulation;
    tgr_curve_free(&work->curve);
    tgr_status status = tgr_curve_reserve(&work->curve, simulation->points, error);
    for (size_t i = 0; status == TGR_OK && i < simulation->points; i++) {
        const tgr_point *point = &simulation->curve[i];
        tgr_curve_add(&work->curve, point->cost,
                      simulation->quality == TGR_QUALITY_SCORE ? point->mean_score
                                                               : point->accept_rate,
                      point->share[simulation->reference]);
    }
    return status;
}

/* The metrics consume the curve, and bounds need it too. */
static tgr_status measure_curve(tgr_simulating *work, const tgr_metrics_basis *basis,
                                tgr_error *error)
{
    tgr_simulation *simulation = &work->result->simulation;
    tgr_curve edges = {0};
    tgr_status status = TGR_OK;
    simulation->binned = work->gathering.bins != NULL;
    if (simulation->binned) {
        TGR_TRY(tgr_curve_reserve(&edges, work->curve.count, error));
        memcpy(edges.points, work->curve.points, work->curve.count * sizeof *edges.points);
        edges.count = work->curve.count;
    }
    tgr_metrics_of_curve(&work->curve, basis, &simulation->metrics);
    tgr_result_set_point_metrics(work->result);
    TGR_TRY(tgr_boxes_bound(&work->boxes, &edges, basis, &simulation->metrics,
                            &simulation->error_bound, error));
done:
    tgr_curve_free(&edges);
    return status;
}

static tgr_status measure(tgr_simulating *work, tgr_error *error)
{
    tgr_result *result = work->result;
    tgr_simulation *simulation = &result->simulation;
    tgr_result_choose(result, work->options.threshold_count == 1);
    simulation->best = work->best == SIZE_MAX ? simulation->best : work->best;
    tgr_result_set_baselines(result, &work->observers.each[0].baselines);
    tgr_metrics_basis basis = {
        .models = simulation->models,
        .alone = simulation->alone,
        .best_single =
            tgr_baselines_best_single(simulation->alone, simulation->models, simulation->quality),
        .quality = simulation->quality,
        .every_threshold = work->gathering.moving,
        .by_share = simulation->models == 2,
    };
    if (!work->gathering.moving) {
        tgr_status status = show_as_curve(work, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return measure_curve(work, &basis, error);
}

static void warn(const tgr_simulating *work)
{
    const tgr_simulation *simulation = &work->result->simulation;
    const char *measure_name = simulation->quality == TGR_QUALITY_SCORE ? "score" : "outcome";
    if (simulation->best_single.model == NULL) {
        tgr_run_message(work->run, TGR_WARNING,
                        "no query has a recorded %s of one of the router's models, so nothing "
                        "can be said of quality",
                        measure_name);
        return;
    }
    const tgr_point *best = &simulation->curve[simulation->best];
    if (simulation->best < simulation->points && best->coverage < LOW_COVERAGE) {
        tgr_run_message(work->run, TGR_WARNING,
                        "at threshold %g only %.1f %% of the decisions are judged; quality is "
                        "measured on those alone",
                        best->threshold, 100 * best->coverage);
    }
    for (size_t model = 0; model < simulation->models; model++) {
        if (isnan(simulation->alone[model].cost)) {
            tgr_run_message(work->run, TGR_NOTE,
                            "model '%s' has queries without a recorded or expected cost; what "
                            "depends on it has no cost (--prices, --price or --cost give one)",
                            simulation->model_names[model]);
        }
    }
}

/* Nothing of the router but its models and their prices had a say. */
static tgr_status name_source(tgr_result *result, const tgr_simulate_source *source,
                              tgr_error *error)
{
    tgr_simulation *simulation = &result->simulation;
    tgr_origin *origin = &simulation->origin;
    if (source == NULL || source->name == NULL) {
        return TGR_OK;
    }
    origin->router = origin->scorer = origin->counts = NULL;
    origin->tags = 0;
    simulation->given = source->scores.choose != NULL;
    simulation->elsewhere = tgr_arena_string(&result->arena, source->name);
    return simulation->elsewhere == NULL ? tgr_fail_memory(error, "the simulation") : TGR_OK;
}

/* What is told beside the figures: how margins are spread, and what all this was made from. */
static tgr_status describe(tgr_simulating *work, tgr_error *error)
{
    tgr_result *result = work->result;
    const tgr_gathering *gathering = &work->gathering;
    tgr_status status =
        gathering->bins == NULL
            ? tgr_histogram_of_moves(&result->simulation.margins, &result->margins,
                                     &gathering->moves, work->options.policy,
                                     result->population.unit, error)
            : tgr_histogram_of_bins(&result->simulation.margins, &result->margins, gathering->bins,
                                    work->options.policy, result->population.unit, error);
    if (status == TGR_OK &&
        !tgr_origin_fill(&result->simulation.origin, &result->origin, work->router, &work->options,
                         work->pass.files, work->pass.file_count)) {
        status = tgr_fail_memory(error, "the simulation");
    }
    result->simulation.origin.aligned = work->aligned;
    return status == TGR_OK ? name_source(result, work->source, error) : status;
}

tgr_status tgr_simulating_finish(tgr_simulating *work, tgr_simulation **simulation,
                                 tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_simulating_points(work, error));
    TGR_TRY(describe(work, error));
    TGR_TRY(measure(work, error));
    TGR_TRY(tgr_simulating_intervals(work, error));
    warn(work);
    *simulation = &work->result->simulation;
    work->result = NULL;
done:
    return status;
}

tgr_status tgr_simulate_alone(const tgr_router *router, const tgr_simulate_options *options,
                              const tgr_simulate_source *source, size_t best,
                              tgr_simulation **simulation, const tgr_run *run, tgr_error *error)
{
    tgr_simulating work = {.router = router, .source = source, .best = best, .run = run};
    tgr_status status = TGR_OK;
    *simulation = NULL;
    tgr_simulate_options_init(&work.options);
    TGR_TRY(tgr_options_copy(&work.options, sizeof work.options, options, error));
    TGR_TRY(open_simulating(&work, error));
    TGR_TRY(walk(&work, error));
    if (work.options.partial != NULL) {
        TGR_TRY(tgr_partial_write(&work, work.options.partial, error));
    }
    TGR_TRY(tgr_simulating_finish(&work, simulation, error));
done:
    tgr_simulating_close(&work);
    return status;
}
