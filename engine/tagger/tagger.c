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

uint32_t tgr_tagger_tags(const tgr_tagger *tagger)
{
    return tagger->learns ? 0 : tgr_strings_count(tagger->vocabulary.phrases);
}

const char *tgr_tagger_tag(const tgr_tagger *tagger, uint32_t tag, size_t *length)
{
    return tgr_strings_get(tagger->vocabulary.phrases, tag, length);
}

tgr_status tgr_tagging_open(tgr_tagging *tagging, const tgr_tagger *tagger, tgr_error *error)
{
    *tagging = (tgr_tagging){.tagger = tagger};
    return tagger->learns ? tgr_ngrams_open(&tagging->ngrams, &tagger->settings, error)
                          : tgr_finder_open(&tagging->finder, &tagger->phrases, tagger->unicode,
                                            &tagger->settings, error);
}

void tgr_tagging_close(tgr_tagging *tagging)
{
    tgr_ngrams_close(&tagging->ngrams);
    tgr_finder_close(&tagging->finder);
    *tagging = (tgr_tagging){0};
}
