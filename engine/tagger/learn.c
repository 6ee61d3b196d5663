/* learn.c - counts of phrases, and the choice among them. */
#include "engine/tagger/learn.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_status tgr_counting_open(tgr_counting *counting, uint32_t limit, tgr_error *error)
{
    *counting = (tgr_counting){.phrases = tgr_strings_new(), .limit = limit};
    return counting->phrases != NULL ? TGR_OK : tgr_fail_memory(error, "the phrases of a log");
}

void tgr_counting_close(tgr_counting *counting)
{
    tgr_strings_free(counting->phrases);
    tgr_mem_free(counting->queries);
    *counting = (tgr_counting){0};
}

bool tgr_counting_add(tgr_counting *counting, const char *phrase, size_t length, uint64_t queries)
{
    uint32_t count = tgr_strings_count(counting->phrases);
    void *counts = counting->queries;
    bool enough =
        tgr_mem_grow(&counts, &counting->capacity, (size_t)count + 1, sizeof *counting->queries);
    counting->queries = counts;
    if (!enough) {
        return false;
    }
    uint32_t number = tgr_strings_add(counting->phrases, phrase, length);
    if (number == TGR_STRING_NONE) {
        return false;
    }
    counting->queries[number] = (number == count ? 0 : counting->queries[number]) + queries;
    return true;
}

/* Keeps the phrases that more than `floor` texts have. */
static bool drop_rare(tgr_counting *counting)
{
    tgr_strings *kept = tgr_strings_new();
    uint32_t count = tgr_strings_count(counting->phrases);
    bool complete = kept != NULL;
    for (uint32_t number = 0; number < count && complete; number++) {
        size_t length;
        const char *phrase = tgr_strings_get(counting->phrases, number, &length);
        if (counting->queries[number] > counting->floor) {
            uint32_t place = tgr_strings_add(kept, phrase, length);
            complete = place != TGR_STRING_NONE;
            if (complete) {
                counting->queries[place] = counting->queries[number]; /* place <= number */
            }
        }
    }
    if (!complete) {
        tgr_strings_free(kept);
        return false;
    }
    tgr_strings_free(counting->phrases);
    counting->phrases = kept;
    return true;
}

bool tgr_counting_bound(tgr_counting *counting)
{
    bool complete = true;
    if (tgr_strings_count(counting->phrases) <= counting->limit) {
        return true;
    }
    while (complete && tgr_strings_count(counting->phrases) > counting->limit / 2) {
        counting->floor++;
        complete = drop_rare(counting);
    }
    return complete;
}

/* ---- the choice ---------------------------------------------------------------------------------
 */

typedef struct choosing {
    const tgr_counting *counting;
    const tgr_learn_rule *rule;
    double queries;
} choosing;

static double queries_of(const choosing *at, const char *phrase, size_t length)
{
    uint32_t number = tgr_strings_find(at->counting->phrases, phrase, length);
    return number == TGR_STRING_NONE ? (double)at->counting->floor
                                     : (double)at->counting->queries[number];
}

/* Whether the parts of a phrase, cut at any one space, stand together more often than by chance. */
static bool belongs_together(const choosing *at, const char *phrase, size_t length, double queries)
{
    for (size_t cut = 0; cut < length; cut++) {
        if (phrase[cut] != ' ') {
            continue;
        }
        double before = queries_of(at, phrase, cut);
        double after = queries_of(at, phrase + cut + 1, length - cut - 1);
        if (queries * at->queries < at->rule->association * before * after) {
            return false;
        }
    }
    return true;
}

static bool matters(const choosing *at, uint32_t number)
{
    size_t length;
    const char *phrase = tgr_strings_get(at->counting->phrases, number, &length);
    double queries = (double)at->counting->queries[number];
    return at->counting->queries[number] >= at->rule->min_queries &&
           queries <= at->rule->max_share * at->queries &&
           belongs_together(at, phrase, length, queries);
}

typedef struct candidate {
    const char *phrase;
    size_t length;
    uint64_t queries;
} candidate;

/* The most frequent first, equals by their bytes. */
static int falling(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->queries != b->queries) {
        return a->queries > b->queries ? -1 : 1;
    }
    int order = memcmp(a->phrase, b->phrase, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

tgr_status tgr_counting_choose(const tgr_counting *counting, const tgr_learn_rule *rule,
                               uint64_t queries, tgr_vocabulary *vocabulary, tgr_error *error)
{
    const choosing at = {counting, rule, (double)queries};
    uint32_t count = tgr_strings_count(counting->phrases);
    candidate *candidates = tgr_mem_alloc(count, sizeof *candidates);
    size_t found = 0;
    bool complete = candidates != NULL;
    for (uint32_t number = 0; number < count && complete; number++) {
        if (matters(&at, number)) {
            candidate *one = &candidates[found++];
            one->phrase = tgr_strings_get(counting->phrases, number, &one->length);
            one->queries = counting->queries[number];
        }
    }
    if (complete) {
        qsort(candidates, found, sizeof *candidates, falling);
    }
    for (size_t i = 0; i < found && complete && (rule->most == 0 || i < rule->most); i++) {
        complete = tgr_vocabulary_add(vocabulary, candidates[i].phrase, candidates[i].length,
                                      candidates[i].queries);
    }
    tgr_mem_free(candidates);
    return complete ? TGR_OK : tgr_fail_memory(error, "the vocabulary");
}
