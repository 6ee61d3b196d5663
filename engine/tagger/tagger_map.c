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

const char *tgr_tagger_kind(const tgr_vocabulary *vocabulary)
{
    return vocabulary->meanings.tags != NULL ? TGR_TAGGER_MEANINGS : TGR_TAGGER_PHRASES;
}

bool tgr_tagger_kind_known(const char *kind)
{
    return strcmp(kind, TGR_TAGGER_PHRASES) == 0 || strcmp(kind, TGR_TAGGER_MEANINGS) == 0;
}

static void pack_string(msgpack_packer *packer, const tgr_strings *strings, uint32_t number)
{
    size_t length;
    const char *text = tgr_strings_get(strings, number, &length);
    tgr_pack_text(packer, text, length);
}

static void pack_meaning(msgpack_packer *packer, const tgr_meanings *meanings, uint32_t phrase)
{
    uint32_t count;
    const uint32_t *tags = tgr_meanings_of(meanings, phrase, &count);
    msgpack_pack_array(packer, count);
    for (uint32_t i = 0; i < count; i++) {
        pack_string(packer, meanings->tags, tags[i]);
    }
}

static void pack_phrases(msgpack_packer *packer, const tgr_vocabulary *vocabulary)
{
    const tgr_meanings *meanings = &vocabulary->meanings;
    uint32_t count = tgr_strings_count(vocabulary->phrases);
    pack_word(packer, "phrases");
    if (meanings->tags != NULL) {
        msgpack_pack_map(packer, count);
    } else {
        msgpack_pack_array(packer, count);
    }
    for (uint32_t number = 0; number < count; number++) {
        pack_string(packer, vocabulary->phrases, number);
        if (meanings->tags != NULL) {
            pack_meaning(packer, meanings, number);
        }
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
    pack_phrases(packer, vocabulary);
    return 5;
}

/* ---- reading ------------------------------------------------------------------------------------
 */

#define TGR_TAG_MAX 1024 /* bytes, as in a log */

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
    if (status == TGR_ERR_ARGUMENT) { /* the file's, not the caller's */
        status = TGR_ERR_INPUT;
        if (error != NULL) {
            error->status = status;
        }
    }
    return status;
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

static tgr_status read_phrase(tgr_cursor *cursor, uint32_t number, tgr_vocabulary *vocabulary,
                              tgr_error *error)
{
    tgr_item phrase;
    if (tgr_cursor_next(cursor, &phrase) != TGR_CURSOR_OK || phrase.kind != TGR_ITEM_STRING ||
        !is_phrase(phrase.as.bytes, phrase.count, vocabulary->settings.ngrams)) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "phrase %u of the tagger is not 1 to %u words of at most %d bytes, "
                        "separated by single spaces",
                        number, vocabulary->settings.ngrams, TGR_WORD_MAX);
    }
    if (tgr_strings_find(vocabulary->phrases, phrase.as.bytes, phrase.count) != TGR_STRING_NONE) {
        return tgr_fail(error, TGR_ERR_INPUT, "phrase %u of the tagger was there before", number);
    }
    return tgr_vocabulary_add(vocabulary, phrase.as.bytes, phrase.count, 0)
               ? TGR_OK
               : tgr_fail_memory(error, "the vocabulary");
}

/* The tags that a phrase stands for. */
static tgr_status read_meaning(tgr_cursor *cursor, uint32_t number, tgr_meanings *meanings,
                               tgr_error *error)
{
    tgr_item list, tag;
    if (tgr_cursor_next(cursor, &list) != TGR_CURSOR_OK || list.kind != TGR_ITEM_ARRAY) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "phrase %u of the tagger stands for something that is no list of tags",
                        number);
    }
    for (uint32_t i = 0; i < list.count; i++) {
        if (tgr_cursor_next(cursor, &tag) != TGR_CURSOR_OK || tag.kind != TGR_ITEM_STRING ||
            tag.count > TGR_TAG_MAX || !tgr_name_is_text(tag.as.bytes, tag.count)) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "phrase %u of the tagger stands for a tag that is not UTF-8 text of at "
                            "most %d bytes without NUL",
                            number, TGR_TAG_MAX);
        }
        if (!tgr_meanings_add(meanings, tag.as.bytes, tag.count)) {
            return tgr_fail_memory(error, "the vocabulary");
        }
    }
    return tgr_meanings_end(meanings) ? TGR_OK : tgr_fail_memory(error, "the vocabulary");
}

static tgr_status read_phrases(const tgr_fields *fields, bool with_meanings,
                               tgr_vocabulary *vocabulary, tgr_error *error)
{
    tgr_item all;
    tgr_cursor cursor;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_fields_need(fields, PHRASES, with_meanings ? TGR_ITEM_MAP : TGR_ITEM_ARRAY, &all,
                            &cursor, error));
    if (with_meanings && !tgr_meanings_open(&vocabulary->meanings)) {
        return tgr_fail_memory(error, "the vocabulary");
    }
    for (uint32_t number = 0; number < all.count; number++) {
        TGR_TRY(read_phrase(&cursor, number, vocabulary, error));
        if (with_meanings) {
            TGR_TRY(read_meaning(&cursor, number, &vocabulary->meanings, error));
        }
    }
done:
    return status;
}

tgr_status tgr_tagger_map_read(const char *kind, const void *map, size_t length,
                               tgr_vocabulary *vocabulary, tgr_error *error)
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
    TGR_TRY(read_phrases(&fields, strcmp(kind, TGR_TAGGER_MEANINGS) == 0, vocabulary, error));
done:
    return status;
}
