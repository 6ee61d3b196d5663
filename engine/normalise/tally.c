/* tally.c - which file is what, and the sums of all. */
#include "engine/normalise/tally.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/kind.h"

bool tgr_tag_tally_add(tgr_tag_tally *tally, const char *tag, size_t length, tgr_sum seen)
{
    uint32_t before = tgr_strings_count(tally->tags);
    void *sums = tally->sums;
    bool enough = tgr_mem_grow(&sums, &tally->capacity, (size_t)before + 1, sizeof *tally->sums);
    tally->sums = sums;
    uint32_t number = enough ? tgr_strings_add(tally->tags, tag, length) : TGR_STRING_NONE;
    if (number == TGR_STRING_NONE) {
        return false;
    }
    tally->sums[number] = (number == before ? 0 : tally->sums[number]) + seen;
    return true;
}

static tgr_status round_sums(tgr_tag_tally *tally, tgr_error *error)
{
    uint32_t count = tgr_strings_count(tally->tags);
    tally->seen = tgr_mem_alloc(count, sizeof *tally->seen);
    if (tally->seen == NULL) {
        return tgr_fail_memory(error, "the tags");
    }
    for (uint32_t tag = 0; tag < count; tag++) {
        tally->seen[tag] = tgr_exact_value(tally->sums[tag]);
    }
    return TGR_OK;
}

/* Files by what they are. */
typedef struct sorted {
    const char **queries, **logs;
    size_t query_count, log_count;
} sorted;

/* Routers and vocabularies are read at once. */
static tgr_status sort_one(tgr_tag_tally *tally, sorted *files, const char *path, tgr_error *error)
{
    tgr_file_kind kind = TGR_KIND_UNKNOWN;
    if (strcmp(path, "-") != 0) {
        tgr_status status = tgr_file_kind_of(path, &kind, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    switch (kind) {
    case TGR_KIND_ROUTER:
        return tgr_tag_tally_router(tally, path, error);
    case TGR_KIND_VOCABULARY:
        return tgr_tag_tally_vocabulary(tally, path, error);
    case TGR_KIND_UNKNOWN:
        files->logs[files->log_count++] = path;
        return TGR_OK;
    case TGR_KIND_QUERIES:
    case TGR_KIND_DECISIONS: /* which the store refuses by name */
        files->queries[files->query_count++] = path;
        return TGR_OK;
    }
    return TGR_OK;
}

static tgr_status read_all(tgr_tag_tally *tally, sorted *files,
                           const tgr_normalise_options *options, const tgr_run *run,
                           tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < options->input_count; i++) {
        TGR_TRY(sort_one(tally, files, options->inputs[i], error));
    }
    if (files->query_count > 0) {
        TGR_TRY(tgr_tag_tally_queries(tally, files->queries, files->query_count, options->split,
                                      run, error));
    }
    if (files->log_count > 0) {
        TGR_TRY(tgr_tag_tally_logs(tally, files->logs, files->log_count, options, run, error));
    }
    if (tgr_strings_count(tally->tags) == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: has no tags; texts get theirs from a vocabulary (tagroute tag "
                          "--learn) when they are ingested",
                          options->inputs[0]);
        goto done;
    }
    TGR_TRY(round_sums(tally, error));
done:
    return status;
}

tgr_status tgr_tag_tally_read(tgr_tag_tally *tally, const tgr_normalise_options *options,
                              const tgr_run *run, tgr_error *error)
{
    sorted files = {.queries = tgr_mem_zalloc(options->input_count, sizeof *files.queries),
                    .logs = tgr_mem_zalloc(options->input_count, sizeof *files.logs)};
    *tally = (tgr_tag_tally){.tags = tgr_strings_new()};
    tgr_status status = tally->tags == NULL || files.queries == NULL || files.logs == NULL
                            ? tgr_fail_memory(error, "the tags")
                            : read_all(tally, &files, options, run, error);
    tgr_mem_free(files.queries);
    tgr_mem_free(files.logs);
    if (status != TGR_OK) {
        tgr_tag_tally_free(tally);
    }
    return status;
}

void tgr_tag_tally_free(tgr_tag_tally *tally)
{
    tgr_strings_free(tally->tags);
    tgr_mem_free(tally->seen);
    tgr_mem_free(tally->sums);
    *tally = (tgr_tag_tally){0};
}
