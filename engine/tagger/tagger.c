/* tagger.c - a text's tags, one after another. */
#include "engine/tagger/tagger.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_status tgr_tagger_new(const tgr_tagger_settings *settings, tgr_tagger **tagger,
                          tgr_error *error)
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

void tgr_tagger_free(tgr_tagger *tagger)
{
    if (tagger != NULL) {
        tgr_unicode_free(tagger->unicode);
        tgr_mem_free(tagger);
    }
}

tgr_status tgr_tagging_open(tgr_tagging *tagging, const tgr_tagger *tagger, tgr_error *error)
{
    *tagging = (tgr_tagging){.tagger = tagger};
    return tgr_ngrams_open(&tagging->ngrams, &tagger->settings, error);
}

void tgr_tagging_close(tgr_tagging *tagging)
{
    tgr_ngrams_close(&tagging->ngrams);
    *tagging = (tgr_tagging){0};
}

/* A visit of phrases that are tags as they stand. */
typedef struct plain_visit {
    tgr_tag_visit visit;
    void *user;
} plain_visit;

static bool visit_phrase(void *user, const char *phrase, size_t length)
{
    const plain_visit *to = user;
    return to->visit(to->user, phrase, length, 1);
}

bool tgr_tagging_text(tgr_tagging *tagging, const char *text, size_t length, tgr_tag_visit visit,
                      void *user)
{
    plain_visit plain = {visit, user};
    return tgr_ngrams_walk(&tagging->ngrams, tagging->tagger->unicode, text, length, visit_phrase,
                           &plain);
}
