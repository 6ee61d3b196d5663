/* tagger_map.c - see tagger_map.h. */
#include "engine/tagger/tagger_map.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/fields.h"
#include "engine/router/pack.h"
#include "engine/router/schema.h"
#include "engine/tagger/tokens.h"

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

/* ---- reading ------------------------------------------------------------------------------------
 */

enum { TEXT, NGRAMS, STEMMING, STOP_WORDS, PHRASES, KEYS };
static const char *const names[KEYS] = {"text", "ngrams", "stemming", "stop_words", "phrases"};

static tgr_status read_text_key(const tgr_fields *fields, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, TEXT, TGR_ITEM_STRING, &item, NULL, error);
    if (status == TGR_OK && !tgr_item_is(&item, "text")) {
        return tgr_fields_complain(fields, TEXT, "must be \"text\": no other key is tagged", error);
    }
    return status;
}

static tgr_status read_settings(const tgr_fields *fields, tgr_tagger_settings *settings,
                                tgr_error *error)
{
    tgr_item item;
    char *stemming = NULL, *stop_words = NULL;
    tgr_status status = TGR_OK;
    tgr_tagger_settings_init(settings);
    TGR_TRY(tgr_fields_need(fields, NGRAMS, TGR_ITEM_UNSIGNED, &item, NULL, error));
    TGR_TRY(tgr_tagger_set_ngrams(settings, item.as.whole, error));
    TGR_TRY(tgr_fields_text(fields, STEMMING, &stemming, error));
    TGR_TRY(tgr_tagger_set_stemming(settings, stemming, error));
    TGR_TRY(tgr_fields_text(fields, STOP_WORDS, &stop_words, error));
    TGR_TRY(tgr_tagger_set_stop_words(settings, stop_words, error));
done:
    tgr_mem_free(stemming);
    tgr_mem_free(stop_words);
    return status == TGR_ERR_ARGUMENT ? TGR_ERR_INPUT : status;
}

/* Whether a phrase is of words as they are looked up. */
static bool is_phrase(const char *phrase, size_t length, unsigned ngrams)
{
    unsigned words = 0;
    for (size_t begin = 0; begin <= length; words++) {
        const char *space = memchr(phrase + begin, ' ', length - begin);
        size_t end = space == NULL ? length : (size_t)(space - phrase);
        if (end == begin || end - begin > TGR_WORD_MAX) {
            return false;
        }
        begin = end + 1;
    }
    return words <= ngrams && tgr_name_is_text(phrase, length);
}

static tgr_status read_phrases(const tgr_fields *fields, tgr_vocabulary *vocabulary,
                               tgr_error *error)
{
    tgr_item list, phrase;
    tgr_cursor cursor;
    tgr_status status = tgr_fields_need(fields, PHRASES, TGR_ITEM_ARRAY, &list, &cursor, error);
    for (uint32_t i = 0; status == TGR_OK && i < list.count; i++) {
        if (tgr_cursor_next(&cursor, &phrase) != TGR_CURSOR_OK || phrase.kind != TGR_ITEM_STRING ||
            !is_phrase(phrase.as.bytes, phrase.count, vocabulary->settings.ngrams)) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "phrase %u of the tagger is not 1 to %u words of at most %d bytes, "
                            "separated by single spaces",
                            i, vocabulary->settings.ngrams, TGR_WORD_MAX);
        }
        if (tgr_strings_find(vocabulary->phrases, phrase.as.bytes, phrase.count) !=
            TGR_STRING_NONE) {
            return tgr_fail(error, TGR_ERR_INPUT, "phrase %u of the tagger was there before", i);
        }
        if (!tgr_vocabulary_add(vocabulary, phrase.as.bytes, phrase.count, 0)) {
            return tgr_fail_memory(error, "the vocabulary");
        }
    }
    return status;
}

tgr_status tgr_tagger_map_read(const void *map, size_t length, tgr_vocabulary *vocabulary,
                               tgr_error *error)
{
    tgr_cursor whole = {map, length, 0}, cursor = whole;
    tgr_tagger_settings settings;
    tgr_fields fields;
    tgr_status status = TGR_OK;
    if (tgr_cursor_skip(&whole) != TGR_CURSOR_OK || whole.at != length) {
        return tgr_fail(error, TGR_ERR_INPUT, "the tagger's settings are no MessagePack map");
    }
    TGR_TRY(tgr_fields_read(&fields, "tagger", names, KEYS, &cursor, NULL, NULL, error));
    TGR_TRY(read_text_key(&fields, error));
    TGR_TRY(read_settings(&fields, &settings, error));
    TGR_TRY(tgr_vocabulary_open(vocabulary, &settings, error));
    TGR_TRY(read_phrases(&fields, vocabulary, error));
done:
    return status;
}
