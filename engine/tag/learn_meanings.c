/* learn_meanings.c - a second walk over the logs: which phrases stand where a tag does. */
#include "engine/tag/learning.h"

#include <inttypes.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

static const tgr_strings *phrases_of(const tgr_learning *work)
{
    return work->tagger->vocabulary.phrases;
}

/* The number of a tag that records have; TGR_STRING_NONE where memory is short. */
static uint32_t add_given(tgr_learning *work, const char *tag, size_t length, uint64_t queries)
{
    uint32_t count = tgr_strings_count(work->given);
    void *all = work->given_queries;
    bool enough =
        tgr_mem_grow(&all, &work->given_capacity, (size_t)count + 1, sizeof *work->given_queries);
    work->given_queries = all;
    uint32_t number = enough ? tgr_strings_add(work->given, tag, length) : TGR_STRING_NONE;
    if (number != TGR_STRING_NONE) {
        work->given_queries[number] = (number == count ? 0 : work->given_queries[number]) + queries;
    }
    return number;
}

static bool number_names(tgr_learning *work, const tgr_tag_table *tags)
{
    void *numbers = work->numbers;
    bool complete =
        tgr_mem_grow(&numbers, &work->number_capacity, tags->count, sizeof *work->numbers);
    work->numbers = numbers;
    for (uint32_t i = 0; i < tags->count && complete; i++) {
        if (i < tags->kept) { /* the phrases, in the tagger's order */
            work->numbers[i] = i;
        } else if (tags->tags[i].queries > 0) { /* else only bad records have it */
            size_t length;
            const char *name = tgr_strings_get(tags->names, i, &length); /* a mark and a tag */
            uint32_t given = add_given(work, name + 1, length - 1, tags->tags[i].queries);
            complete = given < TGR_STRING_NONE - work->tagger->phrases.count;
            work->numbers[i] = work->tagger->phrases.count + given;
        }
    }
    return complete;
}

/* Puts a row's phrases first, its tags after them; returns how many phrases there are. */
static size_t sort_row(tgr_learning *work, const tgr_row_entry *entries, uint32_t count)
{
    size_t phrases = 0, end = count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = work->numbers[entries[i].tag];
        if (number < work->tagger->phrases.count) {
            work->row[phrases++] = number;
        } else {
            work->row[--end] = number - work->tagger->phrases.count;
        }
    }
    return phrases;
}

static bool count_row(tgr_learning *work, const tgr_row_entry *entries, uint32_t count)
{
    void *row = work->row;
    bool complete = tgr_mem_grow(&row, &work->row_capacity, count, sizeof *work->row);
    work->row = row;
    size_t phrases = complete ? sort_row(work, entries, count) : 0;
    for (size_t i = 0; i < phrases && complete; i++) {
        for (size_t tag = phrases; tag < count && complete; tag++) {
            complete = tgr_together_add(&work->pairs, work->row[i], work->row[tag]);
        }
    }
    return complete;
}

static tgr_status count_part(void *user, tgr_part *part, tgr_error *error)
{
    tgr_learning *work = user;
    const char *at = part->entries.bytes;
    bool complete = number_names(work, &part->tags);
    for (uint64_t row = 0; row < part->facts.rows && complete; row++) {
        uint32_t count;
        memcpy(&count, at, sizeof count);
        at += sizeof count;
        complete = count_row(work, (const tgr_row_entry *)(const void *)at, count);
        at += count * sizeof(tgr_row_entry);
    }
    return complete && tgr_together_bound(&work->pairs)
               ? TGR_OK
               : tgr_fail_memory(error, "the phrases and tags of a log");
}

static bool stands_for(const tgr_learning *work, const tgr_together_pair *pair)
{
    const tgr_learn_options *options = &work->options;
    double queries = (double)work->tagger->vocabulary.queries[pair->phrase];
    return pair->queries >= options->min_queries &&
           (double)pair->queries >= options->confidence * queries;
}

/* The phrases that stand for a tag, with their tags, into the vocabulary. */
static bool choose(tgr_learning *work)
{
    tgr_vocabulary *into = &work->vocabulary;
    const tgr_together_pair *pairs = work->pairs.slots;
    size_t end = work->pairs.count;
    bool complete = tgr_meanings_open(&into->meanings);
    tgr_together_sort(&work->pairs);
    for (size_t i = 0; i < end && complete;) {
        uint32_t phrase = pairs[i].phrase;
        size_t before = into->meanings.count;
        for (; i < end && pairs[i].phrase == phrase && complete; i++) {
            size_t length;
            const char *tag = tgr_strings_get(work->given, pairs[i].tag, &length);
            complete =
                !stands_for(work, &pairs[i]) || tgr_meanings_add(&into->meanings, tag, length);
        }
        if (complete && into->meanings.count > before) {
            size_t length;
            const char *text = tgr_strings_get(phrases_of(work), phrase, &length);
            complete =
                tgr_vocabulary_add(into, text, length, work->tagger->vocabulary.queries[phrase]) &&
                tgr_meanings_end(&into->meanings);
        }
    }
    return complete;
}

tgr_status tgr_learn_meanings(tgr_learning *work, const tgr_run *run, tgr_error *error)
{
    tgr_tagger *tagger = NULL;
    uint64_t learnt_from = work->vocabulary.learnt_from;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_tagger_new(&work->vocabulary, &tagger, error));
    tgr_tagger_free(work->tagger);
    work->tagger = tagger;
    work->given = tgr_strings_new();
    if (work->given == NULL ||
        !tgr_together_open(&work->pairs, tgr_learning_limit(run, TGR_PAIR_BYTES))) {
        TGR_TRY(tgr_fail_memory(error, "the phrases and tags of a log"));
    }
    work->walk.work.tagger = tagger;
    work->walk.work.use = TGR_TEXT_AND_TAGS;
    work->walk.quiet = true;
    TGR_TRY(tgr_tag_walk_run(&work->walk, count_part, work, error));
    TGR_TRY(tgr_vocabulary_open(&work->vocabulary, &work->settings, error));
    work->vocabulary.learnt_from = learnt_from;
    if (!choose(work)) {
        TGR_TRY(tgr_fail_memory(error, "the vocabulary"));
    }
    if (tgr_strings_count(work->vocabulary.phrases) == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "no phrase stands for a tag: none comes with one in %" PRIu64
                          " texts, and in enough of its own",
                          work->options.min_queries);
    }
done:
    return status;
}
