/* parts.c - do partial fits belong together, and is any missing? */
#include "engine/fit/parts.h"

#include <math.h>
#include <string.h>

#include <tagroute/fit.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

typedef struct checking {
    const tgr_partial *parts;
    const char *const *paths;
    size_t count;
    uint64_t *findings; /* NULL: the first is the error */
    const tgr_run *run;
} checking;

/* Takes what failed for a finding, where these are counted. */
static tgr_status judge(const checking *work, tgr_status status, const tgr_error *why,
                        tgr_error *error)
{
    if (work->findings != NULL && (status == TGR_ERR_INPUT || status == TGR_ERR_IO)) {
        (*work->findings)++;
        tgr_run_message(work->run, TGR_WARNING, "%s", why->message);
        return TGR_OK;
    }
    return status == TGR_OK ? TGR_OK : tgr_fail(error, status, "%s", why->message);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_number(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b;
}

static bool same_files(const tgr_partial *a, const tgr_partial *b)
{
    bool same = a->file_count == b->file_count;
    for (size_t i = 0; same && i < a->file_count; i++) {
        same = a->files[i].rows == b->files[i].rows &&
               strcmp(a->files[i].digest, b->files[i].digest) == 0;
    }
    return same;
}

static bool same_options(const tgr_partial *a, const tgr_partial *b)
{
    return a->settings.length == b->settings.length &&
           memcmp(a->settings.bytes, b->settings.bytes, a->settings.length) == 0 &&
           a->reference_given == b->reference_given && same_number(a->parameter, b->parameter) &&
           same_text(a->split, b->split) && (a->outcomes == NULL) == (b->outcomes == NULL);
}

static tgr_status check_pair(const checking *work, size_t i, tgr_error *error)
{
    const tgr_partial *first = &work->parts[0], *other = &work->parts[i];
    const char *different = other->shards != first->shards ? "another number of shards"
                            : !same_files(first, other)    ? "other query files"
                            : !same_options(first, other)  ? "other options"
                            : first->values.folds != other->values.folds ? "another number of folds"
                                                                         : NULL;
    if (different != NULL) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s and %s do not belong together: the second was fitted with %s; merge "
                        "shards of one fit only",
                        work->paths[0], work->paths[i], different);
    }
    for (size_t before = 0; before < i; before++) {
        if (work->parts[before].shard == other->shard) {
            return tgr_fail(error, TGR_ERR_INPUT, "%s and %s are both shard %llu of %llu",
                            work->paths[before], work->paths[i], (unsigned long long)other->shard,
                            (unsigned long long)other->shards);
        }
    }
    return TGR_OK;
}

#define MISSING_SHOWN 10

/* What the first part's run lacks. */
static tgr_status check_missing(const checking *work, tgr_error *error)
{
    uint64_t shards = work->parts[0].shards, missing = 0;
    tgr_buffer list = {0};
    bool *there = tgr_mem_zalloc((size_t)shards + 1, 1);
    for (size_t i = 0; there != NULL && i < work->count; i++) {
        if (work->parts[i].shards == shards) {
            there[work->parts[i].shard] = true;
        }
    }
    for (uint64_t shard = 1; there != NULL && shard <= shards; shard++) {
        if (!there[shard] && ++missing <= MISSING_SHOWN) {
            tgr_buffer_format(&list, "%s%llu", missing > 1 ? ", " : "", (unsigned long long)shard);
        }
    }
    if (missing > MISSING_SHOWN) {
        tgr_buffer_format(&list, " and %llu more", (unsigned long long)(missing - MISSING_SHOWN));
    }
    tgr_status status =
        there == NULL || list.failed ? tgr_fail_memory(error, "the partial fits")
        : missing > 0
            ? tgr_fail(error, TGR_ERR_INPUT,
                       "missing %s of %llu: fit every shard with --shard I/%llu, and merge all",
                       list.bytes, (unsigned long long)shards, (unsigned long long)shards)
            : TGR_OK;
    tgr_mem_free(there);
    tgr_buffer_free(&list);
    return status;
}

tgr_status tgr_fit_parts_check(const tgr_partial *parts, const char *const *paths, size_t count,
                               uint64_t *findings, const tgr_run *run, tgr_error *error)
{
    const checking work = {parts, paths, count, findings, run};
    tgr_status status = TGR_OK;
    tgr_error why;
    for (size_t i = 1; status == TGR_OK && i < count; i++) {
        status = judge(&work, check_pair(&work, i, &why), &why, error);
    }
    return status == TGR_OK && count > 0 ? judge(&work, check_missing(&work, &why), &why, error)
                                         : status;
}

/* Reads what can be read; *count says how many that are. */
static tgr_status read_each(const checking *work, const char *const *names, size_t name_count,
                            tgr_partial *parts, const char **paths, size_t *count, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < name_count; i++) {
        tgr_error why;
        TGR_TRY(tgr_run_check(work->run, error));
        status = tgr_fit_partial_read(names[i], &parts[*count], &why);
        if (status == TGR_OK) {
            paths[(*count)++] = names[i];
        } else {
            tgr_fit_partial_free(&parts[*count]);
            status = judge(work, status, &why, error);
        }
    }
done:
    return status;
}

tgr_status tgr_fit_merge_check(const char *const *names, size_t name_count, uint64_t *shards,
                               const tgr_run *run, tgr_error *error)
{
    uint64_t findings = 0;
    size_t count = 0;
    tgr_partial *parts = tgr_mem_zalloc(name_count, sizeof *parts);
    const char **paths = tgr_mem_zalloc(name_count, sizeof *paths);
    const checking work = {.findings = &findings, .run = run};
    tgr_status status =
        parts == NULL || paths == NULL ? tgr_fail_memory(error, "the partial fits") : TGR_OK;
    if (status == TGR_OK && name_count == 0) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT, "no partial fit was given");
    }
    if (status == TGR_OK) {
        TGR_TRY(read_each(&work, names, name_count, parts, paths, &count, error));
        TGR_TRY(tgr_fit_parts_check(parts, paths, count, &findings, run, error));
    }
    if (status == TGR_OK && findings > 0) {
        status = tgr_fail(error, TGR_ERR_INPUT, "these cannot be joined: %llu finding%s",
                          (unsigned long long)findings, findings == 1 ? "" : "s");
    }
    if (status == TGR_OK && shards != NULL) {
        *shards = parts[0].shards;
    }
done:
    for (size_t i = 0; i < count; i++) {
        tgr_fit_partial_free(&parts[i]);
    }
    tgr_mem_free(parts);
    tgr_mem_free(paths);
    return status;
}
