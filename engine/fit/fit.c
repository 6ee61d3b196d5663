/* fit.c - the steps of fitting: count tags, choose the reference, sum outcomes, learn, measure. */
#include <tagroute/fit.h>

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/base/crew.h"
#include "engine/fit/margins.h"
#include "engine/fit/models.h"
#include "engine/fit/unite.h"
#include "engine/fit/work.h"
#include "engine/router/pack.h"

/* The first walk: how often tags occur, and the models' means. */
static tgr_status walk_tags(tgr_fit_work *work, tgr_error *error)
{
    tgr_router *router = work->router;
    tgr_fit_walk *walk = &work->walk;
    unsigned want = TGR_FIT_MEANS_WANTS;
    want |= work->options.reference == NULL ? TGR_WANT_PROMPT_TOKENS : 0;
    tgr_status status = TGR_OK;
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_fit_walk_next(walk, want, "counting tags", work->run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        work->report.training += batch->rows;
        TGR_TRY(tgr_fit_means_add(&work->means, walk, file, batch,
                                  work->columns + file * router->model_count, router, error));
        TGR_TRY(tgr_fit_tags_count(&work->tags, walk, file, batch,
                                   router->count == TGR_COUNT_BINARY, error));
    }
    TGR_TRY(tgr_crew_sum(work->run, &work->report.training, 1, error));
    TGR_TRY(tgr_fit_means_unite(&work->means, work->run, error));
    TGR_TRY(tgr_fit_tags_unite(&work->tags, &walk->pass, work->run, error));
    tgr_fit_means_store(&work->means, router);
done:
    return status;
}

static void warn_about_models(const tgr_fit_work *work)
{
    const tgr_router *router = work->router;
    const char *first = NULL;
    size_t unjudged = 0;
    for (size_t model = 0; model < router->model_count; model++) {
        if (isnan(router->models[model].mean_reward)) {
            first = unjudged++ == 0 ? router->models[model].name : first;
        }
    }
    if (unjudged == 1) {
        tgr_run_message(work->run, TGR_WARNING,
                        "no training query is judged for model %s: its weights are all 0", first);
    } else if (unjudged > 1) {
        tgr_run_message(work->run, TGR_WARNING,
                        "no training query is judged for %zu models, such as %s: their weights are "
                        "all 0",
                        unjudged, first);
    }
    if (work->outcomes.reference_recorded == 0) {
        tgr_run_message(work->run, TGR_WARNING,
                        "neither score nor outcome of the reference %s is recorded: it counts as a "
                        "tie wherever another model has an outcome",
                        router->models[router->reference].name);
    }
}

static tgr_status fail_without_queries(const tgr_fit_work *work, tgr_error *error)
{
    const tgr_pass *pass = &work->walk.pass;
    return tgr_fail(error, TGR_ERR_INPUT, "%s: there is no query to learn from%s%s",
                    pass->files[0]->path, pass->split == NULL ? "" : " in the split ",
                    pass->split == NULL ? "" : pass->split);
}

tgr_status tgr_fit_work_count_tags(tgr_fit_work *work, bool all_tags, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(walk_tags(work, error));
    if (work->report.training == 0 && !all_tags) {
        TGR_TRY(fail_without_queries(work, error));
    }
    TGR_TRY(tgr_fit_tags_keep(&work->tags, &work->walk.pass, all_tags, work->router, error));
    work->report.tags_seen = work->tags.seen;
    work->report.tags = tgr_router_tags(work->router);
done:
    return status;
}

tgr_status tgr_fit_work_count_outcomes(tgr_fit_work *work, bool rows, tgr_error *error)
{
    const tgr_scorer *scorer = work->scorer;
    bool folds = tgr_fit_work_chooses(work);
    tgr_status status = TGR_OK;
    if (folds && work->walk.folds == NULL) {
        TGR_TRY(tgr_fit_folds_read(&work->walk.pass, work->walk.begin, work->walk.end,
                                   tgr_fit_work_folds(work), work->run, &work->folds, error));
        work->walk.folds = &work->folds;
    }
    uint64_t memory = work->options.memory;
    uint64_t own = tgr_run_crew(work->run) == NULL ? work->report.training : work->walk.pass.own;
    tgr_fit_rows_open(&work->rows, &work->source, own,
                      memory == 0 ? tgr_run_memory(work->run) : memory);
    const tgr_fit_wanted wanted = {
        .outcomes = scorer->wants_outcomes,
        .value_folds = !scorer->wants_values ? 0
                       : folds               ? work->walk.folds->count
                                             : 1,
        .rows = rows ? &work->rows : NULL,
    };
    TGR_TRY(tgr_fit_outcomes_count(&work->outcomes, &work->source, &wanted, error));
    TGR_TRY(tgr_fit_outcomes_unite(&work->outcomes, work->router->model_count, work->run, error));
    if (rows) {
        TGR_TRY(tgr_fit_rows_unite(&work->rows, work->run, error));
    }
    work->report.judged_queries = work->outcomes.queries;
    work->report.judged = work->outcomes.judged;
    work->report.derived = work->outcomes.derived;
    work->report.assumed_ties = work->outcomes.assumed;
done:
    return status;
}

tgr_status tgr_fit_work_note_outcomes(tgr_fit_work *work, const char *where, tgr_error *error)
{
    tgr_router *router = work->router;
    const tgr_fit_outcomes *outcomes = &work->outcomes;
    bool valued = false;
    for (size_t i = 0;
         outcomes->value_count > 0 && i < outcomes->values->folds * outcomes->values->models; i++) {
        valued |= outcomes->values->judged[i] > 0;
    }
    if (outcomes->judged == 0 && !valued) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: no training query has an outcome, or scores of a model and of the "
                        "reference %s to derive one from; record them under \"models\" in the log, "
                        "or name another reference with --reference",
                        where, router->models[router->reference].name);
    }
    for (size_t model = 0; model < router->model_count; model++) {
        router->models[model].mean_reward =
            tgr_mean_reward(router->rewards, outcomes->model_outcomes + 3 * model);
    }
    warn_about_models(work);
    return TGR_OK;
}

static tgr_status check_finite(const tgr_router *router, tgr_error *error)
{
    size_t cells = tgr_router_tags(router) * router->model_count;
    for (size_t cell = 0; cell < cells; cell++) {
        if (!isfinite(router->weights[cell])) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "the score of tag \"%s\" for model %s is too large: its weights in the "
                            "query files nearly cancel; take --count binary, or a larger "
                            "--min-count",
                            tgr_router_tag(router, cell / router->model_count),
                            router->models[cell % router->model_count].name);
        }
    }
    return TGR_OK;
}

/* The parameter stands among the scorer's other keys, and beside one that was chosen by how many
 * folds, unless it was by as many as ever. */
static tgr_status store_parameter(const tgr_fit_work *work, bool chosen, tgr_error *error)
{
    const char *name = work->scorer->parameter;
    if (name == NULL) {
        return TGR_OK;
    }
    msgpack_packer packer;
    msgpack_packer_init(&packer, &work->router->unknown_scorer, tgr_pack_to_buffer);
    tgr_pack_text(&packer, name, strlen(name));
    msgpack_pack_double(&packer, work->report.parameter);
    work->router->unknown_scorer_pairs++;
    if (chosen && tgr_fit_work_folds(work) != TGR_FOLDS_DEFAULT) {
        tgr_pack_text(&packer, "folds", strlen("folds"));
        msgpack_pack_uint32(&packer, tgr_fit_work_folds(work));
        work->router->unknown_scorer_pairs++;
    }
    return work->router->unknown_scorer.failed ? tgr_fail_memory(error, "the router") : TGR_OK;
}

tgr_status tgr_fit_work_learn(tgr_fit_work *work, tgr_error *error)
{
    tgr_router *router = work->router;
    size_t tags = tgr_router_tags(router), models = router->model_count;
    router->weights = tgr_mem_alloc(tags, models * sizeof *router->weights);
    router->bias = tgr_mem_alloc(models, sizeof *router->bias);
    if (router->weights == NULL || router->bias == NULL) {
        return tgr_fail_memory(error, "the router's weights");
    }
    tgr_learning learning = {
        .sums = {.tags = tags,
                 .models = models,
                 .occurrences = work->tags.occurrences,
                 .outcomes = tgr_outcome_sums_total(&work->outcomes.sums),
                 .model_outcomes = work->outcomes.model_outcomes},
        .values = work->outcomes.values,
        .rows = &work->rows.public,
        .folds = tgr_fit_work_folds(work),
        .parameter = work->report.parameter,
        .threads = tgr_run_threads(work->run),
        .run = work->run,
    };
    bool chosen = tgr_fit_work_chooses(work);
    tgr_status status = TGR_OK;
    TGR_TRY(work->scorer->learn(&learning, router, router->weights, router->bias, error));
    work->report.parameter = learning.parameter;
    for (size_t model = 0; model < models; model++) {
        router->bias[model] += 0.0f; /* -0 becomes +0 */
    }
    tgr_fit_outcomes_free(&work->outcomes); /* large, and the margins need room */
    tgr_fit_rows_close(&work->rows);
    if (work->folds.words != NULL) {
        tgr_fit_folds_free(&work->folds);
        work->walk.folds = NULL;
    }
    TGR_TRY(store_parameter(work, chosen, error));
    TGR_TRY(check_finite(router, error));
done:
    return status;
}

tgr_status tgr_fit_work_fit(tgr_fit_work *work, const tgr_price_options *prices, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_fit_work_prepare(work, prices, error));
    TGR_TRY(tgr_fit_work_count_tags(work, false, error));
    if (work->options.reference == NULL) {
        TGR_TRY(tgr_fit_models_choose_reference(&work->means, work->router, work->run, error));
    }
    TGR_TRY(tgr_fit_work_count_outcomes(work, work->scorer->walks || tgr_fit_work_chooses(work),
                                        error));
    TGR_TRY(tgr_fit_work_note_outcomes(work, work->walk.pass.files[0]->path, error));
    TGR_TRY(tgr_fit_work_learn(work, error));
done:
    return status;
}

tgr_status tgr_fit(const tgr_fit_options *options, const tgr_price_options *prices,
                   tgr_router **router, tgr_fit_report *report, const tgr_run *run,
                   tgr_error *error)
{
    tgr_fit_work work;
    tgr_status status = TGR_OK;
    *router = NULL;
    TGR_TRY(tgr_fit_work_start(&work, options, run, error));
    work.may_share = true;
    TGR_TRY(tgr_fit_work_open(&work, error));
    TGR_TRY(tgr_fit_work_fit(&work, prices, error));
    TGR_TRY(tgr_fit_margins(work.router, &work.walk.pass, work.report.training, run, error));
    TGR_TRY(tgr_router_update_digest(work.router, error));
    *router = work.router;
    work.router = NULL;
done:
    if (report != NULL) {
        *report = work.report;
    }
    tgr_fit_work_close(&work);
    return status;
}
