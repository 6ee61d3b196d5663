/* vocabulary_write.c - a vocabulary to its file: one MessagePack map. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/output.h"
#include "engine/router/pack.h"
#include "engine/router/schema.h"
#include "engine/tagger/tagger_map.h"
#include "engine/tagger/vocabulary_file.h"

static void pack_word(msgpack_packer *packer, const char *word)
{
    tgr_pack_text(packer, word, strlen(word));
}

static void pack_tagger(const tgr_vocabulary *vocabulary, msgpack_packer *packer)
{
    tgr_buffer pairs = {0};
    msgpack_packer inner;
    msgpack_packer_init(&inner, &pairs, tgr_pack_to_buffer);
    uint32_t count = tgr_tagger_map_pack(vocabulary, &inner);
    pack_word(packer, "tagger");
    msgpack_pack_map(packer, 2 + count);
    pack_word(packer, "kind");
    pack_word(packer, tgr_tagger_kind(vocabulary));
    pack_word(packer, "version");
    msgpack_pack_int(packer, TGR_TAGGER_VERSION);
    tgr_buffer *to = packer->data;
    if (pairs.length > 0) {
        tgr_buffer_add(to, pairs.bytes, pairs.length);
    }
    to->failed = to->failed || pairs.failed;
    tgr_buffer_free(&pairs);
}

static void pack(const tgr_vocabulary *vocabulary, tgr_buffer *bytes)
{
    msgpack_packer packer;
    uint32_t count = tgr_strings_count(vocabulary->phrases);
    msgpack_packer_init(&packer, bytes, tgr_pack_to_buffer);
    msgpack_pack_map(&packer, 5);
    pack_word(&packer, "format");
    pack_word(&packer, TGR_VOCABULARY_FORMAT);
    pack_word(&packer, "version");
    msgpack_pack_int(&packer, TGR_VOCABULARY_VERSION);
    pack_tagger(vocabulary, &packer);
    pack_word(&packer, "learnt_from");
    msgpack_pack_uint64(&packer, vocabulary->learnt_from);
    pack_word(&packer, "queries");
    msgpack_pack_array(&packer, count);
    for (uint32_t number = 0; number < count; number++) {
        msgpack_pack_uint64(&packer, vocabulary->queries[number]);
    }
}

tgr_status tgr_vocabulary_write(const tgr_vocabulary *vocabulary, const char *path,
                                tgr_error *error)
{
    tgr_buffer bytes = {0};
    tgr_output output = {.fd = -1};
    tgr_status status = TGR_OK;
    pack(vocabulary, &bytes);
    if (bytes.failed) {
        TGR_TRY(tgr_fail_memory(error, "the vocabulary"));
    }
    TGR_TRY(tgr_output_open(&output, path, error));
    TGR_TRY(tgr_write_all(output.fd, bytes.bytes, bytes.length, path, error));
    TGR_TRY(tgr_output_commit(&output, error));
done:
    tgr_output_abandon(&output);
    tgr_buffer_free(&bytes);
    return status;
}
