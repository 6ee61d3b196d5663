/* phrases.c - a vocabulary's words put into their table, and then the steps between them. */
#include "engine/tagger/phrases.h"

#include <string.h>

#include "engine/base/error.h"

/* Goes from word to word of a phrase. */
typedef bool (*word_visit)(tgr_phrases *phrases, const char *word, size_t length, void *user);

static bool each_word(tgr_phrases *phrases, const char *phrase, size_t length, word_visit visit,
                      void *user)
{
    for (size_t begin = 0; begin <= length;) {
        const char *space = memchr(phrase + begin, ' ', length - begin);
        size_t end = space == NULL ? length : (size_t)(space - phrase);
        if (!visit(phrases, phrase + begin, end - begin, user)) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

static bool each_phrase(tgr_phrases *phrases, const tgr_strings *all, word_visit visit, void *user)
{
    for (uint32_t number = 0; number < tgr_strings_count(all); number++) {
        size_t length;
        const char *phrase = tgr_strings_get(all, number, &length);
        if (!each_word(phrases, phrase, length, visit, user)) {
            return false;
        }
    }
    return true;
}

/* Words of phrases: all, and the distinct ones. */
typedef struct word_counts {
    size_t all;
    tgr_strings *distinct;
} word_counts;

static bool count_word(tgr_phrases *phrases, const char *word, size_t length, void *user)
{
    word_counts *counts = user;
    (void)phrases;
    counts->all++;
    return tgr_strings_add(counts->distinct, word, length) != TGR_STRING_NONE;
}

/* Gives a word a number, unless it has one. Numbers begin at 1: 0 is where no step leads. */
static bool store_word(tgr_phrases *phrases, const char *word, size_t length, void *user)
{
    (void)user;
    tgr_place *place = tgr_word_table_add(&phrases->words, word, length);
    if (place == NULL || phrases->places >= TGR_PLACE_NOWHERE - 1) {
        return false;
    }
    if (place->number == TGR_PLACE_NOWHERE) {
        place->number = ++phrases->places;
    }
    return true;
}

typedef struct path {
    tgr_place *at; /* NULL at the beginning */
    unsigned words;
} path;

/* The words are there, so that the table stays as it is. */
static bool go_on(tgr_phrases *phrases, const char *word, size_t length, void *user)
{
    path *way = user;
    tgr_place *place = tgr_word_table_add(&phrases->words, word, length);
    if (place == NULL || phrases->places >= TGR_PLACE_NOWHERE - 1) {
        return false;
    }
    way->words++;
    if (way->at == NULL) {
        way->at = place;
        return true;
    }
    way->at->number |= TGR_PLACE_LEADS;
    place->number |= TGR_PLACE_CONTINUES;
    uint32_t next = phrases->places + 1;
    way->at = tgr_steps_add(&phrases->steps, way->at->number & TGR_PLACE_NUMBER,
                            place->number & TGR_PLACE_NUMBER, next);
    phrases->places += way->at->number == next;
    return true;
}

static bool store_phrases(tgr_phrases *phrases, const tgr_strings *all)
{
    for (uint32_t number = 0; number < tgr_strings_count(all); number++) {
        size_t length;
        const char *phrase = tgr_strings_get(all, number, &length);
        path way = {NULL, 0};
        if (!each_word(phrases, phrase, length, go_on, &way)) {
            return false;
        }
        way.at->phrase = number;
        phrases->longest = way.words > phrases->longest ? way.words : phrases->longest;
    }
    return true;
}

static bool build(tgr_phrases *phrases, const tgr_strings *all)
{
    word_counts counts = {0, tgr_strings_new()};
    phrases->count = tgr_strings_count(all);
    bool built = counts.distinct != NULL && each_phrase(phrases, all, count_word, &counts) &&
                 tgr_word_table_open(&phrases->words, tgr_strings_count(counts.distinct)) &&
                 tgr_steps_open(&phrases->steps, counts.all - phrases->count) &&
                 each_phrase(phrases, all, store_word, NULL) && store_phrases(phrases, all);
    tgr_strings_free(counts.distinct);
    return built;
}

tgr_status tgr_phrases_open(tgr_phrases *phrases, const tgr_vocabulary *vocabulary,
                            tgr_error *error)
{
    *phrases = (tgr_phrases){0};
    if (!build(phrases, vocabulary->phrases)) {
        tgr_phrases_close(phrases);
        return tgr_fail_memory(error, "the vocabulary");
    }
    return TGR_OK;
}

void tgr_phrases_close(tgr_phrases *phrases)
{
    tgr_word_table_close(&phrases->words);
    tgr_steps_close(&phrases->steps);
    *phrases = (tgr_phrases){0};
}
