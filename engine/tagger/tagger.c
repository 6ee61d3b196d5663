/* tagger.c - a vocabulary and the tables that texts are read with, put together. */
#include "engine/tagger/tagger.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

static tgr_status make(const tgr_tagger_settings *settings, tgr_tagger **tagger, tgr_error *error)
{
    tgr_tagger *made = tgr_mem_zalloc(1, sizeof *made);
    if (made != NULL) {
        made->settings = *settings;
        made->unicode = tgr_unicode_new();
    }
    if (made == NULL || made->unicode == NULL) {
        tgr_tagger_free(made);
        return tgr_fail_memory(error, "the tagger");
    }
    *tagger = made;
    return TGR_OK;
}

tgr_status tgr_tagger_new_learning(const tgr_tagger_settings *settings, tgr_tagger **tagger,
                                   tgr_error *error)
{
    tgr_status status = make(settings, tagger, error);
    if (status == TGR_OK) {
        (*tagger)->learns = true;
    }
    return status;
}

tgr_status tgr_tagger_new(tgr_vocabulary *vocabulary, tgr_tagger **tagger, tgr_error *error)
{
    tgr_tagger *made = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(make(&vocabulary->settings, &made, error));
    made->vocabulary = *vocabulary;
    *vocabulary = (tgr_vocabulary){0};
    TGR_TRY(tgr_phrases_open(&made->phrases, &made->vocabulary, error));
    *tagger = made;
    made = NULL;
done:
    tgr_vocabulary_close(vocabulary);
    tgr_tagger_free(made);
    return status;
}

void tgr_tagger_free(tgr_tagger *tagger)
{
    if (tagger != NULL) {
        tgr_unicode_free(tagger->unicode);
        tgr_vocabulary_close(&tagger->vocabulary);
        tgr_phrases_close(&tagger->phrases);
        tgr_mem_free(tagger);
    }
}

static const tgr_strings *tags_of(const tgr_tagger *tagger)
{
    const tgr_vocabulary *vocabulary = &tagger->vocabulary;
    return vocabulary->meanings.tags != NULL ? vocabulary->meanings.tags : vocabulary->phrases;
}

uint32_t tgr_tagger_tags(const tgr_tagger *tagger)
{
    return tagger->learns ? 0 : tgr_strings_count(tags_of(tagger));
}

const char *tgr_tagger_tag(const tgr_tagger *tagger, uint32_t tag, size_t *length)
{
    return tgr_strings_get(tags_of(tagger), tag, length);
}

static tgr_status open_finder(tgr_tagging *tagging, const tgr_tagger *tagger, tgr_error *error)
{
    uint32_t tags = tgr_tagger_tags(tagger);
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_finder_open(&tagging->finder, &tagger->phrases, tagger->unicode, &tagger->settings,
                            error));
    tagging->meant = tgr_mem_alloc(tags, sizeof *tagging->meant);
    tagging->place = tgr_mem_zalloc(tags, sizeof *tagging->place);
    if (tagging->meant == NULL || tagging->place == NULL) {
        status = tgr_fail_memory(error, "the tags of a text");
    }
done:
    return status;
}

tgr_status tgr_tagging_open(tgr_tagging *tagging, const tgr_tagger *tagger, tgr_error *error)
{
    *tagging = (tgr_tagging){.tagger = tagger};
    return tagger->learns ? tgr_ngrams_open(&tagging->ngrams, &tagger->settings, error)
                          : open_finder(tagging, tagger, error);
}

void tgr_tagging_close(tgr_tagging *tagging)
{
    tgr_ngrams_close(&tagging->ngrams);
    tgr_finder_close(&tagging->finder);
    tgr_mem_free(tagging->meant);
    tgr_mem_free(tagging->place);
    *tagging = (tgr_tagging){0};
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static void add_meaning(tgr_tagging *tagging, uint32_t tag)
{
    uint32_t place = tagging->place[tag];
    if (place < tagging->count && tagging->meant[place].tag == tag) {
        return;
    }
    tagging->place[tag] = (uint32_t)tagging->count;
    tagging->meant[tagging->count++] = (tgr_text_tag){tag, 1};
}

static void add_meanings(tgr_tagging *tagging, const tgr_meanings *meanings)
{
    const tgr_finder *finder = &tagging->finder;
    tagging->count = 0;
    tagging->tags = tagging->meant;
    for (size_t i = 0; i < finder->found_count; i++) {
        uint32_t count;
        const uint32_t *tags = tgr_meanings_of(meanings, finder->found[i].tag, &count);
        for (uint32_t k = 0; k < count; k++) {
            add_meaning(tagging, tags[k]);
        }
    }
}

bool tgr_tagging_read(tgr_tagging *tagging, const char *text, size_t length)
{
    const tgr_meanings *meanings = &tagging->tagger->vocabulary.meanings;
    bool complete = tgr_finder_read(&tagging->finder, text, length);
    tagging->tags = tagging->finder.found;
    tagging->count = complete ? tagging->finder.found_count : 0;
    if (complete && meanings->tags != NULL) {
        add_meanings(tagging, meanings);
    }
    return complete;
}
