/* category_mean.c - means of what was measured, by category and model, in place of scores. */
#include "engine/judge/category_mean.h"

#include <math.h>
#include <string.h>

#include "engine/base/crew_row.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/judge/united.h"
#include "engine/judgement.h"
#include "engine/pass.h"
#include "engine/simulate/simulating.h"

#define TRAINING_SPLIT "train"
#define POINTS         101

/* What was measured of one model on one category. */
typedef struct mean {
    tgr_sum sum;
    tgr_sum count; /* in units of 2^-40 */
} mean;

typedef struct learning {
    const tgr_router *router;
    tgr_quality quality;
    tgr_pass pass;
    tgr_united categories; /* queries without one come after them */
    mean *means;           /* categories x models, and all queries as one more row */
    float *scores;         /* (categories, and none) x models */
    uint64_t training;

    /* of the batch that is being simulated */
    const int32_t *codes_here;
    const tgr_batch *batch;
} learning;

/* ---- learning -------------------------------------------------------------------------------- */

static tgr_status unite_categories(learning *work, tgr_error *error)
{
    if (!tgr_united_open(&work->categories, &work->pass, tgr_names_of_category, 0)) {
        return tgr_fail_memory(error, "the categories");
    }
    return tgr_united_none(&work->categories) > 0
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_ARGUMENT,
                          "%s: no query has a category, whose mean could be routed by",
                          work->pass.files[0]->path);
}

/* Categories, and queries without one. */
static size_t row_count(const learning *work)
{
    return tgr_united_none(&work->categories) + 1;
}

static tgr_status open_means(learning *work, tgr_error *error)
{
    size_t cells = 0, models = work->router->model_count;
    bool fits = !__builtin_mul_overflow(row_count(work) + 1, models, &cells);
    work->means = fits ? tgr_mem_zalloc(cells, sizeof *work->means) : NULL;
    work->scores = fits ? tgr_mem_zalloc(cells, sizeof *work->scores) : NULL;
    return work->means != NULL && work->scores != NULL
               ? TGR_OK
               : tgr_fail_memory(error, "the means of the categories");
}

static size_t category_of(const int32_t *codes, const tgr_batch *batch, size_t row, size_t none)
{
    int32_t code = batch->category == NULL ? -1 : batch->category[row];
    return code < 0 ? none : (size_t)codes[code];
}

static void add_value(mean *into, double value, tgr_weight weight)
{
    into->sum += tgr_weigh_term(tgr_tally_term(value), (uint64_t)weight, 40);
    into->count += weight;
}

static void learn_row(learning *work, size_t category, const tgr_judgement *judgements,
                      tgr_weight weight)
{
    size_t models = work->router->model_count;
    for (size_t model = 0; model < models; model++) {
        const tgr_judgement *one = &judgements[model];
        double value = work->quality == TGR_QUALITY_SCORE ? one->score
                       : one->outcome < 0                 ? NAN
                                                          : one->outcome > 0;
        if (fabs(value) <= TGR_EXACT_LIMIT) {
            add_value(&work->means[category * models + model], value, weight);
            add_value(&work->means[row_count(work) * models + model], value, weight);
        }
    }
}

static void find_columns(const learning *work, const tgr_query_file *file, int32_t *columns)
{
    for (size_t model = 0; model < work->router->model_count; model++) {
        const char *name = work->router->models[model].name;
        uint32_t code = tgr_strings_find(file->models, name, strlen(name));
        columns[model] = code == TGR_STRING_NONE ? -1 : (int32_t)code;
    }
}

static tgr_status learn(learning *work, const tgr_run *run, tgr_error *error)
{
    size_t models = work->router->model_count;
    int32_t *columns = tgr_mem_alloc(models, sizeof *columns);
    tgr_judgement *judgements = tgr_mem_alloc(models, sizeof *judgements);
    tgr_status status = TGR_OK;
    if (columns == NULL || judgements == NULL) {
        TGR_TRY(tgr_fail_memory(error, "the means of the categories"));
    }
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(
            &work->pass, TGR_WANT_CATEGORY | TGR_WANT_SCORE | TGR_WANT_OUTCOME | TGR_WANT_WEIGHT,
            "learning categories", run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        const tgr_query_file *here = work->pass.files[file];
        find_columns(work, here, columns);
        for (size_t row = 0; row < batch->rows; row++) {
            tgr_judge_row(batch, row, columns, tgr_strings_count(here->models), models,
                          work->router->reference, judgements);
            learn_row(work,
                      category_of(work->categories.codes[file], batch, row, row_count(work) - 1),
                      judgements,
                      batch->weight == NULL ? TGR_WEIGHT_ONE : tgr_weight_of(batch->weight[row]));
        }
        work->training += batch->rows;
    }
done:
    tgr_mem_free(columns);
    tgr_mem_free(judgements);
    return status;
}

static void pass_means(tgr_crew_row *row, void *user)
{
    learning *work = user;
    for (size_t i = 0; i < (row_count(work) + 1) * work->router->model_count; i++) {
        tgr_crew_row_sum(row, &work->means[i].sum);
        tgr_crew_row_sum(row, &work->means[i].count);
    }
    tgr_crew_row_number(row, &work->training);
}

/* A category that nothing is known of scores as all queries do. */
static void find_scores(learning *work)
{
    size_t models = work->router->model_count, rows = row_count(work);
    for (size_t row = 0; row < rows; row++) {
        for (size_t model = 0; model < models; model++) {
            const mean *own = &work->means[row * models + model];
            const mean *all = &work->means[rows * models + model];
            const mean *from = own->count > 0 ? own : all;
            work->scores[row * models + model] =
                from->count > 0
                    ? (float)(tgr_tally_value(from->sum) / ((double)from->count * 0x1p-40))
                    : 0;
        }
    }
}

/* ---- as scores ------------------------------------------------------------------------------- */

static tgr_status prepare(void *user, const tgr_batch *batch, const tgr_pass *pass, size_t file,
                          tgr_error *error)
{
    learning *work = user;
    (void)pass;
    (void)error;
    work->batch = batch;
    work->codes_here = work->categories.codes[file];
    return TGR_OK;
}

static void fill(void *user, const tgr_decide *decide, size_t begin, size_t end, float *scores,
                 size_t stride)
{
    const learning *work = user;
    size_t models = work->router->model_count;
    for (size_t row = begin; row < end; row++) {
        size_t category = category_of(work->codes_here, work->batch, row, row_count(work) - 1);
        for (size_t place = 0; place < models; place++) {
            scores[(row - begin) * stride + place] =
                work->scores[category * models + decide->serve->order[place]];
        }
    }
}

/* ---- all together ---------------------------------------------------------------------------- */

static bool has_training_split(const tgr_pass *pass)
{
    bool found = false;
    for (size_t file = 0; file < pass->file_count; file++) {
        const tgr_strings *splits = pass->files[file]->splits;
        found |= splits != NULL && tgr_strings_find(splits, TRAINING_SPLIT,
                                                    strlen(TRAINING_SPLIT)) != TGR_STRING_NONE;
    }
    return found;
}

/* Opens the queries to learn from; *split is NULL where they are those that are judged. */
static tgr_status open_training(learning *work, const tgr_simulate_options *options,
                                const char **split, tgr_error *error)
{
    tgr_status status =
        tgr_pass_open(&work->pass, options->inputs, options->input_count, options->split, error);
    *split = NULL;
    bool same = options->split != NULL && strcmp(options->split, TRAINING_SPLIT) == 0;
    if (status == TGR_OK && !same && has_training_split(&work->pass)) {
        *split = TRAINING_SPLIT;
        tgr_pass_close(&work->pass);
        status = tgr_pass_open(&work->pass, options->inputs, options->input_count, *split, error);
    }
    return status;
}

static tgr_baseline best_within(const tgr_simulation *simulation, double cost)
{
    tgr_baseline best = {NAN, NAN, NAN, NAN, NULL};
    double reached = NAN;
    for (size_t i = 0; i < simulation->points; i++) {
        const tgr_point *point = &simulation->curve[i];
        double quality =
            simulation->quality == TGR_QUALITY_SCORE ? point->mean_score : point->accept_rate;
        bool better =
            isnan(reached) || quality > reached || (quality == reached && point->cost < best.cost);
        if (point->cost <= cost && !isnan(quality) && better) {
            best = (tgr_baseline){point->cost, point->accept_rate, point->mean_score,
                                  point->coverage, NULL};
            reached = quality;
        }
    }
    return best;
}

static tgr_status simulate(learning *work, const tgr_simulate_options *options, tgr_result *result,
                           tgr_category_mean *made, const tgr_run *run, tgr_error *error)
{
    const tgr_simulate_source source = {
        .scores = {.fill = fill, .user = work},
        .wants = TGR_WANT_CATEGORY,
        .prepare = prepare,
        .user = work,
    };
    tgr_simulate_options own = *options;
    tgr_simulation *simulation;
    tgr_run quiet = run == NULL ? (tgr_run){.size = sizeof quiet} : *run;
    quiet.message = NULL; /* they were given of the router's own simulation */
    own.thresholds = NULL;
    own.threshold_count = 0;
    own.grid = POINTS;
    own.bootstrap = 0;
    own.quality = work->quality;
    tgr_status status =
        tgr_simulate_alone(work->router, &own, &source, SIZE_MAX, &simulation, &quiet, error);
    if (status == TGR_OK) {
        result->owned[result->owned_count++] = simulation;
        made->simulation = simulation;
        made->at_cost =
            best_within(simulation, result->simulation.curve[result->simulation.best].cost);
    }
    return status;
}

tgr_status tgr_category_mean_add(const tgr_router *router, const tgr_simulate_options *options,
                                 tgr_result *result, const tgr_run *run, tgr_error *error)
{
    learning work = {.router = router, .quality = result->simulation.quality};
    const char *split;
    tgr_status status = TGR_OK;
    tgr_category_mean *made = tgr_arena_alloc(&result->arena, 1, sizeof *made);
    TGR_TRY(tgr_result_reserve_owned(result, 1, error));
    if (made == NULL) {
        TGR_TRY(tgr_fail_memory(error, "the means of the categories"));
    }
    TGR_TRY(open_training(&work, options, &split, error));
    TGR_TRY(tgr_pass_share(&work.pass, run, error));
    TGR_TRY(unite_categories(&work, error));
    TGR_TRY(open_means(&work, error));
    TGR_TRY(learn(&work, run, error));
    TGR_TRY(tgr_crew_unite(run, pass_means, &work, error));
    find_scores(&work);
    TGR_TRY(simulate(&work, options, result, made, run, error));
    made->split = split; /* of static storage */
    made->training = work.training;
    result->details.category_mean = made;
done:
    tgr_mem_free(work.means);
    tgr_mem_free(work.scores);
    tgr_united_close(&work.categories);
    tgr_pass_close(&work.pass);
    return status;
}
