/* query_shards.c - what query files say of the runs that wrote them, compared. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/runtime.h"
#include "engine/merge/queries.h"

/* Files that tagroute wrote must agree on how they were tagged; those of others do not say. */
static tgr_status compare_taggers(tgr_merging *work, tgr_query_file *const *files, size_t count,
                                  tgr_error *error)
{
    const tgr_query_file *first = NULL;
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        if (files[i]->tagger_digest[0] == '\0') {
            continue;
        }
        if (first == NULL) {
            first = files[i];
        } else if (strcmp(first->tagger_digest, files[i]->tagger_digest) != 0) {
            status = tgr_merge_finding(
                work, error,
                "%s was tagged in another way than %s; ingest both with the same --category-tag "
                "and router",
                files[i]->path, first->path);
        }
    }
    return status;
}

/* Likely a slip, but somebody may want it. */
static void warn_of_twins(const tgr_merging *work, tgr_query_file *const *files, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t before = 0; before < i && files[i]->digest[0] != '\0'; before++) {
            if (strcmp(files[i]->digest, files[before]->digest) == 0) {
                tgr_run_message(work->run, TGR_WARNING,
                                "%s holds the same queries as %s: they will stand twice",
                                files[i]->path, files[before]->path);
                break;
            }
        }
    }
}

/* ---- shards ---------------------------------------------------------------------------- */

static int by_shard(const void *a, const void *b)
{
    const tgr_query_file *left = *(tgr_query_file *const *)a, *right = *(tgr_query_file *const *)b;
    return left->shard < right->shard ? -1 : left->shard > right->shard;
}

/* In what a file differs from a shard; NULL where it is of the same run. */
static const char *difference(const tgr_query_file *first, const tgr_query_file *other)
{
    return other->shards == 0               ? "is no shard and so of another run"
           : other->shards != first->shards ? "is of a run cut into another number of shards"
           : strcmp(other->run_digest, first->run_digest) != 0
               ? "is of another run, with other logs, options or router,"
               : NULL;
}

/* Of several files, those that are of the first shard's run come first; returns how many. */
static tgr_status set_apart(tgr_merging *work, tgr_query_file **files, size_t count,
                            const tgr_query_file *first, size_t *own, tgr_error *error)
{
    tgr_status status = TGR_OK;
    *own = 0;
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        tgr_query_file *file = files[i];
        const char *how = difference(first, file);
        if (how == NULL) {
            files[i] = files[*own];
            files[(*own)++] = file;
        } else {
            status = tgr_merge_finding(work, error,
                                       "%s: %s than %s; join only shards of one run, and whole "
                                       "files afterwards",
                                       file->path, how, first->path);
        }
    }
    return status;
}

/* Every shard once. */
static tgr_status look_for_gaps(tgr_merging *work, tgr_query_file *const *files, size_t count,
                                tgr_error *error)
{
    uint64_t next = 1, shards = files[0]->shards;
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        uint64_t shard = files[i]->shard;
        if (i > 0 && shard == files[i - 1]->shard) {
            status =
                tgr_merge_finding(work, error, "%s: is shard %" PRIu64 "/%" PRIu64 ", as is %s",
                                  files[i]->path, shard, shards, files[i - 1]->path);
            continue;
        }
        status = tgr_merge_missing(work, next, shard, shards, error);
        next = shard + 1;
    }
    return status == TGR_OK ? tgr_merge_missing(work, next, shards + 1, shards, error) : status;
}

tgr_status tgr_query_files_compare(tgr_merging *work, tgr_query_file **files, size_t count,
                                   tgr_error *error)
{
    const tgr_query_file *shard = NULL;
    size_t own = 0;
    for (size_t i = 0; i < count && shard == NULL; i++) {
        shard = files[i]->shards > 0 ? files[i] : NULL;
    }
    tgr_status status = compare_taggers(work, files, count, error);
    if (shard == NULL || status != TGR_OK) {
        warn_of_twins(work, files, status == TGR_OK ? count : 0);
        return status;
    }
    status = set_apart(work, files, count, shard, &own, error);
    if (status == TGR_OK) {
        qsort(files, own, sizeof *files, by_shard);
        status = look_for_gaps(work, files, own, error);
    }
    return status;
}
