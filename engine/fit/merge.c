/* merge.c - all shards of a fit into the router that one run gives. */
#include <math.h>
#include <string.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/fit/margins.h"
#include "engine/fit/models.h"
#include "engine/fit/partial.h"
#include "engine/fit/parts.h"
#include "engine/fit/work.h"

typedef struct merging {
    tgr_fit_work work;
    const char *const *paths;
    tgr_partial *parts;
    size_t count;
    tgr_strings *names; /* of all parts' tags */
    tgr_fit_tag *seen;  /* of each */
    uint32_t *number;   /* of each: in the router, or how many tags that has */
} merging;

static void close_merging(merging *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        tgr_fit_partial_free(&merge->parts[i]);
    }
    tgr_mem_free(merge->parts);
    tgr_mem_free(merge->seen);
    tgr_mem_free(merge->number);
    tgr_strings_free(merge->names);
    tgr_fit_work_close(&merge->work);
}

static tgr_status read_parts(merging *merge, size_t count, tgr_error *error)
{
    if (count == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no partial fit was given");
    }
    merge->parts = tgr_mem_zalloc(count, sizeof *merge->parts);
    if (merge->parts == NULL) {
        return tgr_fail_memory(error, "the partial fits");
    }
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        merge->count = i + 1;
        status = tgr_run_check(merge->work.run, error);
        if (status == TGR_OK) {
            status = tgr_fit_partial_read(merge->paths[i], &merge->parts[i], error);
        }
    }
    return status;
}

/* The first part's settings become the router's, and the options. */
static tgr_status take_settings(merging *merge, tgr_error *error)
{
    tgr_partial *first = &merge->parts[0];
    tgr_fit_work *work = &merge->work;
    tgr_router *router = work->router = first->router;
    first->router = NULL;
    work->scorer = tgr_scorer_by_name(router->scorer);
    bool fits =
        work->scorer != NULL && !work->scorer->walks &&
        work->scorer->wants_outcomes == (first->outcomes != NULL) &&
        work->scorer->wants_values == (first->values.folds > 0) &&
        (!isnan(first->parameter) || work->scorer->parameter == NULL || first->values.folds > 1);
    if (!fits) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: does not hold what the scorer \"%s\" learns from", merge->paths[0],
                        router->scorer);
    }
    work->report.parameter = first->parameter;
    work->options.folds = (uint32_t)first->values.folds;
    work->report.models = router->model_count;
    work->report.queries = 0;
    for (size_t i = 0; i < first->file_count; i++) {
        work->report.queries += first->files[i].rows;
    }
    tgr_strings_free(router->tags);
    tgr_mem_free(router->counts);
    tgr_mem_free(router->weights);
    tgr_mem_free(router->bias);
    router->tags = NULL;
    router->counts = NULL;
    router->weights = router->bias = NULL;
    return TGR_OK;
}

static tgr_status unite_tags(merging *merge, tgr_error *error)
{
    size_t capacity = 0;
    void *memory = NULL;
    merge->names = tgr_strings_new();
    bool enough = merge->names != NULL;
    for (size_t i = 0; i < merge->count && enough; i++) {
        const tgr_partial *part = &merge->parts[i];
        for (uint32_t tag = 0; tag < tgr_strings_count(part->tags) && enough; tag++) {
            size_t length;
            const char *text = tgr_strings_get(part->tags, tag, &length);
            uint32_t before = tgr_strings_count(merge->names);
            uint32_t number = tgr_strings_add(merge->names, text, length);
            enough = number != TGR_STRING_NONE &&
                     tgr_mem_grow(&memory, &capacity, (size_t)number + 1, sizeof *merge->seen);
            merge->seen = memory;
            if (enough && number == before) {
                merge->seen[number] = (tgr_fit_tag){0, text, (uint32_t)length, number};
            }
            if (enough) {
                merge->seen[number].occurrences += part->occurrences[tag];
            }
        }
    }
    return enough ? TGR_OK : tgr_fail_memory(error, "the tags of all shards");
}

/* Numbers the tags to be kept, and everybody's tags by them. */
static tgr_status keep_tags(merging *merge, tgr_error *error)
{
    tgr_fit_work *work = &merge->work;
    tgr_status status = TGR_OK;
    TGR_TRY(unite_tags(merge, error));
    uint32_t seen = tgr_strings_count(merge->names);
    uint32_t kept = tgr_fit_tags_choose(merge->seen, seen, work->router->min_count);
    work->report.tags_seen = seen;
    work->report.tags = kept;
    if (work->report.training == 0) {
        TGR_TRY(tgr_fail(error, TGR_ERR_INPUT, "%s: no shard holds a query to learn from",
                         merge->paths[0]));
    }
    if (kept == 0) {
        TGR_TRY(tgr_fit_tags_fail(merge->paths[0], work->router->min_count, seen, error));
    }
    TGR_TRY(tgr_fit_tags_fill(merge->seen, kept, work->router, &work->tags.occurrences, error));
    merge->number = tgr_mem_alloc(seen, sizeof *merge->number);
    if (merge->number == NULL) {
        TGR_TRY(tgr_fail_memory(error, "the tags of all shards"));
    }
    for (uint32_t i = 0; i < seen; i++) {
        merge->number[i] = kept;
    }
    for (uint32_t i = 0; i < kept; i++) {
        merge->number[merge->seen[i].number] = i;
    }
done:
    return status;
}

static tgr_status open_totals(merging *merge, tgr_error *error)
{
    tgr_fit_work *work = &merge->work;
    tgr_fit_outcomes *outcomes = &work->outcomes;
    size_t tags = tgr_router_tags(work->router), models = work->router->model_count;
    outcomes->model_outcomes = tgr_mem_zalloc(models, 3 * sizeof *outcomes->model_outcomes);
    bool enough = outcomes->model_outcomes != NULL;
    if (work->scorer->wants_outcomes) {
        outcomes->sums.tags = tags;
        outcomes->sums.models = models;
        outcomes->sums.total = tgr_mem_zalloc(tags, models * 3 * sizeof *outcomes->sums.total);
        enough &= outcomes->sums.total != NULL;
    }
    if (work->scorer->wants_values) {
        outcomes->values = tgr_mem_zalloc(1, sizeof *outcomes->values);
        enough &= outcomes->values != NULL;
        outcomes->value_count = enough;
        enough = enough &&
                 tgr_value_sums_open(outcomes->values, merge->parts[0].values.folds, tags, models);
    }
    return enough ? TGR_OK : tgr_fail_memory(error, "the sums by tag and model");
}

static void add_cells(tgr_sum *into, size_t to, const tgr_sum *from, size_t tag, size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        into[to * cells + i] += from[tag * cells + i];
    }
}

static void add_tags(merging *merge, const tgr_partial *part)
{
    tgr_fit_outcomes *into = &merge->work.outcomes;
    size_t models = part->models, kept = tgr_router_tags(merge->work.router);
    size_t tags = tgr_strings_count(part->tags);
    for (uint32_t tag = 0; tag < tags; tag++) {
        size_t length;
        const char *text = tgr_strings_get(part->tags, tag, &length);
        size_t to = merge->number[tgr_strings_find(merge->names, text, length)];
        if (to == kept) {
            continue;
        }
        if (part->outcomes != NULL) {
            add_cells(into->sums.total, to, part->outcomes, tag, 3 * models);
        }
        for (size_t fold = 0; fold < part->values.folds; fold++) {
            add_cells(into->values->x, fold * kept + to, part->values.x, fold * tags + tag, models);
            add_cells(into->values->xy, fold * kept + to, part->values.xy, fold * tags + tag,
                      models);
        }
    }
}

static void add_part(merging *merge, const tgr_partial *part)
{
    tgr_fit_outcomes *into = &merge->work.outcomes;
    into->queries += part->queries;
    into->judged += part->judged;
    into->derived += part->derived;
    into->assumed += part->assumed;
    into->reference_recorded += part->reference_recorded;
    for (size_t i = 0; i < 3 * part->models; i++) {
        into->model_outcomes[i] += part->model_outcomes[i];
    }
    for (size_t i = 0; i < part->values.folds * part->models; i++) {
        into->values->y[i] += part->values.y[i];
        into->values->judged[i] += part->values.judged[i];
    }
    add_tags(merge, part);
}

static tgr_status merge_means(merging *merge, tgr_error *error)
{
    tgr_fit_work *work = &merge->work;
    size_t models = work->router->model_count;
    tgr_status status = tgr_fit_means_open(&work->means, models, work->run, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_mean *const arrays[] = {work->means.cost, work->means.completion_tokens, work->means.score,
                                &work->means.prompt_tokens};
    for (size_t i = 0; i < merge->count; i++) {
        for (size_t j = 0; j < 3 * models + 1; j++) {
            tgr_mean *mean = &arrays[j / models][j % models];
            mean->sum += merge->parts[i].means[j].sum;
            mean->count += merge->parts[i].means[j].count;
            mean->beyond += merge->parts[i].means[j].beyond;
        }
        work->report.training += merge->parts[i].training;
    }
    tgr_fit_means_store(&work->means, work->router);
    return TGR_OK;
}

static tgr_status check_query_file(const merging *merge, size_t i, tgr_error *error)
{
    const tgr_query_file *file = merge->work.walk.pass.files[i];
    const tgr_partial_file *known = &merge->parts[0].files[i];
    return file->rows == known->rows && strcmp(file->digest, known->digest) == 0
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_ARGUMENT,
                          "%s is not the query file that the shards were fitted from, or was "
                          "changed since; give the same ones in the same order",
                          file->path);
}

static tgr_status open_queries(merging *merge, const char *const *queries, size_t count,
                               tgr_error *error)
{
    tgr_fit_work *work = &merge->work;
    tgr_status status = TGR_OK;
    if (count != merge->parts[0].file_count) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the shards were fitted from %zu query files, and %zu were given; give the "
                        "same ones in the same order",
                        merge->parts[0].file_count, count);
    }
    work->options.inputs = queries;
    work->options.input_count = count;
    work->options.split = merge->parts[0].split == NULL ? "" : merge->parts[0].split;
    TGR_TRY(tgr_fit_work_open(work, error));
    for (size_t i = 0; i < count; i++) {
        TGR_TRY(check_query_file(merge, i, error));
    }
done:
    return status;
}

/* The queries themselves, where the parameter is to be chosen by them. */
static tgr_status collect_rows(merging *merge, tgr_error *error)
{
    tgr_fit_work *work = &merge->work;
    tgr_fit_outcomes counted;
    tgr_sum *occurrences = work->tags.occurrences;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_fit_models_columns(&work->walk.pass, work->router, &work->columns, error));
    status = tgr_fit_tags_of_router(&work->tags, &work->walk.pass, work->router, work->run, error);
    work->tags.occurrences = occurrences;
    TGR_TRY(status);
    TGR_TRY(tgr_fit_folds_read(&work->walk.pass, 0, work->walk.end, tgr_fit_work_folds(work),
                               work->run, &work->folds, error));
    work->walk.folds = &work->folds;
    work->source =
        (tgr_fit_source){&work->walk, &work->tags, work->columns, work->router, work->run};
    tgr_fit_rows_open(&work->rows, &work->source, work->report.training, tgr_run_memory(work->run));
    const tgr_fit_wanted wanted = {.rows = &work->rows};
    status = tgr_fit_outcomes_count(&counted, &work->source, &wanted, error);
    tgr_fit_outcomes_free(&counted);
done:
    return status;
}

static tgr_status merge_parts(merging *merge, tgr_error *error)
{
    tgr_fit_work *work = &merge->work;
    tgr_status status = TGR_OK;
    TGR_TRY(take_settings(merge, error));
    TGR_TRY(merge_means(merge, error));
    TGR_TRY(keep_tags(merge, error));
    if (!merge->parts[0].reference_given) {
        TGR_TRY(tgr_fit_models_choose_reference(&work->means, work->router, work->run, error));
    }
    TGR_TRY(open_totals(merge, error));
    for (size_t i = 0; i < merge->count; i++) {
        add_part(merge, &merge->parts[i]);
    }
    work->report.judged_queries = work->outcomes.queries;
    work->report.judged = work->outcomes.judged;
    work->report.derived = work->outcomes.derived;
    work->report.assumed_ties = work->outcomes.assumed;
    TGR_TRY(tgr_fit_work_note_outcomes(work, merge->paths[0], error));
done:
    return status;
}

static tgr_status merge_all(merging *merge, size_t part_count, const char *const *queries,
                            size_t query_count, tgr_error *error)
{
    tgr_fit_work *work = &merge->work;
    tgr_status status = TGR_OK;
    TGR_TRY(read_parts(merge, part_count, error));
    TGR_TRY(tgr_fit_parts_check(merge->parts, merge->paths, merge->count, NULL, work->run, error));
    if (query_count > 0) {
        TGR_TRY(open_queries(merge, queries, query_count, error));
    }
    TGR_TRY(merge_parts(merge, error));
    if (tgr_fit_work_chooses(work)) {
        if (query_count == 0) {
            TGR_TRY(tgr_fail(error, TGR_ERR_ARGUMENT,
                             "%s is to be chosen by cross-validation, which needs the query files; "
                             "name them with --queries, or fit the shards with --%s",
                             work->scorer->parameter, work->scorer->parameter));
        }
        TGR_TRY(collect_rows(merge, error));
    }
    TGR_TRY(tgr_fit_work_learn(work, error));
    if (query_count > 0) {
        work->walk.folds = NULL;
        TGR_TRY(tgr_fit_margins(work->router, &work->walk.pass, work->report.training, work->run,
                                error));
    } else if (work->router->model_count > 1) {
        tgr_run_message(work->run, TGR_WARNING,
                        "the router has no margin quantiles, which are measured on the queries; "
                        "name the query files with --queries to add them");
    }
    TGR_TRY(tgr_router_update_digest(work->router, error));
done:
    return status;
}

tgr_status tgr_fit_merge(const char *const *parts, size_t part_count, const char *const *queries,
                         size_t query_count, tgr_router **router, tgr_fit_report *report,
                         const tgr_run *run, tgr_error *error)
{
    merging merge = {.work = {.run = run, .report = {.parameter = NAN}}, .paths = parts};
    *router = NULL;
    tgr_fit_options_init(&merge.work.options);
    tgr_status status = merge_all(&merge, part_count, queries, query_count, error);
    if (status == TGR_OK) {
        *router = merge.work.router;
        merge.work.router = NULL;
    }
    if (report != NULL) {
        *report = merge.work.report;
    }
    close_merging(&merge);
    return status;
}
