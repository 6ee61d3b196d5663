/* normalise.c - the steps from a log's tags to a mapping. */
#include "engine/normalise/normalise.h"

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/normalise/arrange.h"
#include "engine/normalise/group_vectors.h"
#include "engine/tagger/align.h"

typedef struct work {
    const tgr_normalise_plan *plan;
    tgr_normalised *result;
    const tgr_run *run;

    tgr_strings *names; /* of the log and of what is given; NULL where nothing is */
    double *seen;
    tgr_seen_tags tags; /* these, or the log's */
    uint32_t count;
    bool *settled;     /* of each tag: what becomes of it is known beforehand; NULL: of none */
    uint32_t *becomes; /* of each tag: its canonical tag, or TGR_DROPPED */

    tgr_groups groups;
    uint32_t *members; /* the groups that are clustered, by number */
    size_t member_count;
    uint32_t *group_becomes;
    tgr_vectors vectors;
} work;

/* ---- what is given -------------------------------------------------------------------------- */

/* Given tags first, under their own numbers, then those that only the log has. */
static bool unite(work *job, const tgr_seen_tags *log)
{
    const tgr_strings *lists[] = {job->plan->given->tags, log->tags};
    uint32_t given = tgr_strings_count(lists[0]), seen = tgr_strings_count(lists[1]);
    job->names = tgr_strings_new();
    job->seen = tgr_mem_zalloc((size_t)given + seen, sizeof *job->seen);
    if (job->names == NULL || job->seen == NULL) {
        return false;
    }
    for (int list = 0; list < 2; list++) {
        for (uint32_t i = 0; i < tgr_strings_count(lists[list]); i++) {
            size_t length;
            const char *name = tgr_strings_get(lists[list], i, &length);
            uint32_t number = tgr_strings_add(job->names, name, length);
            if (number == TGR_STRING_NONE) {
                return false;
            }
            job->seen[number] = list == 0 ? 0 : log->seen[i];
        }
    }
    job->tags = (tgr_seen_tags){job->names, job->seen};
    return true;
}

/* Settles every tag that is given, or joins what is. */
static bool settle(work *job, tgr_aligner *aligner)
{
    uint32_t given = tgr_mapping_count(job->plan->given);
    for (uint32_t tag = 0; tag < job->count; tag++) {
        size_t length;
        tgr_alignment how;
        const char *name = tgr_strings_get(job->tags.tags, tag, &length);
        if (!tgr_align(aligner, name, length, &how, &job->becomes[tag])) {
            return false;
        }
        job->settled[tag] = how != TGR_ALIGNED_NOT;
        job->result->joined += job->settled[tag] && tag >= given;
    }
    return true;
}

static tgr_status take_given(work *job, const tgr_seen_tags *log, tgr_error *error)
{
    tgr_aligner *aligner = NULL;
    bool complete = unite(job, log);
    job->count = complete ? tgr_strings_count(job->names) : 0;
    job->settled = tgr_mem_zalloc(job->count, sizeof *job->settled);
    job->becomes = tgr_mem_alloc(job->count, sizeof *job->becomes);
    if (!complete || job->settled == NULL || job->becomes == NULL) {
        return tgr_fail_memory(error, "the tags");
    }
    tgr_status status = tgr_aligner_new(job->plan->given, job->plan->align_least, &aligner, error);
    if (status == TGR_OK && !settle(job, aligner)) {
        status = tgr_fail_memory(error, "the tags");
    }
    tgr_aligner_free(aligner);
    return status;
}

static tgr_status take_tags(work *job, const tgr_seen_tags *log, tgr_error *error)
{
    if (job->plan->given != NULL) {
        return take_given(job, log, error);
    }
    job->tags = *log;
    job->count = tgr_strings_count(log->tags);
    job->becomes = tgr_mem_alloc(job->count, sizeof *job->becomes);
    return job->becomes != NULL ? TGR_OK : tgr_fail_memory(error, "the tags");
}

/* ---- clusters ------------------------------------------------------------------------------- */

static tgr_status choose_members(work *job, tgr_error *error)
{
    job->members = tgr_mem_alloc(job->groups.count, sizeof *job->members);
    job->group_becomes = tgr_mem_alloc(job->groups.count, sizeof *job->group_becomes);
    if (job->members == NULL || job->group_becomes == NULL) {
        return tgr_fail_memory(error, "the groups of tags");
    }
    for (size_t group = 0; group < job->groups.count; group++) {
        bool rare = job->groups.rare[group];
        job->group_becomes[group] = rare ? TGR_DROPPED : job->groups.first[group];
        if (!rare) {
            job->members[job->member_count++] = (uint32_t)group;
        }
    }
    return TGR_OK;
}

static tgr_status make_vectors(work *job, tgr_error *error)
{
    const char *path = job->plan->embeddings;
    size_t before = job->member_count;
    if (path == NULL) {
        return tgr_group_spellings(&job->groups, job->members, before, &job->vectors, error);
    }
    tgr_status status = tgr_group_embeddings(&job->groups, &job->tags, path, job->members,
                                             &job->member_count, &job->vectors, error);
    job->result->no_vector = before - job->member_count;
    if (status == TGR_OK && before > 0 && job->member_count == 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: it has a vector for none of the tags; its dataset 'tags' must hold "
                        "them as the log has them",
                        path);
    }
    return status;
}

/* Members are in the order of their most frequent tags: the first of a cluster names it. */
static void name_clusters(work *job, const uint32_t *labels, uint32_t *names)
{
    for (uint32_t i = 0; i < job->result->clusters.clusters; i++) {
        names[i] = TGR_STRING_NONE;
    }
    for (size_t i = 0; i < job->member_count; i++) {
        if (labels[i] != TGR_NOISE) {
            uint32_t group = job->members[i], *name = &names[labels[i]];
            *name = *name == TGR_STRING_NONE ? job->groups.first[group] : *name;
            job->group_becomes[group] = *name;
        }
    }
}

static tgr_status cluster(work *job, tgr_error *error)
{
    tgr_status status = TGR_OK;
    uint32_t *labels = tgr_mem_alloc(job->member_count, 2 * sizeof *labels);
    if (labels == NULL) {
        return tgr_fail_memory(error, "the clusters of tags");
    }
    TGR_TRY(tgr_dbscan(&job->vectors, &job->plan->dbscan, labels, &job->result->clusters, job->run,
                       error));
    name_clusters(job, labels, labels + job->member_count);
done:
    tgr_mem_free(labels);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------ */

static void spread(work *job)
{
    for (uint32_t tag = 0; tag < job->count; tag++) {
        uint32_t group = job->groups.of_tag[tag];
        if (group != TGR_NO_GROUP) {
            job->becomes[tag] = job->group_becomes[group];
            job->result->rare += job->groups.rare[group];
            job->result->by_rule += !job->groups.rare[group] && job->groups.first[group] != tag;
        }
    }
}

static void close_work(work *job)
{
    tgr_strings_free(job->names);
    tgr_mem_free(job->seen);
    tgr_mem_free(job->settled);
    tgr_mem_free(job->becomes);
    tgr_groups_free(&job->groups);
    tgr_mem_free(job->members);
    tgr_mem_free(job->group_becomes);
    tgr_vectors_close(&job->vectors);
}

tgr_status tgr_normalise_tags(const tgr_seen_tags *tags, const tgr_normalise_plan *plan,
                              tgr_normalised *result, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    work job = {.plan = plan, .result = result, .run = run};
    *result = (tgr_normalised){0};
    TGR_TRY(take_tags(&job, tags, error));
    TGR_TRY(tgr_groups_make(&job.groups, &job.tags, job.settled, plan->min_count, error));
    TGR_TRY(choose_members(&job, error));
    TGR_TRY(make_vectors(&job, error));
    TGR_TRY(cluster(&job, error));
    spread(&job);
    TGR_TRY(tgr_arrange(&job.tags, job.becomes, job.groups.order, result, error));
done:
    close_work(&job);
    if (status != TGR_OK) {
        tgr_normalised_free(result);
    }
    return status;
}

void tgr_normalised_free(tgr_normalised *result)
{
    tgr_mapping_free(result->mapping);
    tgr_mem_free(result->seen);
    *result = (tgr_normalised){0};
}
