/* fuzz_mapping.c - any bytes, read as a mapping of tags: one sentence, or a mapping that is whole
 * and written back the same, and that any tag can be aligned to. */
#include "tests/fuzz/fuzz_file.h"

#include "engine/base/memory.h"
#include "engine/tagger/align.h"

static void write_back(const tgr_mapping *mapping)
{
    tgr_mapping *again;
    tgr_buffer text = {0};
    tgr_mapping_write(mapping, NULL, &text);
    fuzz_expect(!text.failed && tgr_mapping_check(mapping, NULL) == TGR_OK);
    fuzz_expect(tgr_mapping_parse(text.bytes, text.length, &again, NULL) == TGR_OK);
    fuzz_expect(tgr_mapping_count(again) == tgr_mapping_count(mapping));
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        size_t length;
        const char *tag = tgr_strings_get(mapping->tags, i, &length);
        fuzz_expect(tgr_strings_find(again->tags, tag, length) == i);
        fuzz_expect(again->canonical[i] == mapping->canonical[i]);
    }
    tgr_mapping_free(again);
    tgr_buffer_free(&text);
}

static void align(const tgr_mapping *mapping, const char *tag, size_t length)
{
    tgr_aligner *aligner;
    tgr_alignment how;
    uint32_t becomes;
    fuzz_expect(tgr_aligner_new(mapping, 0.5, &aligner, NULL) == TGR_OK);
    fuzz_expect(tgr_align(aligner, tag, length, &how, &becomes));
    fuzz_expect(becomes == TGR_DROPPED || mapping->canonical[becomes] == becomes);
    tgr_aligner_free(aligner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    long live = tgr_mem_live();
    tgr_mapping *mapping;
    tgr_error error = {0};
    tgr_status status = tgr_mapping_parse((const char *)data, size, &mapping, &error);
    if (status == TGR_OK) {
        write_back(mapping);
        align(mapping, (const char *)data, size < 40 ? size : 40);
    } else {
        fuzz_expect_sentence(status, &error);
    }
    tgr_mapping_free(mapping);
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
