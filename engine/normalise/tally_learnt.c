/* tally_learnt.c - counts of the tags that routers and vocabularies were learnt from. */
#include "engine/normalise/tally.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/router.h"
#include "engine/tagger/vocabulary_file.h"

/* A count may be far larger than a term of a sum. */
static tgr_sum exact_count(double count)
{
    double bounded = fmin(count, 0x1p62), whole = floor(bounded);
    return ((tgr_sum)whole << 40) + tgr_exact_term(bounded - whole);
}

tgr_status tgr_tag_tally_router(tgr_tag_tally *tally, const char *path, tgr_error *error)
{
    tgr_router *router = NULL;
    tgr_status status = tgr_router_load(path, &router, error);
    for (uint32_t i = 0; status == TGR_OK && i < tgr_strings_count(router->tags); i++) {
        size_t length;
        const char *tag = tgr_strings_get(router->tags, i, &length);
        bool category = router->category_tag && strncmp(tag, "cat:", 4) == 0;
        if (!category && !tgr_tag_tally_add(tally, tag, length, exact_count(router->counts[i]))) {
            status = tgr_fail_memory(error, "the tags");
        }
    }
    tgr_router_free(router);
    return status;
}

/* Phrases that are tags. */
static bool add_phrases(tgr_tag_tally *tally, const tgr_vocabulary *vocabulary)
{
    bool added = true;
    for (uint32_t i = 0; added && i < tgr_strings_count(vocabulary->phrases); i++) {
        size_t length;
        const char *phrase = tgr_strings_get(vocabulary->phrases, i, &length);
        added =
            tgr_tag_tally_add(tally, phrase, length, exact_count((double)vocabulary->queries[i]));
    }
    return added;
}

/* For each tag, in how many texts that one of its phrases was which was in the most. */
static uint64_t *count_meanings(const tgr_vocabulary *vocabulary)
{
    const tgr_meanings *meanings = &vocabulary->meanings;
    uint64_t *counts = tgr_mem_zalloc(tgr_strings_count(meanings->tags), sizeof *counts);
    for (uint32_t i = 0; counts != NULL && i < tgr_strings_count(vocabulary->phrases); i++) {
        uint32_t count;
        const uint32_t *tags = tgr_meanings_of(meanings, i, &count);
        for (uint32_t at = 0; at < count; at++) {
            uint64_t *most = &counts[tags[at]];
            *most = vocabulary->queries[i] > *most ? vocabulary->queries[i] : *most;
        }
    }
    return counts;
}

/* Tags that phrases stand for. */
static bool add_meanings(tgr_tag_tally *tally, const tgr_vocabulary *vocabulary)
{
    const tgr_strings *tags = vocabulary->meanings.tags;
    uint64_t *counts = count_meanings(vocabulary);
    bool added = counts != NULL;
    for (uint32_t i = 0; added && i < tgr_strings_count(tags); i++) {
        size_t length;
        const char *tag = tgr_strings_get(tags, i, &length);
        added = tgr_tag_tally_add(tally, tag, length, exact_count((double)counts[i]));
    }
    tgr_mem_free(counts);
    return added;
}

tgr_status tgr_tag_tally_vocabulary(tgr_tag_tally *tally, const char *path, tgr_error *error)
{
    tgr_vocabulary vocabulary = {0};
    tgr_status status = tgr_vocabulary_load(path, &vocabulary, error);
    if (status == TGR_OK) {
        bool added = vocabulary.meanings.tags != NULL ? add_meanings(tally, &vocabulary)
                                                      : add_phrases(tally, &vocabulary);
        status = added ? TGR_OK : tgr_fail_memory(error, "the tags");
    }
    tgr_vocabulary_close(&vocabulary);
    return status;
}
