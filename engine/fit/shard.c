/* shard.c - a fit of one shard of the rows, kept as sums. */
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/fit/partial.h"
#include "engine/fit/work.h"

static tgr_status check_shard(const tgr_fit_work *work, uint64_t shard, uint64_t shards,
                              tgr_error *error)
{
    if (shards > TGR_SHARDS_MAX || shard < 1 || shard > shards) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "shards count from 1 to their number, which is at most %d; %llu of %llu "
                        "is none",
                        TGR_SHARDS_MAX, (unsigned long long)shard, (unsigned long long)shards);
    }
    if (work->scorer->walks) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s goes over all queries many times, so it cannot be learnt in shards; "
                        "fit it in one run, or take paper or bayes",
                        work->scorer->name);
    }
    return TGR_OK;
}

static tgr_status check_reference(const tgr_fit_work *work, tgr_error *error)
{
    if (work->options.reference == NULL && work->outcomes.dependent > 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: %llu queries have outcomes that are derived or assumed by comparison "
                        "with the reference, which a shard cannot choose; name it with --reference",
                        work->walk.pass.files[0]->path,
                        (unsigned long long)work->outcomes.dependent);
    }
    return TGR_OK;
}

static tgr_status copy_means(const tgr_fit_work *work, tgr_partial *partial, tgr_error *error)
{
    size_t models = work->router->model_count;
    partial->means = tgr_mem_alloc(3 * models + 1, sizeof *partial->means);
    if (partial->means == NULL) {
        return tgr_fail_memory(error, "the partial fit");
    }
    const tgr_mean *const arrays[] = {work->means.cost, work->means.completion_tokens,
                                      work->means.score};
    for (size_t i = 0; i < 3; i++) {
        memcpy(partial->means + i * models, arrays[i], models * sizeof *partial->means);
    }
    partial->means[3 * models] = work->means.prompt_tokens;
    return TGR_OK;
}

static tgr_status list_files(const tgr_fit_work *work, tgr_partial *partial, tgr_error *error)
{
    const tgr_pass *pass = &work->walk.pass;
    partial->files = tgr_mem_zalloc(pass->file_count, sizeof *partial->files);
    if (partial->files == NULL) {
        return tgr_fail_memory(error, "the partial fit");
    }
    partial->file_count = pass->file_count;
    for (size_t i = 0; i < pass->file_count; i++) {
        const char *digest = pass->files[i]->digest;
        strncpy(partial->files[i].digest, digest, sizeof partial->files[i].digest - 1);
        partial->files[i].rows = pass->files[i]->rows;
    }
    return TGR_OK;
}

/* Settings are taken before any mean is known, so that those of all shards are the same. The sums
 * are lent by the work. */
static tgr_status write_partial(tgr_fit_work *work, tgr_partial *partial, const char *output,
                                tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(copy_means(work, partial, error));
    TGR_TRY(list_files(work, partial, error));
    partial->reference_given = work->options.reference != NULL;
    partial->parameter = work->report.parameter;
    partial->training = work->report.training;
    partial->queries = work->outcomes.queries;
    partial->judged = work->outcomes.judged;
    partial->derived = work->outcomes.derived;
    partial->assumed = work->outcomes.assumed;
    partial->reference_recorded = work->outcomes.reference_recorded;
    partial->models = work->router->model_count;
    partial->split = work->walk.pass.split;
    partial->model_outcomes = work->outcomes.model_outcomes;
    partial->tags = work->router->tags;
    partial->occurrences = work->tags.occurrences;
    if (work->scorer->wants_outcomes) {
        partial->outcomes = (tgr_sum *)(uintptr_t)tgr_outcome_sums_total(&work->outcomes.sums);
    }
    if (work->scorer->wants_values) {
        partial->values = work->outcomes.values[0];
    }
    status = tgr_fit_partial_write(partial, output, error);
    /* what was lent */
    partial->split = NULL;
    partial->model_outcomes = NULL;
    partial->tags = NULL;
    partial->occurrences = partial->outcomes = NULL;
    partial->values = (tgr_value_sums){0};
done:
    return status;
}

tgr_status tgr_fit_shard(const tgr_fit_options *options, const tgr_price_options *prices,
                         uint64_t shard, uint64_t shards, const char *output,
                         tgr_fit_report *report, const tgr_run *run, tgr_error *error)
{
    tgr_fit_work work;
    tgr_partial partial = {.shard = shard, .shards = shards};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_fit_work_start(&work, options, run, error));
    TGR_TRY(check_shard(&work, shard, shards, error));
    TGR_TRY(tgr_fit_work_open(&work, error));
    tgr_fit_walk_shard(&work.walk, shard, shards);
    TGR_TRY(tgr_fit_work_prepare(&work, prices, error));
    TGR_TRY(tgr_partial_settings(work.router, &partial.settings, error));
    TGR_TRY(tgr_fit_work_count_tags(&work, true, error));
    TGR_TRY(tgr_fit_work_count_outcomes(&work, false, error));
    TGR_TRY(check_reference(&work, error));
    TGR_TRY(write_partial(&work, &partial, output, error));
done:
    if (report != NULL) {
        *report = work.report;
    }
    tgr_fit_partial_free(&partial);
    tgr_fit_work_close(&work);
    return status;
}
