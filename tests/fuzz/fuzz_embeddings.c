/* fuzz_embeddings.c - any bytes, read as embeddings: every row, or one sentence. */
#include "tests/fuzz/fuzz_file.h"

#include "engine/base/memory.h"
#include "engine/store/embeddings.h"

static tgr_status read_all(tgr_embeddings *embeddings, tgr_error *error)
{
    tgr_status status = TGR_OK;
    float *row = malloc(embeddings->components * sizeof *row);
    for (uint32_t i = 0; i < tgr_strings_count(embeddings->tags) && status == TGR_OK; i++) {
        status = tgr_embeddings_read(embeddings, i, 1, row, error);
    }
    free(row);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    long live = tgr_mem_live();
    tgr_embeddings *embeddings;
    tgr_error error = {0};
    tgr_status status = tgr_embeddings_open(fuzz_file(data, size), &embeddings, &error);
    if (status == TGR_OK) {
        fuzz_expect(embeddings->components >= 1 && embeddings->components <= TGR_EMBEDDINGS_MOST);
        status = read_all(embeddings, &error);
    }
    if (status != TGR_OK) {
        fuzz_expect_sentence(status, &error);
    }
    tgr_embeddings_close(embeddings);
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
