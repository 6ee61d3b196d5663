/* fit.c - the steps of fitting: count tags, choose the reference, sum outcomes, solve, measure. */
#include <tagroute/fit.h>

#include <math.h>
#include <string.h>

#include <tagroute/prices.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/fit_margins.h"
#include "engine/fit_means.h"
#include "engine/fit_models.h"
#include "engine/fit_outcomes.h"
#include "engine/fit_tags.h"
#include "engine/pass.h"
#include "engine/router/router.h"
#include "engine/scorer/scorer.h"

#define TRAINING_SPLIT "train"
#define TAGGER_GIVEN   "given" /* tags came with the records */

typedef struct fitting {
    tgr_fit_options options;
    const tgr_scorer *scorer;
    const tgr_run *run;
    tgr_pass pass;
    tgr_router *router;
    int32_t *columns; /* files x models */
    tgr_fit_tags tags;
    tgr_fit_means means;
    tgr_fit_outcomes outcomes;
    tgr_fit_report report;
} fitting;

void tgr_fit_options_init(tgr_fit_options *options)
{
    *options = (tgr_fit_options){
        .size = sizeof *options,
        .scorer = "paper",
        .min_count = 5,
        .count = TGR_COUNT_DEFAULT,
        .rewards = {1, 0.15, -1},
    };
}

static void close_fitting(fitting *work)
{
    tgr_fit_outcomes_free(&work->outcomes);
    tgr_fit_means_free(&work->means);
    tgr_fit_tags_free(&work->tags);
    tgr_mem_free(work->columns);
    tgr_pass_close(&work->pass);
    tgr_router_free(work->router);
}

static tgr_status check_options(fitting *work, tgr_error *error)
{
    const tgr_fit_options *options = &work->options;
    if (options->scorer == NULL || (work->scorer = tgr_scorer_by_name(options->scorer)) == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no scorer \"%s\"; there are: %s",
                        options->scorer == NULL ? "" : options->scorer, tgr_scorer_names());
    }
    if (options->input_count > 0 && options->inputs == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no query file was given");
    }
    if (options->model_count > 0 && options->models == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a number of models is set but not their names");
    }
    if (!isfinite(options->min_count) || options->min_count < 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the minimum count of a tag has to be a number not below 0");
    }
    if (options->count != TGR_COUNT_DEFAULT && tgr_count_name(options->count) == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%d is no way to count tags", (int)options->count);
    }
    for (size_t i = 0; i < 3; i++) {
        if (!isfinite(options->rewards[i])) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "the rewards have to be finite numbers");
        }
    }
    return TGR_OK;
}

static tgr_status new_router(fitting *work, tgr_error *error)
{
    const tgr_fit_options *options = &work->options;
    tgr_router *router = work->router = tgr_router_new();
    if (router == NULL) {
        return tgr_fail_memory(error, "the router");
    }
    memcpy(router->rewards, options->rewards, sizeof router->rewards);
    router->min_count = options->min_count;
    router->count =
        options->count == TGR_COUNT_DEFAULT ? work->scorer->default_count : options->count;
    router->scorer = tgr_mem_string(work->scorer->name);
    router->tagger_kind = tgr_mem_string(TAGGER_GIVEN);
    if (router->scorer == NULL || router->tagger_kind == NULL) {
        return tgr_fail_memory(error, "the router");
    }
    return TGR_OK;
}

/* Without a split asked for, "train" where some file has it. */
static tgr_status open_pass(fitting *work, tgr_error *error)
{
    const tgr_fit_options *options = &work->options;
    tgr_pass *pass = &work->pass;
    tgr_status status =
        tgr_pass_open(pass, options->inputs, options->input_count, options->split, error);
    bool found = false;
    for (size_t i = 0; options->split == NULL && i < pass->file_count; i++) {
        const tgr_strings *splits = pass->files[i]->splits;
        found |= splits != NULL && tgr_strings_find(splits, TRAINING_SPLIT,
                                                    strlen(TRAINING_SPLIT)) != TGR_STRING_NONE;
    }
    if (status == TGR_OK && found) {
        pass->split = tgr_mem_string(TRAINING_SPLIT);
        status = pass->split == NULL ? tgr_fail_memory(error, "a name") : TGR_OK;
    }
    work->report.queries = pass->rows;
    return status;
}

/* Files that tagroute wrote must agree on how they were tagged; foreign ones do not say. */
static tgr_status set_tagger(fitting *work, tgr_error *error)
{
    tgr_router *router = work->router;
    const tgr_query_file *first = NULL;
    for (size_t i = 0; i < work->pass.file_count; i++) {
        const tgr_query_file *file = work->pass.files[i];
        if (file->tagger_digest[0] == '\0') {
            continue;
        }
        if (first != NULL && strcmp(first->tagger_digest, file->tagger_digest) != 0) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "%s was tagged in another way than %s; ingest both with the same "
                            "options, or fit them apart",
                            file->path, first->path);
        }
        first = first == NULL ? file : first;
    }
    char digest[33];
    router->category_tag = first != NULL && first->category_tag;
    tgr_tagger_digest(TAGGER_GIVEN, router->category_tag, digest);
    if (first != NULL && strcmp(first->tagger_digest, digest) != 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s was tagged in a way that this version of tagroute does not know; "
                        "ingest its log again",
                        first->path);
    }
    router->tagger_digest = tgr_mem_string(digest);
    return router->tagger_digest == NULL ? tgr_fail_memory(error, "the router") : TGR_OK;
}

static tgr_status prepare(fitting *work, const tgr_price_options *prices, tgr_error *error)
{
    const tgr_fit_options *options = &work->options;
    tgr_router *router = work->router;
    tgr_status status = TGR_OK;
    TGR_TRY(set_tagger(work, error));
    TGR_TRY(tgr_fit_models_list(&work->pass, options->models, options->model_count, router, error));
    work->report.models = router->model_count;
    if (options->reference != NULL) {
        TGR_TRY(tgr_router_need_model(router, options->reference, &router->reference, error));
    }
    /* Before anything is read, so that a mistake in them is found at once. */
    if (prices != NULL) {
        TGR_TRY(tgr_router_set_prices(router, prices, work->run, error));
    }
    TGR_TRY(tgr_fit_models_columns(&work->pass, router, &work->columns, error));
    TGR_TRY(tgr_fit_tags_open(&work->tags, &work->pass, work->run, error));
    TGR_TRY(tgr_fit_means_open(&work->means, router->model_count, work->run, error));
done:
    return status;
}

/* The first walk: how often tags occur, and the models' means. */
static tgr_status count_tags(fitting *work, tgr_error *error)
{
    tgr_router *router = work->router;
    tgr_pass *pass = &work->pass;
    unsigned want = TGR_FIT_MEANS_WANTS;
    want |= work->options.reference == NULL ? TGR_WANT_PROMPT_TOKENS : 0;
    tgr_status status = TGR_OK;
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(pass, want, "counting tags", work->run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        work->report.training += batch->rows;
        TGR_TRY(tgr_fit_means_add(&work->means, pass, file, batch,
                                  work->columns + file * router->model_count, router, error));
        TGR_TRY(tgr_fit_tags_count(&work->tags, pass, file, batch,
                                   router->count == TGR_COUNT_BINARY, error));
    }
    tgr_fit_means_store(&work->means, router);
    if (work->report.training == 0) {
        TGR_TRY(tgr_fail(error, TGR_ERR_INPUT, "%s: there is no query to learn from%s%s",
                         pass->files[0]->path, pass->split == NULL ? "" : " in the split ",
                         pass->split == NULL ? "" : pass->split));
    }
done:
    return status;
}

static void warn_about_models(const fitting *work)
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

/* The second walk: outcomes by tag and model. */
static tgr_status count_outcomes(fitting *work, tgr_error *error)
{
    tgr_router *router = work->router;
    tgr_fit_outcomes *outcomes = &work->outcomes;
    tgr_status status = tgr_fit_outcomes_count(outcomes, &work->pass, &work->tags, work->columns,
                                               router, work->run, error);
    if (status != TGR_OK) {
        return status;
    }
    if (outcomes->judged == 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: no training query has an outcome, or scores of a model and of the "
                        "reference %s to derive one from; record them under \"models\" in the log, "
                        "or name another reference with --reference",
                        work->pass.files[0]->path, router->models[router->reference].name);
    }
    work->report.judged = outcomes->judged;
    work->report.derived = outcomes->derived;
    work->report.assumed_ties = outcomes->assumed;
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

static tgr_status solve(fitting *work, tgr_error *error)
{
    tgr_router *router = work->router;
    size_t tags = tgr_router_tags(router), models = router->model_count;
    router->weights = tgr_mem_alloc(tags, models * sizeof *router->weights);
    router->bias = tgr_mem_alloc(models, sizeof *router->bias);
    if (router->weights == NULL || router->bias == NULL) {
        return tgr_fail_memory(error, "the router's weights");
    }
    const tgr_sums sums = {
        .tags = tags,
        .models = models,
        .occurrences = work->tags.occurrences,
        .outcomes = tgr_outcome_sums_total(&work->outcomes.sums),
        .model_outcomes = work->outcomes.model_outcomes,
    };
    work->scorer->solve(&sums, router, router->weights, router->bias);
    for (size_t model = 0; model < models; model++) {
        router->bias[model] += 0.0f; /* -0 becomes +0 */
    }
    tgr_fit_outcomes_free(&work->outcomes); /* large, and the margins need room */
    return check_finite(router, error);
}

static tgr_status fit(fitting *work, const tgr_price_options *prices, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(check_options(work, error));
    TGR_TRY(open_pass(work, error));
    TGR_TRY(new_router(work, error));
    TGR_TRY(prepare(work, prices, error));
    TGR_TRY(count_tags(work, error));
    TGR_TRY(tgr_fit_tags_keep(&work->tags, &work->pass, work->router, error));
    work->report.tags_seen = work->tags.seen;
    work->report.tags = tgr_router_tags(work->router);
    if (work->options.reference == NULL) {
        TGR_TRY(tgr_fit_models_choose_reference(&work->means, work->router, work->run, error));
    }
    TGR_TRY(count_outcomes(work, error));
    TGR_TRY(solve(work, error));
    TGR_TRY(tgr_fit_margins(work->router, &work->pass, work->report.training, work->run, error));
    TGR_TRY(tgr_router_update_digest(work->router, error));
done:
    return status;
}

tgr_status tgr_fit(const tgr_fit_options *options, const tgr_price_options *prices,
                   tgr_router **router, tgr_fit_report *report, const tgr_run *run,
                   tgr_error *error)
{
    fitting work = {.run = run};
    tgr_fit_options_init(&work.options);
    *router = NULL;
    tgr_status status = tgr_options_copy(&work.options, sizeof work.options, options, error);
    if (status == TGR_OK) {
        status = fit(&work, prices, error);
    }
    if (status == TGR_OK) {
        *router = work.router;
        work.router = NULL;
    }
    if (report != NULL) {
        *report = work.report;
    }
    close_fitting(&work);
    return status;
}
