/* start.c - a fit's options checked, its files opened, its router begun. */
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/crew.h"
#include "engine/fit/models.h"
#include "engine/fit/work.h"
#include "engine/router/tagger_settings.h"

#define TRAINING_SPLIT "train"
#define TAGGER_GIVEN   "given" /* tags came with the records */

void tgr_fit_options_init(tgr_fit_options *options)
{
    *options = (tgr_fit_options){
        .size = sizeof *options,
        .scorer = "paper",
        .min_count = 5,
        .count = TGR_COUNT_DEFAULT,
        .rewards = {1, 0.15, -1},
        .kappa = NAN,
        .alpha = NAN,
    };
}

void tgr_fit_work_close(tgr_fit_work *work)
{
    tgr_fit_rows_close(&work->rows);
    tgr_fit_outcomes_free(&work->outcomes);
    tgr_fit_means_free(&work->means);
    tgr_fit_tags_free(&work->tags);
    tgr_mem_free(work->columns);
    tgr_fit_folds_free(&work->folds);
    tgr_fit_walk_close(&work->walk);
    tgr_router_free(work->router);
}

static tgr_status check_options(tgr_fit_work *work, tgr_error *error)
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
    if (!isnan(options->kappa) && !(options->kappa > 0 && isfinite(options->kappa))) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "kappa has to be a number above 0");
    }
    if (!isnan(options->alpha) && !(options->alpha >= 0 && isfinite(options->alpha))) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "alpha has to be a number not below 0");
    }
    return TGR_OK;
}

/* A kappa for a scorer without one is a mistake, not something to be passed over. */
static tgr_status set_parameter(tgr_fit_work *work, tgr_error *error)
{
    const struct {
        const char *name;
        double value;
    } given[] = {{"kappa", work->options.kappa}, {"alpha", work->options.alpha}};
    work->report.parameter = NAN;
    for (size_t i = 0; i < 2; i++) {
        const char *own = work->scorer->parameter;
        if (own != NULL && strcmp(own, given[i].name) == 0) {
            work->report.parameter = given[i].value;
        } else if (!isnan(given[i].value)) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "the scorer %s has no %s", work->scorer->name,
                            given[i].name);
        }
    }
    return TGR_OK;
}

/* Folds that nothing would use are a mistake, too. */
static tgr_status check_folds(const tgr_fit_work *work, tgr_error *error)
{
    uint32_t folds = work->options.folds;
    if (folds == 0) {
        return TGR_OK;
    }
    if (folds < 2 || folds > TGR_FOLDS_MOST) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "the number of folds is from 2 to %d, not %lu",
                        TGR_FOLDS_MOST, (unsigned long)folds);
    }
    return tgr_fit_work_chooses(work)
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_ARGUMENT,
                          "nothing is chosen by cross-validation%s, so a number of folds changes "
                          "nothing; leave it out",
                          work->scorer->parameter == NULL ? " for this scorer"
                                                          : " where the parameter is given");
}

tgr_status tgr_fit_work_start(tgr_fit_work *work, const tgr_fit_options *options,
                              const tgr_run *run, tgr_error *error)
{
    *work = (tgr_fit_work){.run = run};
    tgr_fit_options_init(&work->options);
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_options_copy(&work->options, sizeof work->options, options, error));
    TGR_TRY(check_options(work, error));
    TGR_TRY(set_parameter(work, error));
    TGR_TRY(check_folds(work, error));
done:
    return status;
}

bool tgr_fit_work_chooses(const tgr_fit_work *work)
{
    return work->scorer->parameter != NULL && isnan(work->report.parameter);
}

tgr_status tgr_fit_work_open(tgr_fit_work *work, tgr_error *error)
{
    const tgr_fit_options *options = &work->options;
    tgr_pass *pass = &work->walk.pass;
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
    if (status == TGR_OK && tgr_run_crew(work->run) != NULL && !work->may_share) {
        status = tgr_fail(error, TGR_ERR_UNSUPPORTED,
                          "several processes can fit a router together, but neither shards of one "
                          "nor changes to one; leave that to one process");
    }
    if (status == TGR_OK) {
        status = work->share == NULL ? tgr_pass_share(pass, work->run, error)
                                     : tgr_pass_share_from(pass, *work->share, work->run, error);
    }
    if (status == TGR_OK) {
        work->report.queries = pass->rows;
        tgr_fit_walk_all(&work->walk);
    }
    return status;
}

static tgr_status new_router(tgr_fit_work *work, tgr_error *error)
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
    return router->scorer != NULL ? TGR_OK : tgr_fail_memory(error, "the router");
}

/* How a file's texts were tagged, into the router; tags were given where no file says. */
static tgr_status take_tagger(tgr_router *router, const tgr_query_file *file, tgr_error *error)
{
    char digest[33];
    tgr_status status = TGR_OK;
    router->category_tag = file != NULL && file->category_tag;
    router->tagger_kind = tgr_mem_string(file != NULL ? file->tagger_kind : TAGGER_GIVEN);
    if (file != NULL && file->tagger_settings_length > 0) {
        TGR_TRY(tgr_tagger_settings_read(file->tagger_settings, file->tagger_settings_length,
                                         &router->tagger_settings, &router->tagger_setting_count,
                                         error));
    }
    if (router->tagger_kind == NULL) {
        return tgr_fail_memory(error, "the router");
    }
    tgr_tagger_digest_of(router->tagger_kind, router->category_tag, &router->tagger_settings,
                         router->tagger_setting_count, digest);
    if (file != NULL && strcmp(file->tagger_digest, digest) != 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s does not say completely how it was tagged, or this version of tagroute "
                        "does not know that way; ingest its log again",
                        file->path);
    }
    router->tagger_digest = tgr_mem_string(digest);
    return router->tagger_digest != NULL ? TGR_OK : tgr_fail_memory(error, "the router");
done:
    tgr_error_prefix(error, "%s", file->path);
    return status;
}

/* Files that tagroute wrote must agree on how they were tagged; foreign ones do not say. */
static tgr_status set_tagger(tgr_fit_work *work, tgr_error *error)
{
    tgr_router *router = work->router;
    const tgr_query_file *first = NULL;
    for (size_t i = 0; i < work->walk.pass.file_count; i++) {
        const tgr_query_file *file = work->walk.pass.files[i];
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
    return take_tagger(router, first, error);
}

tgr_status tgr_fit_work_prepare(tgr_fit_work *work, const tgr_price_options *prices,
                                tgr_error *error)
{
    const tgr_fit_options *options = &work->options;
    tgr_status status = TGR_OK;
    TGR_TRY(new_router(work, error));
    tgr_router *router = work->router;
    TGR_TRY(set_tagger(work, error));
    TGR_TRY(tgr_fit_models_list(&work->walk.pass, options->models, options->model_count, router,
                                error));
    work->report.models = router->model_count;
    if (options->reference != NULL) {
        TGR_TRY(tgr_router_need_model(router, options->reference, &router->reference, error));
    }
    /* Before anything is read, so that a mistake in them is found at once. */
    if (prices != NULL) {
        TGR_TRY(tgr_router_set_prices(router, prices, work->run, error));
    }
    TGR_TRY(tgr_fit_models_columns(&work->walk.pass, router, &work->columns, error));
    TGR_TRY(tgr_fit_tags_open(&work->tags, &work->walk.pass, work->run, error));
    TGR_TRY(tgr_fit_means_open(&work->means, router->model_count, work->run, error));
    work->source = (tgr_fit_source){&work->walk, &work->tags, work->columns, router, work->run};
done:
    return status;
}
