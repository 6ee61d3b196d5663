/* fuzz_queries.c - any bytes, read as a query file: no crash, no leak; batches as promised, the
 * same however large they are, or one sentence. */
#include "tests/fuzz/fuzz_batches.h"

#include "engine/base/memory.h"

/* In large batches and in small ones, which must hold the same. */
static tgr_status read_twice(tgr_query_file *file, tgr_error *error)
{
    uint64_t large, small;
    tgr_status status = fuzz_read_batches(file, 65536, 1u << 20, &large, error);
    if (status != TGR_OK) {
        return status;
    }
    fuzz_expect(fuzz_read_batches(file, 7, 20, &small, error) == TGR_OK);
    fuzz_expect(small == large);
    return TGR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);
    long live = tgr_mem_live();
    tgr_query_file *file;
    tgr_error error = {0};
    tgr_status status = tgr_query_open(path, &file, &error);
    if (status == TGR_OK) {
        status = read_twice(file, &error);
        tgr_status verified = tgr_query_verify(file, &error);
        status = status == TGR_OK ? verified : status;
    }
    if (status != TGR_OK) {
        fuzz_expect_sentence(status, &error);
    }
    tgr_query_close(file);
    fuzz_expect(tgr_mem_live() == live);
    return 0;
}
