/* arrange.c - canonical tags by falling frequency of all that becomes them, each followed by that;
 * what is dropped comes last. */
#include "engine/normalise/arrange.h"

#include <stdlib.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/normalise/by_frequency.h"

typedef struct work {
    const tgr_seen_tags *tags;
    const uint32_t *becomes, *order;
    uint32_t count;
    double *total;    /* of each canonical tag: how often all that becomes it was seen */
    uint32_t *rank;   /* of each canonical tag */
    uint64_t *places; /* of each tag in `order`: sorted, they give the order wanted */
    uint32_t *number; /* of each tag in the mapping */
} work;

static bool allocate(work *job)
{
    job->total = tgr_mem_zalloc(job->count, sizeof *job->total);
    job->rank = tgr_mem_alloc(job->count, sizeof *job->rank);
    job->places = tgr_mem_alloc(job->count, sizeof *job->places);
    job->number = tgr_mem_alloc(job->count, sizeof *job->number);
    return job->total != NULL && job->rank != NULL && job->places != NULL && job->number != NULL;
}

static bool rank_canonical(work *job)
{
    size_t found = 0;
    tgr_ranked *ranked = tgr_mem_alloc(job->count, sizeof *ranked);
    if (ranked == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < job->count; i++) { /* in one order, so that sums have the same bits */
        uint32_t tag = job->order[i];
        if (job->becomes[tag] != TGR_DROPPED) {
            job->total[job->becomes[tag]] += job->tags->seen[tag];
        }
    }
    for (uint32_t tag = 0; tag < job->count; tag++) {
        if (job->becomes[tag] == tag) {
            const char *name = tgr_strings_get(job->tags->tags, tag, NULL);
            ranked[found++] = (tgr_ranked){job->total[tag], name, tag};
        }
    }
    tgr_rank(ranked, found);
    for (size_t i = 0; i < found; i++) {
        job->rank[ranked[i].number] = (uint32_t)i;
    }
    tgr_mem_free(ranked);
    return true;
}

static int compare(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

/* A place is the rank of the canonical tag, then 0 for that itself, else 1 and the tag's place in
 * `order`. */
static void sort_places(work *job)
{
    for (uint32_t i = 0; i < job->count; i++) {
        uint32_t tag = job->order[i], becomes = job->becomes[tag];
        uint64_t rank = becomes == TGR_DROPPED ? UINT32_MAX : job->rank[becomes];
        job->places[i] = rank << 32 | (becomes == tag ? 0 : (uint64_t)i + 1);
    }
    if (job->count > 1) {
        qsort(job->places, job->count, sizeof *job->places, compare);
    }
}

static uint32_t tag_at(const work *job, uint64_t place, const uint32_t *canonical)
{
    uint32_t low = (uint32_t)place;
    return low == 0 ? canonical[place >> 32] : job->order[low - 1];
}

/* canonical: tags by rank. */
static bool add_all(work *job, const uint32_t *canonical, tgr_normalised *result)
{
    tgr_mapping *mapping = result->mapping;
    for (uint32_t i = 0; i < job->count; i++) {
        uint32_t tag = tag_at(job, job->places[i], canonical);
        size_t length;
        const char *name = tgr_strings_get(job->tags->tags, tag, &length);
        job->number[tag] = tgr_mapping_add(mapping, name, length);
        if (job->number[tag] != i) {
            return false;
        }
        uint32_t becomes = job->becomes[tag]; /* its number is known: it comes before */
        mapping->canonical[i] = becomes == TGR_DROPPED ? TGR_DROPPED : job->number[becomes];
        result->seen[i] = job->tags->seen[tag];
    }
    return true;
}

static bool make(work *job, tgr_normalised *result)
{
    result->mapping = tgr_mapping_new();
    result->seen = tgr_mem_alloc(job->count, sizeof *result->seen);
    uint32_t *canonical = tgr_mem_alloc(job->count, sizeof *canonical);
    bool made = result->mapping != NULL && result->seen != NULL && canonical != NULL &&
                allocate(job) && rank_canonical(job);
    if (made) {
        for (uint32_t tag = 0; tag < job->count; tag++) {
            if (job->becomes[tag] == tag) {
                canonical[job->rank[tag]] = tag;
            }
        }
        sort_places(job);
        made = add_all(job, canonical, result);
    }
    tgr_mem_free(canonical);
    return made;
}

tgr_status tgr_arrange(const tgr_seen_tags *tags, const uint32_t *becomes, const uint32_t *order,
                       tgr_normalised *result, tgr_error *error)
{
    work job = {
        .tags = tags, .becomes = becomes, .order = order, .count = tgr_strings_count(tags->tags)};
    bool made = make(&job, result);
    tgr_mem_free(job.total);
    tgr_mem_free(job.rank);
    tgr_mem_free(job.places);
    tgr_mem_free(job.number);
    return made ? TGR_OK : tgr_fail_memory(error, "the mapping of tags");
}
