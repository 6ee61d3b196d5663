/* fuzz_vocabulary.c - any bytes, read as a vocabulary: one sentence, or a tagger that is packed and
 * read back the same, and that any text can be given to. */
#include "tests/fuzz/fuzz_file.h"

#include <msgpack/pack.h>

#include "engine/base/memory.h"
#include "engine/router/tagger_settings.h"
#include "engine/tagger/tagger.h"
#include "engine/tagger/tagger_map.h"
#include "engine/tagger/vocabulary_file.h"

static int add_bytes(void *data, const char *bytes, size_t length)
{
    return tgr_buffer_add(data, bytes, length), 0;
}

static void pack_and_read(const tgr_vocabulary *vocabulary)
{
    tgr_buffer pairs = {0}, map = {0};
    tgr_vocabulary again = {0};
    msgpack_packer packer;
    msgpack_packer_init(&packer, &pairs, add_bytes);
    uint32_t count = tgr_tagger_map_pack(vocabulary, &packer);
    tgr_tagger_settings_map(&pairs, count, &map);
    fuzz_expect(!map.failed && tgr_tagger_map_read(tgr_tagger_kind(vocabulary), map.bytes,
                                                   map.length, &again, NULL) == TGR_OK);
    fuzz_expect(tgr_strings_count(again.phrases) == tgr_strings_count(vocabulary->phrases));
    for (uint32_t i = 0; i < tgr_strings_count(again.phrases); i++) {
        size_t length;
        const char *phrase = tgr_strings_get(vocabulary->phrases, i, &length);
        fuzz_expect(tgr_strings_find(again.phrases, phrase, length) == i);
    }
    tgr_vocabulary_close(&again);
    tgr_buffer_free(&pairs);
    tgr_buffer_free(&map);
}

/* The bytes themselves, which hold the phrases, are the text. */
static void tag(tgr_vocabulary *vocabulary, const uint8_t *data, size_t size)
{
    tgr_tagger *tagger = NULL;
    tgr_tagging tagging = {0};
    fuzz_expect(tgr_tagger_new(vocabulary, &tagger, NULL) == TGR_OK);
    fuzz_expect(tgr_tagging_open(&tagging, tagger, NULL) == TGR_OK);
    fuzz_expect(tgr_tagging_read(&tagging, (const char *)data, size));
    for (size_t i = 0; i < tagging.count; i++) {
        size_t length;
        fuzz_expect(tagging.tags[i].count > 0 && tagging.tags[i].tag < tgr_tagger_tags(tagger));
        fuzz_expect(tgr_tagger_tag(tagger, tagging.tags[i].tag, &length) != NULL);
    }
    tgr_tagging_close(&tagging);
    tgr_tagger_free(tagger);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    long live = tgr_mem_live();
    tgr_error error = {0};
    tgr_buffer pairs = {0}, map = {0};
    tgr_vocabulary vocabulary = {0};
    uint32_t count = 0;
    char *kind = NULL;
    tgr_status status =
        tgr_vocabulary_settings(fuzz_file(data, size), &kind, &pairs, &count, &error);
    bool known = status == TGR_OK && tgr_tagger_kind_known(kind);
    if (known) {
        tgr_tagger_settings_map(&pairs, count, &map);
        status = tgr_tagger_map_read(kind, map.bytes, map.length, &vocabulary, &error);
    }
    if (status != TGR_OK) {
        fuzz_expect_sentence(status, &error);
    } else if (known) {
        pack_and_read(&vocabulary);
        tag(&vocabulary, data, size);
    }
    tgr_vocabulary_close(&vocabulary);
    tgr_mem_free(kind);
    tgr_buffer_free(&pairs);
    tgr_buffer_free(&map);
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
