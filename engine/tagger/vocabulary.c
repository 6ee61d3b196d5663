/* vocabulary.c - a vocabulary's life in memory. */
#include "engine/tagger/vocabulary.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_status tgr_vocabulary_open(tgr_vocabulary *vocabulary, const tgr_tagger_settings *settings,
                               tgr_error *error)
{
    *vocabulary = (tgr_vocabulary){.settings = *settings, .phrases = tgr_strings_new()};
    return vocabulary->phrases != NULL ? TGR_OK : tgr_fail_memory(error, "the vocabulary");
}

void tgr_vocabulary_close(tgr_vocabulary *vocabulary)
{
    tgr_strings_free(vocabulary->phrases);
    tgr_mem_free(vocabulary->queries);
    tgr_meanings_close(&vocabulary->meanings);
    *vocabulary = (tgr_vocabulary){0};
}

bool tgr_vocabulary_add(tgr_vocabulary *vocabulary, const char *phrase, size_t length,
                        uint64_t queries)
{
    size_t count = tgr_strings_count(vocabulary->phrases);
    void *all = vocabulary->queries;
    bool enough = tgr_mem_grow(&all, &vocabulary->capacity, count + 1, sizeof queries);
    vocabulary->queries = all;
    if (!enough || tgr_strings_add(vocabulary->phrases, phrase, length) == TGR_STRING_NONE) {
        return false;
    }
    vocabulary->queries[count] = queries;
    return true;
}
