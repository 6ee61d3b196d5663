/* fuzz_normalisation.c - any bytes, read as a tagger's settings that may hold a mapping: one
 * sentence, or a mapping that is whole and packed and read back the same. */
#include "tests/fuzz/fuzz_file.h"

#include "engine/base/memory.h"
#include "engine/router/tagger_settings.h"
#include "engine/tagger/normalisation.h"

static void pack_and_read(const tgr_mapping *mapping)
{
    tgr_buffer pairs = {0}, map = {0}, others = {0};
    uint32_t count = 0;
    tgr_normalisation again = {0};
    tgr_normalisation_pack(mapping, 2, &pairs);
    tgr_tagger_settings_map(&pairs, 1, &map);
    fuzz_expect(tgr_normalisation_take(&again, map.bytes, map.length, &others, &count, NULL) ==
                TGR_OK);
    fuzz_expect(count == 0 && tgr_mapping_count(again.mapping) == tgr_mapping_count(mapping));
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        size_t length;
        const char *tag = tgr_strings_get(mapping->tags, i, &length);
        fuzz_expect(tgr_strings_find(again.mapping->tags, tag, length) == i);
        fuzz_expect(again.mapping->canonical[i] == mapping->canonical[i]);
    }
    tgr_normalisation_close(&again);
    tgr_buffer_free(&pairs);
    tgr_buffer_free(&map);
    tgr_buffer_free(&others);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    long live = tgr_mem_live();
    tgr_normalisation normalisation = {0};
    tgr_buffer others = {0};
    uint32_t count = 0;
    tgr_error error = {0};
    tgr_status status = tgr_normalisation_take(&normalisation, data, size, &others, &count, &error);
    if (status == TGR_OK && normalisation.mapping != NULL) {
        fuzz_expect(tgr_mapping_check(normalisation.mapping, NULL) == TGR_OK);
        pack_and_read(normalisation.mapping);
    } else if (status != TGR_OK) {
        fuzz_expect_sentence(status, &error);
    }
    tgr_normalisation_close(&normalisation);
    tgr_buffer_free(&others);
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
