/* tagger_map.c - see tagger_map.h. */
#include "engine/tagger/tagger_map.h"

#include <string.h>

#include "engine/router/pack.h"

static void pack_word(msgpack_packer *packer, const char *word)
{
    tgr_pack_text(packer, word, strlen(word));
}

static void pack_pair(msgpack_packer *packer, const char *key, const char *word)
{
    pack_word(packer, key);
    pack_word(packer, word);
}

static void pack_phrases(msgpack_packer *packer, const tgr_strings *phrases)
{
    uint32_t count = tgr_strings_count(phrases);
    pack_word(packer, "phrases");
    msgpack_pack_array(packer, count);
    for (uint32_t number = 0; number < count; number++) {
        size_t length;
        const char *phrase = tgr_strings_get(phrases, number, &length);
        tgr_pack_text(packer, phrase, length);
    }
}

uint32_t tgr_tagger_map_pack(const tgr_vocabulary *vocabulary, msgpack_packer *packer)
{
    const tgr_tagger_settings *settings = &vocabulary->settings;
    pack_pair(packer, "text", "text");
    pack_word(packer, "ngrams");
    msgpack_pack_unsigned_int(packer, settings->ngrams);
    pack_pair(packer, "stemming", settings->stemming);
    pack_pair(packer, "stop_words", settings->stop_words);
    pack_phrases(packer, vocabulary->phrases);
    return 5;
}
