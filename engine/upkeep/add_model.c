/* add_model.c - one column fitted by the steps of any fit, with the router's tags and settings. */
#include <math.h>
#include <string.h>

#include <tagroute/upkeep.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/fit/margins.h"
#include "engine/fit/models.h"
#include "engine/fit/work.h"
#include "engine/router/cursor.h"
#include "engine/upkeep/columns.h"

/* In the router of two that the column is learnt in. */
enum { REFERENCE, ADDED, MODELS };

#define LARGEST_COUNT 0x1p80 /* whose sums stay within 128 bits */

typedef struct adding {
    tgr_add_model_options options;
    tgr_router *router;
    tgr_fit_work work;
    bool shares_tags; /* the work's router has those of the other */
} adding;

void tgr_add_model_options_init(tgr_add_model_options *options)
{
    *options = (tgr_add_model_options){.size = sizeof *options, .parameter = NAN};
}

/* The router's own, from among the keys that only the scorer knows; NaN where it has none. */
static double stored_parameter(const tgr_router *router, const char *name)
{
    tgr_cursor cursor = {router->unknown_scorer.bytes, router->unknown_scorer.length, 0};
    for (uint32_t pair = 0; pair < router->unknown_scorer_pairs; pair++) {
        tgr_item key, value;
        double number;
        if (tgr_cursor_next(&cursor, &key) != TGR_CURSOR_OK) {
            break;
        }
        tgr_cursor ahead = cursor;
        if (key.kind == TGR_ITEM_STRING && tgr_item_is(&key, name) &&
            tgr_cursor_next(&ahead, &value) == TGR_CURSOR_OK && tgr_item_number(&value, &number)) {
            return number;
        }
        if (tgr_cursor_skip(&cursor) != TGR_CURSOR_OK) {
            break;
        }
    }
    return NAN;
}

static tgr_status check(const adding *work, tgr_error *error)
{
    const char *model = work->options.model;
    if (model == NULL || model[0] == '\0') {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "the model to be added has no name");
    }
    if (tgr_router_find_model(work->router, model) >= 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the router has a model %s already; drop it first, or rename one of them",
                        model);
    }
    if (tgr_scorer_by_name(work->router->scorer) == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the router's scorer \"%.60s\" is not one that this version can learn by",
                        work->router->scorer);
    }
    for (size_t tag = 0; tag < tgr_router_tags(work->router); tag++) {
        if (!(work->router->counts[tag] <= LARGEST_COUNT)) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "the count of tag \"%.200s\" is too large",
                            tgr_router_tag(work->router, tag));
        }
    }
    return TGR_OK;
}

/* The options of a fit like the one that made the router. */
static tgr_status fit_options(const adding *work, tgr_fit_options *options, tgr_error *error)
{
    const tgr_router *router = work->router;
    const char *name = tgr_scorer_by_name(router->scorer)->parameter;
    double parameter = work->options.parameter;
    tgr_fit_options_init(options);
    options->inputs = work->options.inputs;
    options->input_count = work->options.input_count;
    options->split = work->options.split;
    options->memory = work->options.memory;
    options->scorer = router->scorer;
    options->min_count = router->min_count < 0 ? 0 : router->min_count;
    options->count = router->count;
    memcpy(options->rewards, router->rewards, sizeof options->rewards);
    if (name == NULL && !isnan(parameter)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "the scorer %s has no parameter", router->scorer);
    }
    if (name != NULL && isnan(parameter)) {
        parameter = stored_parameter(router, name);
    }
    if (name != NULL && isnan(parameter)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the router does not say which %s it was fitted with, and choosing one "
                        "would take fitting its other models, too; give it",
                        name);
    }
    if (name != NULL && strcmp(name, "kappa") == 0) {
        options->kappa = parameter;
    } else if (name != NULL) {
        options->alpha = parameter;
    }
    return TGR_OK;
}

static tgr_status check_files(const adding *work, tgr_error *error)
{
    const tgr_pass *pass = &work->work.walk.pass;
    bool found = false;
    for (size_t i = 0; i < pass->file_count; i++) {
        const tgr_query_file *file = pass->files[i];
        found |= tgr_strings_find(file->models, work->options.model, strlen(work->options.model)) !=
                 TGR_STRING_NONE;
        if (file->tagger_digest[0] != '\0' &&
            strcmp(file->tagger_digest, work->router->tagger_digest) != 0) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "%s was tagged in another way than the router's training data; ingest "
                            "the log again with the router (--router)",
                            file->path);
        }
    }
    return found ? TGR_OK
                 : tgr_fail(error, TGR_ERR_ARGUMENT, "no query file has a model \"%s\"",
                            work->options.model);
}

/* n_t as sums, from the router's counts. */
static bool fill_occurrences(adding *work)
{
    size_t tags = tgr_router_tags(work->router);
    tgr_sum *occurrences = tgr_mem_alloc(tags, sizeof *occurrences);
    for (size_t tag = 0; occurrences != NULL && tag < tags; tag++) {
        occurrences[tag] = (tgr_sum)(work->router->counts[tag] * 0x1p40);
    }
    work->work.tags.occurrences = occurrences;
    return occurrences != NULL;
}

/* A router of the reference and the new model, with the tags of the other one. */
static tgr_status make_pair(adding *work, const tgr_price_options *prices, tgr_error *error)
{
    const tgr_router *router = work->router;
    const char *const names[MODELS] = {router->models[router->reference].name, work->options.model};
    tgr_router *pair = work->work.router = tgr_router_new();
    bool made = pair != NULL;
    if (made) {
        memcpy(pair->rewards, router->rewards, sizeof pair->rewards);
        pair->min_count = router->min_count;
        pair->count = router->count;
        pair->category_tag = router->category_tag;
        pair->tags = router->tags;
        work->shares_tags = true;
        pair->scorer = tgr_mem_string(router->scorer);
        pair->models = tgr_mem_alloc(MODELS, sizeof *pair->models);
        made = pair->scorer != NULL && pair->models != NULL;
    }
    for (size_t i = 0; made && i < MODELS; i++) {
        tgr_model_init(&pair->models[i]);
        pair->model_count = i + 1;
        pair->models[i].name = tgr_mem_string(names[i]);
        made = pair->models[i].name != NULL;
    }
    if (!made) {
        return tgr_fail_memory(error, "the router");
    }
    return prices == NULL ? TGR_OK : tgr_router_set_prices(pair, prices, work->work.run, error);
}

static tgr_status prepare(adding *work, tgr_error *error)
{
    tgr_fit_work *fit = &work->work;
    const tgr_pass *pass = &fit->walk.pass;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_fit_models_columns(pass, fit->router, &fit->columns, error));
    TGR_TRY(tgr_fit_tags_of_router(&fit->tags, pass, work->router, fit->run, error));
    if (!fill_occurrences(work)) {
        status = tgr_fail_memory(error, "the tags' counts");
        goto done;
    }
    TGR_TRY(tgr_fit_means_open(&fit->means, MODELS, fit->run, error));
    fit->source = (tgr_fit_source){&fit->walk, &fit->tags, fit->columns, fit->router, fit->run};
    fit->report.models = 1;
    fit->report.tags = tgr_router_tags(work->router);
done:
    return status;
}

static tgr_status walk_means(adding *work, tgr_error *error)
{
    tgr_fit_work *fit = &work->work;
    tgr_status status = TGR_OK;
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_fit_walk_next(&fit->walk, TGR_FIT_MEANS_WANTS, "counting", fit->run, &batch,
                                  &file, error));
        if (batch == NULL) {
            break;
        }
        fit->report.training += batch->rows;
        TGR_TRY(tgr_fit_means_add(&fit->means, &fit->walk, file, batch,
                                  fit->columns + file * MODELS, fit->router, error));
    }
    tgr_fit_means_store(&fit->means, fit->router);
done:
    return status;
}

/* Whether anything says how good the new model is. */
static bool is_judged(const tgr_fit_work *fit)
{
    const tgr_value_sums *values = fit->outcomes.value_count > 0 ? fit->outcomes.values : NULL;
    for (size_t fold = 0; values != NULL && fold < values->folds; fold++) {
        if (values->judged[fold * MODELS + ADDED] > 0) {
            return true;
        }
    }
    return !isnan(tgr_mean_reward(fit->router->rewards, fit->outcomes.model_outcomes + 3 * ADDED));
}

static tgr_status learn(adding *work, tgr_error *error)
{
    tgr_fit_work *fit = &work->work;
    tgr_status status = TGR_OK;
    TGR_TRY(walk_means(work, error));
    TGR_TRY(tgr_fit_work_count_outcomes(fit, fit->scorer->walks, error));
    if (!is_judged(fit)) {
        status =
            tgr_fail(error, TGR_ERR_INPUT,
                     "%s: no query is judged for model %s: neither an outcome is recorded, nor "
                     "scores of it and of the reference %s to derive one from",
                     fit->walk.pass.files[0]->path, work->options.model,
                     fit->router->models[REFERENCE].name);
        goto done;
    }
    TGR_TRY(tgr_fit_work_note_outcomes(fit, fit->walk.pass.files[0]->path, error));
    TGR_TRY(tgr_fit_work_learn(fit, error));
done:
    return status;
}

static tgr_status insert(adding *work, tgr_error *error)
{
    tgr_router *router = work->router, *pair = work->work.router;
    const tgr_column column = {pair->weights + ADDED, MODELS, pair->bias[ADDED]};
    size_t at = tgr_columns_place(router, work->options.model);
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_columns_insert(router, at, &pair->models[ADDED], &column, error));
    pair->model_count = ADDED; /* it has moved */
    tgr_columns_drop_quantiles(router);
    TGR_TRY(tgr_fit_margins(router, &work->work.walk.pass, work->work.report.training,
                            work->work.run, error));
    TGR_TRY(tgr_router_update_digest(router, error));
done:
    return status;
}

static void close_adding(adding *work)
{
    if (work->shares_tags) {
        work->work.router->tags = NULL;
    }
    tgr_fit_work_close(&work->work);
}

tgr_status tgr_router_add_model(tgr_router *router, const tgr_add_model_options *options,
                                const tgr_price_options *prices, tgr_fit_report *report,
                                const tgr_run *run, tgr_error *error)
{
    adding work = {.router = router};
    tgr_fit_options fit;
    tgr_status status = TGR_OK;
    tgr_add_model_options_init(&work.options);
    TGR_TRY(tgr_options_copy(&work.options, sizeof work.options, options, error));
    TGR_TRY(check(&work, error));
    TGR_TRY(fit_options(&work, &fit, error));
    TGR_TRY(tgr_fit_work_start(&work.work, &fit, run, error));
    TGR_TRY(tgr_fit_work_open(&work.work, error));
    TGR_TRY(check_files(&work, error));
    TGR_TRY(make_pair(&work, prices, error));
    TGR_TRY(prepare(&work, error));
    TGR_TRY(learn(&work, error));
    TGR_TRY(insert(&work, error));
done:
    if (report != NULL) {
        *report = work.work.report;
    }
    close_adding(&work);
    return status;
}
